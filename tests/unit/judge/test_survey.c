/* test_survey - a look in slices sees what the whole look sees: drops, errors by address and network, the latest first
 *
 * Against judge_active() and judge_look(), for both judges, with random errors; and a million networks in fixed memory. */
#include "judge/survey.h"
#include "judge_world.h"
#include "random.h"

#define ADDRESSES 600
#define NETWORKS 60

static const char *address_of(unsigned i)
{
	static char text[ADDR_FMT_SIZE];

	snprintf(text, sizeof(text), i % 5 ? "10.0.%u.%u" : "2001:db8:%x:%x::1", i % NETWORKS, i / NETWORKS + 1);
	return text;
}

struct counted {
	uint64_t bans, delays, networks;
};

static void count(void *arg, const struct event *event)
{
	struct counted *counted = arg;

	counted->bans += event->kind == VERDICT_BAN;
	counted->delays += event->kind == VERDICT_DELAY;
	counted->networks += event->kind == VERDICT_BAN && event->prefix.len < (addr_is_v4(&event->prefix.addr) ? 128 : 64);
}

static void look_all(struct survey *survey, const struct judge *judge)
{
	survey_begin(survey);
	for (unsigned steps = 0; !survey_step(survey, judge, world_now_ms, 1 + random_below(50)); steps++)
		if (steps > 1000000)
			abort();
}

static void test_addresses(const struct world *world, const struct survey *survey)
{
	uint64_t erring = 0, sum = 0, of_networks = 0;
	unsigned wrong = 0, most = 0;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		struct judge_view view;
		struct prefix address = world_prefix(address_of(i));

		judge_look(world->judge, &address.addr, world_now_ms, &view);
		erring += view.errors > 0;
		sum += view.errors;
		most = view.errors > most ? view.errors : most;
		for (size_t k = 0; k < survey->address_count; k++)
			if (memcmp(&survey->addresses[k].prefix, &view.unit, sizeof(view.unit)) == 0)
				tap_wrong(survey->addresses[k].errors != view.errors, &wrong, "%s has %u, not %u", address_of(i),
					  view.errors, survey->addresses[k].errors);
	}
	tap_ok(survey->erring == erring && erring > SURVEY_TOP, "%" PRIu64 " addresses err", erring);
	for (size_t k = 1; k < survey->address_count; k++)
		wrong += survey->addresses[k].errors > survey->addresses[k - 1].errors;
	tap_ok(wrong == 0 && survey->address_count == SURVEY_TOP && survey->addresses[0].errors == most,
	       "those with the most errors are told, the most first: %u, ...", most);
	for (size_t k = 0; k < survey->network_count; k++)
		of_networks += survey->networks[k].errors;
	tap_ok(of_networks > 0 && of_networks <= sum && survey->network_count == SURVEY_TOP, "and the networks: %" PRIu64 " of %" PRIu64 " errors",
	       of_networks, sum);
}

static void test_judge(bool memory)
{
	struct survey *survey = malloc(sizeof(*survey));
	struct counted counted = { 0 };
	struct world world;
	unsigned wrong = 0;

	world_init(&world, WORLD_RULES, NULL);
	world.conf.policy.memory = memory;
	world_judge(&world);
	look_all(survey, world.judge);
	tap_ok(survey->erring + survey->bans + survey->recent_count + survey->network_count == 0, "%s: nothing is there",
	       memory ? "memory" : "window");
	for (unsigned i = 0; i < 3000; i++) {
		world_now_ms += random_below(400);
		world_say(&world, random_below(2) ? "each" : "heavy", i + 1, address_of(random_below(random_below(2) ? 40 : ADDRESSES)));
	}
	unsigned steps = 1, slots = world.judge->bans.table.high_water + world.judge->window.table.high_water;
	for (survey_begin(survey); !survey_step(survey, world.judge, world_now_ms, 10); steps++)
		;
	tap_ok(steps >= slots / 10, "%u slots are no less than %u steps of ten", slots, steps);
	look_all(survey, world.judge);
	judge_active(world.judge, world_now_ms, count, &counted);
	tap_int(survey->bans, counted.bans, "the bans that run");
	tap_int(survey->delays, counted.delays, "the delays that run");
	tap_int(survey->network_bans, counted.networks, "the bans of networks");
	tap_ok(counted.bans > 10, "and there are some");
	test_addresses(&world, survey);
	for (size_t k = 1; k < survey->recent_count; k++)
		wrong += survey->recent[k].since_ms > survey->recent[k - 1].since_ms;
	struct event last = survey_event(world.judge, &survey->recent[0]);
	tap_ok(wrong == 0 && survey->recent_count == SURVEY_RECENT && (memory || strncmp(last.rule, "t/", 2) == 0) && last.until_ms > last.time_ms,
	       "the latest drops are told, the latest first: of %s", last.rule);
	world_now_ms += 40 * 86400 * INT64_C(1000);
	look_all(survey, world.judge);
	tap_ok(survey->erring + survey->bans + survey->delays == 0, "after a month all that is over");
	world_fini(&world);
	free(survey);
}

/* One network errs more than each of very many others: it is told, and not with more than it did. */
static void test_heavy(void)
{
	struct survey *survey = malloc(sizeof(*survey));
	struct world world;
	unsigned found = 0;
	char text[ADDR_FMT_SIZE];

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned i = 0; i < 60000; i++) {
		snprintf(text, sizeof(text), i % 100 ? "10.%u.%u.1" : "203.0.113.%u", i % 100 ? i / 256 % 256 : i / 100 % 250, i % 256);
		world_say(&world, "each", i + 1, text);
	}
	look_all(survey, world.judge);
	for (size_t k = 0; k < survey->network_count; k++) {
		struct prefix heavy = world_prefix("203.0.113.0/24");
		if (memcmp(&survey->networks[k].prefix, &heavy, sizeof(heavy)) == 0)
			found = survey->networks[k].errors;
	}
	tap_ok(found > 100 && found <= 600, "a network of 600 errors among 59,400 others is told with %u", found);
	world_fini(&world);
	free(survey);
}

int main(void)
{
	test_judge(false);
	test_judge(true);
	test_heavy();
	return tap_done();
}
