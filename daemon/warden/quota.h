/* quota - how much of the world an engine may have dropped, should it be taken over: so many addresses at once, so many a second
 *
 * Counted in addresses, not in requests: the whole of IPv4 is 65,536 requests wide as /16s, and at most as many a second
 * as nftables takes are no protection at all. One is an IPv4 address or an IPv6 /64; a /24 or /48 is 256, a /16 or /32
 * 65,536. At once: a /8 of IPv4, or twice what the engine is configured to ban if that is more; then a /16 a second.
 * No honest engine comes near: its bans are single, and a rebuild that the warden asks for begins with a full quota. */
#ifndef MAILWARD_QUOTA_H
#define MAILWARD_QUOTA_H

#include "base/addr.h"

#define QUOTA_AT_ONCE (1U << 24)
#define QUOTA_A_SECOND (1U << 16)

struct quota {
	uint64_t most, left;
	int64_t since_ms;	/* left is of that time */
};

/* quota_fill - max_bans: as configured; now_ms: never runs backwards */
void quota_fill(struct quota *quota, uint32_t max_bans, int64_t now_ms);

/* quota_take - false: it is used up, and nothing was taken */
bool quota_take(struct quota *quota, const struct prefix *prefix, int64_t now_ms);

#endif
