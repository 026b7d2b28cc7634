/* test_subscribers - readers of events: each gets all of them in order, or is told how many he lost; nobody is waited for
 *
 * The loop is turned by hand, so that a slow reader is one that does not read, whatever the machine does meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/subscribers.h"
#include "tap.h"

static sd_event *loop;
static struct subscribers *all;

static void turn(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

/* A reader's end; the other one is the subscriber's. */
static int reader(bool json, int *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	*err = subscribers_add(all, pair[1], json);
	return pair[0];
}

static void tell(uint32_t errors)
{
	struct event event = { .kind = VERDICT_BAN, .time_ms = 1000, .until_ms = 3601000, .errors = errors, .window_s = 600,
			       .rule = "postfix/relay-denied" };

	if (prefix_parse(TEXT("192.0.2.1"), true, &event.prefix))
		abort();
	subscribers_tell(all, &event);
}

/* All that has come for a reader, NUL-terminated; the caller's to free. */
static char *heard(int fd)
{
	char *text = malloc(1 << 24);
	size_t len = 0;

	for (;;) {
		turn();
		ssize_t got = recv(fd, text + len, (1 << 24) - 1 - len, 0);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = '\0';
	return text;
}

static void test_forms(void)
{
	static const char ban[] = "{\"event\":\"ban\",\"time\":\"1970-01-01T00:00:01Z\",\"address\":\"192.0.2.1\",\"seconds\":3600,"
				  "\"errors\":6,\"rule\":\"postfix/relay-denied\"}\n";
	int err, json = reader(true, &err), text = reader(false, &err);
	char *said;

	tap_int(subscribers_count(all), 2, "two readers");
	tell(6);
	said = heard(json);
	tap_str(said, ban, "one gets the line of the contract");
	free(said);
	said = heard(text);
	tap_ok(strstr(said, "would ban 192.0.2.1 for 1h  (6 errors in 10m)\n"), "the other gets it in words: %.*s", (int)strcspn(said, "\n"), said);
	free(said);
	close(json);
	turn();
	tap_int(subscribers_count(all), 1, "who has gone is forgotten, without an event");
	close(text);
	tell(6);
	turn();
	tap_int(subscribers_count(all), 0, "and so is the last");
	tell(6);
	tap_int(subscribers_lost(all), 0, "what is told to nobody is no loss");
}

/* Adds up what a reader heard: how many events, in order, and how many he was told that he lost. */
static bool add_up(const char *said, uint32_t *events, uint64_t *lost)
{
	uint32_t expected = 1;

	*events = 0, *lost = 0;
	for (const char *line = said; *line; line = strchr(line, '\n') + 1) {
		const char *errors = strstr(line, "\"errors\":");
		uint64_t count;

		if (sscanf(line, "{\"event\":\"lost\",\"count\":%" SCNu64 "}\n", &count) == 1) {
			*lost += count;
			expected += (uint32_t)count;
			continue;
		}
		if (!errors || strtoul(errors + strlen("\"errors\":"), NULL, 10) != expected)
			return false;
		expected++;
		(*events)++;
	}
	return true;
}

/* of judge_dry_run: whatever the daemon does, the judge beside it only would */
static void test_beside(void)
{
	struct event event = { .kind = VERDICT_BAN, .time_ms = 1000, .until_ms = 3601000, .errors = 6, .window_s = 600, .beside = "window",
			       .rule = "postfix/relay-denied" };
	struct subscribers *live;
	int pair[2];
	char *said;

	if (subscribers_new(&live, loop, false) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0 ||
	    subscribers_add(live, pair[1], false) < 0 || prefix_parse(TEXT("192.0.2.1"), true, &event.prefix))
		abort();
	subscribers_tell(live, &event);
	said = heard(pair[0]);
	tap_ok(strstr(said, "judge = window: would ban 192.0.2.1 for 1h"), "the judge beside bans nobody: %.*s", (int)strcspn(said, "\n"), said);
	free(said);
	close(pair[0]);
	subscribers_free(live);
}

static void test_slow(void)
{
	enum { TOLD = 20000 };
	int err, slow = reader(true, &err), quick = reader(true, &err);
	uint32_t events;
	uint64_t lost;
	char *all_of_it = calloc(1, 1 << 24), *said;

	for (uint32_t i = 1; i <= TOLD; i++) {
		tell(i);
		if (i % 100 == 0) {
			said = heard(quick);
			strcat(all_of_it, said);
			free(said);
		}
	}
	bool whole = add_up(all_of_it, &events, &lost);
	tap_ok(whole && events == TOLD && lost == 0, "who reads gets all %d: %u, %" PRIu64 " lost",
	       TOLD, events, lost);
	said = heard(slow);
	whole = add_up(said, &events, &lost);
	tap_ok(whole && lost > 0, "who does not is told what he lost in its place: %u came, %" PRIu64 " lost",
	       events, lost);
	tap_int(events + lost, TOLD, "together that is all");
	tap_int(subscribers_lost(all), lost, "the daemon knows it, too");
	free(said);
	tell(TOLD + 1);
	said = heard(slow);
	tap_ok(strstr(said, "\"errors\":20001"), "afterwards he goes on");
	free(said);
	free(all_of_it);
	close(slow);
	close(quick);
	turn();
}

static void test_many(void)
{
	int fds[SUBSCRIBERS_MAX], err, fd;

	for (int i = 0; i < SUBSCRIBERS_MAX; i++)
		fds[i] = reader(true, &err);
	tap_int(err, 0, "%d readers have room", SUBSCRIBERS_MAX);
	fd = reader(true, &err);
	tap_int(err, -EUSERS, "one more has not");
	tap_int(recv(fd, &err, sizeof(err), 0), 0, "and is not kept");
	close(fd);
	for (int i = 0; i < SUBSCRIBERS_MAX; i++)
		close(fds[i]);
	turn();
	fd = reader(true, &err);
	tap_int(err, 0, "when they have gone, there is room");
	tap_int(subscribers_add(all, -ENOTSUP, true), -ENOTSUP, "a connection that could not be had is that error");
	subscribers_free(all);
	tap_int(recv(fd, &err, sizeof(err), 0), 0, "at the end of all, the reader hears of it");
	close(fd);
}

int main(void)
{
	if (sd_event_new(&loop) < 0 || subscribers_new(&all, loop, true) < 0)
		abort();
	test_forms();
	test_beside();
	test_slow();
	test_many();
	sd_event_unref(loop);
	return tap_done();
}
