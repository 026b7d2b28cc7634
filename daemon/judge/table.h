/* table - a fixed-capacity hash table of equal slots, keyed by prefix, or by a hash alone
 *
 * Three mappings (slots, chain heads, change marks), touched only as they fill; chained by index.
 * The caller lays its own struct over a slot, beginning with struct table_slot, or struct table_short where the keys are hashes
 * (see name_key()), whose other bytes need not be kept.
 * Never grows; table_insert() says NULL when full and the caller chooses a victim, or table_enter() does for it.
 * Remembers which slots changed, so that a checkpoint writes those alone. */
#ifndef MAILWARD_TABLE_H
#define MAILWARD_TABLE_H

#include "base/addr.h"

struct table_slot {
	struct addr key;
	uint8_t len;		/* of the key prefix; 255: slot is free */
	uint8_t caller[3];	/* the caller's own use */
	uint32_t next;
};

struct table_short {
	uint64_t key;		/* as the first bytes of the prefix have it */
	uint8_t len;
	uint8_t caller[3];
	uint32_t next;
};

struct table {
	char *slots;
	uint32_t *heads;
	uint64_t *dirty;	/* a bit a slot */
	size_t stride;
	size_t key_bytes;	/* 16 or 8 */
	uint32_t capacity, used, high_water, free_head;
	uint32_t head_room;	/* chains there can be, a power of two */
	uint32_t mask, split;	/* chains 0..mask, and of those before split the second halves */
	uint64_t seed;
	uint32_t hand;		/* where table_enter() looks next for whom to forget */
};

/* table_init - stride: slot bytes, at least sizeof(struct table_slot), a multiple of 8; capacity 1..2^31. 0, -ENOMEM or what
 * getrandom(2) says. table_init_short: of slots that begin with struct table_short */
int table_init(struct table *table, size_t stride, uint32_t capacity);
int table_init_short(struct table *table, size_t stride, uint32_t capacity);
void table_fini(struct table *table);

/* the slot, or NULL */
void *table_find(const struct table *table, const struct prefix *key);
/* a zeroed new slot for a key that is not in yet; NULL when full */
void *table_insert(struct table *table, const struct prefix *key);
void table_remove(struct table *table, void *slot);

/* table_enter - the slot for a key, found or made; in a full table the one that is worth least of the next sample ones
 * makes room. worth: of a slot; sample: 1.. */
typedef int64_t table_worth_fn(const void *arg, const void *slot);
void *table_enter(struct table *table, const struct prefix *key, unsigned sample, table_worth_fn *worth, const void *arg);

/* table_next - walk all used slots by position: start with *cursor 0; NULL at the end; removal while walking is fine */
void *table_next(const struct table *table, uint32_t *cursor);

/* table_at - the slot of that number below high_water, or NULL when it is free */
static inline void *table_at(const struct table *table, uint32_t number)
{
	char *slot = table->slots + (size_t)number * table->stride;

	return (uint8_t)slot[table->key_bytes] == 255 ? NULL : slot;
}

/* table_touch - a slot's content changed (insert and remove say so themselves) */
void table_touch(struct table *table, const void *slot);

/* table_touch_all - as if every slot had changed */
void table_touch_all(struct table *table);

/* table_next_dirty - walk the slots that changed, and forget that they did: *number is the slot's, *slot NULL when it
 * is free now. Start with *number UINT32_MAX; false at the end. */
bool table_next_dirty(struct table *table, uint32_t *number, void **slot);

/* table_number - the number of a slot */
static inline uint32_t table_number(const struct table *table, const void *slot)
{
	return (uint32_t)((size_t)((const char *)slot - table->slots) / table->stride);
}

/* table_number24, table_put24 - caller as a number below 2^24 */
static inline uint32_t table_number24(const uint8_t caller[3])
{
	return (uint32_t)caller[0] | (uint32_t)caller[1] << 8 | (uint32_t)caller[2] << 16;
}

static inline void table_put24(uint8_t caller[3], uint32_t number)
{
	caller[0] = (uint8_t)number;
	caller[1] = (uint8_t)(number >> 8);
	caller[2] = (uint8_t)(number >> 16);
}

/* table_head_bytes - what a slot begins with, which is the table's */
static inline size_t table_head_bytes(const struct table *table)
{
	return table->key_bytes + 8;
}

/* table_key_of - the key of a slot of this table, or of a copy of one */
struct prefix table_key_of(const struct table *table, const void *slot);

static inline struct prefix table_key(const struct table_slot *slot)
{
	return (struct prefix){ slot->key, slot->len };
}

#endif
