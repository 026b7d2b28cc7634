/* quota - how much of the world an engine may have dropped, should it be taken over: a burst of N, then M per second
 *
 * A burst is what may be dropped at one time by the config: twice max_bans counting units (an IPv4 address, an IPv6
 * network of ipv6_prefix), and apart from them networks. These are counted in addresses, not in requests, since 65,536
 * requests for a /16 each are the whole of IPv4: a /24 or /48 is 256, a /16 or /32 65,536. Where networks are banned by
 * themselves (network_limit) twice as many /24s may be as max_bans units can bring about, in any case a /8 in all. Then
 * 65,536 of either come free per second. An honest engine stays below; should it not, it is told when to ask again. */
#ifndef MAILWARD_QUOTA_H
#define MAILWARD_QUOTA_H

#include "conf/conf.h"

#define QUOTA_UNITS_MIN (1U << 16)
#define QUOTA_ADDRESSES_MIN (1U << 24)
#define QUOTA_PER_SECOND (1U << 16)

struct quota {
	struct quota_part {
		uint64_t most, left;
		uint64_t owed;		/* was refused since, and will be asked for again */
	} units, networks;
	unsigned ipv6_prefix;
	int64_t since_ms;		/* left and owed are of that time */
};

/* quota_fill - nothing is dropped now; now_ms: never runs backwards */
void quota_fill(struct quota *quota, const struct conf *conf, int64_t now_ms);

/* quota_take - 0: taken; or after how many ms it is worth while to ask again, those considered that were told so before */
uint32_t quota_take(struct quota *quota, const struct prefix *prefix, int64_t now_ms);

#endif
