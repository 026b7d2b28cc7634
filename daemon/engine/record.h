/* record - a line with its header taken apart: time, host, program, message
 *
 * Reads RFC 3164 ("Nov 22 10:00:00 host postfix/smtpd[1]: text"), the same with an
 * ISO 8601 stamp (rsyslog's default on Debian 12), RFC 5424 with or without <PRI>,
 * Postfix's maillog_file, Dovecot's own log_path (neither host nor tag), other
 * servers' own files, TAI64N, and no header at all. rsyslog's
 * "message repeated N times: [ text]" is unwrapped. By position, without regular
 * expressions. Never looks inside the message. */
#ifndef MAILWARD_RECORD_H
#define MAILWARD_RECORD_H

#include "base/text.h"

enum stamp_form {
	STAMP_NONE,
	STAMP_RFC3164,		/* "Nov 22 10:00:00", optionally with a year after the day or fractional seconds: local time */
	STAMP_ISO8601,		/* "2026-11-22T10:00:00.123456+01:00", Z, or no zone = local; space instead of T */
	STAMP_TAI64N,		/* "@400000004c91b044077a9e94" */
	STAMP_OTHER,		/* a stamp was there but is of no form we can read: the line counts as one without */
};

struct record {
	enum stamp_form form;
	struct text stamp;
	struct text host;	/* len 0: none */
	struct text program;	/* "postfix/smtpd", without [pid] and colon; len 0: none */
	uint32_t pid;		/* 0: none */
	uint32_t repeat;	/* 1; N for "message repeated N times", 1..RECORD_REPEAT_MAX */
	struct text message;	/* what the program said; without leading space */
};

#define RECORD_REPEAT_MAX 1000

/* record_parse - take the line apart; always succeeds: what is not recognised as a header is message
 * The slices point into the line. Cost: the header's bytes only, no allocation. */
void record_parse(struct record *record, struct text line);

/* record_time_ms - read the stamp: milliseconds since the epoch, or RECORD_NO_TIME
 * now_ms: a year-less stamp takes the year that puts it nearest before now (a stamp up to a day
 * ahead of now is still this year's: clocks differ). Local stamps use the process's TZ.
 * The result is not clamped; the engine does that. */
#define RECORD_NO_TIME INT64_MIN
int64_t record_time_ms(const struct record *record, int64_t now_ms);

#endif
