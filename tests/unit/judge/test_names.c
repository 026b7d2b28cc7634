/* test_names - which names exist and who tries them, against a naive model: random months, full tables, kept and put back */
#include "chance.h"

enum { NAMES = 40, NETWORKS = 14, DOMAINS = 4, CATCH_ALL = 6, TIMELINES = 2000, STEPS = 200 };
enum { ROOM_KNOWN = 16, ROOM_TRIED = 12 };

#define HOUR_MS INT64_C(3600000)

static const struct conf plain = { .policy = { .ipv6_prefix = 64 } };
static struct world world;
static bool small;

static struct model {
	struct prefix keys[NAMES];
	bool known_in[NAMES], tried_in[NAMES];
	enum names_how how[NAMES];
	int64_t heard[NAMES];			/* the hour */
	struct try {
		unsigned network;		/* 1 + its number, 0: none */
		int64_t hour;
		bool again;			/* it came in another hour of the week, too */
	} tries[NAMES][NAMES_NETWORKS];
	unsigned delivered[DOMAINS];
	bool refused[DOMAINS], domain_in[DOMAINS];
	unsigned wrong;
	const char *what;
} model;

static struct prefix network(unsigned number)
{
	struct addr addr = { .bytes = { [10] = 0xff, [11] = 0xff, 203, (uint8_t)number, (uint8_t)(number * 7), 1 } };
	struct place place = place_of(&plain, &addr);

	return *place_stranger(&place);
}

static uint64_t name_of(unsigned number)
{
	return chance_name(1 + number);
}

/* 0: it has none */
static uint32_t domain_of(unsigned number)
{
	return number % (DOMAINS + 1);
}

static void prepare(struct judge *judge)
{
	judge->names.catch_all = CATCH_ALL;
	if (!small)
		return;
	chance_room(&judge->names.known, ROOM_KNOWN);
	chance_room(&judge->names.tried, ROOM_TRIED);
}

static void begin(void)
{
	chance_world(&world);
	prepare(world.judge);
	memset(&model, 0, sizeof(model));
	for (unsigned i = 0; i < NAMES; i++)
		model.keys[i] = name_key(name_of(i));
}

static bool model_all_exist(uint32_t domain)
{
	return domain && model.domain_in[domain - 1] && model.delivered[domain - 1] >= CATCH_ALL && !model.refused[domain - 1];
}

static bool model_learn(unsigned name, enum names_how how, int64_t hour)
{
	int64_t worths[NAMES];
	uint32_t domain = domain_of(name);
	bool news = !model.known_in[name];
	int gone;

	if (!news && model.how[name] >= how) {
		model.heard[name] = hour > model.heard[name] ? hour : model.heard[name];
		return false;
	}
	if (how == NAMES_DELIVERED && model_all_exist(domain))
		return false;
	if (how == NAMES_DELIVERED && domain) {
		model.domain_in[domain - 1] = true;
		model.delivered[domain - 1]++;
	} else if (!news && domain && model.delivered[domain - 1]) {
		model.delivered[domain - 1]--;
	}
	if (news) {
		for (unsigned i = 0; i < NAMES; i++)
			worths[i] = (int64_t)model.how[i] << 40 | model.heard[i];
		gone = chance_gone(&world.judge->names.known, model.keys, worths, model.known_in, NAMES, &model.wrong);
		if (gone >= 0)
			model.known_in[gone] = false;
	}
	model.known_in[name] = true;
	model.how[name] = how;
	model.heard[name] = hour;
	return true;
}

static unsigned model_tries(unsigned name, int64_t hour)
{
	unsigned count = 0;

	for (unsigned i = 0; model.tried_in[name] && i < NAMES_NETWORKS; i++)
		count += model.tries[name][i].network && hour - model.tries[name][i].hour <= NAMES_WEEK_H;
	return count;
}

/* networks of whatever time first, then the latest try */
static int64_t tried_worth(unsigned name)
{
	int64_t count = 0, latest = 0;

	for (unsigned i = 0; i < NAMES_NETWORKS; i++) {
		const struct try *one = &model.tries[name][i];

		count += one->network != 0;
		if (one->network && one->hour > latest)
			latest = one->hour;
	}
	return count << 40 | latest;
}

/* the network's place, else a free one, else that of the oldest try */
static unsigned model_try(unsigned name, unsigned by, int64_t hour, bool *before)
{
	int64_t worths[NAMES];
	unsigned at = NAMES_NETWORKS;
	int gone;

	if (!model.tried_in[name]) {
		for (unsigned i = 0; i < NAMES; i++)
			worths[i] = tried_worth(i);
		gone = chance_gone(&world.judge->names.tried, model.keys, worths, model.tried_in, NAMES, &model.wrong);
		if (gone >= 0)
			model.tried_in[gone] = false;
		memset(model.tries[name], 0, sizeof(model.tries[name]));
	}
	model.tried_in[name] = true;
	for (unsigned i = 0; i < NAMES_NETWORKS; i++)
		if (model.tries[name][i].network == 1 + by)
			at = i;
	for (unsigned i = 0; at == NAMES_NETWORKS && i < NAMES_NETWORKS; i++)
		if (!model.tries[name][i].network)
			at = i;
	if (at == NAMES_NETWORKS) {
		at = 0;
		for (unsigned i = 1; i < NAMES_NETWORKS; i++)
			if (model.tries[name][i].hour < model.tries[name][at].hour)
				at = i;
	}
	struct try *own = &model.tries[name][at];
	bool known = own->network == 1 + by && hour - own->hour <= NAMES_WEEK_H;
	*own = (struct try){ 1 + by, hour, known && (own->again || hour > own->hour) };
	*before = own->again;
	return model_tries(name, hour);
}

static void happen(int64_t ms, int64_t *set_ms)
{
	struct names *names = &world.judge->names;
	unsigned name = random_below(NAMES), by = random_below(NETWORKS);
	struct prefix from = network(by);
	uint32_t domain = domain_of(name);
	enum names_how how = random_below(3) ? NAMES_DELIVERED : NAMES_LOGIN;
	bool before = false, due = false;
	int64_t step_ms;

	switch (random_below(30)) {
	case 0:
		names_forget(names, name_of(name));
		model.known_in[name] = model.tried_in[name] = false;
		break;
	case 1:
		chance_again(&world, prepare, ms + *set_ms);
		break;
	case 2:
		step_ms = ((int64_t)random_below(2000) - 1000) * HOUR_MS;
		memory_shift(world.judge, step_ms);
		*set_ms += step_ms;
		break;
	case 3:
		names_refuse(names, domain);
		if (domain && model.domain_in[domain - 1])
			model.refused[domain - 1] = true;
		break;
	case 4: case 5: case 6: case 7: case 8: case 9: case 10: case 11: case 12: case 13:
		if (names_learn(names, name_of(name), domain, how, ms + *set_ms) != model_learn(name, how, ms / HOUR_MS))
			model.what = "is it news";
		break;
	default:
		name %= 1 + random_below(NAMES);	/* some often */
		if (names_try(names, name_of(name), &from, ms + *set_ms, &before) != model_try(name, by, ms / HOUR_MS, &due))
			model.what = "how many networks";
		else if (before != due)
			model.what = "has it before";
	}
}

static const char *differs(int64_t ms, int64_t now_ms)
{
	const struct names *names = &world.judge->names;
	unsigned name = random_below(NAMES);
	static char text[60];

	if (model.wrong || model.what)
		return model.what ? model.what : "who had to make room";
	snprintf(text, sizeof(text), "name %u", name);
	if (names_known(names, name_of(name)) != (model.known_in[name] ? model.how[name] : NAMES_UNKNOWN) ||
	    names_tries(names, name_of(name), now_ms) != model_tries(name, ms / HOUR_MS) ||
	    names_all_exist(names, domain_of(name)) != model_all_exist(domain_of(name)))
		return text;
	return "";
}

static void test_property(void)
{
	unsigned wrong = 0, full = 0, many = 0, all = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t ms = chance_begin_ms(), set_ms = 0;
		const char *difference = "";

		small = round % 2;
		begin();
		for (unsigned i = 0; i < STEPS && !*difference; i++) {
			ms += chance_pause_ms();
			happen(ms, &set_ms);
			difference = differs(ms, ms + set_ms);
			tap_wrong(*difference, &wrong, "round %u, step %u: %s", round, i, difference);
		}
		for (unsigned i = 0; i < NAMES; i++) {
			many += model_tries(i, ms / HOUR_MS) == NAMES_NETWORKS;
			all += model_all_exist(domain_of(i));
		}
		full += world.judge->names.tried.used == ROOM_TRIED && world.judge->names.known.used == ROOM_KNOWN;
	}
	tap_int(wrong, 0, "%d random timelines of names agree with lists without bounds", TIMELINES);
	tap_ok(full > 500 && many > 100 && all > 100, "tables were full %u times, %u names tried by many, %u in a domain that has all", full,
	       many, all);
}

/* names that are made up: tried once each, or delivered to */
static void test_flood(void)
{
	struct names *names;
	struct prefix one = network(1);
	unsigned kept = 0;
	bool before;

	small = true;
	begin();
	names = &world.judge->names;
	for (unsigned i = 0; i < 4; i++)
		names_learn(names, name_of(i), 1, NAMES_LOGIN, WORLD_BEGINS_MS);
	for (unsigned i = 0; i < 3; i++) {
		struct prefix from = network(i);

		names_try(names, name_of(4), &from, WORLD_BEGINS_MS, &before);
	}
	for (unsigned i = 0; i < 1000; i++) {
		names_try(names, chance_name(5000 + i), &one, WORLD_BEGINS_MS + HOUR_MS + i, &before);
		names_learn(names, chance_name(5000 + i), 2, NAMES_DELIVERED, WORLD_BEGINS_MS + HOUR_MS + i);
	}
	for (unsigned i = 0; i < 4; i++)
		kept += names_known(names, name_of(i)) == NAMES_LOGIN;
	tap_int(kept, 4, "a flood of deliveries pushes out nobody who logged in");
	tap_int(names_tries(names, name_of(4), WORLD_BEGINS_MS + 2 * HOUR_MS), 3, "a flood of made-up names pushes out none that three networks try");
	tap_int(names->known.used, 4 + CATCH_ALL, "and where everything is delivered, no more than %d names are kept", CATCH_ALL);
}

int main(void)
{
	test_property();
	test_flood();
	world_fini(&world);
	return tap_done();
}
