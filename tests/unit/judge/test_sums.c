/* test_sums - what a network's units do together, against a naive model: random weeks, a full table, kept and put back */
#include "chance.h"

enum { UNITS = 32, TIMELINES = 2000, STEPS = 150, ROOM = 4 };

#define DAY_MS INT64_C(86400000)

static const struct conf plain = { .policy = { .ipv6_prefix = 64 } };
static struct world world;
static bool small;

static struct model {
	struct prefix keys[UNITS / 4];		/* the hoods: of four units each */
	bool in[UNITS / 4];
	struct one {
		unsigned unit, halves;
		int64_t day;
	} errors[STEPS];
	unsigned count, wrong;
} model;

static struct place place_at(unsigned number)
{
	struct addr addr = chance_addr(number);

	return place_of(&plain, &addr);
}

static void prepare(struct judge *judge)
{
	if (small)
		chance_room(&judge->sums.table, ROOM);
}

static uint32_t model_sum(unsigned hood, int64_t day, unsigned *units)
{
	bool seen[UNITS] = { false };
	uint32_t sum = 0;

	*units = 0;
	for (unsigned i = 0; i < model.count; i++) {
		if (model.errors[i].unit / 4 != hood || day - model.errors[i].day >= SUMS_DAYS)
			continue;
		sum += model.errors[i].halves;
		*units += model.errors[i].halves && !seen[model.errors[i].unit];
		seen[model.errors[i].unit] |= model.errors[i].halves > 0;
	}
	return sum;
}

static void model_forget(unsigned hood)
{
	for (unsigned i = 0; i < model.count; i++)
		if (model.errors[i].unit / 4 == hood)
			model.errors[i].halves = 0;
	model.in[hood] = false;
}

/* a hood's days count up to its own latest error: that is what it is worth */
static int64_t model_worth(unsigned hood)
{
	int64_t latest = 0;
	unsigned units;

	for (unsigned i = 0; i < model.count; i++)
		if (model.errors[i].unit / 4 == hood && model.errors[i].halves && model.errors[i].day > latest)
			latest = model.errors[i].day;
	return (int64_t)model_sum(hood, latest, &units) << 40 | latest;
}

static uint32_t model_add(unsigned unit, unsigned halves, int64_t day)
{
	int64_t worths[UNITS / 4];
	unsigned units, hood = unit / 4;
	uint32_t sum;
	int gone;

	if (!model.in[hood]) {
		for (unsigned i = 0; i < UNITS / 4; i++)
			worths[i] = model_worth(i);
		gone = chance_gone(&world.judge->sums.table, model.keys, worths, model.in, UNITS / 4, &model.wrong);
		if (gone >= 0)
			model_forget((unsigned)gone);
	}
	model.in[hood] = true;
	model.errors[model.count++] = (struct one){ unit, halves, day };
	sum = model_sum(hood, day, &units);
	return units >= SUMS_UNITS ? sum : 0;
}

static bool timeline(unsigned round, unsigned *wrong, unsigned *reached)
{
	int64_t ms = chance_begin_ms(), set_ms = 0, step_ms;

	chance_world(&world);
	prepare(world.judge);
	memset(&model, 0, sizeof(model));
	for (unsigned i = 0; i < UNITS / 4; i++)
		model.keys[i] = place_at(i * 4).hoods[0];
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned unit = random_below(UNITS), halves = 1 + random_below(12);
		struct place place = place_at(unit);
		uint32_t got, wanted;

		ms += random_below(3) ? chance_pause_ms() : random_below(5) * DAY_MS;
		switch (random_below(20)) {
		case 0:
			chance_again(&world, prepare, ms + set_ms);
			continue;
		case 1:
			step_ms = ((int64_t)random_below(40) - 20) * DAY_MS;
			memory_shift(world.judge, step_ms);
			set_ms += step_ms;
			continue;
		case 2:
			sums_forget(&world.judge->sums, &place.hoods[0]);
			model_forget(unit / 4);
			continue;
		}
		got = sums_add(&world.judge->sums, &place.hoods[0], &place.unit, halves, ms + set_ms);
		wanted = model_add(unit, halves, ms / DAY_MS);
		*reached += wanted > 0;
		tap_wrong(got != wanted || model.wrong, wrong, "round %u, step %u, unit %u: got %u, wanted %u%s", round, i, unit, got, wanted,
			  model.wrong ? "; who had to make room" : "");
		if (*wrong)
			return false;
	}
	return true;
}

int main(void)
{
	unsigned wrong = 0, reached = 0, full = 0;

	for (unsigned round = 0; round < TIMELINES && !wrong; round++) {
		small = round % 2;
		timeline(round, &wrong, &reached);
		full += world.judge->sums.table.used == ROOM;
	}
	tap_int(wrong, 0, "%d random timelines of errors agree with a list", TIMELINES);
	tap_ok(reached > 1000 && full > 500, "%u sums of three units, the table was full %u times", reached, full);
	world_fini(&world);
	return tap_done();
}
