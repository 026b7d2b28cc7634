/* explain - all that is known of one address, for the postmaster whose customer is on the telephone */
#ifndef MAILWARD_EXPLAIN_H
#define MAILWARD_EXPLAIN_H

#include <stdio.h>

#include "base/json.h"
#include "service/daemon_state.h"

/* explain_look - what the kernel does with it; false: that is being asked, and the request is answered when it is known */
struct explain_seen {
	const struct asked_look *host, *drop;	/* of the address, and of what drops it; NULL: not known, or nothing does */
};
bool explain_look(struct daemon *daemon, const struct addr *addr, struct explain_seen *seen);
/* explain - write it to out, for people or as a JSON object */
void explain_text(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out);
void explain_json(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out);

/* explain_drop_text - "now        banned for another 59m: 6 errors, last postfix/user-unknown"; network: of one around who was asked for
 * explain_kernel_text - what the kernel does with it: only of a drop that is running
 * explain_undo_text - how it is undone: what is wider than "allow" takes can only be allowed by the config
 * explain_drop_json, explain_kernel_json - the same as fields of an object */
void explain_drop_text(const struct event *drop, bool dry_run, bool network, int64_t now_ms, FILE *out);
void explain_kernel_text(const struct daemon *daemon, const struct explain_seen *seen, FILE *out);
void explain_undo_text(const struct prefix *unit, FILE *out);
void explain_drop_json(const struct event *drop, int64_t now_ms, struct json *json);
void explain_kernel_json(const struct explain_seen *seen, struct json *json);

#endif
