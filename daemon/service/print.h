/* print - verdicts for people and for programs: the output contract of scan, run --dry-run and list
 *
 * Text:  2026-11-22 10:00:05  would ban 192.0.2.1 for 1h  (6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied)
 * JSON:  {"event":"ban","time":"2026-11-22T10:00:00Z","address":"192.0.2.1","seconds":3600,"errors":6,"rule":"..."} */
#ifndef MAILWARD_PRINT_H
#define MAILWARD_PRINT_H

#include <stdio.h>
#include "judge/verdict.h"

/* verb: "would ban"/"would delay" when would, else "banned"/"delayed" */
void print_verdict_text(FILE *out, const struct verdict *verdict, bool would);
void print_verdict_json(FILE *out, const struct verdict *verdict);

#endif
