/* log - see log.h
 *
 * One write(2) a message, so that the lines of engine and warden never mix. Never fails, never blocks on memory. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

__attribute__((format(printf, 2, 0)))
static void message(enum severity severity, const char *fmt, va_list args)
{
	char raw[MESSAGE_MAX], shown[MESSAGE_MAX], line[MESSAGE_MAX + 32];

	vsnprintf(raw, sizeof(raw), fmt, args);
	text_printable(shown, sizeof(shown), text_of(raw));
	const struct form *form = &forms[severity];
	int len = snprintf(line, sizeof(line), "%s%s\n", to_journal() ? form->journal : form->terminal, shown);
	if (severity <= WARNING)
		keep(shown);
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;	/* nobody is left to tell */
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
