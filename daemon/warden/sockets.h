/* sockets - cut the live TCP connections of addresses that have just been banned
 *
 * A drop alone leaves the server's process waiting for its time-out; a destroyed socket tells it at once (ECONNABORTED).
 * Only connections to a guarded port of ours, never a listening socket, never those of who is allowed. Where the kernel cannot do it, that is said
 * once, and bans go on without. */
#ifndef MAILWARD_SOCKETS_H
#define MAILWARD_SOCKETS_H

#include <libmnl/libmnl.h>

#include "conf/conf.h"

#define SOCKETS_MARKED_MAX 65536	/* prefixes that may wait to be cut: one walk serves them all */

struct sockets {
	struct mnl_socket *socket;	/* NULL: the kernel cannot */
	uint32_t seq;
	struct ranges marked[1 + CONF_SERVICES_MAX];	/* the first: on all guarded ports; the others: on a service's */
};

void sockets_open(struct sockets *sockets);
void sockets_close(struct sockets *sockets);

/* sockets_mark - cut the prefix's connections at the next sockets_cut(); its packets must be dropped by now
 * service: as in struct wire_request */
void sockets_mark(struct sockets *sockets, const struct prefix *prefix, unsigned service);

static inline size_t sockets_marked(const struct sockets *sockets)
{
	size_t count = 0;

	for (unsigned i = 0; i <= CONF_SERVICES_MAX; i++)
		count += sockets->marked[i].count;
	return count;
}

/* sockets_cut - one walk over the kernel's connections (some milliseconds on a busy server); forgets the marks
 * Returns the number of those cut. */
size_t sockets_cut(struct sockets *sockets, const struct conf *conf);

#endif
