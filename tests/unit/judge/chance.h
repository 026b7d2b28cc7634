/* chance - a judge that remembers, for unit tests: a rule of every kind, and hits by chance of few addresses and names
 *
 * Hits are made as the matcher would, without text: names by their hashes, times by the hour and the minute. */
#ifndef MAILWARD_CHANCE_H
#define MAILWARD_CHANCE_H

#include "judge_world.h"

#include "judge/memory.h"
#include "random.h"

#define CHANCE_RULES \
	"service t\nmacro client <host>\\[<addr>\\]\nprogram a/smtpd\n" \
	"rule error\n about x\n match error <client>\n" \
	"rule failed\n about x\n kind failed-login\n match failed <client>\n" \
	"rule refused\n about x\n kind recipient\n match refused <client>\n" \
	"rule login\n about x\n kind login\n match login <client>\n" \
	"rule accepted\n about x\n kind accepted\n match accepted <client>\n" \
	"rule delivered\n about x\n kind delivered\n match delivered <client>\n"
enum { CHANCE_ERROR, CHANCE_FAILED, CHANCE_REFUSED, CHANCE_LOGGED_IN, CHANCE_ACCEPTED, CHANCE_DELIVERED, CHANCE_RULE_COUNT };

/* as what is in world->conf now; *world is all zero the first time */
__attribute__((unused)) static void chance_world(struct world *world)
{
	if (!world->rules.count) {
		world_init(world, CHANCE_RULES, NULL);
		world->conf.policy.network_limit = 5;
	}
	world->conf.policy.memory = true;
	world_judge(world);
}

/* The judge's memory, through its rows, into a new judge of the same configuration. prepare: of it, before; or NULL */
__attribute__((unused)) static void chance_again(struct world *world, void (*prepare)(struct judge *judge), int64_t now_ms)
{
	struct judge *old = world->judge;

	world->judge = judge_new(&world->conf, &world->rules, world_event, world);
	if (!world->judge)
		abort();
	if (prepare)
		prepare(world->judge);
	memory_carry(world->judge, old, now_ms);
	judge_free(old);
}

/* a table of that room, empty, in place of what was there */
__attribute__((unused)) static void chance_room(struct table *table, uint32_t capacity)
{
	size_t stride = table->stride;
	bool of_hashes = table->key_bytes == sizeof(uint64_t);

	table_fini(table);
	if ((of_hashes ? table_init_short : table_init)(table, stride, capacity) < 0)
		abort();
}

/* Of the keys that were in a table, the one that made room for another, or -1; *wrong counts if more than one did, or if one
 * that stayed was worth less. */
__attribute__((unused)) static int chance_gone(const struct table *table, const struct prefix *keys, const int64_t *worths, const bool *in,
					       unsigned count, unsigned *wrong)
{
	int gone = -1;

	for (unsigned i = 0; i < count; i++) {
		if (!in[i] || table_find(table, &keys[i]))
			continue;
		*wrong += gone >= 0;
		gone = (int)i;
	}
	for (unsigned i = 0; gone >= 0 && i < count; i++)
		*wrong += in[i] && i != (unsigned)gone && worths[i] < worths[gone];
	return gone;
}

/* when a timeline begins: hours since the epoch have 16 low bits, which turn over in October 2029 */
__attribute__((unused)) static int64_t chance_begin_ms(void)
{
	return random_below(3) ? WORLD_BEGINS_MS : (INT64_C(524288) - random_below(48)) * 3600000;
}

/* 0: none. Of two spellings, a full one and the same without its domain. */
__attribute__((unused)) static uint64_t chance_name(unsigned number)
{
	return number * UINT64_C(0x9e3779b97f4a7c15);
}

/* an address of few networks: a neighbour every 4 */
__attribute__((unused)) static struct addr chance_addr(unsigned number)
{
	struct addr addr = { .bytes = { [10] = 0xff, [11] = 0xff, 198, 51, 100, (uint8_t)(1 + number % 4) } };

	addr.bytes[13] = (uint8_t)(number / 8);		/* a region for two networks */
	addr.bytes[14] = (uint8_t)(number / 4);
	return addr;
}

/* any hit */
__attribute__((unused)) static struct hit chance_hit(int64_t time_ms, unsigned addresses, unsigned names)
{
	static const uint16_t often[] = { CHANCE_FAILED, CHANCE_FAILED, CHANCE_FAILED, CHANCE_REFUSED, CHANCE_ERROR, CHANCE_LOGGED_IN,
					  CHANCE_ACCEPTED, CHANCE_DELIVERED };
	struct hit hit = { .time_ms = time_ms, .rule = often[random_below(8)], .addr = chance_addr(random_below(addresses)) };
	unsigned name = random_below(names);

	hit.weight = hit.rule == CHANCE_DELIVERED || hit.rule == CHANCE_ACCEPTED ? 0 : 1;
	hit.session = 1 + random_below(1000000);
	hit.teller = (uint16_t)(1 + hit.rule);
	if (hit.rule != CHANCE_ERROR && hit.rule != CHANCE_ACCEPTED) {
		hit.account = chance_name(1 + name);
		hit.local = chance_name(1001 + name);
		hit.domain = 1 + name % 2;
	}
	if (hit.rule == CHANCE_FAILED && random_below(3) == 0)
		hit.password = UINT32_C(1) << (20 + random_below(12));
	if (hit.rule == CHANCE_FAILED && random_below(8) == 0)
		hit.account = hit.local = 0;
	hit.null_sender = hit.rule == CHANCE_REFUSED && random_below(4) == 0;
	if (hit.rule == CHANCE_ACCEPTED || hit.rule == CHANCE_DELIVERED)
		hit.queue = chance_name(2001 + random_below(6));
	if (hit.rule == CHANCE_DELIVERED)
		hit.addr = (struct addr){ .bytes = { 0 } };
	return hit;
}

/* some milliseconds, minutes, hours or days */
__attribute__((unused)) static int64_t chance_pause_ms(void)
{
	switch (random_below(12)) {
	case 0: return random_below(3) * INT64_C(86400000);
	case 1: case 2: return random_below(7200) * INT64_C(1000);
	case 3: case 4: case 5: return random_below(600) * INT64_C(1000);
	default: return random_below(20000);
	}
}

#endif
