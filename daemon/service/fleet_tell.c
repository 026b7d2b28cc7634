/* fleet_tell - what this host tells the others: errors, logins and names by the lines that said them, bans and releases
 *
 * A line has a number in its source, which it gets again when it is read again: so that it counts once everywhere. What no
 * line says has a number that never comes again. */
#include "service/fleet_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "judge/place.h"
#include "service/orders.h"

#define SUBS 16U	/* records of one line, at most */
#define HOUR_MS INT64_C(3600000)

static uint32_t rule_hash(const struct fleet *fleet, uint16_t rule)
{
	return rule < fleet->daemon->setup->rules.count ? fleet->rules[rule] : 0;
}

/* Was the same told within the hour? */
static bool told_lately(struct fleet *fleet, uint64_t fact, int64_t now_ms)
{
	size_t i = (size_t)(fact * UINT64_C(0x9e3779b97f4a7c15) >> 40) % FLEET_FACTS;
	bool told = fleet->facts[i].fact == fact && now_ms - fleet->facts[i].told_ms < HOUR_MS;

	if (!told) {
		fleet->facts[i].fact = fact;
		fleet->facts[i].told_ms = now_ms;
	}
	return told;
}

static unsigned marks_of(const struct rule *rule, const struct judge_thought *thought)
{
	return (rule->kind == RULE_FAILED_LOGIN ? REMOTE_FAILED_LOGIN : 0) | (rule->kind == RULE_RECIPIENT ? REMOTE_RECIPIENT : 0) |
	       (thought->why & THOUGHT_BOUNCE ? REMOTE_BOUNCE : 0) | (thought->why & THOUGHT_AGAIN ? REMOTE_AGAIN : 0) |
	       (thought->why & THOUGHT_SAME ? REMOTE_SAME : 0) | (thought->why & THOUGHT_BURNT ? REMOTE_BURNT : 0) |
	       (thought->why & THOUGHT_BRIEF ? REMOTE_BRIEF : 0) | (thought->networks ? REMOTE_TRIED : 0);
}

static void tell_error(struct fleet_tap *tap, const struct hit *hit)
{
	struct fleet *fleet = tap->fleet;
	const struct daemon *daemon = fleet->daemon;
	const struct judge_thought *thought = judge_thought(daemon->judge);

	fleet_push(fleet, &(struct fleet_record){
		.kind = FLEET_ERROR, .marks = (uint8_t)marks_of(&daemon->setup->rules.at[hit->rule], thought),
		.halves = (uint16_t)(thought->halves < 2 * HIT_WEIGHT_MAX ? thought->halves : 2 * HIT_WEIGHT_MAX),
		.rule = rule_hash(fleet, hit->rule), .domain = hit->domain, .offset = tap->ordinal * SUBS, .generation = tap->generation,
		.prefix = { hit->addr, 128 }, .account = hit->account,
	}, hit->time_ms);
}

static void tell_login(struct fleet_tap *tap, const struct hit *hit, int64_t now_ms)
{
	struct fleet *fleet = tap->fleet;
	uint64_t fact = hit->account ^ addr_hash(&hit->addr, hit->account);

	if (!hit->account || !addr_is_banworthy(&hit->addr) || told_lately(fleet, fact, now_ms))
		return;
	fleet_push(fleet, &(struct fleet_record){
		.kind = FLEET_LOGIN, .rule = rule_hash(fleet, hit->rule), .domain = hit->domain, .offset = tap->ordinal * SUBS,
		.generation = tap->generation, .prefix = { hit->addr, 128 }, .account = hit->account,
	}, hit->time_ms);
}

static void tell_name(struct fleet_tap *tap, const struct hit *hit, uint64_t name, unsigned sub, int64_t now_ms)
{
	struct fleet *fleet = tap->fleet;

	if (!name || told_lately(fleet, name, now_ms))
		return;
	fleet_push(fleet, &(struct fleet_record){
		.kind = FLEET_NAME, .rule = rule_hash(fleet, hit->rule), .domain = hit->domain, .offset = tap->ordinal * SUBS + sub,
		.generation = tap->generation, .account = name,
	}, hit->time_ms);
}

/* A log that is shipped to two hosts counts twice. */
static void look_at_host(const struct fleet *fleet, const struct record *record)
{
	static bool told;
	char host[64];

	for (size_t i = 0; i < fleet->conf.node_count && !told; i++) {
		if (i == fleet->conf.own || !text_equal(record->host, text_of(fleet->conf.names[i])))
			continue;
		told = true;
		log_warning("a line of %s is in a log that is read here, on %s: if it is read there, too, it counts twice",
			    text_escape(host, sizeof(host), record->host), fleet->conf.names[fleet->conf.own]);
	}
}

/* In place of the daemon's own function, which it calls. */
static void on_heard(void *arg, const struct heard *heard)
{
	struct fleet_tap *tap = arg;
	struct daemon *daemon = tap->fleet->daemon;
	const struct hit *hit = heard->hit;

	tap->ordinal += heard->lines;
	daemon->heard(daemon, heard);
	if (!hit)
		return;
	if (heard->counted) {
		look_at_host(tap->fleet, heard->record);
		tell_error(tap, hit);
		return;
	}
	switch (daemon->setup->rules.at[hit->rule].kind) {
	case RULE_LOGIN:
		tell_login(tap, hit, clock_now_ms());
		break;
	case RULE_DELIVERED:
		tell_name(tap, hit, hit->account, 0, clock_now_ms());
		tell_name(tap, hit, hit->alias, 1, clock_now_ms());
		break;
	case RULE_ERROR:
	case RULE_FAILED_LOGIN:
	case RULE_RECIPIENT:
	case RULE_SUCCESS:
	case RULE_ACCEPTED:
	case RULE_CLIENT:
	case RULE_OUTAGE:
		break;
	}
}

/* One that is followed for the first time, or whose place is lost, begins to count its lines anew. */
static struct fleet_tap *tap_of(struct fleet *fleet, const struct follow *follow)
{
	uint32_t name = text_hash(text_of(follow_name(follow)));
	struct fleet_tap *tap = NULL;

	for (size_t i = 0; i < FLEET_TAPS && !tap; i++)
		if (fleet->taps[i].generation && fleet->taps[i].name == name)
			tap = &fleet->taps[i];
	for (size_t i = 0; i < FLEET_TAPS && !tap; i++)
		if (!fleet->taps[i].generation)
			tap = &fleet->taps[i];
	if (tap && (!tap->generation || follow->lost))
		*tap = (struct fleet_tap){ .generation = ++fleet->generations, .name = name };
	return tap;
}

void fleet_listen(struct fleet *fleet)
{
	struct follows *follows = &fleet->daemon->follows;

	for (size_t i = 0; i < follows->count; i++) {
		struct fleet_tap *tap = tap_of(fleet, &follows->at[i]);

		if (!tap) {
			log_warning("the fleet does not hear of %s: there were too many sources", follow_name(&follows->at[i]));
			continue;
		}
		tap->fleet = fleet;
		follows->at[i].heard = on_heard;
		follows->at[i].arg = tap;
	}
}

/* ---- bans and releases ---- */

static uint64_t control(struct fleet *fleet)
{
	uint64_t now_us = (uint64_t)clock_now_ms() * 1000;

	fleet->control = now_us > fleet->control ? now_us : fleet->control + 1;
	return fleet->control;
}

static struct fleet_record record_of(const struct event *event)
{
	uint64_t seconds = (uint64_t)(event->until_ms - event->time_ms) / 1000;
	struct fleet_record record = {
		.kind = event->kind == VERDICT_RELEASE ? FLEET_RELEASE : FLEET_BAN, .prefix = event->prefix,
		.rule = text_hash(text_of(event->rule)),
	};

	if (record.kind == FLEET_BAN) {
		record.seconds = seconds > DURATION_MAX_S ? DURATION_MAX_S : seconds ? (uint32_t)seconds : 1;
		record.halves = (uint16_t)(event->errors < HIT_WEIGHT_MAX ? 2 * event->errors : 2 * HIT_WEIGHT_MAX);
	}
	return record;
}

size_t fleet_ordered(const struct fleet *fleet, struct fleet_record *ban, struct fleet_record parts[FLEET_PARTS])
{
	const struct order *order = orders_find(fleet->daemon->orders, ORDER_BAN, &ban->prefix);
	size_t len = order ? strlen(order->reason) : 0, count = 0;

	if (!order || ban->kind != FLEET_BAN || ban->rule != text_hash(TEXT("manual")))
		return 0;
	for (size_t at = 0; at < len; at += FLEET_WORDS, count++) {
		parts[count] = (struct fleet_record){ .kind = FLEET_SAID, .domain = (uint32_t)count, .offset = ban->offset, .words = "" };
		memcpy(parts[count].words, order->reason + at, len - at < FLEET_WORDS ? len - at : FLEET_WORDS);
	}
	ban->marks = order->until_ms == 0;	/* FLEET_PERMANENT */
	ban->domain = (uint32_t)count;
	return count;
}

/* The same ban is the same bytes, whenever it is told: it stands there once. */
static struct fleet_stand stand_of(const struct fleet_record *record, const struct event *event)
{
	const int64_t apart_ms = clock_now_ms() - fleet_boot_ms();
	struct fleet_stand stand = { *record, event->time_ms - apart_ms, event->until_ms - apart_ms };

	stand.record.offset = event->time_ms > 0 ? (uint64_t)event->time_ms * 1000 : 1;
	return stand;
}

static void forget_foreign(struct fleet *fleet, const struct prefix *prefix)
{
	void *slot = table_find(&fleet->foreign, prefix);

	if (slot)
		table_remove(&fleet->foreign, slot);
}

static int64_t foreign_worth(const void *arg, const void *slot)
{
	(void)arg;
	return ((const struct fleet_foreign *)slot)->until_ms;
}

/* What another node has said has brought it about. Each host may take another's record for the one that tipped the scale, so
 * that nobody feels called upon to tell the servers: then somebody does after a while. */
static void note_foreign(struct fleet *fleet, const struct event *event)
{
	struct fleet_foreign *foreign = table_enter(&fleet->foreign, &event->prefix, 64, foreign_worth, NULL);

	foreign->until_ms = event->until_ms;
	foreign->node = (uint32_t)(fleet->hearing - fleet->peers);
	foreign->stands = !fleet->tipping;
	fleet->hearing->bans++;
	fleet->hearing->minute_bans += fleet->tipping;
	if (fleet->tipping && fleet->unclaimed_count < FLEET_UNCLAIMED)
		fleet->unclaimed[(fleet->unclaimed_first + fleet->unclaimed_count++) % FLEET_UNCLAIMED] =
			(struct fleet_unclaimed){ event->prefix, fleet_boot_ms() };
}

static void tell_verdict(struct fleet *fleet, const struct event *event)
{
	struct fleet_record record = record_of(event), parts[FLEET_PARTS];
	struct fleet_stand stand = stand_of(&record, event);
	size_t count = fleet_ordered(fleet, &record, parts);

	forget_foreign(fleet, &event->prefix);
	for (size_t i = 0; i < count; i++) {
		parts[i].offset = control(fleet);
		fleet_push(fleet, &parts[i], event->time_ms);
	}
	record.offset = control(fleet);
	fleet_push(fleet, &record, event->time_ms);
	for (size_t i = 0; i < fleet->conf.server_count; i++)
		fleet_stand_up(fleet, &fleet->servers[i], &stand);
}

void fleet_let_go(struct fleet *fleet, const struct prefix *prefix)
{
	struct event event = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = clock_now_ms(), .rule = "manual" };

	fleet_event(fleet, &event);
}

/* A judge_customer_fn: what he has failed here has been told, and counts for nobody any more. */
static void tell_pardon(void *arg, const struct prefix *customer)
{
	struct fleet *fleet = arg;

	fleet_push(fleet, &(struct fleet_record){ .kind = FLEET_PARDON, .prefix = *customer, .offset = control(fleet) }, clock_now_ms());
}

void fleet_event(struct fleet *fleet, const struct event *event)
{
	const bool release = event->kind == VERDICT_RELEASE;

	if (!fleet_is_one(fleet) || event->beside)
		return;
	if (event->kind == NOTICE_OUTAGE)
		judge_outage_failing(fleet->daemon->judge, event, tell_pardon, fleet);
	if (event->kind != VERDICT_BAN && !release)
		return;
	if (fleet->hearing && !release)
		note_foreign(fleet, event);
	if (fleet->hearing || fleet->muted || (release && strcmp(event->rule, "displaced") == 0))
		return;
	if (release)
		fleet_bury(fleet, &event->prefix, event->time_ms);
	tell_verdict(fleet, event);
}

struct claiming {
	struct fleet *fleet;
	struct prefix prefix;
};

static void claim(void *arg, const struct event *event)
{
	const struct claiming *claiming = arg;

	if (event->kind == VERDICT_BAN && memcmp(&event->prefix, &claiming->prefix, sizeof(event->prefix)) == 0)
		tell_verdict(claiming->fleet, event);
}

void fleet_claim(struct fleet *fleet)
{
	while (fleet->unclaimed_count > 0) {
		const struct fleet_unclaimed *first = &fleet->unclaimed[fleet->unclaimed_first];
		const struct fleet_foreign *foreign = table_find(&fleet->foreign, &first->prefix);
		struct claiming claiming = { fleet, first->prefix };
		struct judge_view view;

		if (fleet_boot_ms() - first->time_ms < FLEET_CLAIM_MS)
			return;
		fleet->unclaimed_first = (fleet->unclaimed_first + 1) % FLEET_UNCLAIMED;
		fleet->unclaimed_count--;
		if (!foreign || foreign->stands)
			continue;
		judge_look(fleet->daemon->judge, &claiming.prefix.addr, clock_now_ms(), &view);
		if (view.running)
			claim(&claiming, &view.own);
	}
}

struct announcing {
	struct fleet *fleet;
	struct fleet_server_state *server;
};

static void announce(void *arg, const struct event *event)
{
	struct announcing *to = arg;
	const struct order *order = orders_find(to->fleet->daemon->orders, ORDER_BAN, &event->prefix);
	struct fleet_record record;
	struct fleet_stand stand;

	if (event->kind != VERDICT_BAN || table_find(&to->fleet->foreign, &event->prefix) || (order && order->untold))
		return;
	record = record_of(event);
	stand = stand_of(&record, event);
	fleet_stand_up(to->fleet, to->server, &stand);
}

/* All bans of our own that run: the server does not know them, or not all. */
void fleet_announce(struct fleet *fleet, struct fleet_server_state *server)
{
	struct announcing to = { fleet, server };

	server->owing = false;
	judge_active(fleet->daemon->judge, clock_now_ms(), announce, &to);
}
