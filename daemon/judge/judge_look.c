/* judge_look - what the judge knows, for those who ask; and what it is told to forget */
#include "judge/judge.h"

#include "judge/judge_state.h"
#include "judge/weighed.h"

/* By what the ladder grows, if the next ban is for what the last one was. */
static uint32_t factor_of(const struct judge *judge, const struct ban *ban)
{
	const struct policy *policy = judge_policy(judge, ban ? ban->rule : BAN_MANUAL);
	bool recipients = ban && ban->rule < judge->rules->count && judge->rules->at[ban->rule].kind == RULE_RECIPIENT;

	return policy->memory && recipients ? policy->recipient_ban_factor : policy->ban_factor;
}

/* What the services that are counted by themselves have against it. */
static void look_services(const struct judge *judge, int64_t now_ms, struct judge_view *view)
{
	for (size_t i = 0; i < judge->conf->service_count; i++) {
		const struct policy *policy = &judge->policies[i + 1];
		struct judge_view_service *service = &view->services[view->service_count];
		unsigned per_error = policy->memory ? 2 : 1, homes = 1 + view->guests;
		struct window_sum sum;

		window_look(&judge->window, &view->unit, now_ms, (unsigned)i + 1, &sum);
		*service = (struct judge_view_service){
			.name = judge->conf->services[i].name,
			.errors = (sum.errors + per_error - 1) / per_error,
			.long_errors = (sum.long_halves + 1) / 2,
			.soft_limit = policy->soft_error_limit,
			.limit = policy->hard_error_limit * homes,
			.long_limit = view->guests ? policy->guest_limit + policy->guest_account_limit * view->guests : policy->long_limit,
			.window_s = policy->window_s,
			.long_window_s = policy->long_window_s,
		};
		view->service_count += service->errors > 0 || service->long_errors > 0;
	}
}

void judge_look(const struct judge *judge, const struct addr *addr, int64_t now_ms, struct judge_view *view)
{
	const struct policy *policy = &judge->conf->policy;
	struct prefix host = { *addr, 128 }, unit = unit_of(judge->conf, addr);
	const struct ban *own = bans_running(&judge->bans, &host, now_ms), *around = bans_around(&judge->bans, &unit, unit.len, now_ms);
	struct window_sum sum;

	if (!own)
		own = table_find(&judge->bans.table, &unit);
	window_look(&judge->window, &unit, now_ms, 0, &sum);
	*view = (struct judge_view){
		.unit = unit,
		.allowed = ranges_touch(&judge->conf->allow, &unit),
		.banworthy = addr_is_banworthy(addr),
		.errors = policy->memory ? (sum.errors + 1) / 2 : sum.errors,
		.running = own && now_ms < own->until_ms,
		.around_running = around,
		.next_ban_s = ladder_ban_s(judge_policy(judge, own ? own->rule : BAN_MANUAL), factor_of(judge, own), bans_repeat(&judge->bans, own, now_ms)),
	};
	view->reason_count = verdict_reasons(judge, &sum, view->reasons);
	if (own) {
		view->own = verdict_event(judge, own);
		view->repeat = bans_repeat(&judge->bans, own, now_ms) > 1 ? own->repeat : 0;
	}
	if (around)
		view->around = verdict_event(judge, around);
	if (policy->memory)
		weighed_look(judge, addr, now_ms, &sum, view);
	look_services(judge, now_ms, view);
}

void judge_look_name(const struct judge *judge, uint64_t name, const struct addr *addr, int64_t now_ms, struct judge_name_view *view)
{
	const struct policy *policy = &judge->conf->policy;
	enum names_how how = NAMES_UNKNOWN;
	struct place place;
	uint32_t cursor = 0;
	const struct ban *ban;

	*view = (struct judge_name_view){ 0 };
	if (!policy->memory)
		return;
	how = names_known(&judge->names, name);
	view->exists = how != NAMES_UNKNOWN;
	view->by_login = how == NAMES_LOGIN;
	view->networks = names_tries(&judge->names, name, now_ms);
	view->burnt = !view->exists && view->networks >= policy->burn_networks;
	view->campaign = view->exists && view->networks >= policy->campaign_networks;
	view->known_networks = customers_networks(&judge->customers, name, now_ms);
	if (addr) {
		place = place_of(judge->conf, addr);
		view->here = NAME_STRANGER + (unsigned)customers_standing(&judge->customers, name, &place, now_ms);
	}
	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL)
		view->bans += ban->name == name && now_ms < ban->until_ms;
}

bool judge_belongs(const struct judge *judge, const struct prefix *prefix, int64_t now_ms)
{
	if (judge->beside && !judge->conf->policy.memory)
		judge = judge->beside;
	return judge->conf->policy.memory && (customers_guests(&judge->customers, prefix, now_ms) ||
					      correspondents_mails(&judge->correspondents, prefix, now_ms));
}

void judge_forget_name(struct judge *judge, uint64_t name)
{
	uint32_t bans = 0, windows = 0;
	const struct table_slot *slot;
	struct ban *ban;

	if (judge->beside)
		judge_forget_name(judge->beside, name);
	if (!judge->conf->policy.memory)
		return;
	names_forget(&judge->names, name);
	customers_forget(&judge->customers, name);
	stays_forget(&judge->stays, name);
	told_forget(&judge->told, (uint32_t)name);
	while ((ban = table_next(&judge->bans.table, &bans)) != NULL) {
		if (ban->name != name)
			continue;
		ban->name = 0;
		table_touch(&judge->bans.table, ban);
	}
	while ((slot = table_next(&judge->window.table, &windows)) != NULL) {
		struct prefix unit = table_key(slot);
		struct window_last *last = window_last(&judge->window, &unit);

		if (last->name != (uint32_t)name)
			continue;
		last->name = last->password = 0;
		last->several = 1;
		window_touch(&judge->window, &unit);
	}
}

void judge_forget(struct judge *judge, const struct prefix *prefix, int64_t now_ms)
{
	struct prefix unit = prefix->len == 128 ? unit_of(judge->conf, &prefix->addr) : *prefix;
	void *ban;

	if (judge->beside)
		judge_forget(judge->beside, prefix, now_ms);
	judge_release(judge, prefix, now_ms);
	judge_release(judge, &unit, now_ms);
	ban = table_find(&judge->bans.table, &unit);
	if (ban)	/* over, but remembered */
		table_remove(&judge->bans.table, ban);
	stays_drop(&judge->stays, &unit);
	if (!judge->conf->policy.memory)
		return;
	customers_forget_unit(&judge->customers, &unit);
	correspondents_forget(&judge->correspondents, &unit);
}

const struct name_key *judge_name_key(const struct judge *judge)
{
	return &judge->name_key;
}

const struct judge *judge_beside(const struct judge *judge)
{
	return judge->beside;
}

struct judge_tries judge_tries(const struct judge *judge)
{
	return judge->tries;
}

const char *judge_word(const struct judge *judge)
{
	return judge->conf->policy.memory ? "memory" : "window";
}

const struct judge_thought *judge_thought(const struct judge *judge)
{
	return &judge->thought;
}

int64_t judge_rule_last_ms(const struct judge *judge, const struct rule *rule)
{
	return judge->rule_last_ms[rule->id];
}

const struct figures *judge_figures(const struct judge *judge)
{
	return &judge->figures;
}

uint64_t judge_rule_errors(const struct judge *judge, const struct rule *rule)
{
	return judge->rule_errors[rule->id];
}

uint32_t judge_addresses(const struct judge *judge)
{
	return window_used(&judge->window);
}
