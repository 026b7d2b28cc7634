/* ranges - a set of addresses given as prefixes: the allow-list, the blocklists
 *
 * Sorted, disjoint, adjacent ones of a family merged: what a kernel interval set wants, and
 * a binary search for us. Filled once, sealed, then only read. */
#ifndef MAILWARD_RANGES_H
#define MAILWARD_RANGES_H

#include "base/addr.h"

struct range {
	struct addr first, last;	/* both inside */
};

struct ranges {
	struct range *at;
	size_t count;
};

/* ranges_add - put a prefix in; 0, or -ENOMEM. Look-ups are wrong until ranges_seal(). */
int ranges_add(struct ranges *ranges, const struct prefix *prefix);

/* ranges_add_range - the same for any range of one family */
int ranges_add_range(struct ranges *ranges, const struct range *range);

/* ranges_add_all - the same for all of others */
int ranges_add_all(struct ranges *ranges, const struct ranges *others);

/* ranges_seal - sort and merge; may be called again after more adds */
void ranges_seal(struct ranges *ranges);

/* ranges_equal - both sealed */
bool ranges_equal(const struct ranges *a, const struct ranges *b);

bool ranges_contain(const struct ranges *ranges, const struct addr *addr);

/* ranges_touch - does any address of the prefix lie inside? (a ban of the prefix would hit it) */
bool ranges_touch(const struct ranges *ranges, const struct prefix *prefix);

/* ranges_cover - does every address of the prefix lie inside? */
bool ranges_cover(const struct ranges *ranges, const struct prefix *prefix);

/* ranges_subtract - take what is in `less` out of ranges; both sealed
 * Returns 0, or -ENOMEM and ranges is as it was. Cost: one walk. */
int ranges_subtract(struct ranges *ranges, const struct ranges *less);

/* ranges_size - the number of addresses, the two families told apart
 * IPv6 is counted in /64 networks, those that are in it in part too. Both saturate. */
struct ranges_size {
	uint64_t v4, v6_64;
};
struct ranges_size ranges_size(const struct ranges *ranges);

/* ranges_fini - free what it holds; the struct is the caller's and may be used again */
void ranges_fini(struct ranges *ranges);

/* ranges_add_loopback - add 127.0.0.0/8 and ::1; 0, or -ENOMEM */
int ranges_add_loopback(struct ranges *ranges);

/* ranges_add_own - add loopback, this machine's interface addresses and its default gateways, both families
 * (getifaddrs(3), /proc/self/net/route, ipv6_route beside it), and seal. Returns 0 or -errno; then what could be read
 * is in. */
int ranges_add_own(struct ranges *ranges);

#endif
