/* status - how the running daemon is: all of what "mailward status" shows, for people and for programs */
#ifndef MAILWARD_STATUS_H
#define MAILWARD_STATUS_H

#include <stdio.h>

#include "service/daemon_state.h"

/* status_text, status_json - the latter one object a line: the sums, then each trouble, set of the kernel, blocklist, outage, source and rule
 * status_check - one line for a monitoring plugin (OK, WARNING or CRITICAL, then the figures as performance data)
 * survey: what census_have() gave; what daemon->asked knows is shown. Each is a look that changes nothing. */
void status_text(const struct daemon *daemon, const struct survey *survey, FILE *out);
void status_json(const struct daemon *daemon, const struct survey *survey, FILE *out);
void status_check(const struct daemon *daemon, const struct survey *survey, FILE *out);

/* status_word - the first line of such an answer: "ok", or "amiss", when nothing is read; of status_check "ok", "amiss" or
 * "critical", as the line says */
const char *status_word(const struct daemon *daemon, bool check);

#endif
