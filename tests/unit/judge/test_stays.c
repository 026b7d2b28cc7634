/* test_stays - sentences that wait, against a naive model: in the order of their time, each once, kept and put back */
#include "chance.h"

enum { UNITS = 40, TIMELINES = 1500, STEPS = 200 };

static struct world world;
static struct stay waiting[UNITS];
static bool waits[UNITS];

static struct prefix unit_number(unsigned number)
{
	struct addr addr = chance_addr(number);

	return prefix_of(&addr, 64);
}

/* the one whose time has come, the earliest first; of several of one moment any */
static bool model_due(const struct stay *got, bool any, int64_t ms)
{
	int first = -1;

	for (int i = 0; i < UNITS; i++)
		if (waits[i] && waiting[i].due_ms <= ms && (first < 0 || waiting[i].due_ms < waiting[first].due_ms))
			first = i;
	if (first < 0 || !any)
		return first < 0 && !any;
	for (int i = 0; i < UNITS; i++) {
		if (!waits[i] || waiting[i].due_ms != waiting[first].due_ms || memcmp(got, &waiting[i], sizeof(*got)) != 0)
			continue;
		waits[i] = false;
		return true;
	}
	return false;
}

static const char *step(int64_t *ms)
{
	struct stays *stays = &world.judge->stays;
	unsigned number = random_below(UNITS);
	struct prefix unit = unit_number(number);
	const struct stay *found;
	struct stay stay = { .due_ms = *ms + random_below(300) * 1000, .time_ms = *ms, .name = chance_name(number), .unit = unit,
			     .rule = CHANCE_FAILED, .errors = number };
	bool any;

	switch (random_below(10)) {
	case 0:
		chance_again(&world, NULL, *ms);
		return NULL;
	case 1:
		memory_shift(world.judge, 3600000);
		*ms += 3600000;
		for (unsigned i = 0; i < UNITS; i++) {
			waiting[i].due_ms += 3600000;
			waiting[i].time_ms += 3600000;
		}
		return NULL;
	case 2: case 3:
		any = stays_drop(stays, &unit);
		if (any != waits[number])
			return "a stay that is dropped";
		waits[number] = false;
		return NULL;
	case 4: case 5: case 6:
		any = stays_due(stays, *ms, &stay);
		return model_due(&stay, any, *ms) ? NULL : "who is due";
	case 7:
		found = stays_of(stays, &unit);
		return (found != NULL) == waits[number] && (!found || memcmp(found, &waiting[number], sizeof(*found)) == 0) ? NULL : "whose it is";
	default:
		if (!stays_add(stays, &stay))
			return "no room";
		if (!waits[number])
			waiting[number] = stay;
		waits[number] = true;
		return NULL;
	}
}

static void test_property(void)
{
	unsigned wrong = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t ms = WORLD_BEGINS_MS;

		chance_world(&world);
		memset(waits, 0, sizeof(waits));
		for (unsigned i = 0; i < STEPS; i++) {
			const char *difference;

			ms += random_below(60000);
			difference = step(&ms);
			tap_wrong(difference, &wrong, "round %u, step %u: %s", round, i, difference);
			if (difference)
				break;
		}
	}
	tap_int(wrong, 0, "%d random timelines of stays agree with a list", TIMELINES);
}

/* what strangers can fill, they fill with two minutes of their own */
static void test_full(void)
{
	struct stays *stays;
	struct stay stay = { .due_ms = WORLD_BEGINS_MS + 1000, .time_ms = WORLD_BEGINS_MS, .unit.len = 128 };
	unsigned added = 0, due = 0;

	chance_world(&world);
	stays = &world.judge->stays;
	for (unsigned i = 0; i < STAYS_MAX + 100; i++) {
		memcpy(stay.unit.addr.bytes, &i, sizeof(i));
		added += stays_add(stays, &stay);
	}
	tap_int(added, STAYS_MAX, "when there is no room, nothing waits");
	memcpy(stay.unit.addr.bytes, &(unsigned){ 5 }, sizeof(unsigned));
	tap_ok(stays_add(stays, &stay), "who waits already goes on waiting");
	chance_again(&world, NULL, WORLD_BEGINS_MS);
	while (stays_due(&world.judge->stays, WORLD_BEGINS_MS + 1000, &stay))
		due++;
	tap_int(due, STAYS_MAX, "all of them are kept, put back and come due");
}

int main(void)
{
	test_property();
	test_full();
	world_fini(&world);
	return tap_done();
}
