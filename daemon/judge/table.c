/* table - a fixed-capacity hash table of equal slots, keyed by prefix
 *
 * Owns anonymous mappings: the slots, the chain heads, the marks of what changed; all touched only as they fill, so that
 * a large capacity costs nothing until it is needed. There are about as many chains as used slots: with each slot more, one chain
 * is split in two (linear hashing: Litwin 1980), so that a few addresses stay together in the cache and many never wait
* for a rebuilding. Free slots are chained through the same index as used ones.
 * Never logs, never allocates after table_init(). */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

#include "base/pages.h"
#include "judge/table.h"

#define NONE UINT32_MAX
#define FREE_LEN 255
#define HEADS_MIN 64		/* chains at first; a power of two */

/* What stands behind the key of a slot of either kind. */
struct tail {
	uint8_t len;
	uint8_t caller[3];
	uint32_t next;
};

_Static_assert(offsetof(struct table_slot, len) == sizeof(struct addr) && sizeof(struct table_slot) == sizeof(struct addr) + sizeof(struct tail) &&
	       offsetof(struct table_short, len) == sizeof(uint64_t) && sizeof(struct table_short) == sizeof(uint64_t) + sizeof(struct tail),
	       "a tail behind the key");

static char *slot_at(const struct table *table, uint32_t index)
{
	return table->slots + (size_t)index * table->stride;
}

static struct tail *tail_of(const struct table *table, void *slot)
{
	return (struct tail *)(void *)((char *)slot + table->key_bytes);
}

static struct tail *tail_at(const struct table *table, uint32_t index)
{
	return tail_of(table, slot_at(table, index));
}

struct prefix table_key_of(const struct table *table, const void *slot)
{
	struct prefix key = { .len = ((const uint8_t *)slot)[table->key_bytes] };

	memcpy(key.addr.bytes, slot, table->key_bytes);
	return key;
}

static size_t dirty_words(const struct table *table)
{
	return ((size_t)table->capacity + 63) / 64;
}

static int init(struct table *table, size_t key_bytes, size_t stride, uint32_t capacity)
{
	uint32_t heads = HEADS_MIN;

	assert(stride >= key_bytes + sizeof(struct tail) && stride % 8 == 0 && capacity > 0 && capacity <= 1U << 31);
	while (heads < capacity && heads < 1U << 31)
		heads *= 2;
	*table = (struct table){ .stride = stride, .key_bytes = key_bytes, .capacity = capacity, .head_room = heads, .mask = HEADS_MIN - 1,
				 .free_head = NONE };
	if (getrandom(&table->seed, sizeof(table->seed), 0) != (ssize_t)sizeof(table->seed))
		return -errno;
	table->slots = pages_map(capacity, stride);
	table->heads = pages_map(heads, sizeof(*table->heads));
	table->dirty = pages_map(dirty_words(table), sizeof(*table->dirty));
	if (!table->slots || !table->heads || !table->dirty) {
		table_fini(table);
		return -ENOMEM;
	}
	return 0;
}

int table_init(struct table *table, size_t stride, uint32_t capacity)
{
	return init(table, sizeof(struct addr), stride, capacity);
}

int table_init_short(struct table *table, size_t stride, uint32_t capacity)
{
	return init(table, sizeof(uint64_t), stride, capacity);
}

void table_fini(struct table *table)
{
	pages_unmap(table->slots, table->capacity, table->stride);
	pages_unmap(table->heads, table->head_room, sizeof(*table->heads));
	pages_unmap(table->dirty, dirty_words(table), sizeof(*table->dirty));
	*table = (struct table){ 0 };
}

/* A head holds index + 1, so that the mapping's zero pages are empty chains. */
static uint32_t *head_of(const struct table *table, const struct addr *key, uint8_t len)
{
	uint64_t hash = addr_hash(key, table->seed + len);
	uint32_t chain = (uint32_t)hash & table->mask;

	if (chain < table->split)
		chain = (uint32_t)hash & (2 * table->mask + 1);
	return &table->heads[chain];
}

/* Split the next chain in two, unless there are as many as there will ever be. */
static void split_chain(struct table *table)
{
	uint32_t *from = &table->heads[table->split];
	uint32_t chains = table->mask + 1 + table->split, index = *from - 1;

	if (chains == table->head_room)
		return;
	*from = 0;
	if (++table->split > table->mask) {
		table->mask = 2 * table->mask + 1;
		table->split = 0;
	}
	while (index != NONE) {
		struct prefix key = table_key_of(table, slot_at(table, index));
		struct tail *tail = tail_at(table, index);
		uint32_t next = tail->next, *head = head_of(table, &key.addr, key.len);

		tail->next = *head - 1;
		*head = index + 1;
		index = next;
	}
}

void *table_find(const struct table *table, const struct prefix *key)
{
	uint32_t index = *head_of(table, &key->addr, key->len) - 1;

	while (index != NONE) {
		char *slot = slot_at(table, index);
		const struct tail *tail = tail_of(table, slot);

		if (tail->len == key->len && memcmp(slot, &key->addr, table->key_bytes) == 0)
			return slot;
		index = tail->next;
	}
	return NULL;
}

void *table_insert(struct table *table, const struct prefix *key)
{
	struct tail *tail;
	uint32_t index, *head;
	char *slot;

	if (table->free_head != NONE) {
		index = table->free_head;
		table->free_head = tail_at(table, index)->next;
	} else if (table->high_water < table->capacity) {
		index = table->high_water++;
	} else {
		return NULL;
	}
	if (table->used > table->mask + table->split)
		split_chain(table);
	head = head_of(table, &key->addr, key->len);
	slot = slot_at(table, index);
	tail = tail_of(table, slot);
	memset(slot, 0, table->stride);
	memcpy(slot, &key->addr, table->key_bytes);
	tail->len = key->len;
	tail->next = *head - 1;
	*head = index + 1;
	table->used++;
	table_touch(table, slot);
	return slot;
}

void table_remove(struct table *table, void *slot)
{
	struct prefix key = table_key_of(table, slot);
	struct tail *tail = tail_of(table, slot);
	uint32_t index = table_number(table, slot);
	uint32_t *head = head_of(table, &key.addr, key.len);

	if (*head - 1 == index) {
		*head = tail->next + 1;
	} else {
		struct tail *before = tail_at(table, *head - 1);

		while (before->next != index)
			before = tail_at(table, before->next);
		before->next = tail->next;
	}
	tail->len = FREE_LEN;
	tail->next = table->free_head;
	table->free_head = index;
	table->used--;
	table_touch(table, slot);
}

void *table_enter(struct table *table, const struct prefix *key, unsigned sample, table_worth_fn *worth, const void *arg)
{
	void *slot = table_find(table, key), *victim = NULL;

	if (slot)
		return slot;
	for (unsigned i = 0; table->used == table->capacity && (i < sample || !victim); i++) {
		void *next = table_next(table, &table->hand);

		if (!next)
			table->hand = 0;
		else if (!victim || worth(arg, next) < worth(arg, victim))
			victim = next;
	}
	if (victim)
		table_remove(table, victim);
	return table_insert(table, key);
}

void *table_next(const struct table *table, uint32_t *cursor)
{
	while (*cursor < table->high_water) {
		char *slot = slot_at(table, (*cursor)++);

		if (tail_of(table, slot)->len != FREE_LEN)
			return slot;
	}
	return NULL;
}

void table_touch(struct table *table, const void *slot)
{
	uint32_t number = table_number(table, slot);

	table->dirty[number / 64] |= 1ULL << number % 64;
}

void table_touch_all(struct table *table)
{
	for (uint32_t number = 0; number < table->high_water; number++)
		table_touch(table, slot_at(table, number));
}

bool table_next_dirty(struct table *table, uint32_t *number, void **slot)
{
	uint32_t at = *number + 1;

	for (size_t word = at / 64; word * 64 < table->high_water; word++) {
		uint64_t bits = table->dirty[word];

		if (!bits)
			continue;
		*number = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(bits);
		table->dirty[word] = bits & (bits - 1);
		*slot = tail_at(table, *number)->len == FREE_LEN ? NULL : slot_at(table, *number);
		return true;
	}
	return false;
}
