/* own - this machine's addresses and gateways change while the daemon runs: whoever they are is judged no more
 *
 * The warden follows them for itself, and drops nobody who is allowed; this is the engine's half, so that such an address
 * counts for nothing, and what is listed is what is dropped. */
#ifndef MAILWARD_OWN_H
#define MAILWARD_OWN_H

#include "service/daemon_state.h"

#define OWN_RELEASED_MAX 64	/* at a time; others stay listed until they end, though nobody drops them */

/* own_open - be told of changes; before confinement. Without it we go on: logged.
 * own_watch - act on them; when there is a judge. 0 or -errno */
void own_open(struct daemon *daemon);
int own_watch(struct daemon *daemon);
void own_close(struct daemon *daemon);

/* own_renew - the allow-list has changed: whom it protects now is released. Returns how many. */
size_t own_renew(struct daemon *daemon);

#endif
