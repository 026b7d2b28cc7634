/* block_sets - see block_sets.h */
#include "warden/block_sets.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>

#include "warden/elements.h"
#include "warden/ruleset.h"

#define CHANGE_MAX (4 * BLOCK_SETS_SLICE)	/* more is better filled anew, in slices */

/* Room for lists that grow: a set of known size cannot, and a list that does not fit is filled anew. */
#define ROOM(count) ((count) + (count) / 4 + 64)

/* Of known size a set is looked up in 28 ns instead of 33, and the kernel clears its whole table when it is made: 2 MiB for
 * this many, up to 12 ms. The table of one that may hold more grows beside the work. */
#define ROOM_FIXED_MAX 196608

/* How many bits two addresses have in common at their beginning, 0..128. */
static unsigned common_bits(const struct addr *a, const struct addr *b)
{
	for (unsigned i = 0; i < sizeof(a->bytes); i++)
		if (a->bytes[i] != b->bytes[i])
			return 8 * i + (unsigned)__builtin_clz((unsigned)(a->bytes[i] ^ b->bytes[i])) - (unsigned)(8 * sizeof(unsigned) - 8);
	return 128;
}

/* How many bits are left of an address when the zeros at its end are cut off, 0..128. */
static unsigned bits_set(const struct addr *addr)
{
	for (unsigned i = sizeof(addr->bytes); i-- > 0;)
		if (addr->bytes[i] != 0)
			return 8 * i + 8 - (unsigned)__builtin_ctz(addr->bytes[i]);
	return 0;
}

/* The largest network that begins at first and does not reach beyond last: one of all that they have in common may, the next
 * smaller one lies in the lower half of it, and last in the upper. */
static struct prefix largest_network(const struct addr *first, const struct addr *last)
{
	unsigned common = common_bits(first, last), least = bits_set(first);
	unsigned len = least > common ? least : common;
	struct addr end = addr_last(&(struct prefix){ *first, (uint8_t)len });

	if (addr_cmp(&end, last) > 0)
		len++;
	return (struct prefix){ *first, (uint8_t)len };
}

/* The next network of the ranges; false: that was all. */
static bool walk_next(struct block_sets_walk *walk, const struct ranges *ranges, struct prefix *prefix)
{
	if (walk->at == ranges->count)
		return false;
	const struct range *range = &ranges->at[walk->at];
	*prefix = largest_network(walk->begun ? &walk->from : &range->first, &range->last);
	walk->from = addr_last(prefix);
	walk->begun = addr_cmp(&walk->from, &range->last) != 0;
	if (walk->begun)
		addr_next(&walk->from);
	else
		walk->at++;
	return true;
}

void block_sets_count(const struct ranges *listed, uint32_t *networks)
{
	struct block_sets_walk walk = { 0 };
	struct prefix prefix;

	memset(networks, 0, SET_COUNT * sizeof(*networks));
	while (walk_next(&walk, listed, &prefix))
		networks[set_of(&prefix)]++;
}

static struct block_sets_made sets_for(const uint32_t *networks, bool second)
{
	struct block_sets_made made = { .second = second };

	EACH_SET(id)
		if (networks[id])
			made.size[id] = ROOM(networks[id]);
	return made;
}

/* The size that a set is made with; 0: it grows. */
static uint32_t fixed_size(const struct block_sets_made *made, unsigned id)
{
	return made->size[id] <= ROOM_FIXED_MAX ? made->size[id] : 0;
}

static void put_set(struct batch *batch, const struct block_sets_made *made, unsigned id)
{
	ruleset_put_block_set(batch, id, made->second, fixed_size(made, id));
}

static void put_sets(struct batch *batch, const struct block_sets_made *made)
{
	EACH_SET(id)
		if (made->size[id])
			put_set(batch, made, id);
}

/* The largest first: who is listed is most likely to be found there, and the other rules need not be looked at. */
static void put_rules(struct batch *batch, const struct block_sets_made *made)
{
	struct block_sets_made left = *made;

	for (unsigned largest;; left.size[largest] = 0) {
		largest = 0;
		EACH_SET(id)
			if (left.size[id] > left.size[largest])
				largest = id;
		if (left.size[largest] == 0)
			return;
		ruleset_put_block_rule(batch, largest, made->second);
	}
}

static void delete_sets(struct batch *batch, const struct block_sets_made *made, unsigned end)
{
	for (unsigned id = 0; id < end; id++)
		if (made->size[id])
			ruleset_delete_block_set(batch, id, made->second);
}

/* Elements of all lengths: one message or more for each. */
static void put_networks(struct batch *batch, uint16_t type, bool second, const struct prefix *at, size_t count)
{
	bool done[SET_COUNT] = { false };
	char name[SET_NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		unsigned id = set_of(&at[i]);
		struct elements elements;

		if (done[id])
			continue;
		done[id] = true;
		elements_begin(&elements, batch, type, ruleset_block_set_name(name, id, second));
		for (size_t k = i; k < count; k++)
			if (set_of(&at[k]) == id)
				elements_put(&elements, &(struct element){ .key = set_key(set_v4(id), &at[k].addr),
					.key_len = set_key_len(set_v4(id)) });
		elements_end(&elements);
	}
}

/* The next BLOCK_SETS_SLICE networks; false: there are none any more. */
static bool put_slice(struct batch *batch, uint16_t type, bool second, const struct ranges *ranges, struct block_sets_walk *walk)
{
	static struct prefix slice[BLOCK_SETS_SLICE];
	size_t count = 0;

	while (count < BLOCK_SETS_SLICE && walk_next(walk, ranges, &slice[count]))
		count++;
	put_networks(batch, type, second, slice, count);
	return count > 0;
}

static void put_all(struct batch *batch, uint16_t type, bool second, const struct ranges *ranges)
{
	struct block_sets_walk walk = { 0 };

	while (put_slice(batch, type, second, ranges, &walk))
		continue;
}

static void take_over(struct ranges *to, struct ranges *from)
{
	ranges_fini(to);
	*to = *from;
	*from = (struct ranges){ 0 };
}

void block_sets_built(struct block_sets *sets, bool done)
{
	if (done) {
		take_over(&sets->listed, &sets->coming);
		sets->made = sets->fresh;
	}
	ranges_fini(&sets->coming);
	sets->fresh = (struct block_sets_made){ 0 };
	sets->filling = false;
}

static void forget_next(struct block_sets *sets)
{
	ranges_fini(&sets->next.listed);
	sets->next = (struct block_sets_next){ .any = false };
}

static void give_up(struct block_sets *sets)
{
	if (!sets->filling)
		return;
	batch_begin(sets->batch);
	delete_sets(sets->batch, &sets->fresh, sets->begun);
	batch_commit(sets->batch);	/* refused if somebody has deleted the table: then these are gone, too */
	block_sets_built(sets, false);
}

void block_sets_cancel(struct block_sets *sets)
{
	forget_next(sets);
	give_up(sets);
}

/* What is in one and not in the other, by whole ranges. */
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

static int put_change(struct block_sets *sets, const struct ranges *gone, const struct ranges *come)
{
	uint32_t networks[SET_COUNT];

	block_sets_count(come, networks);
	struct block_sets_made missing = sets_for(networks, sets->made.second);
	EACH_SET(id)
		if (sets->made.size[id])
			missing.size[id] = 0;
	batch_begin(sets->batch);
	put_sets(sets->batch, &missing);
	put_rules(sets->batch, &missing);
	put_all(sets->batch, NFT_MSG_DELSETELEM, sets->made.second, gone);
	put_all(sets->batch, NFT_MSG_NEWSETELEM, sets->made.second, come);
	int err = batch_commit(sets->batch);
	EACH_SET(id)
		if (err == 0)
			sets->made.size[id] += missing.size[id];
	return err;
}

/* Is there room for that in the sets that are in force? */
static bool fits(const struct block_sets *sets, const uint32_t *networks)
{
	EACH_SET(id) {
		uint32_t size = fixed_size(&sets->made, id);
		if (size > 0 && networks[id] > size)
			return false;
	}
	return true;
}

/* A large list changes by a few lines; many a list is small. What is in force becomes that at once, and what was coming does
 * not come. */
static int change(struct block_sets *sets, const struct ranges *listed, const uint32_t *networks)
{
	struct ranges gone = { 0 }, come = { 0 };
	int err = fits(sets, networks) ? differences(&sets->listed, listed, &gone, &come) : -ENFILE;

	if (err == 0)
		give_up(sets);
	if (err == 0 && gone.count + come.count > 0)
		err = put_change(sets, &gone, &come);
	ranges_fini(&gone);
	ranges_fini(&come);
	return err;
}

bool block_sets_any(const struct block_sets *sets)
{
	bool any = false;

	EACH_SET(id)
		any |= sets->made.size[id] > 0;
	return any;
}

/* Fresh sets beside those in force, if there are any. */
static int fill_begin(struct block_sets *sets, struct ranges *listed, const uint32_t *networks)
{
	take_over(&sets->coming, listed);
	sets->fresh = sets_for(networks, block_sets_any(sets) && !sets->made.second);
	sets->begun = 0;
	sets->walk = (struct block_sets_walk){ 0 };
	sets->filling = true;
	return 1;
}

/* Whoever begins anew each time never gets to an end where a list changes faster than it is filled. */
static int put_off(struct block_sets *sets, struct ranges *listed, const uint32_t *networks)
{
	take_over(&sets->next.listed, listed);
	memcpy(sets->next.networks, networks, sizeof(sets->next.networks));
	sets->next.any = true;
	return 1;
}

/* What had to wait until the fill was over. */
static int replace_by_next(struct block_sets *sets)
{
	struct block_sets_next next = sets->next;

	sets->next = (struct block_sets_next){ .any = false };
	int err = block_sets_replace(sets, &next.listed, next.networks);
	ranges_fini(&next.listed);
	return err;
}

int block_sets_replace(struct block_sets *sets, struct ranges *listed, const uint32_t *networks)
{
	if (sets->batch->open) {
		take_over(&sets->coming, listed);
		sets->fresh = sets_for(networks, false);
		put_sets(sets->batch, &sets->fresh);
		put_rules(sets->batch, &sets->fresh);
		put_all(sets->batch, NFT_MSG_NEWSETELEM, false, &sets->coming);
		return 0;
	}
	forget_next(sets);
	if (sets->filling && ranges_equal(&sets->coming, listed))
		return 1;
	if (change(sets, listed, networks) == 0) {
		take_over(&sets->listed, listed);
		return 0;
	}
	if (listed->count == 0)
		give_up(sets);
	return sets->filling ? put_off(sets, listed, networks) : fill_begin(sets, listed, networks);
}

/* The next set of the fresh ones; false: all are there. One at a time: each may take the kernel some milliseconds. */
static bool put_next_set(struct block_sets *sets)
{
	while (sets->begun < SET_COUNT && sets->fresh.size[sets->begun] == 0)
		sets->begun++;
	if (sets->begun == SET_COUNT)
		return false;
	put_set(sets->batch, &sets->fresh, sets->begun++);
	return true;
}

/* The chain looks at the fresh sets; the others are no more. */
static int swap(struct block_sets *sets)
{
	batch_begin(sets->batch);
	ruleset_empty_block(sets->batch);
	put_rules(sets->batch, &sets->fresh);
	delete_sets(sets->batch, &sets->made, SET_COUNT);
	int err = batch_commit(sets->batch);
	if (err == 0)
		block_sets_built(sets, true);
	return err;
}

int block_sets_fill(struct block_sets *sets)
{
	if (!sets->filling)
		return 0;
	batch_begin(sets->batch);
	bool more = put_next_set(sets) || put_slice(sets->batch, NFT_MSG_NEWSETELEM, sets->fresh.second, &sets->coming, &sets->walk);
	int err = more ? batch_commit(sets->batch) : swap(sets);
	if (err < 0)
		give_up(sets);
	if (!sets->filling && sets->next.any)
		return replace_by_next(sets);
	return err < 0 ? err : more;
}

void block_sets_fini(struct block_sets *sets)
{
	ranges_fini(&sets->listed);
	ranges_fini(&sets->coming);
	forget_next(sets);
}
