/* stamp - the time at the head of a log line, in every form that mail servers and syslogds write
 *
 * Reading (is it a stamp, and which fields) is apart from converting (when was that), because
 * every line is read and only an error's time is wanted. */
#ifndef MAILWARD_STAMP_H
#define MAILWARD_STAMP_H

#include "match/record.h"

#define STAMP_LOCAL INT32_MIN
struct stamp {
	enum stamp_form form;
	int year;		/* -1: not said */
	int month, day, hour, minute, second;
	int ms;
	int32_t zone_s;		/* seconds east of UTC, or STAMP_LOCAL */
	int64_t tai_s;		/* STAMP_TAI64N: seconds since the epoch, and nothing else but ms */
};

/* stamp_read - is there a stamp at the head of text? Returns its length, 0 if not; what follows is a space,
 * a comma, a colon or the end, unless the stamp ended with its own bracket (which is in the length) */
size_t stamp_read(struct text text, struct stamp *stamp);

/* stamp_time_ms - milliseconds since the epoch, or RECORD_NO_TIME for a day that does not exist */
int64_t stamp_time_ms(const struct stamp *stamp, int64_t now_ms);

/* stamp_forget - the zone of local time may be another now (after tzset(3)) */
void stamp_forget(void);

#endif
