/* notice - what the engine says besides its verdicts: that it bans fewer than the rules would, and why
 *
 * Text:  dovecot: failed logins count for nobody: the logins of 7 known customers have failed ...
 * JSON:  {"event":"outage","time":"2026-11-22T10:00:00Z","service":"dovecot","reason":"silence","since":"...","uncounted":0} */
#ifndef MAILWARD_NOTICE_H
#define MAILWARD_NOTICE_H

#include <stdint.h>
#include <stdio.h>

enum notice_kind {
	NOTICE_OUTAGE,		/* the breaker of a service is open: failed logins count for nobody */
	NOTICE_OUTAGE_OVER,
	NOTICE_WITHHELD,	/* max_bans_per_minute is reached */
};

struct notice {
	enum notice_kind kind;
	int64_t time_ms;
	/* of an outage */
	const char *service;
	int why;			/* enum breaker_why */
	int64_t since_ms;
	uint32_t customers;		/* that have failed, where they are the reason */
	uint64_t uncounted;		/* failed logins so far */
	/* of bans withheld */
	uint32_t limit;
};

typedef void notice_fn(void *arg, const struct notice *notice);

/* notice_fmt - one sentence; size: NOTICE_FMT_SIZE is enough. Returns dst. */
#define NOTICE_FMT_SIZE 320
char *notice_fmt(char *dst, size_t size, const struct notice *notice);

/* notice_text, notice_json - a line, as print.h's for verdicts */
void notice_text(FILE *out, const struct notice *notice);
void notice_json(FILE *out, const struct notice *notice);

#endif
