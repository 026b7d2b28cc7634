/* blocks - see blocks.h */
#include "warden/blocks.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>

#include "warden/elements.h"
#include "warden/ruleset.h"

#define CHANGE_MAX (4 * BLOCKS_SLICE)	/* more is better filled anew, in slices */

/* room for lists that grow: a set cannot, and a list that does not fit is filled anew */
#define ROOM(count) ((count) + (count) / 4 + 64)

typedef unsigned __int128 bits;

static bits to_bits(const struct addr *addr)
{
	uint64_t half[2];

	memcpy(half, addr->bytes, sizeof(half));
	return (bits)be64toh(half[0]) << 64 | be64toh(half[1]);
}

static struct addr to_addr(bits number)
{
	const uint64_t half[2] = { htobe64((uint64_t)(number >> 64)), htobe64((uint64_t)number) };
	struct addr addr;

	memcpy(addr.bytes, half, sizeof(half));
	return addr;
}

/* the largest network that begins at first and does not reach beyond last */
static struct prefix largest(bits first, bits last)
{
	uint8_t len = 128;

	while (len > 0) {
		const bits size = (bits)1 << (128 - len);
		if (first & size || last - first < 2 * size - 1)
			break;
		len--;
	}
	return (struct prefix){ to_addr(first), len };
}

/* the next network of the ranges; false: that was all */
static bool walk_next(struct blocks_walk *walk, const struct ranges *ranges, struct prefix *prefix)
{
	if (walk->at == ranges->count)
		return false;
	const struct range *range = &ranges->at[walk->at];
	*prefix = largest(to_bits(walk->begun ? &walk->from : &range->first), to_bits(&range->last));
	walk->from = addr_last(prefix);
	walk->begun = addr_cmp(&walk->from, &range->last) != 0;
	if (walk->begun)
		addr_next(&walk->from);
	else
		walk->at++;
	return true;
}

static bool is_v4(const struct prefix *prefix)
{
	return addr_is_v4(&prefix->addr) && prefix->len >= 96;
}

static struct blocks_sets sets_for(const struct ranges *ranges, bool second)
{
	struct blocks_sets sets = { .second = second };
	struct blocks_walk walk = { 0 };
	struct prefix prefix;

	while (walk_next(&walk, ranges, &prefix))
		sets.room[is_v4(&prefix)][prefix.len]++;
	for (unsigned v4 = 0; v4 < 2; v4++)
		for (unsigned len = 0; len <= 128; len++)
			if (sets.room[v4][len])
				sets.room[v4][len] = ROOM(sets.room[v4][len]);
	return sets;
}

static const char *name_of(char *name, bool v4, unsigned len, bool second)
{
	snprintf(name, SET_NAME_SIZE, "block%u_%u%s", v4 ? 4U : 6U, v4 ? (len - 96) & 0xff : len & 0xff, second ? "b" : "");
	return name;
}

static void each_set(struct batch *batch, const struct blocks_sets *sets,
		     void (*put)(struct batch *, const char *, bool, unsigned, uint32_t))
{
	char name[SET_NAME_SIZE];

	for (unsigned v4 = 0; v4 < 2; v4++)
		for (unsigned len = 0; len <= 128; len++)
			if (sets->room[v4][len])
				put(batch, name_of(name, v4, len, sets->second), v4, len, sets->room[v4][len]);
}

/* elements of all lengths: one message or more for each */
static void put_networks(struct batch *batch, uint16_t type, bool second, const struct prefix *at, size_t count)
{
	bool done[2][129] = { { false } };
	char name[SET_NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		const bool v4 = is_v4(&at[i]);
		const uint8_t len = at[i].len;
		struct elements elements;

		if (done[v4][len])
			continue;
		done[v4][len] = true;
		elements_begin(&elements, batch, type, name_of(name, v4, len, second));
		for (size_t k = i; k < count; k++)
			if (at[k].len == len && is_v4(&at[k]) == v4)
				elements_put(&elements, &(struct element){ .key = element_key(&at[k].addr, v4),
					.key_len = element_key_len(v4) });
		elements_end(&elements);
	}
}

/* the next BLOCKS_SLICE networks; false: there are none any more */
static bool put_slice(struct batch *batch, uint16_t type, bool second, const struct ranges *ranges, struct blocks_walk *walk)
{
	static struct prefix slice[BLOCKS_SLICE];
	size_t count = 0;

	while (count < BLOCKS_SLICE && walk_next(walk, ranges, &slice[count]))
		count++;
	put_networks(batch, type, second, slice, count);
	return count > 0;
}

static void put_all(struct batch *batch, uint16_t type, bool second, const struct ranges *ranges)
{
	struct blocks_walk walk = { 0 };

	while (put_slice(batch, type, second, ranges, &walk))
		continue;
}

static void take_over(struct ranges *to, struct ranges *from)
{
	ranges_fini(to);
	*to = *from;
	*from = (struct ranges){ 0 };
}

void blocks_put(struct blocks *blocks, struct ranges *ranges)
{
	take_over(&blocks->coming, ranges);
	blocks->fresh = sets_for(&blocks->coming, false);
	each_set(blocks->batch, &blocks->fresh, ruleset_put_block_set);
	each_set(blocks->batch, &blocks->fresh, ruleset_put_block_rule);
	put_all(blocks->batch, NFT_MSG_NEWSETELEM, false, &blocks->coming);
}

void blocks_built(struct blocks *blocks, bool done)
{
	if (done) {
		take_over(&blocks->ranges, &blocks->coming);
		blocks->sets = blocks->fresh;
	}
	ranges_fini(&blocks->coming);
	blocks->fresh = (struct blocks_sets){ 0 };
	blocks->filling = false;
}

void blocks_cancel(struct blocks *blocks)
{
	if (!blocks->filling)
		return;
	batch_begin(blocks->batch);
	each_set(blocks->batch, &blocks->fresh, ruleset_delete_set);
	batch_commit(blocks->batch);	/* refused if somebody has deleted the table: then they are gone, too */
	blocks_built(blocks, false);
}

/* what is in one and not in the other, by whole ranges */
static int differences(const struct ranges *old, const struct ranges *new, struct ranges *gone, struct ranges *come)
{
	size_t i = 0, j = 0;
	int err = 0;

	while (err == 0 && (i < old->count || j < new->count)) {
		int order = i == old->count ? 1 : j == new->count ? -1 : addr_cmp(&old->at[i].first, &new->at[j].first);
		if (order == 0 && addr_cmp(&old->at[i].last, &new->at[j].last) == 0) {
			i++, j++;
			continue;
		}
		if (gone->count + come->count == CHANGE_MAX)
			return -E2BIG;
		if (order <= 0)
			err = ranges_add_range(gone, &old->at[i++]);
		if (order >= 0 && err == 0)
			err = ranges_add_range(come, &new->at[j++]);
	}
	return err;
}

/* the sets that are still missing for what comes */
static struct blocks_sets missing(const struct blocks_sets *sets, const struct ranges *come)
{
	struct blocks_sets needed = sets_for(come, sets->second);

	for (unsigned v4 = 0; v4 < 2; v4++)
		for (unsigned len = 0; len <= 128; len++)
			if (sets->room[v4][len])
				needed.room[v4][len] = 0;
	return needed;
}

static void add_sets(struct blocks_sets *to, const struct blocks_sets *from)
{
	for (unsigned v4 = 0; v4 < 2; v4++)
		for (unsigned len = 0; len <= 128; len++)
			to->room[v4][len] += from->room[v4][len];
}

static int put_change(struct blocks *blocks, const struct ranges *gone, const struct ranges *come)
{
	const struct blocks_sets more = missing(&blocks->sets, come);

	batch_begin(blocks->batch);
	each_set(blocks->batch, &more, ruleset_put_block_set);
	each_set(blocks->batch, &more, ruleset_put_block_rule);
	put_all(blocks->batch, NFT_MSG_DELSETELEM, blocks->sets.second, gone);
	put_all(blocks->batch, NFT_MSG_NEWSETELEM, blocks->sets.second, come);
	int err = batch_commit(blocks->batch);
	if (err == 0)
		add_sets(&blocks->sets, &more);
	return err;
}

/* A large list changes by a few lines; many a list is small. */
static int change(struct blocks *blocks, const struct ranges *ranges)
{
	struct ranges gone = { 0 }, come = { 0 };
	int err = differences(&blocks->ranges, ranges, &gone, &come);

	if (err == 0 && gone.count + come.count > 0)
		err = put_change(blocks, &gone, &come);
	ranges_fini(&gone);
	ranges_fini(&come);
	return err;
}

static bool any(const struct blocks_sets *sets)
{
	for (unsigned v4 = 0; v4 < 2; v4++)
		for (unsigned len = 0; len <= 128; len++)
			if (sets->room[v4][len])
				return true;
	return false;
}

/* fresh sets beside those in force */
static int fill_begin(struct blocks *blocks)
{
	blocks->fresh = sets_for(&blocks->coming, any(&blocks->sets) && !blocks->sets.second);
	blocks->walk = (struct blocks_walk){ 0 };
	batch_begin(blocks->batch);
	each_set(blocks->batch, &blocks->fresh, ruleset_put_block_set);
	int err = batch_commit(blocks->batch);
	blocks->filling = err == 0;
	if (err < 0)
		blocks_built(blocks, false);
	return err < 0 ? err : 1;
}

int blocks_change(struct blocks *blocks, struct ranges *ranges)
{
	blocks_cancel(blocks);
	int err = change(blocks, ranges);
	if (err == 0) {
		take_over(&blocks->ranges, ranges);
		return 0;
	}
	take_over(&blocks->coming, ranges);
	return fill_begin(blocks);
}

/* the chain looks at the fresh sets; the others are no more */
static int swap(struct blocks *blocks)
{
	batch_begin(blocks->batch);
	ruleset_empty_block(blocks->batch);
	each_set(blocks->batch, &blocks->fresh, ruleset_put_block_rule);
	each_set(blocks->batch, &blocks->sets, ruleset_delete_set);
	int err = batch_commit(blocks->batch);
	if (err == 0)
		blocks_built(blocks, true);
	return err;
}

int blocks_fill(struct blocks *blocks)
{
	if (!blocks->filling)
		return 0;
	batch_begin(blocks->batch);
	const bool more = put_slice(blocks->batch, NFT_MSG_NEWSETELEM, blocks->fresh.second, &blocks->coming, &blocks->walk);
	int err = more ? batch_commit(blocks->batch) : swap(blocks);
	if (err < 0)
		blocks_cancel(blocks);
	return err < 0 ? err : more;
}

void blocks_fini(struct blocks *blocks)
{
	ranges_fini(&blocks->ranges);
	ranges_fini(&blocks->coming);
}
