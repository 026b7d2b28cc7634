/* judge - the flow: a line becomes a record, an error, a count, a verdict
 *
 * judge_record() is the program; the rest of the file are its steps, in their order. Owns the window, the bans and the
 * sessions; reads nothing but lines and its clock, and tells its decisions to one function. Never blocks, never logs. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "judge/judge_state.h"
#include "judge/ladder.h"
#include "judge/outage.h"

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

struct judge *judge_new(const struct conf *conf, const struct rules *rules, struct matcher *matcher,
			  verdict_fn *verdict, void *arg)
{
	struct judge *judge = calloc(1, sizeof(*judge));
	const struct policy *policy = &conf->policy;

	if (!judge)
		return NULL;
	*judge = (struct judge){ .conf = conf, .rules = rules, .matcher = matcher, .verdict = verdict, .arg = arg,
				   .now_ms = wall_clock_ms };
	judge->rule_errors = calloc(rules->count + 1, sizeof(*judge->rule_errors));
	if (!judge->rule_errors ||
	    window_init(&judge->window, policy->window_s, policy->soft_error_limit, policy->hard_error_limit,
			conf->max_addresses) < 0 ||
	    bans_init(&judge->bans, conf->max_bans, policy->ban_time_max_s) < 0 ||
	    (policy->network_limit && networks_init(&judge->networks, policy->network_limit, policy->network_window_s,
						    conf->max_bans) < 0) ||
	    session_init(&judge->sessions) < 0 || breaker_init(&judge->breaker, rules, outage_news, judge) < 0) {
		judge_free(judge);
		return NULL;
	}
	return judge;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	window_fini(&judge->window);
	bans_fini(&judge->bans);
	networks_fini(&judge->networks);
	breaker_fini(&judge->breaker);
	free(judge->rule_errors);
	free(judge);
}

#define COUNTED_BEFORE INT64_MIN
#define FRESH_AFTER_MS 2000	/* so long after its end a drop is surely over in the kernel, whose clock is another */
#define CLOCK_STEP_MS 60000	/* set back by no more, the clock stands still for so long; by more, time begins anew */

/* When does this line count? */
static int64_t time_of(struct feed *feed, const struct record *record, bool backlog)
{
	int64_t now_ms = feed->judge->now_ms(), stamp_ms = now_ms;

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
static bool is_echo(struct judge *judge, const struct error *error)
{
	struct session_cache *sessions = &judge->sessions;
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
static bool may_count(struct judge *judge, const struct error *error)
{
	struct ban *ban;

	if (!addr_is_banworthy(&error->hit->addr) || ranges_touch(&judge->conf->allow, &error->prefix)) {
		judge->stats.allowed++;
		return false;
	}
	ban = bans_running(&judge->bans, &error->prefix, error->time_ms);
	if (ban && ban->kind == VERDICT_BAN) {
		judge->stats.evidence++;
		return false;
	}
	return true;
}

const char *judge_rule_name(const struct judge *judge, uint16_t rule)
{
	if (rule == BAN_MANUAL)
		return "manual";
	if (rule == BAN_NETWORK)
		return "network";
	return rule < judge->rules->count ? judge->rules->at[rule].name : "a-former-rule";
}

static struct verdict verdict_of(const struct judge *judge, const struct ban *ban)
{
	return (struct verdict){
		.kind = ban->kind,
		.prefix = table_key(&ban->slot),
		.time_ms = ban->since_ms,
		.seconds = (uint32_t)((ban->until_ms - ban->since_ms) / 1000),
		.errors = ban->errors,
		.window_s = ban->rule == BAN_NETWORK ? judge->conf->policy.network_window_s : judge->conf->policy.window_s,
		.neighbours = ban->rule == BAN_NETWORK ? judge->conf->policy.network_limit : 0,
		.rule = judge_rule_name(judge, ban->rule),
	};
}

static void tell(struct judge *judge, const struct ban *ban, const struct window_sum *sum, bool fresh)
{
	struct verdict verdict = verdict_of(judge, ban);

	verdict.fresh = fresh;
	for (size_t i = 0; sum && i < sum->reason_count && i < VERDICT_REASONS; i++)
		verdict.reasons[verdict.reason_count++] = (struct verdict_reason){
			judge_rule_name(judge, sum->reasons[i].rule), sum->reasons[i].errors };
	judge->verdict(judge->arg, &verdict);
}

/* A ban from time_ms on, longer for each repeat. */
static void ban_for(struct judge *judge, struct ban *ban, int64_t time_ms, uint32_t errors, uint16_t rule)
{
	uint32_t repeat = bans_repeat(&judge->bans, ban, time_ms);

	ban->kind = VERDICT_BAN;
	ban->repeat = (uint8_t)repeat;
	ban->since_ms = time_ms;
	ban->until_ms = ban->ban_end_ms = time_ms + (int64_t)ladder_ban_s(&judge->conf->policy, repeat) * 1000;
	ban->errors = errors;
	ban->rule = rule;
	judge->stats.bans++;
	table_touch(&judge->bans.table, ban);
}

/* Enough banned neighbours ban their network, unless anybody in it is allowed. Its addresses are still counted one by
 * one: each goes on to its own ban, which outlives the network's. */
static void ban_neighbourhood(struct judge *judge, const struct error *error, uint32_t errors)
{
	struct prefix network;
	struct ban *ban;

	if (judge->conf->policy.network_limit == 0 || !networks_of(&error->prefix, &network) ||
	    networks_add(&judge->networks, &network, &error->prefix, error->time_ms) < judge->conf->policy.network_limit ||
	    ranges_touch(&judge->conf->allow, &network) || bans_running(&judge->bans, &network, error->time_ms))
		return;
	ban = bans_enter(&judge->bans, &network, error->time_ms);
	ban_for(judge, ban, error->time_ms, errors, BAN_NETWORK);
	tell(judge, ban, NULL, false);
}

/* The ladder: from the soft limit on a delay, at the hard limit a ban. Where there may be no ban, the delays go on. */
static void climb(struct judge *judge, const struct error *error, const struct window_sum *sum, bool may_ban)
{
	const struct policy *policy = &judge->conf->policy;
	uint32_t delay_s = ladder_delay_s(policy, sum->errors);
	struct ban *ban;
	bool fresh;

	if (sum->errors >= policy->hard_error_limit && !may_ban) {
		judge->stats.withheld++;
		if (policy->soft_error_limit == policy->hard_error_limit)
			delay_s = 0;
		if (ladder_note_withheld(&judge->ban_minute))
			judge_notify(judge, &(struct notice){ .kind = NOTICE_WITHHELD, .time_ms = error->time_ms,
								.limit = policy->max_bans_per_minute });
	}
	if (sum->errors >= policy->hard_error_limit && may_ban) {
		ladder_note_ban(&judge->ban_minute, error->time_ms);
		ban = bans_enter(&judge->bans, &error->prefix, error->time_ms);
		fresh = ban->until_ms + FRESH_AFTER_MS < error->time_ms;
		ban_for(judge, ban, error->time_ms, sum->errors, error->hit->rule->id);
		tell(judge, ban, sum, fresh);
		ban_neighbourhood(judge, error, sum->errors);
	} else if (delay_s) {
		ban = bans_enter(&judge->bans, &error->prefix, error->time_ms);
		fresh = ban->until_ms + FRESH_AFTER_MS < error->time_ms;
		ban->kind = VERDICT_DELAY;
		ban->since_ms = error->time_ms;
		ban->until_ms = error->time_ms + (int64_t)delay_s * 1000;
		ban->errors = sum->errors;
		ban->rule = error->hit->rule->id;
		judge->stats.delays++;
		table_touch(&judge->bans.table, ban);
		tell(judge, ban, sum, fresh);
	}
}

struct feed judge_feed(struct judge *judge)
{
	return (struct feed){ .judge = judge };
}

void judge_line(void *arg, const struct line *line)
{
	struct record record __attribute__((uninitialized));	/* spares zeroing, line by line, what is filled at once */

	record_parse(&record, line->text);
	judge_record(arg, &record, line->text.len + 1, line->backlog);
}

/* An error that nothing speaks against: into the window, and judged by what is in there. */
static void count(struct judge *judge, const struct error *error)
{
	const struct hit *hit = error->hit;
	struct window_sum sum;
	bool may_ban = ladder_may_ban(&judge->conf->policy, &judge->ban_minute, error->time_ms);

	judge->stats.errors += hit->weight;
	judge->rule_errors[hit->rule->id] += hit->weight;
	if (!window_add(&judge->window, &error->prefix, error->time_ms, hit->weight, hit->rule->id, !may_ban, &sum)) {
		judge->stats.lost++;
		return;
	}
	if (sum.first && !bans_known(&judge->bans, &error->prefix))
		judge->stats.addresses++;
	climb(judge, error, &sum, may_ban);
}

void judge_record(struct feed *feed, const struct record *record, size_t bytes, bool backlog)
{
	struct judge *judge = feed->judge;
	struct hit hit;
	struct error error;
	struct breaker_service *outage = NULL;

	judge->stats.lines++;
	judge->stats.bytes += bytes;

	if (!match(judge->matcher, record, &hit))
		return;
	if (hit.rule->kind == RULE_SUCCESS) {
		judge->stats.successes++;
		return;
	}
	if (hit.rule->observe) {
		judge->stats.observed++;
		return;
	}
	error = (struct error){ &hit, prefix_of(&hit.addr, judge->conf->policy.ipv6_prefix),
				time_of(feed, record, backlog) };
	if (error.time_ms == COUNTED_BEFORE) {
		judge->stats.recounts += hit.weight > 0;
		return;
	}
	if (hit.rule->kind != RULE_ERROR)
		outage = breaker_hear(&judge->breaker, hit.rule, hit.nobody ? NULL : &error.prefix, error.time_ms);
	if (!rule_counts(hit.rule)) {
		judge->stats.successes += hit.rule->kind == RULE_LOGIN;
		return;
	}
	if (hit.weight == 0) {	/* a summary that only says that the session is over */
		session_forget(&judge->sessions, hit.session, &hit.addr);
		return;
	}
	if (!may_count(judge, &error))
		return;
	if (is_echo(judge, &error)) {
		judge->stats.echoes++;
		return;
	}
	if (outage) {
		judge->stats.uncounted += hit.weight;
		outage->held += hit.weight;
		return;
	}
	count(judge, &error);
}

int judge_ban(struct judge *judge, const struct prefix *prefix, uint32_t seconds)
{
	int64_t now_ms = judge->now_ms();
	struct ban *ban;

	if (ranges_touch(&judge->conf->allow, prefix))
		return -EPERM;
	ban = bans_enter(&judge->bans, prefix, now_ms);
	ban->kind = VERDICT_BAN;
	ban->since_ms = now_ms;
	ban->until_ms = ban->ban_end_ms = now_ms + (int64_t)seconds * 1000;
	ban->errors = 0;
	ban->rule = BAN_MANUAL;
	table_touch(&judge->bans.table, ban);
	judge->stats.bans++;
	tell(judge, ban, NULL, false);
	return 0;
}

int judge_release(struct judge *judge, const struct prefix *prefix)
{
	struct verdict verdict = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = judge->now_ms(), .rule = "manual" };

	window_forget(&judge->window, prefix);
	if (!bans_release(&judge->bans, prefix, verdict.time_ms))
		return -ENOENT;
	judge->verdict(judge->arg, &verdict);
	return 0;
}

void judge_active(struct judge *judge, verdict_fn *fn, void *arg)
{
	int64_t now_ms = judge->now_ms();
	uint32_t cursor = 0;
	struct ban *ban;

	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL) {
		struct verdict verdict = verdict_of(judge, ban);

		if (now_ms >= ban->until_ms)
			continue;
		if (now_ms > ban->since_ms)	/* before that, a clock set back would make it longer than it is */
			verdict.seconds = (uint32_t)((ban->until_ms - now_ms + 999) / 1000);
		fn(arg, &verdict);
	}
}

const struct judge_stats *judge_stats(const struct judge *judge)
{
	return &judge->stats;
}

uint64_t judge_rule_errors(const struct judge *judge, const struct rule *rule)
{
	return judge->rule_errors[rule->id];
}

uint32_t judge_addresses(const struct judge *judge)
{
	return window_used(&judge->window);
}

void judge_notify(const struct judge *judge, const struct notice *notice)
{
	if (judge->notice)
		judge->notice(judge->arg, notice);
}

void judge_set_notice(struct judge *judge, notice_fn *notice)
{
	judge->notice = notice;
}

void judge_set_clock(struct judge *judge, int64_t (*now_ms)(void))
{
	judge->now_ms = now_ms;
}

int64_t judge_now_ms(const struct judge *judge)
{
	return judge->now_ms();
}
