/* engine - the flow: a line becomes a record, an error, a count, a verdict
 *
 * engine_record() is the program; the rest of the file are its steps, in their order. Owns the window, the bans and the
 * sessions; reads nothing but lines and its clock, and tells its decisions to one function. Never blocks, never logs. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engine_state.h"
#include "engine/judge.h"
#include "engine/outage.h"

/* One error, on its way from the line to the count. */
struct error {
	const struct hit *hit;
	struct prefix prefix;	/* the counting unit of hit->addr */
	int64_t time_ms;
};

static int64_t wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);	/* to some milliseconds, for a tenth of the price */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct engine *engine_new(const struct conf *conf, const struct rules *rules, struct matcher *matcher,
			  verdict_fn *verdict, void *arg)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	const struct policy *policy = &conf->policy;

	if (!engine)
		return NULL;
	*engine = (struct engine){ .conf = conf, .rules = rules, .matcher = matcher, .verdict = verdict, .arg = arg,
				   .now_ms = wall_clock_ms };
	engine->rule_errors = calloc(rules->count + 1, sizeof(*engine->rule_errors));
	if (!engine->rule_errors ||
	    window_init(&engine->window, policy->window_s, policy->soft_error_limit, policy->hard_error_limit,
			conf->max_addresses) < 0 ||
	    bans_init(&engine->bans, conf->max_bans, policy->ban_time_max_s) < 0 ||
	    (policy->network_limit && networks_init(&engine->networks, policy->network_limit, policy->network_window_s,
						    conf->max_bans) < 0) ||
	    session_init(&engine->sessions) < 0 || breaker_init(&engine->breaker, rules, outage_news, engine) < 0) {
		engine_free(engine);
		return NULL;
	}
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	window_fini(&engine->window);
	bans_fini(&engine->bans);
	networks_fini(&engine->networks);
	breaker_fini(&engine->breaker);
	free(engine->rule_errors);
	free(engine);
}

#define COUNTED_BEFORE INT64_MIN
#define FRESH_AFTER_MS 2000	/* so long after its end a drop is surely over in the kernel, whose clock is another */
#define CLOCK_STEP_MS 60000	/* set back by no more, the clock stands still for so long; by more, time begins anew */

/* When does this line count? */
static int64_t time_of(struct feed *feed, const struct record *record, bool backlog)
{
	int64_t now_ms = feed->engine->now_ms(), stamp_ms = now_ms;

	if (feed->last_ms - now_ms > CLOCK_STEP_MS)
		feed->last_ms = 0;
	if (backlog) {
		stamp_ms = record_time_ms(record, now_ms);
		if (stamp_ms == RECORD_NO_TIME)
			return feed->last_ms ? feed->last_ms : now_ms;
		if (stamp_ms <= feed->counted_ms)
			return COUNTED_BEFORE;
		if (stamp_ms > now_ms)
			stamp_ms = now_ms;
	}
	if (stamp_ms < feed->last_ms)
		stamp_ms = feed->last_ms;
	feed->last_ms = stamp_ms;
	return stamp_ms;
}

/* What stands for a rule in a session's marks; not its id, which changes with the patterns. */
static uint32_t mark_of(const struct rule *rule)
{
	uint32_t hash = text_hash((struct text){ rule->name, strlen(rule->name) });

	return hash == 0 || hash == SESSION_NOBODY ? 1 : hash;
}

/* Does the line only repeat what its session has been counted for already? */
static bool is_echo(struct engine *engine, const struct error *error)
{
	struct session_cache *sessions = &engine->sessions;
	const struct rule *rule = error->hit->rule;
	const struct addr *addr = &error->hit->addr;
	uint32_t session = error->hit->session;
	uint32_t leader = session_leader(sessions, session, addr, error->time_ms);

	switch (rule->session) {
	case SESSION_EACH:
		break;
	case SESSION_ONCE:
		return !session_once(sessions, session, addr, mark_of(rule), error->time_ms);
	case SESSION_ECHO:
		if (leader != SESSION_NOBODY && leader != mark_of(rule))
			return true;
		break;
	case SESSION_SUMMARY:
		session_forget(sessions, session, addr);
		return leader != SESSION_NOBODY;
	}
	session_lead(sessions, session, addr, mark_of(rule), error->time_ms);
	return false;
}

/* May this address be punished at all, and is it not being punished already? */
static bool may_count(struct engine *engine, const struct error *error)
{
	struct ban *ban;

	if (!addr_is_banworthy(&error->hit->addr) || ranges_touch(&engine->conf->allow, &error->prefix)) {
		engine->stats.allowed++;
		return false;
	}
	ban = bans_running(&engine->bans, &error->prefix, error->time_ms);
	if (ban && ban->kind == VERDICT_BAN) {
		engine->stats.evidence++;
		return false;
	}
	return true;
}

const char *engine_rule_name(const struct engine *engine, uint16_t rule)
{
	if (rule == BAN_MANUAL)
		return "manual";
	if (rule == BAN_NETWORK)
		return "network";
	return rule < engine->rules->count ? engine->rules->at[rule].name : "a-former-rule";
}

static struct verdict verdict_of(const struct engine *engine, const struct ban *ban)
{
	return (struct verdict){
		.kind = ban->kind,
		.prefix = table_key(&ban->slot),
		.time_ms = ban->since_ms,
		.seconds = (uint32_t)((ban->until_ms - ban->since_ms) / 1000),
		.errors = ban->errors,
		.window_s = ban->rule == BAN_NETWORK ? engine->conf->policy.network_window_s : engine->conf->policy.window_s,
		.neighbours = ban->rule == BAN_NETWORK ? engine->conf->policy.network_limit : 0,
		.rule = engine_rule_name(engine, ban->rule),
	};
}

static void tell(struct engine *engine, const struct ban *ban, const struct window_sum *sum, bool fresh)
{
	struct verdict verdict = verdict_of(engine, ban);

	verdict.fresh = fresh;
	for (size_t i = 0; sum && i < sum->reason_count && i < VERDICT_REASONS; i++)
		verdict.reasons[verdict.reason_count++] = (struct verdict_reason){
			engine_rule_name(engine, sum->reasons[i].rule), sum->reasons[i].errors };
	engine->verdict(engine->arg, &verdict);
}

/* A ban from time_ms on, longer for each repeat. */
static void ban_for(struct engine *engine, struct ban *ban, int64_t time_ms, uint32_t errors, uint16_t rule)
{
	uint32_t repeat = bans_repeat(&engine->bans, ban, time_ms);

	ban->kind = VERDICT_BAN;
	ban->repeat = (uint8_t)repeat;
	ban->since_ms = time_ms;
	ban->until_ms = ban->ban_end_ms = time_ms + (int64_t)judge_ban_s(&engine->conf->policy, repeat) * 1000;
	ban->errors = errors;
	ban->rule = rule;
	engine->stats.bans++;
	table_touch(&engine->bans.table, ban);
}

/* Enough banned neighbours ban their network, unless anybody in it is allowed. Its addresses are still counted one by
 * one: each goes on to its own ban, which outlives the network's. */
static void ban_neighbourhood(struct engine *engine, const struct error *error, uint32_t errors)
{
	struct prefix network;
	struct ban *ban;

	if (engine->conf->policy.network_limit == 0 || !networks_of(&error->prefix, &network) ||
	    networks_add(&engine->networks, &network, &error->prefix, error->time_ms) < engine->conf->policy.network_limit ||
	    ranges_touch(&engine->conf->allow, &network) || bans_running(&engine->bans, &network, error->time_ms))
		return;
	ban = bans_enter(&engine->bans, &network, error->time_ms);
	ban_for(engine, ban, error->time_ms, errors, BAN_NETWORK);
	tell(engine, ban, NULL, false);
}

/* The ladder: from the soft limit on a delay, at the hard limit a ban. Where there may be no ban, the delays go on. */
static void climb(struct engine *engine, const struct error *error, const struct window_sum *sum, bool may_ban)
{
	const struct policy *policy = &engine->conf->policy;
	uint32_t delay_s = judge_delay_s(policy, sum->errors);
	struct ban *ban;
	bool fresh;

	if (sum->errors >= policy->hard_error_limit && !may_ban) {
		engine->stats.withheld++;
		if (policy->soft_error_limit == policy->hard_error_limit)
			delay_s = 0;
		if (judge_note_withheld(&engine->ban_minute))
			engine_notify(engine, &(struct notice){ .kind = NOTICE_WITHHELD, .time_ms = error->time_ms,
								.limit = policy->max_bans_per_minute });
	}
	if (sum->errors >= policy->hard_error_limit && may_ban) {
		judge_note_ban(&engine->ban_minute, error->time_ms);
		ban = bans_enter(&engine->bans, &error->prefix, error->time_ms);
		fresh = ban->until_ms + FRESH_AFTER_MS < error->time_ms;
		ban_for(engine, ban, error->time_ms, sum->errors, error->hit->rule->id);
		tell(engine, ban, sum, fresh);
		ban_neighbourhood(engine, error, sum->errors);
	} else if (delay_s) {
		ban = bans_enter(&engine->bans, &error->prefix, error->time_ms);
		fresh = ban->until_ms + FRESH_AFTER_MS < error->time_ms;
		ban->kind = VERDICT_DELAY;
		ban->since_ms = error->time_ms;
		ban->until_ms = error->time_ms + (int64_t)delay_s * 1000;
		ban->errors = sum->errors;
		ban->rule = error->hit->rule->id;
		engine->stats.delays++;
		table_touch(&engine->bans.table, ban);
		tell(engine, ban, sum, fresh);
	}
}

struct feed engine_feed(struct engine *engine)
{
	return (struct feed){ .engine = engine };
}

void engine_line(void *arg, const struct line *line)
{
	struct record record __attribute__((uninitialized));	/* spares zeroing, line by line, what is filled at once */

	record_parse(&record, line->text);
	engine_record(arg, &record, line->text.len + 1, line->backlog);
}

/* An error that nothing speaks against: into the window, and judged by what is in there. */
static void count(struct engine *engine, const struct error *error)
{
	const struct hit *hit = error->hit;
	struct window_sum sum;
	bool may_ban = judge_may_ban(&engine->conf->policy, &engine->ban_minute, error->time_ms);

	engine->stats.errors += hit->weight;
	engine->rule_errors[hit->rule->id] += hit->weight;
	if (!window_add(&engine->window, &error->prefix, error->time_ms, hit->weight, hit->rule->id, !may_ban, &sum)) {
		engine->stats.lost++;
		return;
	}
	if (sum.first && !bans_known(&engine->bans, &error->prefix))
		engine->stats.addresses++;
	climb(engine, error, &sum, may_ban);
}

void engine_record(struct feed *feed, const struct record *record, size_t bytes, bool backlog)
{
	struct engine *engine = feed->engine;
	struct hit hit;
	struct error error;
	struct breaker_service *outage = NULL;

	engine->stats.lines++;
	engine->stats.bytes += bytes;

	if (!match(engine->matcher, record, &hit))
		return;
	if (hit.rule->kind == RULE_SUCCESS) {
		engine->stats.successes++;
		return;
	}
	if (hit.rule->observe) {
		engine->stats.observed++;
		return;
	}
	error = (struct error){ &hit, prefix_of(&hit.addr, engine->conf->policy.ipv6_prefix),
				time_of(feed, record, backlog) };
	if (error.time_ms == COUNTED_BEFORE) {
		engine->stats.recounts += hit.weight > 0;
		return;
	}
	if (hit.rule->kind != RULE_ERROR)
		outage = breaker_hear(&engine->breaker, hit.rule, hit.nobody ? NULL : &error.prefix, error.time_ms);
	if (!rule_counts(hit.rule)) {
		engine->stats.successes += hit.rule->kind == RULE_LOGIN;
		return;
	}
	if (hit.weight == 0) {	/* a summary that only says that the session is over */
		session_forget(&engine->sessions, hit.session, &hit.addr);
		return;
	}
	if (!may_count(engine, &error))
		return;
	if (is_echo(engine, &error)) {
		engine->stats.echoes++;
		return;
	}
	if (outage) {
		engine->stats.uncounted += hit.weight;
		outage->held += hit.weight;
		return;
	}
	count(engine, &error);
}

int engine_ban(struct engine *engine, const struct prefix *prefix, uint32_t seconds)
{
	int64_t now_ms = engine->now_ms();
	struct ban *ban;

	if (ranges_touch(&engine->conf->allow, prefix))
		return -EPERM;
	ban = bans_enter(&engine->bans, prefix, now_ms);
	ban->kind = VERDICT_BAN;
	ban->since_ms = now_ms;
	ban->until_ms = ban->ban_end_ms = now_ms + (int64_t)seconds * 1000;
	ban->errors = 0;
	ban->rule = BAN_MANUAL;
	table_touch(&engine->bans.table, ban);
	engine->stats.bans++;
	tell(engine, ban, NULL, false);
	return 0;
}

int engine_release(struct engine *engine, const struct prefix *prefix)
{
	struct verdict verdict = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = engine->now_ms(), .rule = "manual" };

	window_forget(&engine->window, prefix);
	if (!bans_release(&engine->bans, prefix, verdict.time_ms))
		return -ENOENT;
	engine->verdict(engine->arg, &verdict);
	return 0;
}

void engine_active(struct engine *engine, verdict_fn *fn, void *arg)
{
	int64_t now_ms = engine->now_ms();
	uint32_t cursor = 0;
	struct ban *ban;

	while ((ban = table_next(&engine->bans.table, &cursor)) != NULL) {
		struct verdict verdict = verdict_of(engine, ban);

		if (now_ms >= ban->until_ms)
			continue;
		if (now_ms > ban->since_ms)	/* before that, a clock set back would make it longer than it is */
			verdict.seconds = (uint32_t)((ban->until_ms - now_ms + 999) / 1000);
		fn(arg, &verdict);
	}
}

const struct engine_stats *engine_stats(const struct engine *engine)
{
	return &engine->stats;
}

uint64_t engine_rule_errors(const struct engine *engine, const struct rule *rule)
{
	return engine->rule_errors[rule->id];
}

uint32_t engine_addresses(const struct engine *engine)
{
	return window_used(&engine->window);
}

void engine_notify(const struct engine *engine, const struct notice *notice)
{
	if (engine->notice)
		engine->notice(engine->arg, notice);
}

void engine_set_notice(struct engine *engine, notice_fn *notice)
{
	engine->notice = notice;
}

void engine_set_clock(struct engine *engine, int64_t (*now_ms)(void))
{
	engine->now_ms = now_ms;
}

int64_t engine_now_ms(const struct engine *engine)
{
	return engine->now_ms();
}
