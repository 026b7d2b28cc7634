/* explain_lines - the lines of the log that counted against somebody, and why each weighs what it weighs */
#ifndef MAILWARD_EXPLAIN_LINES_H
#define MAILWARD_EXPLAIN_LINES_H

#include <stdio.h>

#include "base/json.h"
#include "service/daemon_state.h"

/* explain_lines_text - the last twenty of a unit, or of all units in a network, and their sum    explain_lines_json - as the list
 * "evidence" of an object */
void explain_lines_text(const struct daemon *daemon, const struct prefix *prefix, FILE *out);
void explain_lines_json(const struct daemon *daemon, const struct prefix *prefix, struct json *json);

#endif
