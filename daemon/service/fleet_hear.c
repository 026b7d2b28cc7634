/* fleet_hear - what other hosts tell: sealed, new, within its share; then it is the judge's
 *
 * Their clocks are never asked: a record says how old it was when it was sealed, the server how old that is. What is older than
 * an operator's release of its address is not heard. */
#include "service/fleet_state.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wire.h"
#include "judge/place.h"
#include "service/checkpoint.h"
#include "service/orders.h"

#define FACTS_PER_MINUTE 6000	/* logins and names, by one node */
#define STANDING_MINUTES 60	/* so many minutes' share may stand for who comes later */
#define MINUTE_MS 60000

/* One line for the 1st, 2nd, 4th, 8th... */
static void refuse(struct fleet *fleet, size_t node, const char *why)
{
	uint64_t count = ++fleet->peers[node].refused;

	fleet->peers[node].refused_ms = fleet_boot_ms();
	fleet->peers[node].refused_why = why;

	if ((count & (count - 1)) == 0)
		log_warning("what is said to be of the node %s is not believed: %s (%" PRIu64 " so far)", fleet->conf.names[node], why, count);
}

/* ---- releases that are remembered ---- */

static size_t tomb_of(const struct prefix *prefix)
{
	return (size_t)addr_hash(&prefix->addr, prefix->len) % FLEET_TOMBS;
}

void fleet_bury(struct fleet *fleet, const struct prefix *prefix, int64_t time_ms)
{
	size_t i = tomb_of(prefix);

	if (memcmp(&fleet->tombs[i].prefix, prefix, sizeof(*prefix)) == 0 && fleet->tombs[i].time_ms >= time_ms)
		return;
	fleet->tombs[i].prefix = *prefix;
	fleet->tombs[i].time_ms = time_ms;
}

static bool is_buried(const struct fleet *fleet, const struct prefix *prefix, int64_t time_ms)
{
	size_t i = tomb_of(prefix);

	return fleet->tombs[i].time_ms >= time_ms && memcmp(&fleet->tombs[i].prefix, prefix, sizeof(*prefix)) == 0;
}

/* ---- a node's share ---- */

static void begin_minute(struct fleet_peer *peer)
{
	int64_t minute = fleet_boot_ms() / MINUTE_MS;

	if (peer->minute == minute)
		return;
	peer->minute = minute;
	peer->minute_bans = peer->minute_releases = peer->minute_facts = 0;
	peer->capped_told = false;
}

static bool within(struct fleet *fleet, size_t node, uint32_t *count, uint32_t cost, uint32_t limit, const char *what)
{
	struct fleet_peer *peer = &fleet->peers[node];

	if (*count + cost <= limit) {
		*count += cost;
		return true;
	}
	peer->capped++;
	if (!peer->capped_told)
		log_warning("the node %s tells of more %s than %u a minute: what is beyond that %s", fleet->conf.names[node], what, limit,
			    strcmp(what, "bans") == 0 ? "is a delay here" : "is not heard");
	peer->capped_told = true;
	return false;
}

/* A wide network is as many bans as it has neighbourhoods. */
static uint32_t cost_of(const struct prefix *prefix)
{
	const unsigned neighbourhood = addr_is_v4(&prefix->addr) ? 120 : 48;

	return prefix->len >= neighbourhood ? 1 : 1U << (neighbourhood - prefix->len < 16 ? neighbourhood - prefix->len : 16);
}

/* ---- a record ---- */

static const struct rule *rule_of(const struct fleet *fleet, uint32_t hash)
{
	const struct rules *rules = &fleet->daemon->setup->rules;

	for (size_t i = 0; hash && i < rules->count; i++)
		if (fleet->rules[i] == hash)
			return &rules->at[i];
	return NULL;
}

/* The name that a ban is shown under. */
static const char *cause_of(const struct fleet *fleet, uint32_t hash)
{
	static const char *const others[] = { "manual", "network" };
	const struct rule *rule = rule_of(fleet, hash);

	for (size_t i = 0; !rule && i < 2; i++)
		if (text_hash(text_of(others[i])) == hash)
			return others[i];
	return rule ? rule->name : "a-former-rule";
}

/* What "explain" shows of an error that was counted elsewhere. */
static void note_evidence(const struct fleet *fleet, size_t node, const struct remote *remote)
{
	const struct daemon *daemon = fleet->daemon;
	struct prefix unit = unit_of(&daemon->setup->conf, &remote->addr);
	char words[64];
	struct judge_thought thought = { .halves = remote->halves };
	struct record record = { .program = TEXT("fleet") };

	snprintf(words, sizeof(words), "counted on %s", fleet->conf.names[node]);
	record.message = text_of(words);
	thought.why = (remote->marks & REMOTE_BURNT ? THOUGHT_BURNT : 0) | (remote->marks & REMOTE_BOUNCE ? THOUGHT_BOUNCE : 0) |
		      (remote->marks & REMOTE_SAME ? THOUGHT_SAME : 0) | (remote->marks & REMOTE_AGAIN ? THOUGHT_AGAIN : 0) |
		      (remote->marks & REMOTE_BRIEF ? THOUGHT_BRIEF : 0);
	if (daemon->evidence)
		evidence_note(daemon->evidence, &unit, remote->time_ms, remote->rule ? remote->rule->name : "a-former-rule", &record, &thought);
}

static void take_error(struct fleet *fleet, size_t node, const struct fleet_record *record, int64_t time_ms)
{
	struct fleet_peer *peer = &fleet->peers[node];
	struct remote remote = { .kind = REMOTE_ERROR, .marks = record->marks, .time_ms = time_ms, .addr = record->prefix.addr,
				 .account = record->account, .domain = record->domain, .halves = record->halves,
				 .rule = rule_of(fleet, record->rule), .may_ban = peer->minute_bans < fleet->conf.remote_bans_per_minute };
	struct prefix unit = unit_of(&fleet->daemon->setup->conf, &remote.addr);

	if (remote.rule && !rule_counts(remote.rule))
		remote.rule = NULL;
	if (!remote.may_ban)
		within(fleet, node, &peer->minute_bans, 1, fleet->conf.remote_bans_per_minute, "bans");
	fleet->tipping = true;
	if (!is_buried(fleet, &unit, time_ms) && judge_remote(fleet->daemon->judge, &remote))
		note_evidence(fleet, node, &remote);
	fleet->tipping = false;
}

static void take_fact(struct fleet *fleet, size_t node, const struct fleet_record *record, int64_t time_ms)
{
	struct remote remote = { .kind = record->kind == FLEET_LOGIN ? REMOTE_LOGIN : REMOTE_NAME, .time_ms = time_ms,
				 .addr = record->prefix.addr, .account = record->account, .domain = record->domain, .may_ban = true };

	if (within(fleet, node, &fleet->peers[node].minute_facts, 1, FACTS_PER_MINUTE, "logins, names and pardons"))
		judge_remote(fleet->daemon->judge, &remote);
}

/* The next part of what its operator said of a ban, in their order; from the first on it is of another. */
static void take_said(struct fleet_peer *peer, const struct fleet_record *record)
{
	if (record->domain == 0)
		peer->said_parts = 0;
	if (record->domain != peer->said_parts)
		return;
	memcpy(peer->said + record->domain * FLEET_WORDS, record->words, FLEET_WORDS);
	peer->said[++peer->said_parts * FLEET_WORDS] = '\0';
}

/* What an operator has ordered there: with his words, and without an end where he has given none. */
static void take_order(struct fleet *fleet, const struct event *event, bool permanent, const char *said)
{
	const struct daemon *daemon = fleet->daemon;
	struct fleet_peer *peer = fleet->hearing;
	int err = permanent ? judge_ban(daemon->judge, &event->prefix, daemon->setup->conf.policy.ban_time_max_s, clock_now_ms()) :
		judge_join(daemon->judge, event);

	if (err < 0)
		return;
	orders_put(daemon->orders, ORDER_BAN, &event->prefix, event->time_ms, permanent ? 0 : event->until_ms, said);
	fleet->hearing = NULL;	/* what else is due is our own */
	orders_enforce(daemon->orders, false);
	fleet->hearing = peer;
}

/* may_ban: within its share; beyond it a ban is a delay. */
static void take_ban(struct fleet *fleet, const struct fleet_record *record, int64_t since_ms, int64_t until_ms, bool may_ban)
{
	const struct policy *policy = &fleet->daemon->setup->conf.policy;
	int64_t now_ms = clock_now_ms(), most_ms = since_ms + (int64_t)policy->ban_time_max_s * 1000;
	struct event event = { .kind = may_ban ? VERDICT_BAN : VERDICT_DELAY, .prefix = record->prefix, .time_ms = since_ms,
			       .until_ms = until_ms < most_ms ? until_ms : most_ms, .errors = record->halves / 2U,
			       .rule = cause_of(fleet, record->rule) };
	struct fleet_peer *peer = fleet->hearing;
	const bool permanent = record->marks & FLEET_PERMANENT;
	const char *said = record->domain > 0 && record->domain == peer->said_parts ? peer->said : "";
	struct fleet_foreign *foreign;

	peer->said_parts = 0;
	foreign = table_find(&fleet->foreign, &record->prefix);
	if (foreign)
		foreign->stands = 1;
	if (event.kind == VERDICT_DELAY) {
		event.time_ms = now_ms;
		event.until_ms = now_ms + (int64_t)policy->delay_s * 1000;
	}
	if (event.until_ms <= now_ms || is_buried(fleet, &record->prefix, since_ms) || wire_never_dropped(&record->prefix))
		return;
	if (event.kind == VERDICT_BAN && (permanent || *said))
		take_order(fleet, &event, permanent, said);
	else
		judge_join(fleet->daemon->judge, &event);
}

/* What the operator there has ended, he has ended here, unless somebody has ordered it here since. */
static void part(struct fleet *fleet, const struct prefix *prefix, int64_t time_ms)
{
	const struct order *order = orders_find(fleet->daemon->orders, ORDER_BAN, prefix);

	fleet_bury(fleet, prefix, time_ms);
	if (order && order->since_ms <= time_ms)
		orders_drop(fleet->daemon->orders, ORDER_BAN, prefix);
	judge_part(fleet->daemon->judge, prefix, time_ms, clock_now_ms());
}

static void take_release(struct fleet *fleet, size_t node, const struct fleet_record *record, int64_t time_ms)
{
	struct fleet_peer *peer = &fleet->peers[node];

	if (!within(fleet, node, &peer->minute_releases, 1, fleet->conf.remote_bans_per_minute, "releases"))
		return;
	part(fleet, &record->prefix, time_ms);
}

/* Of whom we know that he belongs here, as many as of other facts; else it is as good as a release. */
static void take_pardon(struct fleet *fleet, size_t node, const struct fleet_record *record)
{
	struct fleet_peer *peer = &fleet->peers[node];
	struct judge *judge = fleet->daemon->judge;
	int64_t now_ms = clock_now_ms();

	if (judge_belongs(judge, &record->prefix, now_ms) ?
	    within(fleet, node, &peer->minute_facts, 1, FACTS_PER_MINUTE, "logins, names and pardons") :
	    within(fleet, node, &peer->minute_releases, 1, fleet->conf.remote_bans_per_minute, "releases"))
		judge_pardon(judge, &record->prefix, now_ms);
}

static int64_t time_of(const struct fleet_record *record, int64_t entry_age_ms)
{
	int64_t time_ms = clock_now_ms() - entry_age_ms - (int64_t)record->age_ms;

	return time_ms > 1 ? time_ms : 1;
}

static void take(struct fleet *fleet, size_t node, const struct fleet_record *record, int64_t entry_age_ms)
{
	struct fleet_peer *peer = &fleet->peers[node];
	int64_t time_ms = time_of(record, entry_age_ms);

	switch ((enum fleet_kind)record->kind) {
	case FLEET_ERROR:
		take_error(fleet, node, record, time_ms);
		break;
	case FLEET_LOGIN:
	case FLEET_NAME:
		take_fact(fleet, node, record, time_ms);
		break;
	case FLEET_BAN:
		take_ban(fleet, record, time_ms, time_ms + (int64_t)record->seconds * 1000,
			 within(fleet, node, &peer->minute_bans, cost_of(&record->prefix), fleet->conf.remote_bans_per_minute, "bans"));
		break;
	case FLEET_RELEASE:
		take_release(fleet, node, record, time_ms);
		break;
	case FLEET_PARDON:
		take_pardon(fleet, node, record);
		break;
	case FLEET_SAID:
		take_said(peer, record);
		break;
	case FLEET_KINDS:
		break;
	}
}

/* ---- a batch ---- */

static void look_at_head(struct fleet *fleet, size_t node, const struct fleet_head *head)
{
	struct fleet_peer *peer = &fleet->peers[node];

	if (head->run == peer->run && head->number > peer->number + head->count && peer->number)
		peer->missed += head->number - head->count - peer->number;
	if (head->run != peer->run || head->number > peer->number)
		peer->number = head->number;
	peer->run = head->run;
	peer->policy = head->policy;
	peer->allow = head->allow;
	if (peer->policy != fleet->policy && !peer->differs_told)
		log_warning("the node %s has other limits in [policy] than this one: the same errors are bans on one and not on the other",
			    fleet->conf.names[node]);
	peer->differs_told = peer->policy != fleet->policy;
}

static void hear(struct fleet *fleet, size_t node, const struct fleet_head *head, const struct fleet_record *records, int64_t age_ms)
{
	struct fleet_peer *peer = &fleet->peers[node];

	begin_minute(peer);
	fleet->hearing = peer;
	for (size_t i = 0; i < head->count; i++) {
		if (!fleet_marks_pass(&fleet->marks, node, head->life, records[i].generation, records[i].offset)) {
			peer->again++;
			continue;
		}
		peer->records++;
		take(fleet, node, &records[i], age_ms);
	}
	fleet->hearing = NULL;
}

static bool is_heard(const struct fleet *fleet, const struct parcel *parcel)
{
	return parcel->node < fleet->conf.node_count && parcel->server < fleet->conf.server_count &&
	       !(fleet->conf.ignored >> parcel->node & 1);
}

void fleet_hear_entry(struct fleet *fleet, const struct parcel *parcel)
{
	static struct fleet_record records[FLEET_TOGETHER];
	struct fleet_server_state *server = &fleet->servers[parcel->server];
	struct fleet_peer *peer = &fleet->peers[parcel->node];
	struct fleet_head head;
	const char *wrong;

	if (parcel->node >= fleet->conf.node_count || parcel->node == fleet->conf.own)
		return;
	peer->at[parcel->server] = (struct fleet_position){ parcel->id_ms, parcel->id_seq };
	server->entries++;
	checkpoint_note(fleet->daemon->checkpoint);
	if (!is_heard(fleet, parcel))
		return;
	wrong = fleet_batch_open(parcel->bytes, parcel->len, &fleet->keys, fleet->conf.names[parcel->node], &head, records);
	if (wrong) {
		refuse(fleet, parcel->node, wrong);
		return;
	}
	peer->heard_ms = fleet_boot_ms();
	peer->lag_ms = parcel->ms;
	look_at_head(fleet, parcel->node, &head);
	hear(fleet, parcel->node, &head, records, parcel->ms);
}

/* One of that kind, and before it what was said of it. */
static bool stands(const struct fleet_record *records, size_t count, enum fleet_kind kind)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (records[i].kind != FLEET_SAID)
			return false;
	return count > 0 && records[count - 1].kind == kind;
}

/* What stood there when we came: of a stream that was read so far already, nothing is new. Of our own, what we know no longer. */
void fleet_hear_standing(struct fleet *fleet, const struct parcel *parcel)
{
	static struct fleet_record records[FLEET_TOGETHER];
	const bool ban = parcel->op == PARCEL_BANNED;
	struct fleet_peer *peer = &fleet->peers[parcel->node];
	const struct fleet_record *record;
	struct fleet_head head;
	int64_t now_ms = clock_now_ms(), until_ms;
	const char *wrong;

	if (!is_heard(fleet, parcel))
		return;
	wrong = fleet_batch_open(parcel->bytes, parcel->len, &fleet->keys, fleet->conf.names[parcel->node], &head, records);
	if (!wrong && !stands(records, head.count, ban ? FLEET_BAN : FLEET_RELEASE))
		wrong = "it is nothing that could stand there";
	if (wrong) {
		refuse(fleet, parcel->node, wrong);
		return;
	}
	record = &records[head.count - 1];
	if ((parcel->node == fleet->conf.own && head.life == fleet->life) ||
	    fleet_marks_known(&fleet->marks, parcel->node, head.life, record->generation, record->offset))
		return;
	begin_minute(peer);
	fleet->hearing = peer;
	if (ban) {
		for (size_t i = 0; i + 1 < head.count; i++)
			take_said(peer, &records[i]);
		until_ms = now_ms + (parcel->ms < (int64_t)record->seconds * 1000 ? parcel->ms : (int64_t)record->seconds * 1000);
		take_ban(fleet, record, until_ms - (int64_t)record->seconds * 1000, until_ms,
			 within(fleet, parcel->node, &peer->standing_bans, cost_of(&record->prefix),
				STANDING_MINUTES * fleet->conf.remote_bans_per_minute, "bans"));
	} else {
		part(fleet, &record->prefix, now_ms - parcel->ms);
	}
	fleet->hearing = NULL;
	checkpoint_note(fleet->daemon->checkpoint);
}
