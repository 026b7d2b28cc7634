/* quota - how much of the world an engine may have dropped, should it be taken over: a burst of N addresses, then M per second
 *
 * Counted in addresses, not in requests: 65,536 requests for a /16 each are the whole of IPv4. One is an IPv4 address or
 * an IPv6 /64; a /24 or /48 is 256, a /16 or /32 65,536. The burst is a /8 of IPv4, or twice what the engine is
 * configured to ban if that is more; then it is a /16 per second. No honest engine comes near: its bans are single, and
 * a rebuild that the warden asks for begins with a full quota. */
#ifndef MAILWARD_QUOTA_H
#define MAILWARD_QUOTA_H

#include "base/addr.h"

#define QUOTA_BURST (1U << 24)
#define QUOTA_PER_SECOND (1U << 16)

struct quota {
	uint64_t most, left;
	int64_t since_ms;	/* left is of that time */
};

/* quota_fill - max_bans: as configured; now_ms: never runs backwards */
void quota_fill(struct quota *quota, uint32_t max_bans, int64_t now_ms);

/* quota_take - false: it is used up, and nothing was taken */
bool quota_take(struct quota *quota, const struct prefix *prefix, int64_t now_ms);

#endif
