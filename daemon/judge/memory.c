/* memory - see memory.h. Owns the list of kinds; knows neither the store nor when anything is saved.
 *
 * To remember something new: a kind in the enum, a line in the list below, three functions. A saved struct's size is
 * asserted here: whoever changes one gives its kind the next version, and keeps reading the old one. */
#include "judge/memory.h"

#include <stddef.h>

#include "judge/judge_state.h"

enum { META_SEED, META_FIGURES_1, META_BAN_MINUTE };	/* numbers of MEMORY_META; the figures' until its version 2 */

_Static_assert(sizeof(struct ban) == 56, "saved as it is");
_Static_assert(sizeof(struct customer) == 104, "saved as it is");
_Static_assert(sizeof(struct session_slot) == 24, "saved as it is");
_Static_assert(sizeof(struct breaker_service) == 128, "saved as it is");
_Static_assert(sizeof(struct ban_minute) == 16, "saved as it is");
_Static_assert(sizeof(struct table_slot) == 24, "saved as it is, at the head of the networks' rows");

/* Where rows go while they are saved. */
struct saving {
	memory_row_fn *fn;
	void *arg;
	enum memory_kind kind;
	bool full;
};

static void put(struct saving *saving, uint32_t number, const void *bytes, size_t len)
{
	saving->full = !saving->fn(saving->arg, saving->kind, number, bytes, len);
}

static void save_table(struct saving *saving, struct table *table)
{
	uint32_t number = UINT32_MAX;
	void *slot;

	while (!saving->full && table_next_dirty(table, &number, &slot))
		put(saving, number, slot, slot ? table->stride : 0);
}

/* ---- what the rows were written under ---- */

static void save_meta(struct judge *judge, struct saving *saving)
{
	put(saving, META_SEED, &judge->sessions.seed, sizeof(judge->sessions.seed));
	put(saving, META_BAN_MINUTE, &judge->ban_minute, sizeof(judge->ban_minute));
}

/* The figures of version 1, in their order; the one without a name is kept no longer. */
static bool load_figures_1(struct figures *figures, const void *bytes, size_t len)
{
	uint64_t saved[15];

	if (len != sizeof(saved))
		return false;
	memcpy(saved, bytes, len);
	*figures = (struct figures){ .lines = saved[0], .bytes = saved[1], .errors = saved[2], .addresses = saved[3],
		.observed = saved[4], .allowed = saved[5], .evidence = saved[6], .echoes = saved[8], .delays = saved[9],
		.bans = saved[10], .lost = saved[11], .successes = saved[12], .uncounted = saved[13], .withheld = saved[14] };
	return true;
}

static bool load_meta(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct judge *judge = load->judge;

	if (number == META_SEED && len == sizeof(judge->sessions.seed))
		memcpy(&judge->sessions.seed, bytes, len);
	else if (number == META_BAN_MINUTE && len == sizeof(judge->ban_minute))
		memcpy(&judge->ban_minute, bytes, len);
	else
		return version == 1 && number == META_FIGURES_1 && load_figures_1(&judge->figures, bytes, len);
	return true;
}

/* ---- numbers with a name: the name tells what it is, whatever its place is today ---- */

struct named {
	uint64_t value;
	char name[RULE_NAME_MAX];
};

static void put_named(struct saving *saving, uint32_t number, uint64_t value, const char *name)
{
	struct named row = { .value = value };
	size_t len = strnlen(name, sizeof(row.name));

	memcpy(row.name, name, len);
	put(saving, number, &row, offsetof(struct named, name) + len);
}

/* false: too short for one. *name points into bytes. */
static bool read_named(const void *bytes, size_t len, uint64_t *value, struct text *name)
{
	if (len <= offsetof(struct named, name) || len > sizeof(struct named))
		return false;
	memcpy(value, bytes, sizeof(*value));
	*name = (struct text){ (const char *)bytes + offsetof(struct named, name), len - offsetof(struct named, name) };
	return true;
}

static void save_figures(struct judge *judge, struct saving *saving)
{
	for (uint32_t i = 0; figure_names[i].name; i++)
		put_named(saving, i, figure(&judge->figures, &figure_names[i]), figure_names[i].name);
}

static bool load_figure(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct text name;
	uint64_t value;

	(void)version, (void)number;
	if (!read_named(bytes, len, &value, &name))
		return false;
	figure_set(&load->judge->figures, name, value);
	return true;
}

static void save_rules(struct judge *judge, struct saving *saving)
{
	for (size_t i = 0; i < judge->rules->count; i++) {
		if (judge->rule_saved[i] != judge->rule_errors[i])
			put_named(saving, (uint32_t)i, judge->rule_errors[i], judge->rules->at[i].name);
		judge->rule_saved[i] = judge->rule_errors[i];
	}
}

static void touch_rules(struct judge *judge)
{
	for (size_t i = 0; i < judge->rules->count; i++)
		judge->rule_saved[i] = UINT64_MAX;
}

/* Version 1: the name alone. */
static bool load_rule(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct text name = { bytes, len };
	uint64_t errors = 0;
	const struct rule *rule;

	if (number >= sizeof(load->rules) / sizeof(*load->rules) || (version > 1 && !read_named(bytes, len, &errors, &name)))
		return false;
	rule = rules_find(load->judge->rules, name);
	if (!rule)
		return true;
	load->rules[number] = rule->id;
	load->judge->rule_errors[rule->id] = errors;
	return true;
}

/* ---- counts ---- */

static void save_counts(struct judge *judge, struct saving *saving)
{
	uint32_t number = UINT32_MAX;
	struct window_saved saved;
	void *slot;

	while (!saving->full && table_next_dirty(&judge->window.table, &number, &slot))
		put(saving, number, &saved, slot ? window_save(slot, &saved) : 0);
}

static void touch_counts(struct judge *judge)
{
	table_touch_all(&judge->window.table);
}

static bool load_count(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct window_saved saved;

	(void)version, (void)number;
	if (len < offsetof(struct window_saved, events) || len > sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	if (prefix_valid(&saved.key) && ranges_touch(&load->judge->conf->allow, &saved.key))
		return true;
	return window_restore(&load->judge->window, &saved, len, load->rules);
}

/* ---- bans ---- */

static void save_bans(struct judge *judge, struct saving *saving)
{
	save_table(saving, &judge->bans.table);
}

static void touch_bans(struct judge *judge)
{
	table_touch_all(&judge->bans.table);
}

/* Times that arithmetic can be done with, and a length that a ban can have. */
static bool times_valid(const struct ban *ban)
{
	return ban->since_ms >= 0 && ban->since_ms <= TIME_MAX_MS && ban->until_ms >= ban->since_ms &&
	       ban->until_ms - ban->since_ms <= DURATION_MAX_S * INT64_C(1000) &&
	       ban->ban_end_ms >= 0 && ban->ban_end_ms <= TIME_MAX_MS + DURATION_MAX_S * INT64_C(1000);
}

static bool load_ban(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct bans *bans = &load->judge->bans;
	struct table_slot slot;
	struct prefix key;
	struct ban saved, *ban;

	(void)version, (void)number;
	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	key = table_key(&saved.slot);
	if (!prefix_valid(&key) || saved.kind > VERDICT_BAN || !times_valid(&saved))
		return false;
	if (ranges_touch(&load->judge->conf->allow, &key))
		return true;
	ban = bans_enter(bans, &key, load->now_ms);
	slot = ban->slot;
	*ban = saved;
	ban->slot = slot;
	if (ban->rule < BAN_NETWORK)
		ban->rule = load->rules[ban->rule & RULE_FORMER];
	return true;
}

/* ---- sessions ---- */

static void save_sessions(struct judge *judge, struct saving *saving)
{
	struct session_cache *cache = &judge->sessions;

	for (uint32_t i = 0; i < SESSION_SLOTS && !saving->full; i++) {
		const struct session_slot *slot = &cache->slots[i];

		if (cache->dirty[i / 64] >> i % 64 & 1)
			put(saving, i, slot, slot->who ? sizeof(*slot) : 0);
		cache->dirty[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

static void touch_sessions(struct judge *judge)
{
	memset(judge->sessions.dirty, 0xff, sizeof(judge->sessions.dirty));
}

static bool load_session(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct session_slot saved;

	(void)version;
	if (number >= SESSION_SLOTS || len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	session_restore(&load->judge->sessions, number, &saved);
	return true;
}

/* ---- networks; none are kept while they are not banned ---- */

static void save_networks(struct judge *judge, struct saving *saving)
{
	if (judge->networks.limit)
		save_table(saving, &judge->networks.table);
}

static void touch_networks(struct judge *judge)
{
	if (judge->networks.limit)
		table_touch_all(&judge->networks.table);
}

static bool load_network(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	(void)version, (void)number;
	return !load->judge->networks.limit || networks_restore(&load->judge->networks, bytes, len, load->now_ms);
}

/* ---- what the breaker knows ---- */

static void save_customers(struct judge *judge, struct saving *saving)
{
	save_table(saving, &judge->breaker.customers);
}

static void touch_customers(struct judge *judge)
{
	table_touch_all(&judge->breaker.customers);
}

static bool load_customer(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	(void)version, (void)number;
	return breaker_restore_customer(&load->judge->breaker, bytes, len);
}

static void save_logins(struct judge *judge, struct saving *saving)
{
	struct breaker *breaker = &judge->breaker;

	for (uint32_t i = 0; i < breaker->service_count; i++) {
		if (breaker->services[i].changed)
			put(saving, i, &breaker->services[i], sizeof(breaker->services[i]));
		breaker->services[i].changed = false;
	}
}

static void touch_logins(struct judge *judge)
{
	for (size_t i = 0; i < judge->breaker.service_count; i++)
		judge->breaker.services[i].changed = true;
}

static bool load_logins(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	(void)version, (void)number;
	return breaker_restore_service(&load->judge->breaker, bytes, len);
}

/* ---- the list ---- */

static const struct {
	const char *name;
	uint32_t version;	/* what load is given is never newer */
	bool last;		/* changes with every hit: handed over by memory_finish() */
	void (*save)(struct judge *judge, struct saving *saving);	/* until it is full */
	void (*touch)(struct judge *judge);	/* NULL: save hands over all of it anyway */
	bool (*load)(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len);
} kinds[MEMORY_KINDS] = {
	[MEMORY_META] = { "meta", 2, true, save_meta, NULL, load_meta },
	[MEMORY_FIGURE] = { "figure", 1, true, save_figures, NULL, load_figure },
	[MEMORY_RULE] = { "rule", 2, true, save_rules, touch_rules, load_rule },
	[MEMORY_COUNT] = { "count", 1, false, save_counts, touch_counts, load_count },
	[MEMORY_BAN] = { "ban", 1, false, save_bans, touch_bans, load_ban },
	[MEMORY_SESSION] = { "session", 1, false, save_sessions, touch_sessions, load_session },
	[MEMORY_NETWORK] = { "network", 1, false, save_networks, touch_networks, load_network },
	[MEMORY_CUSTOMER] = { "customer", 1, false, save_customers, touch_customers, load_customer },
	[MEMORY_LOGINS] = { "logins", 1, true, save_logins, touch_logins, load_logins },
};

const char *memory_name(enum memory_kind kind)
{
	return kinds[kind].name;
}

uint32_t memory_version(enum memory_kind kind)
{
	return kinds[kind].version;
}

bool memory_save(struct judge *judge, memory_row_fn *fn, void *arg)
{
	struct saving saving = { fn, arg, 0, false };

	for (; saving.kind < MEMORY_KINDS && !saving.full; saving.kind++)
		if (!kinds[saving.kind].last)
			kinds[saving.kind].save(judge, &saving);
	return !saving.full;
}

void memory_finish(struct judge *judge, memory_row_fn *fn, void *arg)
{
	struct saving saving = { fn, arg, 0, false };

	for (; saving.kind < MEMORY_KINDS; saving.kind++)
		if (kinds[saving.kind].last)
			kinds[saving.kind].save(judge, &saving);
}

void memory_touch(struct judge *judge)
{
	for (size_t i = 0; i < MEMORY_KINDS; i++)
		if (kinds[i].touch)
			kinds[i].touch(judge);
}

void memory_load_begin(struct memory_load *load, struct judge *judge, int64_t now_ms)
{
	*load = (struct memory_load){ .judge = judge, .now_ms = now_ms };
	for (size_t i = 0; i < sizeof(load->rules) / sizeof(*load->rules); i++)
		load->rules[i] = RULE_FORMER;
}

void memory_load_row(struct memory_load *load, enum memory_kind kind, uint32_t version, uint32_t number, const void *bytes,
		     size_t len)
{
	if (version > kinds[kind].version || !kinds[kind].load(load, version, number, bytes, len))
		load->unreadable++;
}

static bool carry(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	if (len)
		memory_load_row(arg, kind, kinds[kind].version, number, bytes, len);
	return true;
}

void memory_carry(struct judge *to, struct judge *from, int64_t now_ms)
{
	struct memory_load load;
	struct saving saving = { carry, &load, 0, false };

	memory_load_begin(&load, to, now_ms);
	memory_touch(from);
	for (; saving.kind < MEMORY_KINDS; saving.kind++)
		kinds[saving.kind].save(from, &saving);
}
