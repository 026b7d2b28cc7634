/* test_beside - judge_dry_run: two judges hear the same, each as if alone; what is forgotten, both forget; knowledge goes over */
#include "chance.h"

enum { TIMELINES = 1500, HITS = 120 };

static struct world both, alone, other;

struct verdicts {
	size_t count;
	struct event at[4 * HITS];
};
static struct verdicts heard[2];	/* of the judge in force, and beside it */
static unsigned notices;

static void hear_event(void *arg, const struct event *event)
{
	struct verdicts *verdicts = &heard[event->beside != NULL];

	(void)arg;
	notices += event->beside && !event_is_verdict(event);
	if (event_is_verdict(event) && verdicts->count < sizeof(verdicts->at) / sizeof(verdicts->at[0]))
		verdicts->at[verdicts->count++] = *event;
}

static bool same_event(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && memcmp(&a->prefix, &b->prefix, sizeof(a->prefix)) == 0 && a->time_ms == b->time_ms &&
	       a->until_ms == b->until_ms && a->errors == b->errors && a->because == b->because && strcmp(a->rule, b->rule) == 0;
}

static bool same_verdicts(const struct verdicts *got, const struct world *wanted)
{
	if (got->count != wanted->count)
		return false;
	for (size_t i = 0; i < got->count; i++)
		if (!same_event(&got->at[i], &wanted->got[i]))
			return false;
	return true;
}

/* the two policies, and the same judges alone */
static void begin(bool memory)
{
	struct world *worlds[] = { &alone, &other };

	for (unsigned i = 0; i < 2; i++) {
		chance_world(worlds[i]);
		worlds[i]->conf.policy.memory = memory != i;
		worlds[i]->conf.policy.network_limit = worlds[i]->conf.policy.memory ? 5 : 4;
		worlds[i]->conf.policy.network_window_s = worlds[i]->conf.policy.memory ? 7 * 86400 : 86400;
		world_judge(worlds[i]);
	}
	chance_world(&both);
	both.conf.policy = alone.conf.policy;
	both.conf.policy.judge_dry_run = true;
	both.conf.other_policy = other.conf.policy;
	judge_free(both.judge);
	both.judge = judge_new(&both.conf, &both.rules, hear_event, NULL);
	heard[0].count = heard[1].count = 0;
}

static void test_as_if_alone(void)
{
	unsigned wrong = 0, told[2] = { 0 }, tries_wrong = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t now_ms = WORLD_BEGINS_MS;
		struct judge_tries tries;

		begin(round % 2);
		for (unsigned i = 0; i < HITS; i++) {
			struct hit hit = chance_hit(now_ms += chance_pause_ms(), 20, 6);

			judge_hit(both.judge, &hit);
			judge_hit(alone.judge, &hit);
			judge_hit(other.judge, &hit);
		}
		tap_wrong(!same_verdicts(&heard[0], &alone), &wrong, "round %u: %zu verdicts in force, %zu alone", round, heard[0].count,
			  alone.count);
		tap_wrong(!same_verdicts(&heard[1], &other), &wrong, "round %u: %zu verdicts beside, %zu alone", round, heard[1].count,
			  other.count);
		tries = judge_tries(both.judge);
		tap_wrong(tries.all > HITS || tries.through[0] > tries.all || tries.through[1] > tries.all || !tries.through[0], &tries_wrong,
			  "round %u: %" PRIu64 " tries", round, tries.all);
		told[0] += (unsigned)heard[0].count;
		told[1] += (unsigned)heard[1].count;
	}
	tap_int(wrong, 0, "%d random timelines: each judge decides what it decides alone", TIMELINES);
	tap_ok(told[0] > 1000 && told[1] > 1000, "and both decided often (%u, %u)", told[0], told[1]);
	tap_int(tries_wrong, 0, "tries that got through are some of those that there were");
	tap_int(notices, 0, "of the one beside nothing but its verdicts is told");
}

static void log_in(struct judge *judge)
{
	struct hit hit = { .time_ms = WORLD_BEGINS_MS, .rule = CHANCE_LOGGED_IN, .addr = chance_addr(0), .account = chance_name(1), .weight = 1 };

	judge_hit(judge, &hit);
}

static void test_forget(void)
{
	struct addr addr = chance_addr(0);
	struct prefix unit = { addr, 128 };

	begin(false);
	log_in(both.judge);
	tap_ok(judge_belongs(both.judge, &unit, WORLD_BEGINS_MS), "judge = window asks the one beside it who belongs here");
	judge_forget(both.judge, &unit, WORLD_BEGINS_MS);
	tap_ok(!judge_belongs(both.judge, &unit, WORLD_BEGINS_MS), "an address is forgotten there, too");
	tap_int(names_known(&both.judge->beside->names, chance_name(1)), NAMES_LOGIN, "its name is not,");
	judge_forget_name(both.judge, chance_name(1));
	tap_int(names_known(&both.judge->beside->names, chance_name(1)), NAMES_UNKNOWN, "until it is asked for");
}

static void test_ban(void)
{
	struct addr addr = chance_addr(0);
	struct prefix unit = { addr, 128 };

	begin(true);
	judge_ban(both.judge, &unit, 60, WORLD_BEGINS_MS);
	tap_ok(bans_running(&both.judge->beside->bans, &unit, WORLD_BEGINS_MS) != NULL, "the operator's own bans are of both");
	judge_release(both.judge, &unit, WORLD_BEGINS_MS);
	tap_ok(!bans_running(&both.judge->beside->bans, &unit, WORLD_BEGINS_MS), "so are his pardons");
}

/* a reload from one set of judges to another; each begins with what its like has learned */
static void test_reload(void)
{
	struct addr addr = chance_addr(0);
	struct prefix unit = { addr, 128 };

	begin(false);
	log_in(both.judge);
	memory_carry(other.judge, both.judge, WORLD_BEGINS_MS);
	tap_int(customers_guests(&other.judge->customers, &unit, WORLD_BEGINS_MS), 1, "to judge = memory, with what was learned beside");

	begin(true);
	log_in(both.judge);
	other.conf.policy.judge_dry_run = true;
	other.conf.other_policy = both.conf.policy;
	other.conf.other_policy.judge_dry_run = false;
	world_judge(&other);
	memory_carry(other.judge, both.judge, WORLD_BEGINS_MS);
	tap_int(customers_guests(&other.judge->beside->customers, &unit, WORLD_BEGINS_MS), 1, "the two change places, and go on");
	memory_shift(other.judge, 40 * INT64_C(86400000));
	tap_int(customers_guests(&other.judge->beside->customers, &unit, WORLD_BEGINS_MS + 40 * INT64_C(86400000)), 1,
		"a clock that is set, is set for both");
}

int main(void)
{
	test_as_if_alone();
	test_forget();
	test_ban();
	test_reload();
	judge_free(both.judge);
	both.judge = NULL;
	world_fini(&both);
	world_fini(&alone);
	world_fini(&other);
	return tap_done();
}
