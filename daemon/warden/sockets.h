/* sockets - cut the live TCP connections of addresses that have just been banned
 *
 * A drop alone leaves the server's process waiting for its time-out; a destroyed socket tells it at once (ECONNABORTED).
 * Only connections to a guarded port of ours, never a listening socket. Where the kernel cannot do it, that is said
 * once, and bans go on without. */
#ifndef MAILWARD_SOCKETS_H
#define MAILWARD_SOCKETS_H

#include <libmnl/libmnl.h>

#include "conf/conf.h"

#define SOCKETS_MARKED_MAX 65536	/* prefixes that may wait to be cut: one walk serves them all */

struct sockets {
	struct mnl_socket *socket;	/* NULL: the kernel cannot */
	uint32_t seq;
	struct ranges marked;
};

void sockets_open(struct sockets *sockets);
void sockets_close(struct sockets *sockets);

/* sockets_mark - cut the prefix's connections at the next sockets_cut(); its packets must be dropped by now */
void sockets_mark(struct sockets *sockets, const struct prefix *prefix);

static inline size_t sockets_marked(const struct sockets *sockets)
{
	return sockets->marked.count;
}

/* sockets_cut - one walk over the kernel's connections (some milliseconds on a busy server); forgets the marks
 * Returns the number of those cut. */
size_t sockets_cut(struct sockets *sockets, const struct conf *conf);

#endif
