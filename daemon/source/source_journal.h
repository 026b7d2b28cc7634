/* source_journal - records from systemd's journal, of the mail services alone
 *
 * Whoever may run logger(1) can write "postfix/smtpd: ..." into the journal. So a record counts only if journald itself
 * vouches for it, by fields that no writer can set:
 *	_SYSTEMD_UNIT or _SYSTEMD_SLICE	a unit of the mail server's, and
 *	_UID				root or one of its users: a user's program that is run from ~/.forward belongs to
 *					Postfix's unit, but runs as the user
 * Within those, SYSLOG_IDENTIFIER chooses. The fields are read, never a rendered line: a message of any bytes stays one
 * message. Where journald loses a writer's unit (a process that was gone before it looked), the record does not count.
 *
 * Begins a day back when it has no position. What lies there is backlog up to its first end; what comes later is live.
 * Woken by sd_journal_get_fd(). Rotation, vacuuming, a journal that moves from /run to /var, that is not there yet or
 * goes away for a while: all the same, the position is a record's and not a file's. Never writes. */
#ifndef MAILWARD_SOURCE_JOURNAL_H
#define MAILWARD_SOURCE_JOURNAL_H

#include "source/source.h"

#define JOURNAL_LOOKBACK_S 86400
#define JOURNAL_TURN 256	/* records at most, a loop turn */

/* source_journal_open - each record that is chosen by the units, users and identifiers of the config's source
 * Users are looked up in /etc/passwd alone. */
source_open_fn source_journal_open;

/* source_journal_latest - when the latest record that the source would choose was written
 * Returns 0, *time_ms since the epoch; -ENOENT: there is none; or -errno. */
int source_journal_latest(const struct conf_source *which, int64_t *time_ms);
/* source_journal_scan - the same records from the journal's beginning to its end, as it is now, and no further
 * Returns 0 or -errno (ENOENT: there is no journal, or none that this user may read). Adds to *stats. */
int source_journal_scan(const struct conf *conf, const struct conf_source *which, record_fn *fn, void *arg,
			struct source_stats *stats);

/* For tests: a folder of journal files instead of the system's. */
extern const char *source_journal_folder;

#endif
