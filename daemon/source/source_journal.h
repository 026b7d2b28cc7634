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

#include "conf/conf.h"
#include "match/record.h"
#include "source/source.h"

#define JOURNAL_LOOKBACK_S 86400

typedef void journal_fn(void *arg, const struct record *record, bool backlog);

struct journal;

/* journal_follow - fn gets each record that source chooses by its units, users and identifiers
 * folder: of journal files; NULL: the system's. Nothing of it need exist. Users are looked up in /etc/passwd alone.
 * At most JOURNAL_TURN records a loop turn. Returns 0 or -errno. Owns: *journal until journal_free(). */
#define JOURNAL_TURN 256
int journal_follow(struct journal **journal, sd_event *loop, const char *folder, const struct conf_source *source,
		   journal_fn *fn, void *arg);
void journal_free(struct journal *journal);
const struct source_stats *journal_stats(const struct journal *journal);

/* struct journal_position - the last record handed on; none: where the reading began */
#define JOURNAL_CURSOR_BYTES 256
struct journal_position {
	uint64_t since_usec;			/* later than this */
	char cursor[JOURNAL_CURSOR_BYTES];	/* NUL-terminated; "": no record yet */
};

const struct journal_position *journal_position(const struct journal *journal);

/* journal_resume - go on behind a position; to be called right after journal_follow(), before the loop turns */
void journal_resume(struct journal *journal, const struct journal_position *position);

#endif
