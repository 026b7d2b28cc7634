/* test_log - a message that nobody reads keeps us from nothing: it is dropped, counted, and told of */
#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#define PATIENCE_S 30
#define MANY 5000

static int stderr_before;

/* what has been written so far */
static const char *taken(int fd)
{
	static char text[1 << 20];
	ssize_t len;
	size_t used = 0;

	while (used < sizeof(text) - 1 && (len = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)len;
	text[used] = '\0';
	return text;
}

static unsigned count(const char *text, const char *part)
{
	unsigned found = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		found++;
	return found;
}

static void test_unread(const char *what, int reading, int writing)
{
	unsigned long lost = 0;
	const char *text, *told;

	fcntl(reading, F_SETFL, O_NONBLOCK);
	dup2(writing, STDERR_FILENO);
	alarm(PATIENCE_S);	/* a message that waits would wait for ever */
	for (unsigned i = 0; i < MANY; i++)
		log_notice("message %u, which nobody reads, and which is as long as a message of the daemon may well be", i);
	alarm(0);
	dup2(stderr_before, STDERR_FILENO);
	tap_ok(true, "%s: %d messages that nobody reads hold nobody up", what, MANY);
	text = taken(reading);
	unsigned there = count(text, "mailward: message ");
	tap_ok(there > 0 && there < MANY, "some are there, some are not (%u)", there);
	dup2(writing, STDERR_FILENO);
	log_notice("somebody reads again");
	dup2(stderr_before, STDERR_FILENO);
	text = taken(reading);
	told = strstr(text, "mailward: warning: ");
	if (told)
		lost = strtoul(told + strlen("mailward: warning: "), NULL, 10);
	tap_int((int)(there + lost), MANY, "how many are not is told as soon as somebody reads");
	tap_ok(strstr(text, "mailward: somebody reads again\n"), "and all goes on");
	tap_int((int)count(text, "lost"), 1, "it is told once");
}

int main(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	stderr_before = dup(STDERR_FILENO);
	if (pipe(ends) < 0)
		return 1;
	test_unread("a pipe", ends[0], ends[1]);
	close(ends[0]);
	close(ends[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return 1;
	test_unread("a socket, as the journal has", ends[0], ends[1]);
	close(ends[0]);
	dup2(ends[1], STDERR_FILENO);
	log_notice("nobody is there");
	dup2(stderr_before, STDERR_FILENO);
	tap_ok(true, "where nobody is, nothing happens");
	return tap_done();
}
