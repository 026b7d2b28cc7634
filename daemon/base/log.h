/* log - the daemon's own messages, to standard error
 *
 * Under systemd (JOURNAL_STREAM set) each line carries the <N> priority of
 * sd-daemon(3); on a terminal "mailward: ". Four severities with fixed meanings:
 *   error    something asked for was not done; a person should look
 *   warning  degraded or suspicious, the work goes on
 *   notice   what an operator wants to see: start, stop, bans, reloads
 *   debug    only with log_verbose
 * Never writes a raw hostile byte: callers pass log text through text_escape(),
 * and the whole message is checked again before it leaves. */
#ifndef MAILWARD_LOG_H
#define MAILWARD_LOG_H

#include <stdbool.h>
#include <stdint.h>

extern bool log_verbose;

/* log_last - the last errors and warnings, i = 0: the latest; NULL: there were no more. Escaped already. */
#define LOG_LAST 4
struct log_line {
	int64_t time_s;
	char text[256];
};
const struct log_line *log_last(unsigned i);

__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_notice(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_debug(const char *fmt, ...);

#endif
