/* verdicts - see verdicts.h. Decides nothing: who is banned, and for how long, is the callers' business. */
#include "judge/verdicts.h"

#define FRESH_AFTER_MS 2000	/* so long after its end a drop is surely over in the kernel, whose clock is another */

/* The name of a rule's id, or of what stands in its place. */
static const char *rule_name(const struct judge *judge, uint16_t rule)
{
	if (rule == BAN_MANUAL)
		return "manual";
	if (rule == BAN_NETWORK)
		return "network";
	return rule < judge->rules->count ? judge->rules->at[rule].name : "a-former-rule";
}

uint16_t verdict_rule(const char *name)
{
	return strcmp(name, "manual") == 0 ? BAN_MANUAL : strcmp(name, "network") == 0 ? BAN_NETWORK : RULE_FORMER;
}

struct event verdict_event(const struct judge *judge, const struct ban *ban)
{
	const struct policy *policy = judge_policy(judge, ban->rule);
	const uint32_t windows[BECAUSE_KINDS] = {
		[BECAUSE_WINDOW] = policy->window_s, [BECAUSE_LONG_WINDOW] = policy->long_window_s,
		[BECAUSE_BURNT_NAME] = policy->window_s, [BECAUSE_NEIGHBOURS] = policy->network_window_s,
		[BECAUSE_NETWORK_SUM] = policy->network_window_s,
	};

	return (struct event){
		.kind = ban->kind,
		.prefix = table_key(&ban->slot),
		.time_ms = ban->since_ms,
		.until_ms = ban->until_ms,
		.errors = ban->errors,
		.window_s = windows[ban->because],
		.neighbours = ban->because == BECAUSE_NEIGHBOURS ? policy->network_limit : 0,
		.because = ban->because,
		.networks = ban->networks,
		.refused = ban->refused,
		.only = ban->only,
		.only_service = ban->only ? judge->conf->services[ban->only - 1].name : NULL,
		.rule = rule_name(judge, ban->rule),
	};
}

size_t verdict_reasons(const struct judge *judge, const struct window_sum *sum, struct event_reason reasons[EVENT_REASONS])
{
	size_t count = 0;

	for (size_t i = 0; i < sum->reason_count && i < EVENT_REASONS; i++) {
		uint32_t errors = judge->window.long_ms ? (sum->reasons[i].errors + 1) / 2 : sum->reasons[i].errors;

		reasons[count++] = (struct event_reason){ rule_name(judge, sum->reasons[i].rule), errors };
	}
	return count;
}

void verdict_tell(struct judge *judge, const struct ban *ban, const struct window_sum *sum, bool fresh)
{
	struct event event = verdict_event(judge, ban);

	event.fresh = fresh;
	event.instead_ms = judge->instead_ms;
	if (sum)
		event.reason_count = verdict_reasons(judge, sum, event.reasons);
	judge->tell(judge->arg, &event);
}

static bool is_fresh(const struct ban *ban, int64_t now_ms)
{
	return ban->until_ms + FRESH_AFTER_MS < now_ms;
}

struct ban *verdict_ban(struct judge *judge, const struct prefix *prefix, int64_t since_ms, uint32_t seconds, uint32_t errors,
			uint16_t rule, int64_t now_ms, bool *fresh)
{
	struct ban *ban = bans_enter(&judge->bans, prefix, now_ms);
	bool elsewhere = ban->kind == VERDICT_BAN && now_ms < ban->until_ms && ban->only != judge_ports(judge, rule);
	int64_t until_ms = since_ms + (int64_t)seconds * 1000;

	if (elsewhere && ban->until_ms > until_ms)
		until_ms = ban->until_ms;
	*fresh = is_fresh(ban, now_ms);
	ban->only = elsewhere ? 0 : judge_ports(judge, rule);	/* who is out here and there is out altogether */
	judge->instead_ms = ban->until_ms;
	ban->repeat = (uint8_t)bans_repeat(&judge->bans, ban, since_ms);
	ban->kind = VERDICT_BAN;
	ban->since_ms = since_ms;
	ban->until_ms = ban->ban_end_ms = until_ms;
	ban->errors = errors;
	ban->rule = rule;
	ban->name = 0;
	ban->because = BECAUSE_WINDOW;
	ban->networks = 0;
	judge->figures.bans++;
	table_touch(&judge->bans.table, ban);
	return ban;
}

void verdict_delay(struct judge *judge, const struct error *error, const struct window_sum *sum, uint32_t errors, uint32_t seconds)
{
	struct ban *ban = bans_enter(&judge->bans, &error->prefix, error->time_ms);
	bool fresh = is_fresh(ban, error->time_ms);
	int64_t until_ms = sum->latest_ms + (int64_t)seconds * 1000;
	uint8_t only = judge_ports(judge, error->rule->id);

	if (sum->latest_ms < ban->since_ms)	/* told late: a later one ran or runs already */
		return;
	if (ban->kind == VERDICT_BAN && error->time_ms < ban->until_ms)	/* from the ports of another service */
		return;
	if (error->time_ms < ban->until_ms && ban->only != only) {	/* who waits here and there waits altogether */
		only = 0;
		if (ban->until_ms > until_ms)
			until_ms = ban->until_ms;
	}
	ban->only = only;
	judge->instead_ms = ban->until_ms;
	ban->kind = VERDICT_DELAY;
	ban->since_ms = sum->latest_ms;
	ban->until_ms = until_ms;
	ban->errors = errors;
	ban->rule = error->rule->id;
	ban->name = 0;
	ban->because = BECAUSE_WINDOW;
	judge->figures.delays++;
	table_touch(&judge->bans.table, ban);
	verdict_tell(judge, ban, sum, fresh);
}

bool verdict_may_ban(struct judge *judge, int64_t time_ms)
{
	const struct policy *policy = &judge->conf->policy;

	if (ladder_may_ban(policy, &judge->ban_minute, time_ms)) {
		ladder_note_ban(&judge->ban_minute, time_ms);
		return true;
	}
	judge->figures.withheld++;
	if (ladder_note_withheld(&judge->ban_minute))
		judge->tell(judge->arg, &(struct event){ .kind = NOTICE_WITHHELD, .time_ms = time_ms,
							 .limit = policy->max_bans_per_minute });
	return false;
}
