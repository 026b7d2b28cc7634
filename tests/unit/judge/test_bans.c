/* test_bans - the ladder's arithmetic, repeat offenders, and a full table */
#include <errno.h>

#include "judge/bans.h"
#include "judge/ladder.h"
#include "tap.h"

static const struct policy howto = { .window_s = 600, .soft_error_limit = 3, .hard_error_limit = 6, .delay_s = 10,
	.ban_time_s = 3600, .ban_factor = 4, .ban_time_max_s = 30 * 86400, .ipv6_prefix = 64 };

static struct prefix network(uint32_t n)
{
	struct prefix prefix = { .len = 64 };

	memcpy(prefix.addr.bytes, "\x20\x01\x0d\xb8", 4);
	memcpy(prefix.addr.bytes + 4, &n, 4);
	return prefix;
}

static void test_ladder(void)
{
	static const struct { uint32_t errors, delay_s; } steps[] = {
		{ 0, 0 }, { 2, 0 }, { 3, 10 }, { 4, 20 }, { 5, 40 }, { 12, 3600 }, { 4000000, 3600 },
	};
	static const struct { uint32_t repeat, ban_s; } bans[] = {
		{ 1, 3600 }, { 2, 14400 }, { 3, 57600 }, { 5, 921600 }, { 6, 30 * 86400 }, { 255, 30 * 86400 },
	};
	struct policy flat = howto;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		tap_int(ladder_delay_s(&howto, steps[i].errors), steps[i].delay_s, "delay after %u errors", steps[i].errors);
	for (size_t i = 0; i < sizeof(bans) / sizeof(*bans); i++)
		tap_int(ladder_ban_s(&howto, howto.ban_factor, bans[i].repeat), bans[i].ban_s, "ban number %u", bans[i].repeat);
	flat.ban_factor = 1;
	tap_int(ladder_ban_s(&flat, flat.ban_factor, 200), 3600, "a factor of one never lengthens");
}

static void put(struct bans *bans, uint32_t n, enum event_kind kind, int64_t from_ms, int64_t until_ms)
{
	struct prefix key = network(n);
	struct ban *ban = bans_enter(bans, &key, from_ms);

	ban->kind = (uint8_t)kind;
	ban->since_ms = from_ms;
	ban->until_ms = until_ms;
	if (kind == VERDICT_BAN) {
		ban->repeat = (uint8_t)bans_repeat(bans, ban, from_ms);
		ban->ban_end_ms = until_ms;
	}
}

static void test_repeats(void)
{
	struct bans bans;
	struct prefix key = network(1);

	tap_int(bans_init(&bans, 1000, 100), 0, "bans that are remembered for 100 s");
	put(&bans, 1, VERDICT_BAN, 1000, 5000);
	tap_ok(bans_running(&bans, &key, 1000) && bans_running(&bans, &key, 4999), "runs from its start");
	tap_ok(!bans_running(&bans, &key, 5000) && !bans_running(&bans, &key, 999), "and not past its end, nor before it");
	put(&bans, 1, VERDICT_DELAY, 50000, 60000);
	tap_int(bans_repeat(&bans, bans_enter(&bans, &key, 60000), 105000), 2, "a delay between does not hide the repeat");
	tap_int(bans_repeat(&bans, bans_enter(&bans, &key, 60000), 105001), 1, "a ban is forgotten after its memory");
	tap_ok(bans_release(&bans, &key, 55000), "a running one is released");
	tap_ok(!bans_release(&bans, &key, 55000), "once");
	tap_ok(!bans_known(&bans, &key), "a pardon forgets the history too");
	bans_fini(&bans);
}

static void test_full(void)
{
	struct bans bans;
	unsigned running = 0;

	bans_init(&bans, 1000, 100);
	for (uint32_t i = 0; i < 900; i++)
		put(&bans, i, VERDICT_BAN, 0, 1000000000);
	for (uint32_t i = 900; i < 50000; i++)
		put(&bans, i, VERDICT_DELAY, 1000 + i, 1000 + i + 10);
	for (uint32_t i = 0; i < 900; i++) {
		struct prefix key = network(i);

		running += bans_running(&bans, &key, 100000) != NULL;
	}
	tap_int(running, 900, "49,100 passing delays push out no running ban");
	tap_ok(bans.table.used <= 1000, "and the table keeps to its capacity");
	bans_fini(&bans);
}

static unsigned displaced, wrong_one;

static void on_displaced(void *arg, const struct prefix *key, int64_t now_ms)
{
	(void)arg, (void)now_ms;
	displaced++;
	wrong_one += bans_known(arg, key);
}

/* Nothing is dropped that is not in here: who has to make room while his ban runs is told. */
static void test_displaced(void)
{
	struct bans bans;

	bans_init(&bans, 1000, 100);
	bans.displaced = on_displaced;
	bans.arg = &bans;
	for (uint32_t i = 0; i < 1000; i++)
		put(&bans, i, VERDICT_BAN, 0, 1000 + i);
	tap_int(displaced, 0, "a table that is just full has displaced nobody");
	for (uint32_t i = 1000; i < 1200; i++)
		put(&bans, i, VERDICT_BAN, 0, 100000 + i);
	tap_int(displaced, 200, "each ban more than there is room for displaces one that runs");
	for (uint32_t i = 1200; i < 1300; i++)
		put(&bans, i, VERDICT_BAN, 2000, 100000 + i);
	tap_int(displaced, 200, "one that is over may go without a word");
	tap_int(wrong_one, 0, "when it is told, it is gone");
	bans_fini(&bans);
}

static void test_notes(void)
{
	struct bans bans;
	struct prefix one = network(1), two = network(2), three = network(3);
	uint32_t cursor = 0;
	struct ban *ban;

	bans_init(&bans, 1000, 100);
	for (uint32_t i = 0; i < 10; i++)
		put(&bans, i, VERDICT_BAN, 0, i == 3 ? 500 : 1000);
	tap_ok(!bans_next_refused(&bans, &cursor, 10), "no ban is refused at first");
	bans_note(&bans, &one, ENOMEM);
	bans_note(&bans, &two, EPERM);
	bans_note(&bans, &three, EDQUOT);
	cursor = 0;
	ban = bans_next_refused(&bans, &cursor, 600);
	tap_ok(ban && ban->refused == ENOMEM, "one that is refused for now is found");
	tap_ok(!bans_next_refused(&bans, &cursor, 600), "alone");
	tap_ok(!bans_known(&bans, &two), "one that never will be is gone");
	tap_ok(bans_known(&bans, &three), "one that is over is history");
	bans_note(&bans, &one, 0);
	cursor = 0;
	tap_ok(!bans_next_refused(&bans, &cursor, 600), "in force at last");
	tap_int(bans.refused, 0, "and none is left");
	bans_fini(&bans);
}

/* The table below it: insert, find, remove and walk against a plain array. */
static void test_table(void)
{
	static bool present[5000];
	struct table table;
	unsigned wrong = 0, walked = 0, count = 0;
	uint32_t cursor = 0, state = 12345;

	tap_int(table_init(&table, sizeof(struct table_slot) + 8, 3000), 0, "a table of 3000");
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t n = (state = state * 1664525 + 1013904223) >> 8;
		struct prefix key = network(n %= 5000);
		void *slot = table_find(&table, &key);

		wrong += (slot != NULL) != present[n];
		if (slot) {
			table_remove(&table, slot);
			present[n] = false;
			count--;
		} else if (table_insert(&table, &key)) {
			present[n] = true;
			count++;
		} else {
			wrong += count != 3000;
		}
	}
	for (void *slot; (slot = table_next(&table, &cursor)) != NULL; walked++) {
		struct prefix key = table_key(slot);

		wrong += table_find(&table, &key) != slot;
	}
	tap_int(wrong, 0, "200,000 random operations agree with a plain array");
	tap_int(walked, count, "a walk meets each slot once");
	tap_int(table.used, count, "and their number is right");
	table_fini(&table);
}

int main(void)
{
	test_ladder();
	test_repeats();
	test_full();
	test_displaced();
	test_notes();
	test_table();
	return tap_done();
}
