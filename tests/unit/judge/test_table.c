/* test_table - every key is found again whatever was put in and taken out, while its chains are split one by one */
#include <errno.h>

#include "random.h"
#include "tap.h"

#include "judge/table.h"

#define KEYS 5000
#define CAPACITY 3000

static struct prefix key_of(uint32_t number)
{
	struct prefix key = { .len = 128 };

	memcpy(key.addr.bytes + 4, &number, sizeof(number));	/* in what is kept of a hash, too */
	return key;
}

/* All keys that are in are found, with their own slot, and no other. */
static unsigned count_wrong(const struct table *table, const bool *in)
{
	unsigned wrong = 0;

	for (uint32_t i = 0; i < KEYS; i++) {
		struct prefix key = key_of(i);
		const void *slot = table_find(table, &key);
		struct prefix its = slot ? table_key_of(table, slot) : (struct prefix){ .len = 0 };

		tap_wrong(in[i] ? !slot || addr_cmp(&its.addr, &key.addr) != 0 || its.len != 128 : slot != NULL, &wrong,
			  "key %u of the %s is %sfound", i, in[i] ? "present" : "absent", slot ? "" : "not ");
	}
	return wrong;
}

static void test_random(bool of_hashes)
{
	static bool in[KEYS];
	struct table table;
	uint32_t used = 0;
	unsigned wrong = 0, refused = 0;

	memset(in, 0, sizeof(in));
	if (of_hashes)
		tap_int(table_init_short(&table, sizeof(struct table_short), CAPACITY), 0, "a table of hashes");
	else
		tap_int(table_init(&table, sizeof(struct table_slot), CAPACITY), 0, "a table");
	for (unsigned round = 0; round < 40000; round++) {
		/* at first mostly in, then mostly out, and again */
		uint32_t number = random_below(KEYS);
		bool add = random_below(10) < (round / 10000 % 2 ? 3 : 8);
		struct prefix key = key_of(number);

		if (add && !in[number]) {
			bool done = table_insert(&table, &key) != NULL;

			tap_wrong(done != (used < CAPACITY), &wrong, "round %u: key %u is %staken beside %u", round, number, done ? "" : "not ", used);
			refused += !done;
			in[number] = done;
			used += done;
		} else if (!add && in[number]) {
			table_remove(&table, table_find(&table, &key));
			in[number] = false;
			used--;
		}
		if (round % 500 == 0)
			wrong += count_wrong(&table, in);
		tap_wrong(table.used != used, &wrong, "round %u: %u in it, not %u", round, table.used, used);
	}
	tap_int(wrong + count_wrong(&table, in), 0, "40,000 random insertions and removals");
	tap_ok(refused > 0, "of which %u found the table full", refused);
	uint32_t cursor = 0, walked = 0;
	while (table_next(&table, &cursor))
		walked++;
	tap_int(walked, used, "a walk meets each slot once");
	table_fini(&table);
}

static void test_lengths(void)
{
	struct table table;
	struct prefix wide = key_of(0), narrow = key_of(0);

	wide.len = 48;
	if (table_init(&table, sizeof(struct table_slot), 10) < 0)
		return;
	table_insert(&table, &wide);
	tap_ok(table_find(&table, &wide) && !table_find(&table, &narrow), "the same bytes with another length are another key");
	table_fini(&table);
}

/* In 32 bits this many bytes are few. */
static void test_too_large(void)
{
	struct table table;

	tap_int(table_init(&table, 1 << 26, (1 << 22) + 1), -ENOMEM, "a table larger than any machine is refused");
}

int main(void)
{
	test_random(false);
	test_random(true);
	test_too_large();
	test_lengths();
	return tap_done();
}
