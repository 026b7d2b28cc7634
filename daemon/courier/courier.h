/* courier - the process that speaks with the fleet's servers: it carries sealed bytes, and can neither make nor read a seal
 *
 * Forked before the engine reads its first line; has no capability, no file and no key, may connect to the configured ports and
 * do nothing else; speaks base/parcel.h with the engine. Whoever takes it over can withhold, and never forge.
 * Two processes: one carries, the other does nothing but to begin it anew when it dies; both end with the engine. */
#ifndef MAILWARD_COURIER_H
#define MAILWARD_COURIER_H

#include "conf/conf.h"

/* courier_wanted - is there a [fleet], or a source that a Redis server publishes? */
bool courier_wanted(const struct conf *conf);

/* courier_start - fork the courier. *fd: the engine's end of the socket
 * Passwords are read here, and forgotten by the caller's process. Returns 0, or -errno after logging. */
int courier_start(const struct conf *conf, int *fd);

#endif
