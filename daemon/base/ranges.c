/* ranges - see ranges.h
 *
 * Owns the array. Ranges of the two families are never merged, so that each one fits a set of its family. */
#include "base/ranges.h"

#include <errno.h>

#include "base/array.h"

int ranges_add(struct ranges *ranges, const struct prefix *prefix)
{
	return ranges_add_range(ranges, &(struct range){ addr_mask(&prefix->addr, prefix->len), addr_last(prefix) });
}

int ranges_add_range(struct ranges *ranges, const struct range *range)
{
	struct range *at = array_grow(ranges->at, ranges->count, sizeof(*at));

	if (!at)
		return -ENOMEM;
	ranges->at = at;
	ranges->at[ranges->count++] = *range;
	return 0;
}

int ranges_add_all(struct ranges *ranges, const struct ranges *others)
{
	int err = 0;

	for (size_t i = 0; i < others->count && err == 0; i++)
		err = ranges_add_range(ranges, &others->at[i]);
	return err;
}

static int by_first(const void *a, const void *b)
{
	const struct range *left = a, *right = b;
	return addr_cmp(&left->first, &right->first);
}

/* Does b follow a without a gap? */
static bool adjacent(const struct addr *a, const struct addr *b)
{
	struct addr next = *a;

	return addr_next(&next) && addr_cmp(&next, b) == 0 && addr_is_v4(a) == addr_is_v4(b);
}

static bool sorted(const struct ranges *ranges)
{
	for (size_t i = 1; i < ranges->count; i++)
		if (addr_cmp(&ranges->at[i - 1].first, &ranges->at[i].first) > 0)
			return false;
	return true;
}

void ranges_seal(struct ranges *ranges)
{
	if (ranges->count < 2)
		return;
	if (!sorted(ranges))	/* a million that are in order already is the common case */
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

/* The first range that does not end before an address; NULL: there is none. */
static const struct range *range_from(const struct ranges *ranges, const struct addr *first)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&ranges->at[middle].last, first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count ? &ranges->at[low] : NULL;
}

/* Does any range meet first..last? */
static bool meet(const struct ranges *ranges, const struct addr *first, const struct addr *last)
{
	const struct range *range = range_from(ranges, first);

	return range && addr_cmp(&range->first, last) <= 0;
}

bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->at, b->at, a->count * sizeof(*a->at)) == 0);
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

bool ranges_cover(const struct ranges *ranges, const struct prefix *prefix)
{
	const struct range *range = range_from(ranges, &prefix->addr);
	struct addr last = addr_last(prefix);

	return range && addr_cmp(&range->first, &prefix->addr) <= 0 && addr_cmp(&range->last, &last) >= 0;
}

/* What `less`, from its i-th range on, leaves of one range. */
static int keep_rest(struct ranges *kept, struct range rest, const struct ranges *less, size_t i)
{
	for (; i < less->count && addr_cmp(&less->at[i].first, &rest.last) <= 0; i++) {
		const struct range *hole = &less->at[i];
		if (addr_cmp(&hole->first, &rest.first) > 0) {
			struct range before = { rest.first, hole->first };
			addr_prev(&before.last);
			if (ranges_add_range(kept, &before) < 0)
				return -ENOMEM;
		}
		if (addr_cmp(&hole->last, &rest.last) >= 0)
			return 0;
		rest.first = hole->last;
		addr_next(&rest.first);
	}
	return ranges_add_range(kept, &rest);
}

int ranges_subtract(struct ranges *ranges, const struct ranges *less)
{
	struct ranges kept = { 0 };
	size_t hole = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		while (hole < less->count && addr_cmp(&less->at[hole].last, &ranges->at[i].first) < 0)
			hole++;
		if (keep_rest(&kept, ranges->at[i], less, hole) < 0) {
			ranges_fini(&kept);
			return -ENOMEM;
		}
	}
	ranges_fini(ranges);
	*ranges = kept;
	return 0;
}

/* The eight bytes from `byte` on as a number. */
static uint64_t number(const struct addr *addr, size_t byte)
{
	uint64_t value = 0;

	for (size_t i = byte; i < byte + 8; i++)
		value = value << 8 | addr->bytes[i];
	return value;
}

struct ranges_size ranges_size(const struct ranges *ranges)
{
	struct ranges_size size = { 0 };
	const struct range *before = NULL;	/* of IPv6 */

	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->at[i];
		if (addr_is_v4(&range->first)) {
			size.v4 += number(&range->last, 8) - number(&range->first, 8) + 1;
			continue;
		}
		uint64_t first = number(&range->first, 0), last = number(&range->last, 0);
		uint64_t more = last - first + (last - first != UINT64_MAX);
		more -= before && number(&before->last, 0) == first;
		size.v6_64 = more > UINT64_MAX - size.v6_64 ? UINT64_MAX : size.v6_64 + more;
		before = range;
	}
	return size;
}

void ranges_fini(struct ranges *ranges)
{
	free(ranges->at);
	*ranges = (struct ranges){ 0 };
}
