/* test_ladder - the ladder as a whole: random timelines of lines through the judge, against the definition spelt out
 *
 * The model keeps every error, every session and every ban for ever and looks them all up; it shares no code with the
 * judge. Live lines or a backlog whose stamps run backwards at times; an operator now and then. */
#include <time.h>

#include "judge_world.h"
#include "random.h"

#define TIMELINES 20000
#define STEPS 70
#define UNITS 6			/* counting units: four IPv4 neighbours, one elsewhere, one IPv6 /64 */
#define KEPT (STEPS * 2)

static const struct { const char *addr; unsigned unit; } clients[] = {
	{ "198.51.100.1", 0 }, { "198.51.100.2", 1 }, { "198.51.100.3", 2 }, { "198.51.100.4", 3 }, { "203.0.113.1", 4 },
	{ "2001:db8:5:6::1", 5 }, { "2001:db8:5:6:ffff::2", 5 },
};
static const char *const units[UNITS] = {
	"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "203.0.113.1", "2001:db8:5:6::/64",
};

enum kind { EACH, HEAVY, ONCE, ECHO, SUMMARY, OVER, KINDS };
static const char *const words[KINDS] = { "each", "heavy", "once", "echo", "summary", "over" };
static const unsigned weights[KINDS] = { 1, 2, 1, 1, 3, 0 };

struct model {
	const struct policy *policy;
	struct unit {
		struct { int64_t time_ms; unsigned weight; } errors[KEPT];
		unsigned count;
		int64_t since_ms, until_ms, ban_end_ms;	/* of the latest */
		bool ban;
		unsigned bans;
	} units[UNITS];
	struct { unsigned client, pid; enum kind kind; int64_t time_ms; bool gone; } marks[KEPT];
	unsigned mark_count;
	struct { unsigned unit; int64_t time_ms; } neighbours[KEPT];
	unsigned neighbour_count;
	struct unit network;
	char said[400];		/* the verdicts of one step */
};

static void say(struct model *model, const char *kind, const char *prefix, int64_t seconds, unsigned errors)
{
	size_t len = strlen(model->said);

	snprintf(model->said + len, sizeof(model->said) - len, "%s %s %lld %u;", kind, prefix, (long long)seconds, errors);
}

static bool running(const struct unit *unit, int64_t now_ms)
{
	return unit->ban && unit->since_ms <= now_ms && now_ms < unit->until_ms;
}

static int64_t ban(const struct policy *policy, struct unit *unit, int64_t now_ms)
{
	uint64_t seconds = policy->ban_time_s;

	if (unit->bans && now_ms - unit->ban_end_ms > policy->ban_time_max_s * INT64_C(1000))
		unit->bans = 0;
	for (unsigned i = 0; i < unit->bans; i++)
		seconds = seconds * policy->ban_factor < policy->ban_time_max_s ? seconds * policy->ban_factor : policy->ban_time_max_s;
	unit->bans++;
	unit->ban = true;
	unit->since_ms = now_ms;
	unit->until_ms = unit->ban_end_ms = now_ms + (int64_t)seconds * 1000;
	return (int64_t)seconds;
}

/* the session's marks: has anything (or this very kind) counted within the last five minutes, and it has not ended? */
static bool marked(const struct model *model, unsigned client, unsigned pid, int kind, int64_t now_ms)
{
	bool any = false, same = false;

	for (unsigned i = 0; i < model->mark_count; i++) {
		if (model->marks[i].gone || model->marks[i].client != client || model->marks[i].pid != pid ||
		    now_ms >= model->marks[i].time_ms + SESSION_LIFE_S * 1000)
			continue;
		any = true;
		same |= (int)model->marks[i].kind == kind;
	}
	return kind < 0 ? any : any && same;
}

static void end_session(struct model *model, unsigned client, unsigned pid)
{
	for (unsigned i = 0; i < model->mark_count; i++)
		model->marks[i].gone |= model->marks[i].client == client && model->marks[i].pid == pid;
}

/* the kind that counted last in a session that is still remembered, or -1 */
static int leader(const struct model *model, unsigned client, unsigned pid, int64_t now_ms)
{
	for (unsigned i = model->mark_count; i-- > 0;)
		if (!model->marks[i].gone && model->marks[i].client == client && model->marks[i].pid == pid)
			return now_ms < model->marks[i].time_ms + SESSION_LIFE_S * 1000 ? (int)model->marks[i].kind : -1;
	return -1;
}

static bool echo(struct model *model, unsigned client, unsigned pid, enum kind kind, int64_t now_ms)
{
	int last = leader(model, client, pid, now_ms);
	bool seen = (kind == ONCE && marked(model, client, pid, ONCE, now_ms)) || (kind == SUMMARY && last >= 0) ||
		    (kind == ECHO && last >= 0 && last != ECHO);

	if (kind == SUMMARY)
		end_session(model, client, pid);
	if (seen || kind == SUMMARY)
		return seen;
	model->marks[model->mark_count].client = client;
	model->marks[model->mark_count].pid = pid;
	model->marks[model->mark_count].kind = kind;
	model->marks[model->mark_count++].time_ms = now_ms;
	return false;
}

static void neighbourhood(struct model *model, unsigned unit, int64_t now_ms, unsigned errors)
{
	bool counted[UNITS] = { false };
	unsigned distinct = 0;

	if (model->policy->network_limit == 0 || unit > 3)
		return;
	model->neighbours[model->neighbour_count].unit = unit;
	model->neighbours[model->neighbour_count++].time_ms = now_ms;
	for (unsigned i = 0; i < model->neighbour_count; i++) {
		if (now_ms - model->neighbours[i].time_ms > model->policy->network_window_s * INT64_C(1000) ||
		    counted[model->neighbours[i].unit])
			continue;
		counted[model->neighbours[i].unit] = true;
		distinct++;
	}
	if (distinct < model->policy->network_limit)
		return;
	model->neighbour_count = 0;
	if (!running(&model->network, now_ms))
		say(model, "ban", "198.51.100.0/24", ban(model->policy, &model->network, now_ms), errors);
}

static void model_line(struct model *model, enum kind kind, unsigned client, unsigned pid, int64_t now_ms)
{
	const struct policy *policy = model->policy;
	struct unit *unit = &model->units[clients[client].unit];
	const char *prefix = units[clients[client].unit];
	unsigned sum = 0;

	if (kind == OVER) {
		end_session(model, client, pid);
		return;
	}
	if (running(unit, now_ms) || echo(model, client, pid, kind, now_ms))
		return;
	unit->errors[unit->count].time_ms = now_ms;
	unit->errors[unit->count++].weight = weights[kind];
	for (unsigned i = 0; i < unit->count; i++)
		if (now_ms - unit->errors[i].time_ms <= policy->window_s * INT64_C(1000))
			sum += unit->errors[i].weight;
	if (sum >= policy->hard_error_limit) {
		unit->count = 0;
		say(model, "ban", prefix, ban(policy, unit, now_ms), sum);
		neighbourhood(model, clients[client].unit, now_ms, sum);
	} else if (sum >= policy->soft_error_limit) {
		uint64_t seconds = (uint64_t)policy->delay_s << (sum - policy->soft_error_limit);

		if (seconds > policy->ban_time_s)
			seconds = policy->ban_time_s;
		unit->ban = false;
		unit->since_ms = now_ms;
		unit->until_ms = now_ms + (int64_t)seconds * 1000;
		say(model, "delay", prefix, (int64_t)seconds, sum);
	}
}

static void model_operator(struct model *model, unsigned unit, bool release)
{
	struct unit *it = &model->units[unit];

	if (release) {
		it->count = 0;
		if (it->since_ms <= world_now_ms && world_now_ms < it->until_ms) {
			*it = (struct unit){ 0 };
			say(model, "release", units[unit], 0, 0);
		}
		return;
	}
	it->ban = true;
	it->since_ms = world_now_ms;
	it->until_ms = it->ban_end_ms = world_now_ms + 300000;
	say(model, "ban", units[unit], 300, 0);
}

static void said(const struct world *world, char *text, size_t size)
{
	static const char *const kinds[] = { "delay", "ban", "release" };
	char prefix[PREFIX_FMT_SIZE];

	*text = '\0';
	for (size_t i = 0, len; i < world->count; i++) {
		len = strlen(text);
		snprintf(text + len, size - len, "%s %s %u %u;", kinds[world->got[i].kind],
			 prefix_fmt(prefix, sizeof(prefix), &world->got[i].prefix), world_seconds(&world->got[i]), world->got[i].errors);
	}
}

static void choose_policy(struct policy *policy)
{
	static const uint32_t hards[] = { 1, 2, 3, 6, 6, 6, 10, 20 };

	policy->window_s = 1 + random_below(900);
	policy->hard_error_limit = hards[random_below(8)];
	policy->soft_error_limit = 1 + random_below(policy->hard_error_limit);
	policy->delay_s = 1 + random_below(60);
	policy->ban_time_s = policy->delay_s + random_below(1200);
	policy->ban_factor = 1 + random_below(5);
	policy->ban_time_max_s = policy->ban_time_s * (1 + random_below(20));
	policy->network_limit = random_below(2) ? 2 + random_below(3) : 0;
	policy->network_window_s = 60 + random_below(7200);
}

static void step_time(const struct policy *policy, int64_t *time_ms)
{
	switch (random_below(6)) {
	case 0: break;
	case 1: *time_ms += random_below(1000); break;
	case 2: *time_ms += random_below(policy->window_s * 250 + 1); break;
	case 3: *time_ms += policy->window_s * INT64_C(1000) + random_below(3) - 1; break;
	case 4: *time_ms += random_below(policy->ban_time_s * 500 + 1); break;
	default: *time_ms += random_below(5) ? 1000 : policy->ban_time_s * INT64_C(1000) + random_below(3) - 1;
	}
}

/* One timeline; true: the engine said the same as the model, step by step. */
static bool timeline(struct world *world, struct model *model, uint64_t verdicts[3])
{
	bool backlog = random_below(2), same = true;
	int64_t line_ms = WORLD_BEGINS_MS;
	char line[160], text[400];

	choose_policy(&world->conf.policy);
	world_now_ms = backlog ? WORLD_BEGINS_MS + 86400 * INT64_C(1000) : WORLD_BEGINS_MS;
	world_judge(world);
	memset(model, 0, sizeof(*model));
	model->policy = &world->conf.policy;
	for (unsigned i = 0; i < STEPS && same; i++) {
		unsigned client = random_below(random_below(3) ? 2 : 7), pid = 1 + random_below(2);
		enum kind kind = (enum kind)random_below(random_below(3) ? 2 : KINDS);

		step_time(model->policy, &line_ms);
		model->said[0] = '\0';
		world->count = 0;
		if (!backlog || line_ms > world_now_ms)
			world_now_ms = line_ms;
		if (!backlog && random_below(40) == 0) {
			struct prefix prefix = world_prefix(units[clients[client].unit]);
			bool release = random_below(2);

			model_operator(model, clients[client].unit, release);
			if (release)
				judge_release(world->judge, &prefix, world_now_ms);
			else
				judge_ban(world->judge, &prefix, 300, world_now_ms);
		} else {
			time_t second = (time_t)(line_ms / 1000);
			struct tm tm;
			size_t len = strftime(line, sizeof(line), "%FT%T", gmtime_r(&second, &tm));

			model_line(model, kind, client, pid, line_ms);
			snprintf(line + len, sizeof(line) - len, ".%03dZ mx a/smtpd[%u]: %s x[%s] of 3", (int)(line_ms % 1000), pid,
				 words[kind], clients[client].addr);
			world_line(world, &world->feed, line, backlog);
		}
		for (size_t n = 0; n < world->count; n++)
			verdicts[world->got[n].kind]++;
		said(world, text, sizeof(text));
		same = strcmp(text, model->said) == 0;
		if (!same)
			printf("# step %u, %s: the engine says '%s', the model '%s'\n", i, line, text, model->said);
	}
	return same;
}

int main(void)
{
	static struct world world;
	static struct model model;
	uint64_t verdicts[3] = { 0 };
	unsigned same = 0, tried = 0;

	setenv("TZ", "UTC", 1);
	world_init(&world, WORLD_RULES, NULL);
	for (; tried < TIMELINES && tried - same < 5; tried++)
		same += timeline(&world, &model, verdicts);
	tap_int(same, TIMELINES, "random timelines of %d lines: every delay, ban and release as the definition has it", STEPS);
	tap_ok(verdicts[VERDICT_DELAY] > TIMELINES && verdicts[VERDICT_BAN] > TIMELINES && verdicts[VERDICT_RELEASE] > TIMELINES / 100,
	       "and there were enough of each: %" PRIu64 " delays, %" PRIu64 " bans, %" PRIu64 " releases", verdicts[VERDICT_DELAY],
	       verdicts[VERDICT_BAN], verdicts[VERDICT_RELEASE]);
	world_fini(&world);
	return tap_done();
}
