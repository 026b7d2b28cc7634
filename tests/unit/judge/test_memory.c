/* test_memory - all that is remembered survives its rows, at any moment; what is forgotten is in no row */
#include "chance.h"
#include "judge/inside.h"

#include <unistd.h>

enum { TIMELINES = 1200, HITS = 150, ADDRESSES = 24, NAMES = 8, ROOM_MIB = 32 };

static struct world one, two;	/* uninterrupted; put back at random */

static bool same_event(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && memcmp(&a->prefix, &b->prefix, sizeof(a->prefix)) == 0 && a->time_ms == b->time_ms &&
	       a->until_ms == b->until_ms && a->errors == b->errors && a->because == b->because && a->networks == b->networks &&
	       strcmp(a->rule, b->rule) == 0;
}

/* those from the first on, in any order: several that one hit releases have none */
static bool same_events(size_t first)
{
	size_t count = one.count < WORLD_VERDICTS ? one.count : WORLD_VERDICTS;

	if (one.count != two.count)
		return false;
	for (size_t i = first; i < count; i++) {
		size_t k = first;

		while (k < count && !same_event(&one.got[i], &two.got[k]))
			k++;
		if (k == count)
			return false;
	}
	return true;
}

static void test_survives(void)
{
	unsigned wrong = 0, told = 0, again = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t now_ms = chance_begin_ms();

		chance_world(&one);
		chance_world(&two);
		for (unsigned i = 0; i < HITS; i++) {
			struct hit hit = chance_hit(now_ms += chance_pause_ms(), ADDRESSES, NAMES);
			size_t before = one.count;
			bool differs;

			judge_hit(one.judge, &hit);
			judge_hit(two.judge, &hit);
			differs = !same_events(before);
			tap_wrong(differs, &wrong, "round %u, hit %u of rule %u: %zu verdicts, uninterrupted %zu", round, i, hit.rule, two.count, one.count);
			if (differs)
				break;
			if (random_below(12) == 0) {
				chance_again(&two, NULL, now_ms);
				again++;
			}
		}
		told += (unsigned)one.count;
	}
	tap_int(wrong, 0, "%d random timelines, %u times kept and put back: the verdicts are those of an uninterrupted judge", TIMELINES, again);
	tap_ok(told > 2000, "of which there were enough (%u)", told);
}

/* ---- what is in the rows ---- */

struct search {
	const void *bytes;
	size_t len;
	enum memory_kind in;	/* this kind alone; MEMORY_KINDS: all */
	unsigned found;
	enum memory_kind first;
};

static bool search_row(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct search *search = arg;

	(void)number;
	if (search->in != MEMORY_KINDS && search->in != kind)
		return true;
	if (len >= search->len && memmem(bytes, len, search->bytes, search->len)) {
		if (!search->found)
			search->first = kind;
		search->found++;
	}
	return true;
}

static unsigned rows_with(struct judge *judge, const void *bytes, size_t len, enum memory_kind in, const char **where)
{
	struct search search = { bytes, len, in, 0, 0 };

	memory_touch(judge);
	memory_save(judge, search_row, &search);
	memory_finish(judge, search_row, &search);
	*where = search.found ? memory_name(search.first) : "";
	return search.found;
}

static void test_forgotten(void)
{
	unsigned names_wrong = 0, addresses_wrong = 0, names_known_before = 0, addresses_before = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t now_ms = chance_begin_ms();
		unsigned number = random_below(NAMES);
		uint64_t name = chance_name(1 + number);
		uint32_t low = (uint32_t)name;
		struct addr addr = chance_addr(random_below(ADDRESSES));
		struct prefix unit = { addr, 128 };
		struct judge_view view;
		const char *where;
		unsigned found;

		chance_world(&one);
		for (unsigned i = 0; i < HITS; i++) {
			struct hit hit = chance_hit(now_ms += chance_pause_ms(), ADDRESSES, NAMES);

			judge_hit(one.judge, &hit);
		}
		stays_add(&one.judge->stays, &(struct stay){ .due_ms = now_ms + 1, .time_ms = now_ms, .name = name, .unit = { chance_addr(ADDRESSES), 128 } });
		stays_add(&one.judge->stays, &(struct stay){ .due_ms = now_ms + 1, .time_ms = now_ms, .name = chance_name(99), .unit = unit });
		names_known_before += rows_with(one.judge, &name, sizeof(name), MEMORY_KINDS, &where) > 0;
		judge_forget_name(one.judge, name);
		found = rows_with(one.judge, &name, sizeof(name), MEMORY_KINDS, &where);
		tap_wrong(found, &names_wrong, "round %u, name %u: its hash is in %u rows, the first of kind %s", round, number, found, where);
		found = rows_with(one.judge, &low, sizeof(low), MEMORY_COUNT, &where) + rows_with(one.judge, &low, sizeof(low), MEMORY_TOLD, &where);
		tap_wrong(found, &names_wrong, "round %u, name %u: half of its hash is in %u rows", round, number, found);

		addresses_before += rows_with(one.judge, &addr, sizeof(addr), MEMORY_KINDS, &where) > 0;
		judge_forget(one.judge, &unit, now_ms);
		found = rows_with(one.judge, &addr, sizeof(addr), MEMORY_KINDS, &where);
		tap_wrong(found, &addresses_wrong, "round %u: an address is in %u rows, the first of kind %s", round, found, where);
		judge_look(one.judge, &addr, now_ms, &view);
		tap_wrong(view.errors || view.running || view.guests || view.mails || view.stay_ms, &addresses_wrong, "round %u: %u errors, %u guests, %u mails",
			  round, view.errors, view.guests, view.mails);
	}
	tap_int(names_wrong, 0, "a name that is forgotten is in no row, of %u that were", names_known_before);
	tap_int(addresses_wrong, 0, "an address that is forgotten is in none, of %u that were", addresses_before);
	tap_ok(names_known_before > 500 && addresses_before > 500, "both had been there often");
}

static void count_running(void *arg, const struct event *event)
{
	unsigned *running = arg;

	*running += event->prefix.len == 128;
}

/* 198.0.1.0/24 has four addresses of the timelines in it. */
static void test_forgotten_network(void)
{
	unsigned wrong = 0, before = 0, errors = 0, others_wrong = 0;
	struct prefix network = { .len = 120 };
	struct addr first = chance_addr(4), outside = chance_addr(0);

	network.addr = addr_mask(&first, network.len);
	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t now_ms = chance_begin_ms();
		unsigned running = 0, erring = 0, rows;
		struct judge_view view, still;
		struct inside inside;
		uint64_t sum = 0;
		const char *where;
		int count;

		chance_world(&one);
		for (unsigned i = 0; i < HITS; i++) {
			struct hit hit = chance_hit(now_ms += chance_pause_ms(), ADDRESSES, NAMES);

			judge_hit(one.judge, &hit);
		}
		for (unsigned i = 4; i < 8; i++) {
			struct addr addr = chance_addr(i);

			judge_look(one.judge, &addr, now_ms, &view);
			running -= view.running;
			erring += view.errors > 0;
			sum += view.errors;
		}
		judge_inside(one.judge, &network, now_ms, &inside, count_running, &running);
		tap_wrong(running || inside.errors != sum || inside.erring != erring, &wrong, "round %u: %" PRIu64 " errors of %u, not %" PRIu64 " of %u; %u drops more",
			  round, inside.errors, inside.erring, sum, erring, running);
		errors += (unsigned)sum;
		judge_look(one.judge, &outside, now_ms, &view);
		rows = rows_with(one.judge, &network.addr, 15, MEMORY_KINDS, &where);
		count = judge_forget_inside(one.judge, &network, now_ms);
		tap_wrong((count > 0) != (rows > 0), &wrong, "round %u: %d forgotten of %u rows", round, count, rows);
		before += rows > 0;
		rows = rows_with(one.judge, &network.addr, 15, MEMORY_KINDS, &where);
		tap_wrong(rows, &wrong, "round %u: one of the network is in %u rows, the first of kind %s", round, rows, where);
		tap_wrong(judge_forget_inside(one.judge, &network, now_ms), &wrong, "round %u: something is forgotten twice", round);
		judge_look(one.judge, &outside, now_ms, &still);
		tap_wrong(view.errors != still.errors || view.running != still.running || view.mails != still.mails || view.guests != still.guests,
			  &others_wrong, "round %u: %u errors outside, %u before", round, still.errors, view.errors);
	}
	tap_int(wrong, 0, "of a network that is forgotten nobody is in any row, of %u that somebody was of", before);
	tap_int(others_wrong, 0, "who is outside stays known");
	tap_ok(before > 500 && errors > 200, "which was often, and they had erred (%u)", errors);
}

/* ---- what it takes when nothing is free ---- */

static size_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long all, resident = 0;

	if (!file || fscanf(file, "%lu %lu", &all, &resident) != 2)
		abort();
	fclose(file);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t fill(struct table *table)
{
	struct prefix key = { .len = 128 };

	for (uint64_t i = 1; table->used < table->capacity; i++) {
		memcpy(key.addr.bytes, &i, sizeof(i));
		memset((char *)table_insert(table, &key) + table_head_bytes(table), 1, table->stride - table_head_bytes(table));
	}
	return table->stride;
}

static void test_room(void)
{
	static const char *const names[] = { "accounts", "homes", "networks with customers", "names", "names tried", "domains", "correspondents",
					     "mails waiting", "sums of networks" };
	size_t before, took = 0;

	chance_world(&one);
	struct table *tables[] = { &one.judge->customers.accounts, &one.judge->customers.homes, &one.judge->customers.nets,
				   &one.judge->names.known, &one.judge->names.tried, &one.judge->names.domains, &one.judge->correspondents.mails,
				   &one.judge->correspondents.queue, &one.judge->sums.table };
	for (unsigned i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		before = resident_bytes();
		size_t bytes = fill(tables[i]), all = resident_bytes() - before;

		printf("# %-24s %7u of %3zu bytes: %5.1f MiB\n", names[i], tables[i]->capacity, bytes, (double)all / (1 << 20));
		took += all;
	}
	tap_ok(took <= (size_t)ROOM_MIB << 20, "all that is remembered beside the windows and bans, full: %.1f MiB, at most %d", (double)took / (1 << 20),
	       ROOM_MIB);
}

/* what may be in a file that is not ours */
static void test_any_bytes(void)
{
	unsigned kept = 0;

	chance_world(&one);
	for (unsigned i = 0; i < 200000; i++) {
		struct memory_load load;
		unsigned char bytes[160];

		memory_load_begin(&load, one.judge, WORLD_BEGINS_MS);
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (unsigned char)random_below(random_below(4) ? 256 : 2);
		memory_load_row(&load, (enum memory_kind)random_below(MEMORY_KINDS), random_below(4), random_below(70000), bytes, random_below(sizeof(bytes) + 1));
		kept += !load.unreadable;
	}
	for (unsigned i = 0; i < HITS; i++) {
		struct hit hit = chance_hit(WORLD_BEGINS_MS + i * 1000, ADDRESSES, NAMES);

		judge_hit(one.judge, &hit);
	}
	tap_ok(kept > 100, "any bytes are safe as rows; %u were taken for some", kept);
}

/* whatever was heard before the clock was set is as long ago as before */
static void test_shift(void)
{
	const int64_t step_ms = -7 * INT64_C(3600000);
	int64_t before[64];
	unsigned wrong = 0, met = 0;

	chance_world(&one);
	for (unsigned i = 0; i < HITS; i++) {
		struct hit hit = chance_hit(WORLD_BEGINS_MS + i * 1000, ADDRESSES, NAMES);

		judge_hit(one.judge, &hit);
	}
	for (size_t i = 0; i < one.judge->rules->count && i < 64; i++)
		before[i] = judge_rule_last_ms(one.judge, &one.judge->rules->at[i]);
	memory_shift(one.judge, step_ms);
	for (size_t i = 0; i < one.judge->rules->count && i < 64; i++) {
		int64_t now_ms = judge_rule_last_ms(one.judge, &one.judge->rules->at[i]);

		met += before[i] > 0;
		tap_wrong(now_ms != (before[i] ? before[i] + step_ms : 0), &wrong, "rule %zu: %" PRId64 " ms became %" PRId64, i, before[i], now_ms);
	}
	tap_ok(wrong == 0 && met > 3, "when each of %u rules was met last moves by the step, once", met);
}

int main(void)
{
	test_shift();
	test_survives();
	test_forgotten();
	test_forgotten_network();
	test_any_bytes();
	test_room();
	world_fini(&one);
	world_fini(&two);
	return tap_done();
}
