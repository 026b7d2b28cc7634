/* explain - all that is known of one address, for the postmaster whose customer is on the telephone */
#ifndef MAILWARD_EXPLAIN_H
#define MAILWARD_EXPLAIN_H

#include <stdio.h>

#include "service/daemon_state.h"

/* explain_look - what the kernel does with it; false: that is being asked, and the request is answered when it is known */
struct explain_seen {
	const struct asked_look *host, *drop;	/* of the address, and of what drops it; NULL: not known, or nothing does */
};
bool explain_look(struct daemon *daemon, const struct addr *addr, struct explain_seen *seen);
/* explain - write it to out, for people or as a JSON object */
void explain_text(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out);
void explain_json(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out);

#endif
