/* survey - see survey.h. Keeps the most of what it meets in small sorted lists; never allocates, never logs. */
#include "judge/survey.h"

#include "judge/judge_state.h"
#include "judge/verdicts.h"

void survey_begin(struct survey *survey)
{
	memset(survey, 0, sizeof(*survey));
}

/* Into a list that is sorted by errors, the most first, where there is room for it. */
static void put_row(struct survey_row *rows, size_t *count, const struct survey_row *row)
{
	size_t at = *count;

	if (at == SURVEY_TOP && rows[at - 1].errors >= row->errors)
		return;
	if (at < SURVEY_TOP)
		(*count)++;
	else
		at--;
	for (; at > 0 && rows[at - 1].errors < row->errors; at--)
		rows[at] = rows[at - 1];
	rows[at] = *row;
}

static void put_drop(struct survey *survey, const struct ban *ban)
{
	size_t at = survey->recent_count;

	if (at == SURVEY_RECENT && survey->recent[at - 1].since_ms >= ban->since_ms)
		return;
	if (at < SURVEY_RECENT)
		survey->recent_count++;
	else
		at--;
	for (; at > 0 && survey->recent[at - 1].since_ms < ban->since_ms; at--)
		survey->recent[at] = survey->recent[at - 1];
	survey->recent[at] = (struct survey_drop){ table_key(&ban->slot), ban->since_ms, ban->until_ms, ban->errors, ban->rule,
						   ban->kind, ban->because };
}

static void see_ban(struct survey *survey, const struct judge *judge, const struct ban *ban, int64_t now_ms)
{
	unsigned len = addr_is_v4(&ban->slot.key) ? 128 : judge->conf->policy.ipv6_prefix;

	if (ban->until_ms == 0)
		return;
	put_drop(survey, ban);
	if (now_ms >= ban->until_ms)
		return;
	survey->bans += ban->kind == VERDICT_BAN;
	survey->delays += ban->kind == VERDICT_DELAY;
	if (ban->kind == VERDICT_BAN && addr_is_private(&ban->slot.key))
		survey->private = table_key(&ban->slot);
	survey->network_bans += ban->kind == VERDICT_BAN && ban->slot.len < len;
}

static void see_beside(struct survey *survey, const struct ban *ban, int64_t now_ms)
{
	survey->beside_bans += now_ms < ban->until_ms && ban->kind == VERDICT_BAN;
	survey->beside_delays += now_ms < ban->until_ms && ban->kind == VERDICT_DELAY;
}

/* The heavy ones of a set stay: who has no place takes from the lightest, until that one is gone. */
static void see_network(struct survey *survey, const struct prefix *network, uint32_t errors)
{
	struct survey_row *set = survey->sets[addr_hash(&network->addr, network->len) % SURVEY_SETS], *least = set;

	for (unsigned i = 0; i < SURVEY_WAYS; i++) {
		if (set[i].prefix.len == network->len && addr_cmp(&set[i].prefix.addr, &network->addr) == 0) {
			set[i].errors += errors;
			return;
		}
		least = set[i].errors < least->errors ? &set[i] : least;
	}
	if (least->errors >= errors)
		least->errors -= errors;
	else
		*least = (struct survey_row){ *network, errors - least->errors };
}

static void see_address(struct survey *survey, const struct judge *judge, const struct table_slot *slot, int64_t now_ms)
{
	struct survey_row row = { table_key(slot), window_slot_errors(&judge->window, slot, now_ms) };
	struct prefix network;

	if (row.errors == 0)
		return;
	survey->erring++;
	put_row(survey->addresses, &survey->address_count, &row);
	if (networks_of(&row.prefix, &network))
		see_network(survey, &network, row.errors);
}

static void see_name(struct survey *survey, const struct judge *judge, const struct table_slot *slot, int64_t now_ms)
{
	const struct policy *policy = &judge->conf->policy;
	uint64_t name;
	unsigned tries;

	memcpy(&name, slot->key.bytes, sizeof(name));
	tries = names_tries(&judge->names, name, now_ms);
	if (names_known(&judge->names, name) != NAMES_UNKNOWN)
		survey->campaigns += tries >= policy->campaign_networks;
	else
		survey->burnt += tries >= policy->burn_networks;
}

static void sort_networks(struct survey *survey)
{
	for (unsigned set = 0; set < SURVEY_SETS; set++)
		for (unsigned i = 0; i < SURVEY_WAYS; i++)
			if (survey->sets[set][i].errors)
				put_row(survey->networks, &survey->network_count, &survey->sets[set][i]);
}

static const struct table *table_of(const struct survey *survey, const struct judge *judge)
{
	if (survey->stage == SURVEY_BANS || survey->stage == SURVEY_BESIDE)
		return survey->stage == SURVEY_BANS ? &judge->bans.table : judge->beside ? &judge->beside->bans.table : NULL;
	return survey->stage == SURVEY_ADDRESSES ? &judge->window.table : &judge->names.tried;
}

bool survey_step(struct survey *survey, const struct judge *judge, int64_t now_ms, uint32_t slots)
{
	while (survey->stage != SURVEY_DONE && slots > 0) {
		const struct table *table = table_of(survey, judge);

		if (!table || !table->slots || survey->at >= table->high_water) {	/* without memory there is no table of names */
			survey->stage++;
			survey->at = 0;
			continue;
		}
		const void *slot = table_at(table, survey->at++);
		slots--;
		if (slot && survey->stage == SURVEY_BANS)
			see_ban(survey, judge, slot, now_ms);
		else if (slot && survey->stage == SURVEY_BESIDE)
			see_beside(survey, slot, now_ms);
		else if (slot && survey->stage == SURVEY_ADDRESSES)
			see_address(survey, judge, slot, now_ms);
		else if (slot)
			see_name(survey, judge, slot, now_ms);
	}
	if (survey->stage == SURVEY_DONE && survey->network_count == 0)
		sort_networks(survey);
	return survey->stage == SURVEY_DONE;
}

struct event survey_event(const struct judge *judge, const struct survey_drop *drop)
{
	struct ban ban = { .slot = { .key = drop->prefix.addr, .len = drop->prefix.len }, .since_ms = drop->since_ms,
			   .until_ms = drop->until_ms, .errors = drop->errors, .rule = drop->rule, .kind = drop->kind,
			   .because = drop->because };

	return verdict_event(judge, &ban);
}
