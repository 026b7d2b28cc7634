/* own_watch - hear when this machine's addresses or its default gateways change (DHCP, a VPN, a failover)
 *
 * Says that they may have, not to what: ranges_add_own() reads them. */
#ifndef MAILWARD_OWN_WATCH_H
#define MAILWARD_OWN_WATCH_H

#include <stdbool.h>

/* own_watch_open - a descriptor that is readable after such a change, non-blocking; or -errno. Needs no power. */
int own_watch_open(void);

/* own_watch_read - read all that is there; has there been anything? */
bool own_watch_read(int fd);

#endif
