/* report - the judge's events for people and for programs: the output contract of scan, run --dry-run and list
 *
 * Text:  2026-11-22 10:00:05  would ban 192.0.2.1 for 1h  (6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied)
 *        2026-11-22 10:00:05  dovecot: failed logins count for nobody: the logins of 7 known customers have failed ...
 * JSON:  {"event":"ban","time":"2026-11-22T10:00:00Z","address":"192.0.2.1","seconds":3600,"errors":6,"rule":"..."}
 *        {"event":"beside","time":"2026-11-22T10:00:00Z","judge":"window","verdict":"ban","address":"192.0.2.1",...}
 *        {"event":"outage","time":"2026-11-22T10:00:00Z","service":"dovecot","reason":"silence","since":"...","uncounted":0} */
#ifndef MAILWARD_REPORT_H
#define MAILWARD_REPORT_H

#include <stdio.h>

#include "judge/event.h"

/* report_text - one line, its time local; verbs: "would ban", "would delay" when would, else "banned", "delayed" */
void report_text(FILE *out, const struct event *event, bool would);

/* report_json - one line, its times UTC; seconds: how long a drop lasts from from_ms on, or from its beginning if that is later */
void report_json(FILE *out, const struct event *event, int64_t from_ms);

/* notice_fmt - a notice as one sentence; size: NOTICE_FMT_SIZE is enough. Returns dst. */
#define NOTICE_FMT_SIZE 320
char *notice_fmt(char *dst, size_t size, const struct event *event);

/* cause_fmt - in few words, what a drop comes of: "6 errors, last postfix/user-unknown"; "manual" of the operator's own.
 * size: CAUSE_FMT_SIZE. Returns dst. */
#define CAUSE_FMT_SIZE 160
char *cause_fmt(char *dst, size_t size, const struct event *event);

/* private_hint - what is to be said of a private address that fails much; "" of any other. size: PRIVATE_HINT_SIZE.
 * Returns dst. */
#define PRIVATE_HINT_SIZE 256
char *private_hint(char *dst, size_t size, const struct prefix *prefix);

/* rest_s - what remains of a drop at now_ms, in seconds, a started one whole */
uint32_t rest_s(const struct event *event, int64_t now_ms);

#endif
