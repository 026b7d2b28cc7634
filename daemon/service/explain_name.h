/* explain_name - all that is known of one name: an account, a recipient */
#ifndef MAILWARD_EXPLAIN_NAME_H
#define MAILWARD_EXPLAIN_NAME_H

#include <stdio.h>

#include "service/daemon_state.h"

/* explain_name - what is known of a name, seen from addr or from nowhere (NULL); for people or as a JSON object */
void explain_name(const struct daemon *daemon, const char *name, const struct addr *addr, bool as_json, FILE *out);

#endif
