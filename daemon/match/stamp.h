/* stamp - the time at the head of a log line, in every form that mail servers and syslogds write
 *
 * Reading (is it a stamp, and which fields) is apart from converting (when was that), because
 * every line is read and only an error's time is wanted. */
#ifndef MAILWARD_STAMP_H
#define MAILWARD_STAMP_H

#include "base/text.h"

enum stamp_form {
	STAMP_NONE,
	STAMP_RFC3164,		/* "Nov 22 10:00:00", also with a year after the day: local time */
	STAMP_ISO8601,		/* "2026-11-22T10:00:00.123456+01:00", Z, or no zone = local; space instead of T; "Sun " in front */
	STAMP_TAI64N,		/* "@400000004c91b044077a9e94" */
	STAMP_EPOCH,		/* "1795341600.123456", "1795341600123" in milliseconds, 16 digits in microseconds */
	STAMP_KNOWN,		/* none in the text: time_ms says it (a record of the journal) */
	STAMP_OTHER,		/* servers' own: ASSP, Kerio, nginx, Apache, Open WebMail ...; local time */
};

#define STAMP_LOCAL INT32_MIN
struct stamp {
	enum stamp_form form;
	int year;		/* -1: not said */
	int month, day, hour, minute, second;
	int ms;
	int32_t zone_s;		/* seconds east of UTC, or STAMP_LOCAL */
	int64_t epoch_s;	/* STAMP_TAI64N, STAMP_EPOCH: seconds since the epoch, and nothing else but ms */
};

/* stamp_read - is there a stamp at the head of text? Returns its length, 0 if not; what follows is a space,
 * a comma, a colon or the end, unless the stamp ended with its own bracket (which is in the length) */
size_t stamp_read(struct text text, struct stamp *stamp);

/* stamp_time_ms - milliseconds since the epoch, or STAMP_NO_TIME for a day that does not exist
 * now_ms: a stamp without a year takes the one that puts it nearest before now, or at most a day after */
#define STAMP_NO_TIME INT64_MIN
int64_t stamp_time_ms(const struct stamp *stamp, int64_t now_ms);

/* stamp_forget - for tests: the zone of local time is another now */
void stamp_forget(void);

#endif
