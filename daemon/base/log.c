/* log - see log.h
 *
 * One write(2) a message, so that the lines of engine and warden never mix. Any thread may say something. Never fails, never
 * waits for a reader. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define MESSAGE_MAX 1024

bool log_verbose;

enum severity { ERROR, WARNING, NOTICE, DEBUG };

static const struct form {
	const char *journal, *terminal;
} forms[] = {
	[ERROR] = { "<3>", "mailward: error: " },
	[WARNING] = { "<4>", "mailward: warning: " },
	[NOTICE] = { "<5>", "mailward: " },
	[DEBUG] = { "<7>", "mailward: debug: " },
};

/* JOURNAL_STREAM is inherited by whatever the service starts; it speaks of us only if it names our stderr. */
static bool to_journal(void)
{
	static int known = -1;

	if (known < 0) {
		const char *stream = getenv("JOURNAL_STREAM");
		unsigned long long device, inode;
		struct stat st;
		known = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
			st.st_dev == device && st.st_ino == inode;
	}
	return known;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all that is static below, and of to_journal() */

static struct log_line lines[LOG_LAST];
static unsigned kept;

static void keep(const char *text)
{
	struct log_line *line = &lines[kept++ % LOG_LAST];

	line->time_s = (int64_t)time(NULL);
	snprintf(line->text, sizeof(line->text), "%.*s", (int)sizeof(line->text) - 1, text);
}

const struct log_line *log_last(unsigned i)
{
	return i < LOG_LAST && i < kept ? &lines[(kept - 1 - i) % LOG_LAST] : NULL;
}

/* Whether it went. The other wing writes to the same place: what poll(2) promised may be gone by then, so that a socket, as
 * the journal's is, is asked not to wait. A pipe has room for a message wherever it has any. */
static bool put(const char *line, size_t len)
{
	struct pollfd stderr_poll = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&stderr_poll, 1, 0) != 1 || !(stderr_poll.revents & POLLOUT))
		return false;
	ssize_t put = send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (put < 0 && errno == ENOTSOCK)
		put = write(STDERR_FILENO, line, len);
	return put >= 0;
}

/* Nobody may read what we say, and that must keep us from nothing: it is dropped, counted, and told when somebody reads. */
static void say(const char *line, size_t len)
{
	static unsigned long lost;
	char about[96];

	if (lost > 0) {
		int about_len = snprintf(about, sizeof(about), "%s%lu messages before this one are lost: nobody read them\n",
					 to_journal() ? forms[WARNING].journal : forms[WARNING].terminal, lost);
		if (put(about, (size_t)about_len))
			lost = 0;
	}
	if (lost > 0 || !put(line, len))
		lost++;
}

__attribute__((format(printf, 2, 0)))
static void message(enum severity severity, const char *fmt, va_list args)
{
	char raw[MESSAGE_MAX], shown[MESSAGE_MAX], line[MESSAGE_MAX + 32];

	vsnprintf(raw, sizeof(raw), fmt, args);
	text_printable(shown, sizeof(shown), text_of(raw));
	const struct form *form = &forms[severity];
	pthread_mutex_lock(&lock);
	int len = snprintf(line, sizeof(line), "%s%s\n", to_journal() ? form->journal : form->terminal, shown);
	if (severity <= WARNING)
		keep(shown);
	say(line, (size_t)len);
	pthread_mutex_unlock(&lock);
}

#define LOG(name, severity) \
	void name(const char *fmt, ...) \
	{ \
		va_list args; \
		va_start(args, fmt); \
		message(severity, fmt, args); \
		va_end(args); \
	}

LOG(log_error, ERROR)
LOG(log_warning, WARNING)
LOG(log_notice, NOTICE)

void log_debug(const char *fmt, ...)
{
	va_list args;

	if (!log_verbose)
		return;
	va_start(args, fmt);
	message(DEBUG, fmt, args);
	va_end(args);
}
