/* ranges - see ranges.h
 *
 * Owns the array. Ranges of the two families are never merged, so that each one fits a set of its family. */
#include "base/ranges.h"

#include <errno.h>
#include <stdlib.h>

int ranges_add(struct ranges *ranges, const struct prefix *prefix)
{
	if (ranges->count == ranges->room) {
		size_t room = ranges->room ? 2 * ranges->room : 16;
		struct range *at = reallocarray(ranges->at, room, sizeof(*at));
		if (!at)
			return -ENOMEM;
		ranges->at = at;
		ranges->room = room;
	}
	ranges->at[ranges->count++] = (struct range){ addr_mask(&prefix->addr, prefix->len), addr_last(prefix) };
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct range *left = a, *right = b;
	return addr_cmp(&left->first, &right->first);
}

/* does b follow a without a gap? */
static bool adjacent(const struct addr *a, const struct addr *b)
{
	struct addr next = *a;

	for (size_t i = sizeof(next.bytes); i-- > 0;)
		if (++next.bytes[i] != 0)
			return addr_cmp(&next, b) == 0 && addr_is_v4(a) == addr_is_v4(b);
	return false;	/* a is the last address there is */
}

void ranges_seal(struct ranges *ranges)
{
	if (ranges->count < 2)
		return;
	qsort(ranges->at, ranges->count, sizeof(*ranges->at), by_first);
	struct range *kept = ranges->at;
	for (size_t i = 1; i < ranges->count; i++) {
		const struct range *next = &ranges->at[i];
		if (addr_cmp(&next->first, &kept->last) > 0 && !adjacent(&kept->last, &next->first))
			*++kept = *next;
		else if (addr_cmp(&next->last, &kept->last) > 0)
			kept->last = next->last;
	}
	ranges->count = (size_t)(kept - ranges->at) + 1;
}

/* does any range meet first..last? */
static bool meet(const struct ranges *ranges, const struct addr *first, const struct addr *last)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {	/* the first range that does not end before `first` */
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&ranges->at[middle].last, first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count && addr_cmp(&ranges->at[low].first, last) <= 0;
}

bool ranges_contain(const struct ranges *ranges, const struct addr *addr)
{
	return meet(ranges, addr, addr);
}

bool ranges_touch(const struct ranges *ranges, const struct prefix *prefix)
{
	struct addr last = addr_last(prefix);
	return meet(ranges, &prefix->addr, &last);
}

void ranges_fini(struct ranges *ranges)
{
	free(ranges->at);
	*ranges = (struct ranges){ 0 };
}
