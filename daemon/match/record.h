/* record - a line with its header taken apart: time, host, program, message
 *
 * Read strictly by position from the line's first byte; what a message says can never become a header.
 *
 *	[<PRI>] STAMP [HOST] [<mail.info>] PROGRAM[PID]: MESSAGE	RFC 3164, and the same with another stamp; <22>, <2.6>
 *	[<PRI>][1] STAMP HOST PROGRAM PID MSGID DATA MESSAGE		RFC 5424
 *	STAMP [[PID]] MESSAGE						servers' own files; no tag, so no host either
 *	HOST PROGRAM[PID]: MESSAGE, PROGRAM[PID]: MESSAGE		a stamp is missing: only a tag with a PID is believed
 *	MESSAGE								anything else, whole
 *
 * or such a line in a record of a container's log (wrapped.h): program and message are the line's, the time is the record's;
 * or one of the journal's records in JSON (entry.h). Each line is read by itself, whatever stands before it; where that
 * matters, for a part of a text and for "last message repeated", the record says so, and the feed sees to it.
 *
 * Taken off the message, since whoever relayed it put them on: leading spaces, Solaris' "[ID 197553 mail.info] ",
 * and rsyslog's "message repeated N times: [ text]". Left on: Exim's message ids, and the stamp that Exim
 * repeats behind its syslog header.
 *
 * Dovecot. By syslog the program is "dovecot" and the message "imap-login: Disconnected: ...". In its own log_path
 * file there is neither host nor tag ("Nov 22 10:00:00 imap-login: Info: Disconnected: ..."): the program is
 * "imap-login" and the message "Disconnected: ...". "Info: " is taken off there because syslog does not show it;
 * "Error: " and the others stand in both. "auth-worker(22401): " and "imap(alice)<228><Ab3>: " are tags of the
 * programs auth-worker and imap; "auth(USER,...", "lmtp(USER..." and the like, of 2.4, are left to the message. So one pattern reads both files: (?:imap-login: )?Disconnected: ...
 * Without any stamp "imap-login: " stays in the message and the program is empty. */
#ifndef MAILWARD_RECORD_H
#define MAILWARD_RECORD_H

#include "match/entry.h"
#include "match/stamp.h"

struct record {
	enum stamp_form form;
	struct text stamp;	/* with its fraction and zone */
	int64_t time_ms;	/* STAMP_KNOWN: since the epoch */
	struct text host;	/* len 0: none */
	struct text program;	/* "postfix/smtpd", without [pid] and colon; len 0: none */
	uint32_t pid;		/* 0: none */
	uint32_t repeat;	/* 1; N for "message repeated N times", 1..RECORD_REPEAT_MAX */
	bool again;		/* "last message repeated N times": of the host's last line, and of the program's if it is named */
	bool part;		/* of a container's text, which goes on in its next record */
	uint32_t container;	/* whose text it is, where it may be one of several parts; 0: it is whole */
	uint32_t header;	/* cache key of an earlier header with the same layout; 0: none */
	uint32_t tag;		/* cache key: of all records that have it the program is the same; 0: none */
	struct text message;	/* what the program said; without leading space */
};

#define RECORD_REPEAT_MAX 1000

/* record_parse - take the line apart; always succeeds: what is not recognised as a header is message
 * The slices point into the line, or to what holds until the next is taken apart. Cost: the header's bytes only, no allocation. */
void record_parse(struct record *record, struct text line);

/* record_of_entry - the same of a record of the journal, by its fields; without ENTRY_TIME it has no stamp */
void record_of_entry(struct record *record, const struct entry *entry);

/* record_time_ms - read the stamp: milliseconds since the epoch, or RECORD_NO_TIME
 * now_ms: a year-less stamp takes the year that puts it nearest before now (a stamp up to a day
 * ahead of now is still this year's: clocks differ). Local stamps use the process's TZ.
 * The result is not clamped. Cost: the C library is asked for the local time's offset
 * once a day of stamps, not once a stamp. */
#define RECORD_NO_TIME STAMP_NO_TIME
int64_t record_time_ms(const struct record *record, int64_t now_ms);

/* record_forget - for tests: what was remembered of earlier lines, and the zone of local time (see tzset(3)) */
void record_forget(void);

#endif
