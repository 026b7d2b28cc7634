/* test_window - the exact sum against a naive model, order, eviction, and what is forgotten */
#include <stddef.h>

#include <stdlib.h>

#include "judge/window.h"
#include "random.h"
#include "tap.h"

static struct prefix host(uint32_t n)
{
	struct prefix prefix = { .len = 128 };

	prefix.addr.bytes[10] = prefix.addr.bytes[11] = 0xff;
	prefix.addr.bytes[12] = 198;
	prefix.addr.bytes[13] = (uint8_t)(n >> 16);
	prefix.addr.bytes[14] = (uint8_t)(n >> 8);
	prefix.addr.bytes[15] = (uint8_t)n;
	return prefix;
}

/* The definition, spelt out: all errors of the address since its last ban, summed over the last span. */
#define NAIVE_MAX 256
struct naive {
	int64_t time_ms[NAIVE_MAX];
	uint32_t weight[NAIVE_MAX];
	uint16_t rule[NAIVE_MAX];
	unsigned count;
};

static uint32_t naive_add(struct naive *naive, int64_t time_ms, uint32_t weight, uint16_t rule, int64_t span_ms,
			  uint32_t by_rule[4])
{
	uint32_t sum = 0;

	naive->time_ms[naive->count] = time_ms;
	naive->weight[naive->count] = weight;
	naive->rule[naive->count++] = rule;
	memset(by_rule, 0, 4 * sizeof(*by_rule));
	for (unsigned i = 0; i < naive->count; i++) {
		if (time_ms - naive->time_ms[i] > span_ms)
			continue;
		sum += naive->weight[i];
		by_rule[naive->rule[i]] += naive->weight[i];
	}
	return sum;
}

static bool reasons_agree(const struct window_sum *sum, const uint32_t by_rule[4])
{
	uint32_t last = UINT32_MAX, total = 0;

	for (size_t i = 0; i < sum->reason_count; i++) {
		if (sum->reasons[i].errors > last || sum->reasons[i].errors != by_rule[sum->reasons[i].rule])
			return false;
		last = sum->reasons[i].errors;
		total += last;
	}
	return total == sum->errors;
}

/* One timeline: a few addresses, steps that cluster around the window's edge, weights, several limits. */
static bool timeline(unsigned *bans)
{
	static const uint32_t hards[] = { 1, 2, 3, 6, 6, 6, 10, 40 };
	struct naive naive[3] = { 0 };
	struct window window;
	uint32_t hard = hards[random_below(8)], soft = 1 + random_below(hard), span_s = 1 + random_below(900);
	int64_t now_ms = 1767225600000, span_ms = (int64_t)span_s * 1000;
	bool same = true;

	if (window_init(&window, span_s, 0, soft, hard, 16) < 0)
		return false;
	for (unsigned i = 0; i < 60 && same; i++) {
		uint32_t who = random_below(3), weight = random_below(4) ? 1 : 1 + random_below(5), wanted, by_rule[4];
		uint16_t rule = (uint16_t)random_below(4);
		struct prefix key = host(who);
		struct window_sum sum;

		switch (random_below(5)) {
		case 0: break;
		case 1: now_ms += random_below(1000); break;
		case 2: now_ms += span_ms / (1 + random_below(8)); break;
		case 3: now_ms += span_ms + random_below(3) - 1; break;
		default: now_ms += random_below((uint32_t)span_ms / 4 + 1); break;
		}
		wanted = naive_add(&naive[who], now_ms, weight, rule, span_ms, by_rule);
		same = window_add(&window, &key, now_ms, weight, rule, false, &sum) && sum.errors == wanted &&
		       (wanted < soft || reasons_agree(&sum, by_rule));
		if (!same)
			printf("# step %u at %" PRId64 ": the sum of %u is %u, not %u, or its reasons differ; span %u s, limits %u and %u\n",
			       i, now_ms, who, sum.errors, wanted, span_s, soft, hard);
		if (wanted >= hard) {
			naive[who].count = 0;
			(*bans)++;
		}
	}
	window_fini(&window);
	return same;
}

static void test_property(void)
{
	unsigned same = 0, bans = 0, tried = 0;

	for (; tried < 20000 && tried - same < 5; tried++)
		same += timeline(&bans);
	tap_int(same, 20000, "20,000 random timelines agree with the naive model in every sum and reason");
	tap_ok(bans > 20000, "and they reached the hard limit often enough to mean something (%u times)", bans);
}

/* ---- with a long window: halves and marks; who reaches a limit is forgotten by whoever bans him ---- */

enum { SHORT_HALVES = 12, LONG_HALVES = 16 };
#define LONG_MS (INT64_C(7) * 86400000)

struct told {
	int64_t time_ms;
	uint32_t halves, marks;
};

static struct window_sum naive_weigh(const struct told *told, unsigned count, int64_t now_ms, int64_t span_ms, unsigned *live)
{
	struct window_sum sum = { 0 };

	*live = 0;
	for (unsigned i = 0; i < count; i++) {
		bool now = now_ms - told[i].time_ms <= span_ms;
		bool lasts = !(told[i].marks & WINDOW_BRIEF) && now_ms - told[i].time_ms <= LONG_MS;

		sum.errors += now ? told[i].halves : 0;
		sum.strikes += !now ? 0 : (told[i].marks & WINDOW_AGAIN) && told[i].halves < 2 ? 2 : told[i].halves;
		sum.long_halves += lasts ? told[i].halves : 0;
		sum.login_halves += lasts && (told[i].marks & WINDOW_LOGIN) ? told[i].halves : 0;
		*live += now || lasts;
	}
	return sum;
}

/* what is kept of it, in another */
static void again(struct window *window, uint32_t span_s)
{
	static uint16_t same[RULE_FORMER + 1];
	struct window_saved saved;
	struct window other;
	uint32_t cursor = 0;
	const void *slot;

	for (unsigned i = 0; i <= RULE_FORMER; i++)
		same[i] = (uint16_t)i;
	window_init(&other, span_s, LONG_MS / 1000, 3, SHORT_HALVES / 2, 16);
	while ((slot = table_next(&window->table, &cursor)) != NULL) {
		size_t len = window_save(window, slot, &saved);

		window_restore(&other, &saved, len, same);
	}
	window_fini(window);
	*window = other;
}

static bool long_timeline(unsigned *bans, unsigned *full)
{
	struct told told[3][200];
	unsigned counts[3] = { 0 }, live;
	struct window window;
	uint32_t span_s = 60 + random_below(900);
	int64_t now_ms = 1767225600000, span_ms = (int64_t)span_s * 1000;
	bool same = true, light = random_below(2);	/* many that weigh little, soon after one another */

	if (window_init(&window, span_s, LONG_MS / 1000, 3, SHORT_HALVES / 2, 16) < 0)
		return false;
	for (unsigned i = 0; i < 200 && same; i++) {
		static const uint32_t marked[] = { 0, 0, WINDOW_LOGIN, WINDOW_LOGIN, WINDOW_LOGIN | WINDOW_AGAIN, WINDOW_AGAIN, WINDOW_BRIEF,
						   WINDOW_BRIEF | WINDOW_LOGIN | WINDOW_AGAIN };
		uint32_t who = random_below(3), marks = marked[random_below(8)], halves = marks & (WINDOW_BRIEF | WINDOW_AGAIN) ? 1 : 2;
		struct prefix key = host(who);
		struct window_sum sum, wanted;

		halves = light ? halves / 2 + halves % 2 : random_below(12) ? halves : (marks & WINDOW_BRIEF) && (marks & WINDOW_AGAIN) ? 0 : 1 + random_below(12);
		switch (random_below(light && random_below(8) ? 2 : 7)) {
		case 0: break;
		case 1: now_ms += random_below(light ? (uint32_t)span_ms / 8 : 1000); break;
		case 2: now_ms += span_ms / (1 + random_below(8)); break;
		case 3: now_ms += span_ms + random_below(3) - 1; break;
		case 4: now_ms += LONG_MS / (1 + random_below(9)); break;
		case 5: now_ms += LONG_MS / 8 + random_below(3) - 1; break;
		default: now_ms += random_below(7200) * 1000; break;
		}
		if (random_below(30) == 0)
			again(&window, span_s);
		told[who][counts[who]++] = (struct told){ now_ms, halves, marks };
		wanted = naive_weigh(told[who], counts[who], now_ms, span_ms, &live);
		same = window_weigh(&window, &key, now_ms, halves, 0, marks, &sum) && sum.long_halves == wanted.long_halves &&
		       sum.login_halves == wanted.login_halves &&
		       (live > WINDOW_ROOM || (sum.errors == wanted.errors && sum.strikes == wanted.strikes));
		if (!same)
			printf("# step %u at %" PRId64 ", of %u: %u halves, long %u, logins %u, strikes %u; not %u, %u, %u, %u; span %u s\n", i, now_ms,
			       who, sum.errors, sum.long_halves, sum.login_halves, sum.strikes, wanted.errors, wanted.long_halves,
			       wanted.login_halves, wanted.strikes, span_s);
		*full += live > WINDOW_ROOM;
		if (wanted.errors >= SHORT_HALVES || wanted.long_halves >= LONG_HALVES) {
			window_forget(&window, &key);
			counts[who] = 0;
			(*bans)++;
		}
	}
	window_fini(&window);
	return same;
}

static void test_long(void)
{
	unsigned same = 0, bans = 0, full = 0, tried = 0;

	for (; tried < 10000 && tried - same < 5; tried++)
		same += long_timeline(&bans, &full);
	tap_int(same, 10000, "10,000 random timelines of weeks agree with the naive model in every sum, kept and put back in between");
	tap_ok(bans > 20000 && full > 100, "limits were reached %u times, and the room %u times", bans, full);
}

static uint32_t add(struct window *window, uint32_t who, int64_t time_ms)
{
	struct prefix key = host(who);
	struct window_sum sum;

	return window_add(window, &key, time_ms, 1, 0, false, &sum) ? sum.errors : 0;
}

static void test_edges(void)
{
	struct window window;

	tap_int(window_init(&window, 600, 0, 3, 6, 1000), 0, "a window of ten minutes");
	tap_int(add(&window, 1, 1000000), 1, "a first error");
	tap_int(add(&window, 1, 1600000), 2, "exactly ten minutes later both are in the window");
	tap_int(add(&window, 1, 1600001), 2, "a millisecond later the first has left");
	tap_int(add(&window, 2, 1600001), 1, "another address has a sum of its own");
	struct prefix key = host(1);
	window_forget(&window, &key);
	tap_int(add(&window, 1, 1600002), 1, "a forgotten address begins anew");
	for (int64_t i = 3; i < 8; i++)
		add(&window, 1, 1600000 + i);
	tap_int(add(&window, 1, 1600009), 1, "after the hard limit an address begins anew");
	window_fini(&window);
}

static void test_disorder(void)
{
	struct window window;

	window_init(&window, 600, 0, 3, 6, 1000);
	for (int64_t i = 0; i < 5; i++)
		add(&window, 1, 50000000 + i);
	tap_int(add(&window, 1, 10000000), 1, "an error of hours before does not join today's five");
	tap_int(add(&window, 1, 50000000 - 600000 + 4), 6, "a late one joins every window that holds it");
	for (int64_t i = 0; i < 3; i++)
		add(&window, 2, 50000000 + i * 400000);
	tap_int(add(&window, 2, 50000000 + 200000), 3, "the fullest window that holds a late error decides, not all around it");
	window_fini(&window);
}

/* A flood of strangers must not wash out an address that is close to its ban. */
static void test_flood(void)
{
	struct window window;
	unsigned lost = 0;

	window_init(&window, 600, 0, 3, 6, 1000);
	for (unsigned i = 0; i < 500; i++)
		for (int64_t n = 0; n < 5; n++)
			add(&window, i, 1000000 + n);
	for (unsigned i = 1000; i < 101000; i++)
		lost += add(&window, i, 1000100) == 0;
	tap_int(window_used(&window), 1000, "the table stays at its capacity");
	unsigned kept = 0;
	for (unsigned i = 0; i < 500; i++)
		kept += add(&window, i, 1000200) == 6;
	tap_int(kept, 500, "100,000 one-error addresses flush none of 500 five-error addresses");
	tap_ok(lost < 100000, "and the flood is still seen (%u of 100,000 lost)", lost);
	window_fini(&window);

	window_init(&window, 600, 0, 3, 6, 1000);
	for (unsigned i = 0; i < 1000; i++)
		for (int64_t n = 0; n < 2; n++)
			add(&window, i, 1000000 + n);
	unsigned counted = 0;
	for (unsigned i = 5000; i < 25000; i++)
		counted += add(&window, i, 1000100) == 1;
	tap_int(counted, 20000, "full of heavier addresses: each of 20,000 lighter newcomers is counted all the same");
	kept = 0;
	for (unsigned i = 0; i < 1000; i++)
		kept += window_last(&window, &(struct prefix){ host(i).addr, 128 }) != NULL;
	tap_ok(kept >= 1000 - 64, "and they have displaced no more than a sixteenth of the heavier (%u are left)", kept);
	for (unsigned i = 30000; i < 30030; i++)
		for (int64_t n = 0; n < 5; n++)
			add(&window, i, 1000200 + n);
	unsigned banned = 0;
	for (unsigned i = 30000; i < 30030; i++)
		banned += add(&window, i, 1000300) == 6;
	tap_int(banned, 30, "newcomers that go on reach the limit");
	window_fini(&window);
}

static struct prefix of_net(bool v4, uint32_t net, uint32_t host)
{
	struct prefix key = { .len = 64 };

	memcpy(key.addr.bytes, "\x20\x01\x0d\xb8", 4);
	key.addr.bytes[4] = (uint8_t)(net >> 8);
	key.addr.bytes[5] = (uint8_t)net;
	key.addr.bytes[6] = (uint8_t)(host >> 8);
	key.addr.bytes[7] = (uint8_t)host;
	if (v4) {
		key = (struct prefix){ .len = 128 };
		key.addr.bytes[10] = key.addr.bytes[11] = 0xff;
		key.addr.bytes[12] = 10;
		key.addr.bytes[13] = (uint8_t)(net >> 8);
		key.addr.bytes[14] = (uint8_t)net;
		key.addr.bytes[15] = (uint8_t)host;
	}
	return key;
}

static unsigned slots_of(const struct window *window, const struct prefix *one)
{
	struct addr net = addr_mask(&one->addr, addr_is_v4(&one->addr) ? 120 : 48);
	unsigned count = 0;
	uint32_t cursor = 0;

	for (const struct table_slot *slot; (slot = table_next(&window->table, &cursor)) != NULL;) {
		struct addr its = addr_mask(&slot->key, addr_is_v4(&slot->key) ? 120 : 48);
		count += addr_cmp(&its, &net) == 0;
	}
	return count;
}

/* One network, however many addresses it has, fills no table. */
static void test_share(void)
{
	struct window window;
	struct window_sum sum;
	struct prefix key;
	unsigned kept = 0, most = 0, counted = 0;

	window_init(&window, 600, 0, 3, 6, 20000);
	tap_int(window.net_share, 312, "a network's share of 20,000 slots is a 64th");
	for (unsigned i = 0; i < 8000; i++) {
		key = of_net(true, i, 1);
		window_add(&window, &key, 1000000, 1, 0, false, &sum);
	}
	for (unsigned i = 0; i < 65536; i++) {
		key = of_net(false, 77, i);
		counted += window_add(&window, &key, 1000100, 1, 0, false, &sum);
		if (i % 4096 == 0 && slots_of(&window, &key) > most)
			most = slots_of(&window, &key);
	}
	key = of_net(false, 77, 0);
	/* a few others' addresses may be counted with them: a network is known by a hash */
	tap_ok(most <= 312 && slots_of(&window, &key) > 300, "all /64s of a /48 have no more than that (%u)", slots_of(&window, &key));
	for (unsigned i = 0; i < 8000; i++) {
		key = of_net(true, i, 1);
		kept += window_last(&window, &key) != NULL;
	}
	tap_int(kept, 8000, "nobody else had to go");
	tap_ok(counted > 1000, "its addresses are counted in turn (%u of 65,536)", counted);
	window_fini(&window);

	window_init(&window, 600, 0, 3, 6, 1000);
	for (unsigned i = 0; i < 1024; i++) {
		key = of_net(i < 512, 5, i % 512);
		window_add(&window, &key, 1000000, 1, 0, false, &sum);
	}
	tap_int(slots_of(&window, &key), WINDOW_SHARE_MIN, "in a small table a /48 has as much as a /24");
	key = of_net(true, 5, 0);
	tap_int(slots_of(&window, &key), WINDOW_SHARE_MIN, "which has room for all of its addresses");
	window_fini(&window);
}

/* The counts beside the table are those of a walk over it, whatever happened. */
static bool is_any(void *arg, uint16_t rule)
{
	return *(uint16_t *)arg == rule;
}

static void test_counts(void)
{
	struct window window;
	unsigned wrong = 0, lost = 0;

	window_init(&window, 600, 0, 3, 6, 1000);
	for (unsigned step = 0; step < 200000; step++) {
		struct prefix key = of_net(random_below(2), random_below(random_below(8) ? 3 : 4000), random_below(2000));
		int64_t time_ms = 1000000 + step * INT64_C(50) + random_below(1000);
		uint16_t rule = (uint16_t)random_below(3);
		struct window_sum sum;

		switch (random_below(12)) {
		case 0: window_forget(&window, &key); break;
		case 1: window_retract(&window, &key, time_ms, rule); break;
		case 2: window_pardon(&window, &key, is_any, &rule); break;
		default: lost += !window_add(&window, &key, time_ms, 1 + random_below(2), rule, random_below(2), &sum); break;
		}
		if (step % 5000 != 0)
			continue;
		uint32_t cursor = 0, singles = 0, total = 0, counted = 0;
		for (const struct table_slot *slot; (slot = table_next(&window.table, &cursor)) != NULL; total++) {
			struct prefix one = { slot->key, slot->len };
			struct window_saved saved;
			singles += window_save(&window, slot, &saved) == offsetof(struct window_saved, events[1]);
			wrong += slots_of(&window, &one) > window.net_share;
		}
		for (unsigned i = 0; i < 1U << 16; i++)
			counted += window.nets[i];
		wrong += singles != window.singles || total != counted || total != window_used(&window);
	}
	tap_int(wrong, 0, "after each of 200,000 random steps the counts are those of a walk, and nobody has more than his share");
	tap_ok(lost < 2000, "few errors found no room (%u)", lost);
	window_fini(&window);
}

/* How many are not free. */
static uint32_t lines_out(const struct pool *pool)
{
	uint32_t out = pool->high_water;

	for (uint32_t free = pool->free_head; free; out--)
		memcpy(&free, pool_at(pool, free - 1), sizeof(free));
	return out;
}

/* Whatever the number of its errors, an address has the latest of them, in order, and as much memory as they need. */
#define MANY 64
static void test_memory(uint32_t hard)
{
	static uint64_t told[MANY][1000];	/* times and rules, sorted */
	unsigned counts[MANY] = { 0 }, wrong = 0, room, reached = 0;
	int64_t now_ms = 1000000000;
	struct window window;

	window_init(&window, 1, 0, 1, hard, MANY);
	room = window.room;
	for (unsigned step = 0; step < 60000 && wrong < 5; step++) {
		unsigned who = random_below(random_below(4) ? MANY / 8 : MANY), at;
		struct prefix key = host(who);
		uint16_t rule = (uint16_t)random_below(3);
		struct window_saved saved;
		struct window_sum sum;
		uint32_t cursor = 0;

		now_ms += 250 + random_below(4000);	/* at most four in a window */
		switch (random_below(2 * room)) {
		case 0:
			window_forget(&window, &key);
			counts[who] = 0;
			break;
		case 1:
			window_pardon(&window, &key, is_any, &rule);
			at = 0;
			for (unsigned i = 0; i < counts[who]; i++)
				if (told[who][i] % 4 != rule)
					told[who][at++] = told[who][i];
			counts[who] = at;
			break;
		case 2:
			if (!counts[who])
				break;
			at = random_below(counts[who]);
			wrong += !window_retract(&window, &key, (int64_t)(told[who][at] / 4), told[who][at] % 4);
			memmove(told[who] + at, told[who] + at + 1, (--counts[who] - at) * sizeof(**told));
			break;
		case 3:
			window_shift(&window, 1);
			for (unsigned i = 0; i < MANY; i++)
				for (unsigned k = 0; k < counts[i]; k++)
					told[i][k] += 4;
			break;
		default:
			window_add(&window, &key, now_ms, 1, rule, true, &sum);
			told[who][counts[who]++] = (uint64_t)now_ms * 4 + rule;
			if (counts[who] > room)
				memmove(told[who], told[who] + 1, --counts[who] * sizeof(**told));
			reached += counts[who] == room;
		}
		uint32_t lines = 0;
		for (unsigned i = 0; i < MANY; i++)	/* three in the slot; or two there, and seven in each line */
			lines += counts[i] > 3 ? (counts[i] - 2 + 6) / 7 : 0;
		if (step % 16 == 0)
			tap_wrong(lines_out(&window.lines) != lines, &wrong, "step %u: %u lines, not %u", step, lines_out(&window.lines), lines);
		for (const struct table_slot *slot; (slot = table_next(&window.table, &cursor)) != NULL;) {
			if (addr_cmp(&slot->key, &key.addr) != 0)
				continue;
			unsigned count = (unsigned)((window_save(&window, slot, &saved) - offsetof(struct window_saved, events)) / 8);

			tap_wrong(count != counts[who], &wrong, "step %u: %u has %u events, not %u", step, who, count, counts[who]);
			for (unsigned i = 0; i < count && i < counts[who]; i++)		/* see struct event: the time is in the low bits */
				tap_wrong((saved.events[i] & TIME_MAX_MS) != told[who][i] / 4 || saved.events[i] >> (TIME_BITS + WEIGHT_BITS) != told[who][i] % 4,
					  &wrong, "step %u: the event %u of %u is another", step, i, who);
		}
	}
	tap_int(wrong, 0, "with room for %u, the latest events are there after each of 60,000 steps, and no line more than they need", room);
	tap_ok(reached > 100, "it was full %u times", reached);
	window_fini(&window);
}

/* Rules of three classes: each error is judged as if the others' were not there. */
static void test_classes(uint32_t long_s)
{
	static const struct { uint32_t span_s, soft, hard; } limits[] = { { 600, 3, 6 }, { 60, 1, 2 }, { 7200, 4, 9 } };
	static const uint8_t class_of[] = { 0, 1, 2, 0, 2 };
	struct window_class classes[3];
	struct window all, alone[3];
	int64_t time_ms = 1000000000;
	unsigned wrong = 0, banned = 0, in_a_row[4] = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		classes[i] = (struct window_class){ limits[i].span_s * INT64_C(1000), long_s * INT64_C(1000), limits[i].soft, limits[i].hard };
		window_init(&alone[i], limits[i].span_s, long_s, limits[i].soft, limits[i].hard, 16);
	}
	tap_int(window_init_classes(&all, classes, 3, class_of, 5, 16), 0, "a window of three classes");
	for (unsigned step = 0; step < 100000; step++) {
		unsigned who = random_below(4);
		struct prefix key = of_net(true, who, 7);
		uint16_t rule = (uint16_t)random_below(6);	/* the last is of no service */
		unsigned class = rule < 5 ? class_of[rule] : 0;
		struct window_sum one = { 0 }, other = { 0 }, looked;
		bool same = true;

		time_ms += random_below(random_below(20) ? 20000 : 4000000);
		if (long_s) {
			window_weigh(&all, &key, time_ms, 2, rule, WINDOW_LOGIN, &one);
			window_weigh(&alone[class], &key, time_ms, 2, rule, WINDOW_LOGIN, &other);
		} else {
			window_add(&all, &key, time_ms, 1, rule, false, &one);
			window_add(&alone[class], &key, time_ms, 1, rule, false, &other);
		}
		same &= one.errors == other.errors && one.long_halves == other.long_halves && one.latest_ms == other.latest_ms &&
			one.login_halves == other.login_halves && one.strikes == other.strikes && one.reason_count == other.reason_count;
		bool over = long_s ? ++in_a_row[who] == 12 : one.errors >= limits[class].hard;
		for (unsigned i = 0; i < 3 && over; i++) {	/* a ban: nothing is left of any */
			window_forget(&all, &key);
			window_forget(&alone[i], &key);
		}
		in_a_row[who] *= !over;
		banned += over;
		class = random_below(3);
		window_look(&all, &key, time_ms, class, &looked);
		window_look(&alone[class], &key, time_ms, 0, &other);
		same &= looked.errors == other.errors && looked.long_halves == other.long_halves && looked.strikes == other.strikes;
		wrong += !same;
	}
	tap_int(wrong, 0, "each sum, with%s a long window, is that of its class alone, 100,000 times (%u bans)", long_s ? "" : "out", banned);
	window_fini(&all);
	for (unsigned i = 0; i < 3; i++)
		window_fini(&alone[i]);
}

/* What was saved is judged by the classes of today. */
static void test_classes_restored(void)
{
	static const uint8_t class_of[] = { 0, 1 };
	static const struct window_class classes[] = { { 600000, 0, 3, 6 }, { 3600000, 0, 2, 3 } };
	struct prefix key = of_net(true, 1, 1);
	struct window before, after;
	struct window_saved saved;
	struct window_sum sum;
	uint16_t same[RULE_FORMER + 1];
	uint32_t cursor = 0;

	for (unsigned i = 0; i <= RULE_FORMER; i++)
		same[i] = (uint16_t)i;
	window_init(&before, 3600, 0, 3, 6, 16);
	window_init_classes(&after, classes, 2, class_of, 2, 16);
	for (unsigned i = 0; i < 4; i++)
		window_add(&before, &key, 5000000 + i, 1, i % 2, false, &sum);
	size_t len = window_save(&before, table_next(&before.table, &cursor), &saved);
	tap_ok(window_restore(&after, &saved, len, same), "four errors are put back");
	window_look(&after, &key, 5000010, 0, &sum);
	tap_int(sum.errors, 2, "two count together");
	window_look(&after, &key, 5000010, 1, &sum);
	tap_int(sum.errors, 2, "two for their service");
	tap_ok(window_add(&after, &key, 5000020, 1, 1, false, &sum) && sum.errors == 3, "whose limit is reached at the third");
	window_fini(&before);
	window_fini(&after);
}

/* The store's form is older than the slot's: what is put back is saved as it was. */
static void test_saved_form(void)
{
	static const struct { struct window_saved_last last; const char *what; } cases[] = {
		{ { .name = 7, .only = 7, .password = 0xabcdef, .run = 3, .told = 1, .time_ms = 5000000 }, "one name" },
		{ { .name = UINT32_MAX, .run = UINT8_MAX, .several = 1, .time_ms = TIME_MAX_MS }, "several names" },
		{ { .told = 1, .time_ms = 1 }, "no name" },
		{ { .time_ms = 0 }, "nothing but its errors" },
	};
	uint16_t same[RULE_FORMER + 1];
	struct window window;

	for (unsigned i = 0; i <= RULE_FORMER; i++)
		same[i] = (uint16_t)i;
	window_init(&window, 600, LONG_MS / 1000, 3, 6, 16);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct window_saved saved = { .key = host(i), .last = cases[i].last }, used, other = { .padding = { 0 } };
		size_t len = offsetof(struct window_saved, events[3 * i + 1]);

		saved.last.halves = 1;
		for (unsigned k = 0; k < 3 * i + 1; k++)
			saved.events[k] = (4900000 + k) | UINT64_C(2) << (TIME_BITS + 3) | (uint64_t)k << (TIME_BITS + WEIGHT_BITS);
		used = saved;
		tap_ok(window_restore(&window, &used, len, same) && window_save(&window, table_find(&window.table, &saved.key), &other) == len &&
		       memcmp(&other, &saved, len) == 0, "of an address that tried %s, with %u errors", cases[i].what, 3 * i + 1);
	}
	struct window_saved saved = { .key = host(9), .last = { .name = 7, .several = 1, .only = 3, .halves = 1, .time_ms = 5000000 }, .events = { 1 } };
	saved.events[0] |= UINT64_C(2) << (TIME_BITS + 3);
	window_restore(&window, &saved, offsetof(struct window_saved, events[1]), same);
	tap_ok(window_last(&window, &(struct prefix){ host(9).addr, 128 })->several, "the first of several names need not be kept");
	saved.last.time_ms = TIME_MAX_MS + 1;
	tap_ok(!window_restore(&window, &saved, offsetof(struct window_saved, events[1]), same), "a time that cannot be is refused");
	window_fini(&window);
}

int main(void)
{
	test_property();
	test_long();
	test_edges();
	test_disorder();
	test_flood();
	test_share();
	test_counts();
	test_memory(6);
	test_memory(41);
	test_memory(300);
	test_classes(0);
	test_classes(7 * 86400);
	test_classes_restored();
	test_saved_form();
	return tap_done();
}
