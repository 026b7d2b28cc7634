/* judge - the flow: a hit becomes an error, a count, a verdict
 *
 * hear() is the program; the rest of the file are its steps, in their order, and what other hosts tell. Orders are in
 * judge_orders.c, answers in judge_look.c. Owns the window, the bans and the sessions; sees neither text nor a clock, and
 * tells its decisions to one function. Never blocks, never logs. */
#include "judge/judge.h"

#include <errno.h>
#include <stdlib.h>

#include "judge/judge_state.h"
#include "judge/pardon.h"
#include "judge/verdicts.h"
#include "judge/weighed.h"

#define JOIN_SLACK_MS 2000	/* of two hosts, the same ban ends at about the same time */

static void on_breaker(void *arg, const struct breaker_service *service, int64_t time_ms);

/* Of the other judge: its verdicts. What it knows of outages, the one in force has told. */
static void tell_beside(void *arg, const struct event *event)
{
	struct judge *judge = arg;
	struct event marked = *event;

	marked.beside = judge_word(judge->beside);
	if (event_is_verdict(event))
		judge->tell(judge->arg, &marked);
}

static bool start_beside(struct judge *judge)
{
	if (!judge->conf->policy.judge_dry_run)
		return true;
	judge->beside_conf = *judge->conf;
	judge->beside_conf.policy = judge->conf->other_policy;
	judge->beside = judge_new(&judge->beside_conf, judge->rules, tell_beside, judge);
	return judge->beside;
}

/* Which rules have limits of their own, and which. */
static bool read_services(struct judge *judge)
{
	const struct conf *conf = judge->conf;

	judge->policies[0] = conf->policy;
	if (conf->service_count == 0)
		return true;
	judge->class_of = calloc(judge->rules->count + 1, sizeof(*judge->class_of));
	for (size_t i = 0; judge->class_of && i < conf->service_count; i++) {
		const char *name = conf->services[i].name;
		size_t len = strlen(name);

		judge->policies[i + 1] = conf->policy;
		conf_service_apply(&conf->services[i], &judge->policies[i + 1]);
		for (size_t rule = 0; rule < judge->rules->count; rule++)
			if (strncmp(judge->rules->at[rule].name, name, len) == 0 && judge->rules->at[rule].name[len] == '/')
				judge->class_of[rule] = (uint8_t)(i + 1);
	}
	return judge->class_of;
}

static int open_window(struct judge *judge)
{
	struct window_class classes[1 + CONF_SERVICES_MAX];
	size_t count = 1 + judge->conf->service_count;

	for (size_t i = 0; i < count; i++) {
		const struct policy *policy = &judge->policies[i];

		classes[i] = (struct window_class){ policy->window_s * INT64_C(1000),
						    policy->memory ? policy->long_window_s * INT64_C(1000) : 0,
						    policy->soft_error_limit, policy->hard_error_limit };
	}
	return window_init_classes(&judge->window, classes, count, judge->class_of, (uint32_t)judge->rules->count,
				   judge->conf->max_addresses);
}

/* A table that is full lets go of a ban: then the kernel must, too. */
static void on_displaced(void *arg, const struct prefix *key, int64_t now_ms)
{
	struct judge *judge = arg;

	judge->tell(judge->arg, &(struct event){ .kind = VERDICT_RELEASE, .prefix = *key, .time_ms = now_ms, .rule = "displaced" });
}

struct judge *judge_new(const struct conf *conf, const struct rules *rules, event_fn *tell, void *arg)
{
	struct judge *judge = calloc(1, sizeof(*judge));
	const struct policy *policy = &conf->policy;

	if (!judge)
		return NULL;
	*judge = (struct judge){ .conf = conf, .rules = rules, .tell = tell, .arg = arg };
	name_key_make(&judge->name_key);
	judge->rule_errors = calloc(rules->count + 1, sizeof(*judge->rule_errors));
	judge->rule_saved = calloc(rules->count + 1, sizeof(*judge->rule_saved));
	judge->rule_last_ms = calloc(rules->count + 1, sizeof(*judge->rule_last_ms));
	judge->rule_met_saved = calloc(rules->count + 1, sizeof(*judge->rule_met_saved));
	if (!judge->rule_errors || !judge->rule_saved || !judge->rule_last_ms || !judge->rule_met_saved ||
	    !read_services(judge) || open_window(judge) < 0 ||
	    bans_init(&judge->bans, conf->max_bans, policy->ban_time_max_s) < 0 ||
	    (policy->network_limit && networks_init(&judge->networks, policy->network_limit, policy->network_window_s,
						    conf->max_bans) < 0) ||
	    session_init(&judge->sessions) < 0 || told_init(&judge->told) < 0 || breaker_init(&judge->breaker, rules, on_breaker, judge) < 0 ||
	    (policy->memory && (customers_init(&judge->customers) < 0 || names_init(&judge->names, policy->catch_all) < 0 ||
				correspondents_init(&judge->correspondents) < 0 || sums_init(&judge->sums) < 0)) ||
	    !start_beside(judge)) {
		judge_free(judge);
		return NULL;
	}
	judge->bans.displaced = on_displaced;
	judge->bans.arg = judge;
	return judge;
}

void judge_replay(struct judge *judge)
{
	judge->name_key = (struct name_key){ 0 };
	judge->sessions.seed = judge->told.seed = 0;
	if (judge->beside)
		judge_replay(judge->beside);
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	judge_free(judge->beside);
	window_fini(&judge->window);
	bans_fini(&judge->bans);
	networks_fini(&judge->networks);
	breaker_fini(&judge->breaker);
	customers_fini(&judge->customers);
	names_fini(&judge->names);
	correspondents_fini(&judge->correspondents);
	sums_fini(&judge->sums);
	free(judge->class_of);
	free(judge->rule_errors);
	free(judge->rule_saved);
	free(judge->rule_last_ms);
	free(judge->rule_met_saved);
	free(judge);
}

/* What stands for a rule in a session's marks; not its id, which changes with the patterns. */
static uint32_t mark_of(const struct rule *rule)
{
	uint32_t hash = text_hash(text_of(rule->name));

	return hash == 0 || hash == SESSION_NOBODY ? 1 : hash;
}

/* Does the line only repeat what its session has been counted for already? */
static bool is_echo(struct judge *judge, const struct error *error)
{
	struct session_cache *sessions = &judge->sessions;
	const struct rule *rule = error->rule;
	const struct addr *addr = &error->hit->addr;
	uint32_t session = error->hit->session;
	uint32_t leader = session_leader(sessions, session, addr, error->time_ms);

	if (session == 0 && rule->session != SESSION_SUMMARY)	/* nothing tells one from the next: an attacker shall gain nothing */
		return false;
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

static struct telling telling_of(const struct hit *hit, const struct rule *rule)
{
	return (struct telling){ .addr = hit->addr, .time_ms = hit->time_ms, .account = (uint32_t)hit->account,
				 .local = (uint32_t)hit->local, .session = hit->session, .teller = hit->teller,
				 .rule = rule->id, .back = rule->back };
}

/* Of a failed login's attempts, those that others have told already count for nobody. */
static bool is_told(struct judge *judge, struct hit *hit, const struct rule *rule)
{
	struct telling telling = telling_of(hit, rule);
	uint32_t attempts = rule->weight ? hit->weight / rule->weight : 0, again;

	if (attempts == 0)
		return false;
	again = told_again(&judge->told, &telling, attempts);
	judge->figures.echoes += again > 0;
	hit->weight = (uint16_t)((attempts - again) * rule->weight);
	return again == attempts;
}

/* Somebody has logged in: failures of a moment ago were a database that did not know him, or a typing error. */
static void take_back(struct judge *judge, const struct hit *hit, const struct rule *rule)
{
	struct telling login = telling_of(hit, rule);
	struct attempt_told attempt;
	struct prefix prefix = unit_of(judge->conf, &hit->addr);
	const struct ban *ban;

	while (told_wrongly(&judge->told, &login, &attempt)) {
		while (attempt.count-- && window_retract(&judge->window, &prefix, attempt.time_ms, attempt.rule))
			judge->figures.errors--;
		ban = bans_running(&judge->bans, &prefix, hit->time_ms);
		if (ban && ban->since_ms == attempt.time_ms && ban->rule == attempt.rule && bans_release(&judge->bans, &prefix, hit->time_ms))
			judge->tell(judge->arg, &(struct event){ .kind = VERDICT_RELEASE, .prefix = prefix, .time_ms = hit->time_ms,
								 .rule = "logged-in" });
	}
}

/* May this address be punished at all, and is it not being punished already? In line, as climb() is. */
__attribute__((always_inline))
static inline bool may_count(struct judge *judge, const struct error *error)
{
	struct ban *ban;

	if (!addr_is_banworthy(&error->hit->addr) || ranges_touch(&judge->conf->allow, &error->prefix)) {
		judge->figures.allowed++;
		return false;
	}
	/* what came before the end of a ban is what it is for, however late we hear of it */
	ban = table_find(&judge->bans.table, &error->prefix);
	if ((ban && ban->kind == VERDICT_BAN && error->time_ms < ban->until_ms && judge_bars(judge, ban, error->rule->id)) ||
	    (judge->conf->policy.memory && weighed_is_banned(judge, &error->hit->addr, error->rule->id, error->time_ms))) {
		judge->figures.evidence++;
		return false;
	}
	return true;
}

static struct event outage_of(const struct breaker_service *service, enum event_kind kind, int64_t time_ms)
{
	return (struct event){
		.kind = kind,
		.time_ms = time_ms,
		.service = service->name,
		.why = service->why,
		.since_ms = service->open_ms,
		.customers = service->why == BREAKER_BY_SILENCE ? service->silent : service->failing,
		.uncounted = service->held,
	};
}

/* The breaker's news, in the midst of a hit. */
static void on_breaker(void *arg, const struct breaker_service *service, int64_t time_ms)
{
	struct judge *judge = arg;
	struct event event = outage_of(service, service->open ? NOTICE_OUTAGE : NOTICE_OUTAGE_OVER, time_ms);

	judge->tell(judge->arg, &event);
	if (service->open)
		pardon(judge, service, time_ms);
}

/* Enough banned neighbours ban their network, unless anybody in it is allowed. Its addresses are still counted one by
 * one: each goes on to its own ban, which outlives the network's. */
static void ban_neighbourhood(struct judge *judge, const struct error *error, const struct window_sum *sum)
{
	const struct policy *policy = &judge->conf->policy;
	struct prefix network;
	struct ban *ban;
	uint32_t repeat;
	bool fresh;

	if (policy->network_limit == 0 || !networks_of(&error->prefix, &network) ||
	    networks_add(&judge->networks, &network, &error->prefix, sum->latest_ms) < policy->network_limit)
		return;
	networks_forget(&judge->networks, &network);
	if (ranges_touch(&judge->conf->allow, &network) || bans_running(&judge->bans, &network, sum->latest_ms))
		return;
	repeat = bans_repeat(&judge->bans, table_find(&judge->bans.table, &network), sum->latest_ms);
	ban = verdict_ban(judge, &network, sum->latest_ms, ladder_ban_s(policy, policy->ban_factor, repeat), sum->errors, BAN_NETWORK,
			  error->time_ms, &fresh);
	ban->because = BECAUSE_NEIGHBOURS;
	verdict_tell(judge, ban, NULL, false);
}

/* The ladder: from the soft limit on a delay, at the hard limit a ban. Where there may be no ban, the delays go on.
 * In line: that other hosts' errors come this way, too, shall cost a line of our own nothing. */
__attribute__((always_inline))
static inline void climb(struct judge *judge, const struct error *error, const struct window_sum *sum)
{
	const struct policy *policy = judge_policy(judge, error->rule->id);
	uint32_t delay_s = ladder_delay_s(policy, sum->errors), repeat;
	struct ban *ban;
	bool fresh;

	if (sum->errors >= policy->hard_error_limit && !judge->mild && verdict_may_ban(judge, error->time_ms)) {
		repeat = bans_repeat(&judge->bans, table_find(&judge->bans.table, &error->prefix), sum->latest_ms);
		ban = verdict_ban(judge, &error->prefix, sum->latest_ms, ladder_ban_s(policy, policy->ban_factor, repeat), sum->errors,
				  error->rule->id, error->time_ms, &fresh);
		verdict_tell(judge, ban, sum, fresh);
		ban_neighbourhood(judge, error, sum);
	} else if (delay_s && (sum->errors < policy->hard_error_limit || policy->soft_error_limit < policy->hard_error_limit)) {
		verdict_delay(judge, error, sum, sum->errors, delay_s);
	}
}

/* An error that nothing speaks against: into the window, and judged by what is in there. */
static void count(struct judge *judge, const struct error *error)
{
	const struct hit *hit = error->hit;
	struct window_sum sum;
	bool may_ban = ladder_may_ban(&judge->conf->policy, &judge->ban_minute, error->time_ms);

	judge->figures.errors += hit->weight;
	judge->rule_errors[hit->rule] += hit->weight;
	judge->thought = (struct judge_thought){ .halves = 2U * hit->weight };
	if (!window_add(&judge->window, &error->prefix, error->time_ms, hit->weight, hit->rule, !may_ban, &sum)) {
		judge->figures.lost++;
		return;
	}
	if (sum.first && !bans_known(&judge->bans, &error->prefix))
		judge->figures.addresses++;
	climb(judge, error, &sum);
}

/* Whom the breaker takes for one customer: an account at a /24 or /48, so that nobody is many by having many addresses. */
static struct prefix customer_of(const struct judge *judge, const struct hit *hit, const struct prefix *unit)
{
	struct place place;
	const struct prefix *net;

	if (!judge->conf->policy.memory || !hit->account)
		return *unit;
	place = place_of_unit(unit);
	net = place_stranger(&place);
	return name_key(hit->account ^ addr_hash(&net->addr, hit->account));
}

/* For whom does an outage count? For those who belong here, as far as that is known. */
static bool is_spared(const struct judge *judge, const struct hit *hit)
{
	struct place place = place_of(judge->conf, &hit->addr);

	return !judge->conf->policy.memory || customers_guests(&judge->customers, &place.unit, hit->time_ms) ||
	       customers_standing(&judge->customers, hit->account, &place, hit->time_ms) != STANDING_STRANGER;
}

static void hear(struct judge *judge, const struct hit *hit)
{
	const struct rule *rule = &judge->rules->at[hit->rule];
	struct breaker_service *outage = NULL;
	struct prefix customer;
	struct error error;
	struct hit told;

	judge_hear_time(judge, hit->time_ms);
	if (hit->time_ms > judge->rule_last_ms[hit->rule])
		judge->rule_last_ms[hit->rule] = hit->time_ms;
	if (judge->conf->policy.memory && hit->time_ms)
		weighed_due(judge, hit->time_ms);
	if (rule->kind == RULE_SUCCESS || rule->kind == RULE_ACCEPTED || rule->kind == RULE_DELIVERED) {
		judge->figures.successes++;
		if (judge->conf->policy.memory && rule->kind != RULE_SUCCESS)
			weighed_learn(judge, hit, rule->kind);
		return;
	}
	if (rule->observe) {
		judge->figures.observed++;
		return;
	}
	if (hit->weight == 0 && rule_counts(rule)) {	/* a summary that only says that the session is over */
		session_forget(&judge->sessions, hit->session, &hit->addr);
		return;
	}
	error = (struct error){ hit, rule, unit_of(judge->conf, &hit->addr), hit->time_ms };
	if (rule->kind == RULE_FAILED_LOGIN || rule->kind == RULE_LOGIN || rule->kind == RULE_OUTAGE) {
		customer = customer_of(judge, hit, &error.prefix);
		outage = breaker_hear(&judge->breaker, rule, hit->nobody ? NULL : &customer, error.time_ms);
	}
	if (!rule_counts(rule)) {
		judge->figures.successes += rule->kind == RULE_LOGIN;
		if (rule->kind == RULE_LOGIN)
			take_back(judge, hit, rule);
		if (judge->conf->policy.memory && rule->kind == RULE_LOGIN)
			weighed_learn(judge, hit, rule->kind);
		return;
	}
	if (!may_count(judge, &error))
		return;
	if (rule->kind == RULE_FAILED_LOGIN) {
		if (rule->session == SESSION_SUMMARY)
			session_forget(&judge->sessions, hit->session, &hit->addr);
		told = *hit;
		error.hit = &told;
		if (is_told(judge, &told, rule))
			return;
	} else if (is_echo(judge, &error)) {
		judge->figures.echoes++;
		return;
	}
	if (outage && is_spared(judge, hit)) {
		judge->figures.uncounted += error.hit->weight;
		outage->held += error.hit->weight;
		return;
	}
	if (judge->conf->policy.memory)
		weighed_count(judge, &error);
	else
		count(judge, &error);
}

/* Both judges hear it. */
static void hear_both(struct judge *judge, const struct hit *hit)
{
	struct judge *judges[2] = { judge, judge->beside };
	bool tried[2], through[2];

	for (unsigned i = 0; i < 2; i++) {
		struct figures before = judges[i]->figures;

		hear(judges[i], hit);
		through[i] = judges[i]->figures.errors > before.errors;
		tried[i] = through[i] || judges[i]->figures.evidence > before.evidence;
	}
	if (!tried[0] || !tried[1])
		return;
	judge->tries.all++;
	for (unsigned i = 0; i < 2; i++)
		judge->tries.through[i] += through[i];
}

void judge_hit(struct judge *judge, const struct hit *hit)
{
	struct hit plain __attribute__((uninitialized));	/* spares zeroing what is hardly ever needed */

	if (judge->conf->nat64_count) {
		plain = *hit;
		addr_untranslate(&plain.addr, judge->conf->nat64, judge->conf->nat64_count);
		hit = &plain;
	}
	if (judge->beside)
		hear_both(judge, hit);
	else
		hear(judge, hit);
}

/* ---- what other hosts say ---- */

/* A window counts whole errors, and no strikes. */
static void count_remote(struct judge *judge, const struct error *error, const struct remote *remote)
{
	struct window_sum sum;
	uint32_t weight = (remote->halves + 1) / 2;
	bool keep = judge->mild || !ladder_may_ban(&judge->conf->policy, &judge->ban_minute, error->time_ms);

	if (weight == 0)
		return;
	if (!window_add(&judge->window, &error->prefix, error->time_ms, weight < WEIGHT_MAX ? weight : WEIGHT_MAX, error->rule->id, keep, &sum))
		judge->figures.lost++;
	else
		climb(judge, error, &sum);
}

bool judge_remote(struct judge *judge, const struct remote *remote)
{
	/* An older or newer program has rules that this one has not. */
	static const struct rule former[] = {
		{ .kind = RULE_ERROR, .id = RULE_FORMER, .weight = 1 },
		{ .kind = RULE_FAILED_LOGIN, .id = RULE_FORMER, .weight = 1 },
		{ .kind = RULE_RECIPIENT, .id = RULE_FORMER, .weight = 1 },
	};
	const unsigned kind = remote->marks & REMOTE_FAILED_LOGIN ? 1 : remote->marks & REMOTE_RECIPIENT ? 2 : 0;
	struct hit hit = { .time_ms = remote->time_ms, .addr = remote->addr, .account = remote->account, .domain = remote->domain,
			   .weight = 1, .null_sender = remote->marks & REMOTE_BOUNCE };
	struct error error = { &hit, remote->rule ? remote->rule : &former[kind], { .len = 0 }, hit.time_ms };

	if (judge->beside)
		judge_remote(judge->beside, remote);
	addr_untranslate(&hit.addr, judge->conf->nat64, judge->conf->nat64_count);
	error.prefix = unit_of(judge->conf, &hit.addr);
	judge_hear_time(judge, hit.time_ms);
	hit.rule = error.rule->id;
	if (judge->conf->policy.memory)
		weighed_due(judge, hit.time_ms);
	if (remote->kind != REMOTE_ERROR) {
		if (judge->conf->policy.memory)
			weighed_learn(judge, &hit, remote->kind == REMOTE_LOGIN ? RULE_LOGIN : RULE_DELIVERED);
		return true;
	}
	if (!may_count(judge, &error))
		return false;
	judge->mild = !remote->may_ban;
	if (judge->conf->policy.memory)
		weighed_remote(judge, &error, remote);
	else
		count_remote(judge, &error, remote);
	judge->mild = false;
	return true;
}

int judge_join(struct judge *judge, const struct event *event)
{
	const struct rule *rule = rules_find(judge->rules, text_of(event->rule));
	struct ban *ban = table_find(&judge->bans.table, &event->prefix);
	bool one = ban && ban->kind == VERDICT_BAN && event->time_ms < ban->until_ms && ban->since_ms < event->until_ms, fresh;
	uint8_t repeat = ban ? ban->repeat : 0;

	if (ranges_touch(&judge->conf->allow, &event->prefix))
		return -EPERM;
	if (ban && ban->kind == VERDICT_BAN ? event->until_ms <= ban->until_ms + JOIN_SLACK_MS || (one && event->kind != VERDICT_BAN) :
	    ban && event->kind != VERDICT_BAN && event->until_ms <= ban->until_ms)
		return -EALREADY;
	if (one) {
		judge->instead_ms = ban->until_ms;
		ban->until_ms = ban->ban_end_ms = event->until_ms;
		if (ban->only != (rule ? judge_ports(judge, rule->id) : 0))
			ban->only = 0;
		table_touch(&judge->bans.table, ban);
		verdict_tell(judge, ban, NULL, false);
		return 0;
	}
	ban = verdict_ban(judge, &event->prefix, event->time_ms, 1, event->errors, rule ? rule->id : verdict_rule(event->rule),
			  event->time_ms, &fresh);
	ban->kind = (uint8_t)event->kind;
	ban->until_ms = event->until_ms;
	if (event->kind == VERDICT_BAN)
		ban->ban_end_ms = event->until_ms;
	if (event->kind != VERDICT_BAN || ban->rule == BAN_MANUAL)	/* no offence */
		ban->repeat = repeat;
	window_forget(&judge->window, &event->prefix);
	verdict_tell(judge, ban, NULL, fresh);
	return 0;
}

int judge_part(struct judge *judge, const struct prefix *prefix, int64_t time_ms, int64_t now_ms)
{
	const struct ban *ban = bans_running(&judge->bans, prefix, now_ms);

	if (judge->beside)
		judge_part(judge->beside, prefix, time_ms, now_ms);
	return ban && ban->since_ms > time_ms ? -ENOENT : judge_release(judge, prefix, now_ms);
}

bool judge_share_names(struct judge *judge, const struct name_key *key)
{
	bool same = memcmp(&judge->name_key, key, sizeof(*key)) == 0;

	if (judge->beside)
		judge_share_names(judge->beside, key);
	judge->name_key = *key;
	if (!same && judge->conf->policy.memory)
		weighed_forget_names(judge);
	return !same;
}

void judge_read(struct judge *judge, uint64_t lines, uint64_t bytes)
{
	if (judge->beside)
		judge_read(judge->beside, lines, bytes);
	judge->figures.lines += lines;
	judge->figures.bytes += bytes;
}

void judge_outages(const struct judge *judge, int64_t now_ms, event_fn *fn, void *arg)
{
	for (size_t i = 0; i < judge->breaker.service_count; i++) {
		struct event event = outage_of(&judge->breaker.services[i], NOTICE_OUTAGE, now_ms);

		if (breaker_is_open(&judge->breaker.services[i], now_ms))
			fn(arg, &event);
	}
}

void judge_outage_failing(const struct judge *judge, const struct event *outage, judge_customer_fn *fn, void *arg)
{
	const struct customer *customer;

	for (size_t i = 0; i < judge->breaker.service_count; i++) {
		const struct breaker_service *service = &judge->breaker.services[i];
		uint32_t cursor = 0;

		while (strcmp(service->name, outage->service) == 0 &&
		       (customer = breaker_next_failing(&judge->breaker, service, &cursor)) != NULL) {
			struct prefix prefix = table_key(&customer->slot);

			fn(arg, &prefix);
		}
	}
}

void judge_pardon(struct judge *judge, const struct prefix *customer, int64_t now_ms)
{
	if (judge->beside)
		judge_pardon(judge->beside, customer, now_ms);
	pardon_one(judge, customer, now_ms);
}
