/* explain - all that is known of one address, for the postmaster whose customer is on the telephone */
#ifndef MAILWARD_EXPLAIN_H
#define MAILWARD_EXPLAIN_H

#include <stdio.h>

#include "service/daemon_state.h"

/* explain - write it to out, for people or as a JSON object and one more for each blocklist that speaks of the address;
 * their files are read for it */
void explain_text(const struct daemon *daemon, const struct addr *addr, FILE *out);
/* explain_name - what is known of a name, seen from addr or from nowhere (NULL) */
void explain_name(const struct daemon *daemon, const char *name, const struct addr *addr, bool as_json, FILE *out);
void explain_json(const struct daemon *daemon, const struct addr *addr, FILE *out);

#endif
