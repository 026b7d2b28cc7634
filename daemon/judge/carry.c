/* carry - what an engine remembers, taken over into another. Used by reload.c, and by checkpoint.c for what was saved. */
#include "judge/carry.h"

void rule_map_init(struct rule_map *map)
{
	for (size_t i = 0; i < sizeof(map->to) / sizeof(*map->to); i++)
		map->to[i] = RULE_FORMER;
}

void rule_map_add(struct rule_map *map, uint32_t id, struct text name, const struct rules *rules)
{
	for (size_t i = 0; id < sizeof(map->to) / sizeof(*map->to) && i < rules->count; i++)
		if (text_equal(name, (struct text){ rules->at[i].name, strlen(rules->at[i].name) }))
			map->to[id] = rules->at[i].id;
}

/* Times that arithmetic can be done with, and a length that a ban can have. */
static bool times_valid(const struct ban *ban)
{
	return ban->since_ms >= 0 && ban->since_ms <= TIME_MAX_MS && ban->until_ms >= ban->since_ms &&
	       ban->until_ms - ban->since_ms <= DURATION_MAX_S * INT64_C(1000) &&
	       ban->ban_end_ms >= 0 && ban->ban_end_ms <= TIME_MAX_MS + DURATION_MAX_S * INT64_C(1000);
}

bool carry_ban(struct judge *to, const struct ban *saved, const struct rule_map *map)
{
	struct prefix key = table_key(&saved->slot);
	struct table_slot slot;
	struct ban *ban;

	if (!prefix_valid(&key) || saved->kind > VERDICT_BAN || !times_valid(saved))
		return false;
	if (ranges_touch(&to->conf->allow, &key))
		return true;
	ban = bans_enter(&to->bans, &key, to->now_ms());
	slot = ban->slot;
	*ban = *saved;
	ban->slot = slot;
	if (ban->rule < BAN_NETWORK)
		ban->rule = map->to[ban->rule & RULE_FORMER];
	return true;
}

static void carry_counts(struct judge *to, const struct judge *from, const struct rule_map *map)
{
	uint32_t cursor = 0;
	const void *slot;

	while ((slot = table_next(&from->window.table, &cursor)) != NULL) {
		struct window_saved saved;
		size_t len = window_save(slot, &saved);

		if (!ranges_touch(&to->conf->allow, &saved.key))
			window_restore(&to->window, &saved, len, map->to);
	}
}

static void carry_networks(struct judge *to, const struct judge *from)
{
	uint32_t cursor = 0;
	const void *slot;

	while (to->networks.limit && (slot = table_next(&from->networks.table, &cursor)) != NULL)
		networks_restore(&to->networks, slot, networks_bytes(&from->networks), from->now_ms());
}

void carry_over(struct judge *to, const struct judge *from)
{
	struct rule_map map;
	uint32_t cursor = 0;
	const struct ban *ban;

	rule_map_init(&map);
	for (size_t i = 0; i < from->rules->count; i++) {
		const char *name = from->rules->at[i].name;

		rule_map_add(&map, (uint32_t)i, (struct text){ name, strlen(name) }, to->rules);
		if (map.to[i] != RULE_FORMER)
			to->rule_errors[map.to[i]] = from->rule_errors[i];
	}
	carry_counts(to, from, &map);
	while ((ban = table_next(&from->bans.table, &cursor)) != NULL)
		carry_ban(to, ban, &map);
	carry_networks(to, from);
	to->sessions = from->sessions;
	breaker_carry(&to->breaker, &from->breaker);
	to->ban_minute = from->ban_minute;
	to->stats = from->stats;
	to->notice = from->notice;
	to->now_ms = from->now_ms;
}
