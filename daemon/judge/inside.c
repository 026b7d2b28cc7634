/* inside - see inside.h */
#include "judge/inside.h"

#include <errno.h>

#include "base/array.h"
#include "judge/judge_state.h"
#include "judge/verdicts.h"

/* ---- what is going on ---- */

static void look_at_bans(const struct judge *judge, const struct prefix *network, int64_t now_ms, struct inside *inside, event_fn *running,
			 void *arg)
{
	uint32_t cursor = 0;
	const struct ban *ban;

	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL) {
		struct prefix unit = table_key(&ban->slot);
		struct event event;

		if (!prefix_holds(network, &unit) || unit.len == network->len || now_ms < ban->since_ms || now_ms >= ban->until_ms ||
		    bans_never(ban->refused))
			continue;
		inside->bans += ban->kind == VERDICT_BAN;
		inside->delays += ban->kind != VERDICT_BAN;
		event = verdict_event(judge, ban);
		running(arg, &event);
	}
}

void judge_inside(const struct judge *judge, const struct prefix *network, int64_t now_ms, struct inside *inside, event_fn *running, void *arg)
{
	uint32_t cursor = 0;
	const struct table_slot *slot;

	*inside = (struct inside){ 0 };
	look_at_bans(judge, network, now_ms, inside, running, arg);
	while ((slot = table_next(&judge->window.table, &cursor)) != NULL) {
		struct prefix unit = table_key(slot);
		uint32_t errors = prefix_holds(network, &unit) ? window_slot_errors(&judge->window, slot, now_ms) : 0;

		inside->errors += errors;
		inside->erring += errors > 0;
	}
}

bool judge_over(const struct judge *judge, const struct prefix *network, int64_t now_ms, struct event *over)
{
	const struct ban *ban = bans_around(&judge->bans, network, network->len + 1U, now_ms);

	if (ban)
		*over = verdict_event(judge, ban);
	return ban;
}

/* ---- forgotten ---- */

struct units {
	const struct prefix *network;
	struct prefix *at;
	size_t count;
	bool failed;
};

static void note_unit(struct units *units, const struct prefix *unit)
{
	struct prefix *at = prefix_holds(units->network, unit) ? array_grow(units->at, units->count, sizeof(*at)) : NULL;

	units->failed |= !at && prefix_holds(units->network, unit);
	if (!at)
		return;
	units->at = at;
	units->at[units->count++] = *unit;
}

static void note_table(struct units *units, const struct table *table)
{
	uint32_t cursor = 0;
	const void *slot;

	while ((slot = table_next(table, &cursor)) != NULL) {
		struct prefix unit = table_key_of(table, slot);

		note_unit(units, &unit);
	}
}

static void note_units(struct units *units, const struct judge *judge)
{
	const struct queued *queued;
	uint32_t cursor = 0;

	note_table(units, &judge->bans.table);
	note_table(units, &judge->window.table);
	for (uint32_t i = 0; i < judge->stays.count; i++)
		note_unit(units, &judge->stays.at[i].unit);
	if (judge->conf->policy.memory) {
		note_table(units, &judge->customers.homes);
		note_table(units, &judge->correspondents.mails);
		while ((queued = table_next(&judge->correspondents.queue, &cursor)) != NULL)
			note_unit(units, &queued->unit);
	}
	if (judge->beside)
		note_units(units, judge->beside);
}

static int by_prefix(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

static size_t distinct(struct units *units)
{
	size_t count = 0;

	qsort(units->at, units->count, sizeof(*units->at), by_prefix);
	for (size_t i = 0; i < units->count; i++)
		if (i == 0 || memcmp(&units->at[i], &units->at[count - 1], sizeof(*units->at)) != 0)
			units->at[count++] = units->at[i];
	return count;
}

static void empty(struct table *table, const struct prefix *network)
{
	uint32_t cursor = 0;
	void *slot;

	while ((slot = table_next(table, &cursor)) != NULL) {
		struct prefix key = table_key_of(table, slot);

		if (prefix_holds(network, &key))
			table_remove(table, slot);
	}
}

/* What is known of neighbourhoods as such. */
static void forget_hoods(struct judge *judge, const struct prefix *network)
{
	if (judge->networks.limit)
		empty(&judge->networks.table, network);
	if (judge->conf->policy.memory) {
		empty(&judge->sums.table, network);
		empty(&judge->customers.nets, network);
	}
	if (judge->beside)
		forget_hoods(judge->beside, network);
}

int judge_forget_inside(struct judge *judge, const struct prefix *network, int64_t now_ms)
{
	struct units units = { .network = network };
	size_t count;

	note_units(&units, judge);
	if (units.failed) {
		free(units.at);
		return -ENOMEM;
	}
	count = units.count ? distinct(&units) : 0;
	for (size_t i = 0; i < count; i++)
		judge_forget(judge, &units.at[i], now_ms);
	forget_hoods(judge, network);
	free(units.at);
	return (int)count;
}
