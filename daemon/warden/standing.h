/* standing - what is dropped in the kernel now, read back
 *
 * For an engine that has lost its memory: otherwise nothing is ever read from a set, since the kernel walks it anew for
 * each 32 KiB of the answer. Changes nothing. */
#ifndef MAILWARD_STANDING_H
#define MAILWARD_STANDING_H

#include <libmnl/libmnl.h>

#include "base/wire.h"

/* standing_fn - gets each ban as the WIRE_DROP that would bring it about, with the rest of its time */
typedef void standing_fn(void *arg, const struct wire_request *drop);

/* standing_read - call fn for each ban in the table, until all are told; one may be told twice
 * seq: the socket's next number, counted on. ipv6_prefix: of a set "ban6" that does not say its length. 0 or -errno */
int standing_read(struct mnl_socket *socket, uint32_t *seq, unsigned ipv6_prefix, standing_fn *fn, void *arg);

#endif
