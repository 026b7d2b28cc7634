/* warden - the process with the power: CAP_NET_ADMIN, and one fixed-size message that it understands
 *
 * Forked before the engine reads its first line; speaks base/wire.h with it; owns the nftables objects through
 * nft.c. Checks every request again (size, ranges, allow-list) and ends on nonsense. Reads no file but the config and
 * the lists that it names; which config that is was settled before the fork. */
#ifndef MAILWARD_WARDEN_H
#define MAILWARD_WARDEN_H

#include <sys/types.h>

#include "conf/conf.h"

/* warden_start - fork the warden and wait until the kernel holds our table
 * conf: read before the fork, with conf_allow_own(); what the warden has is a copy from then on.
 * *fd: the engine's end. *pid: the child.
 * Returns 0, or -errno when the table could not be set up; the warden has then logged what the kernel said. */
int warden_start(struct conf *conf, int *fd, pid_t *pid);

#endif
