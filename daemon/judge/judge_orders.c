/* judge_orders - what is done to bans from outside: the operator's orders, and what became of them in the kernel
 *
 * Counts nothing and decides nothing: that is judge.c's. */
#include "judge/judge.h"

#include <errno.h>

#include "judge/judge_state.h"
#include "judge/verdicts.h"

int judge_ban(struct judge *judge, const struct prefix *prefix, uint32_t seconds, int64_t now_ms)
{
	const struct ban *before = table_find(&judge->bans.table, prefix);
	uint32_t repeat = before ? before->repeat : 0;	/* the operator's own is no offence */
	struct ban *ban;
	bool fresh;

	if (ranges_cover(&judge->conf->allow, prefix))
		return -EPERM;
	if (judge->beside)
		judge_ban(judge->beside, prefix, seconds, now_ms);
	judge_hear_time(judge, now_ms);
	ban = verdict_ban(judge, prefix, now_ms, seconds, 0, BAN_MANUAL, now_ms, &fresh);
	ban->repeat = (uint8_t)repeat;
	verdict_tell(judge, ban, NULL, false);
	return 0;
}

bool judge_adopt(struct judge *judge, const struct event *event)
{
	const struct rule *rule = rules_find(judge->rules, text_of(event->rule));
	struct ban *ban;

	if (event_ended_by(event, &judge->conf->allow) || bans_running(&judge->bans, &event->prefix, event->time_ms))
		return false;
	ban = bans_enter(&judge->bans, &event->prefix, event->time_ms);
	ban->kind = (uint8_t)event->kind;
	ban->since_ms = event->time_ms;
	ban->until_ms = event->until_ms;
	ban->errors = event->errors;
	ban->rule = rule ? rule->id : verdict_rule(event->rule);
	ban->only = judge_ports(judge, ban->rule);
	if (event->kind == VERDICT_BAN) {
		ban->ban_end_ms = event->until_ms;
		ban->repeat = ban->repeat ? ban->repeat : ban->rule != BAN_MANUAL;
	}
	table_touch(&judge->bans.table, ban);
	return true;
}

int judge_release(struct judge *judge, const struct prefix *prefix, int64_t now_ms)
{
	struct event event = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = now_ms, .rule = "manual" };

	if (judge->beside)
		judge_release(judge->beside, prefix, now_ms);
	window_forget(&judge->window, prefix);
	if (!bans_release(&judge->bans, prefix, now_ms))
		return -ENOENT;
	judge->tell(judge->arg, &event);
	return 0;
}

size_t judge_release_around(struct judge *judge, const struct prefix *prefix, int64_t now_ms, struct prefix released[JUDGE_AROUND_MAX])
{
	const unsigned widest = addr_is_v4(&prefix->addr) ? 96 : 0;
	size_t count = 0;

	for (unsigned len = prefix->len; len > widest; len--) {
		struct prefix around = { addr_mask(&prefix->addr, len), (uint8_t)len };

		if (judge_release(judge, &around, now_ms) == 0)
			released[count++] = around;
	}
	return count;
}

void judge_allow_changed(struct judge *judge)
{
	judge->beside_conf.allow = judge->conf->allow;
}

void judge_note(struct judge *judge, const struct prefix *prefix, int error)
{
	bans_note(&judge->bans, prefix, error);
}

size_t judge_retry(struct judge *judge, int64_t now_ms, uint32_t *cursor, size_t max, event_fn *fn, void *arg)
{
	const struct ban *ban;
	size_t count = 0;

	while (count < max && (ban = bans_next_refused(&judge->bans, cursor, now_ms)) != NULL) {
		struct event event = verdict_event(judge, ban);

		fn(arg, &event);
		count++;
	}
	if (count < max)
		*cursor = 0;
	return count;
}

int judge_refused(const struct judge *judge, const struct prefix *prefix, int64_t now_ms)
{
	const struct ban *ban = bans_running(&judge->bans, prefix, now_ms);

	return ban ? ban->refused : -1;
}

void judge_take_back(struct judge *judge, const struct prefix *prefix, int64_t now_ms)
{
	bans_release(&judge->bans, prefix, now_ms);
}

bool judge_active_next(const struct judge *judge, uint32_t *cursor, uint32_t slots, int64_t now_ms, event_fn *fn,
		       void *arg)
{
	const struct table *table = &judge->bans.table;

	for (; slots > 0 && *cursor < table->high_water; slots--) {
		const struct ban *ban = table_at(table, (*cursor)++);

		if (ban && now_ms < ban->until_ms && !bans_never(ban->refused)) {
			struct event event = verdict_event(judge, ban);

			fn(arg, &event);
		}
	}
	return *cursor < table->high_water;
}

void judge_active(const struct judge *judge, int64_t now_ms, event_fn *fn, void *arg)
{
	uint32_t cursor = 0;

	judge_active_next(judge, &cursor, UINT32_MAX, now_ms, fn, arg);
}
