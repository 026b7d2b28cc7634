/* memory - see memory.h. Owns the list of kinds; knows neither the store nor when anything is saved.
 *
 * To remember something new: a kind in the enum, a line in the list below, three functions. A saved struct's size is
 * asserted here: whoever changes one gives its kind the next version, and keeps reading the old one. */
#include "judge/memory.h"

#include <assert.h>
#include <stddef.h>

#include "base/array.h"
#include "judge/judge_state.h"

enum { META_SEED, META_FIGURES_1, META_BAN_MINUTE, META_NAME_KEY, META_TOLD_SEED, META_LATEST };	/* numbers of MEMORY_META; the figures' until its version 2 */

const uint32_t memory_name_key_row = META_NAME_KEY;

#define MINUTE_MS INT64_C(60000)
#define BAN_BYTES_1 56	/* of a ban until version 2 */

_Static_assert(sizeof(struct ban) == 72 && offsetof(struct ban, because) == BAN_BYTES_1, "saved as it is");
_Static_assert(sizeof(struct window_saved_last) == 24, "saved as it is");
_Static_assert(sizeof(struct account) == 112 && sizeof(struct home) == 112 && sizeof(struct customer_net) == 24 &&
	       sizeof(struct name) == 24 && sizeof(struct tried_name) == 48 && sizeof(struct name_domain) == 24 &&
	       sizeof(struct correspondent) == 32 && sizeof(struct queued) == 48 && sizeof(struct sum) == 56 &&
	       sizeof(struct stay) == 48, "saved as they are");
_Static_assert(sizeof(struct customer) == 104, "saved as it is");
_Static_assert(sizeof(struct session_slot) == 24, "saved as it is");
_Static_assert(sizeof(struct breaker_service) == 128, "saved as it is");
_Static_assert(sizeof(struct attempt_told) == 48, "saved as it is");
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
	put(saving, META_TOLD_SEED, &judge->told.seed, sizeof(judge->told.seed));
	put(saving, META_NAME_KEY, &judge->name_key, sizeof(judge->name_key));
	put(saving, META_LATEST, &judge->latest_ms, sizeof(judge->latest_ms));
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
	int64_t latest_ms;

	if (number == META_LATEST && len == sizeof(latest_ms)) {
		memcpy(&latest_ms, bytes, len);
		if (!time_valid(latest_ms))
			return false;
		judge->latest_ms = latest_ms;
	} else if (number == META_SEED && len == sizeof(judge->sessions.seed))
		memcpy(&judge->sessions.seed, bytes, len);
	else if (number == META_BAN_MINUTE && len == sizeof(judge->ban_minute))
		memcpy(&judge->ban_minute, bytes, len);
	else if (number == META_TOLD_SEED && len == sizeof(judge->told.seed))
		memcpy(&judge->told.seed, bytes, len);
	else if (number == META_NAME_KEY && len == sizeof(judge->name_key))
		memcpy(&judge->name_key, bytes, len);
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

static void touch_rules(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	for (size_t i = 0; i < judge->rules->count; i++)
		judge->rule_saved[i] = UINT64_MAX;
}

/* Version 1: the name alone. */
static bool load_rule(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct text name = { bytes, len };
	uint64_t errors = 0;
	const struct rule *rule;

	if (number >= COUNT(load->rules) || (version > 1 && !read_named(bytes, len, &errors, &name)))
		return false;
	rule = rules_find(load->judge->rules, name);
	if (!rule)
		return true;
	load->rules[number] = rule->id;
	load->judge->rule_errors[rule->id] = errors;
	return true;
}

/* To the minute: it is to tell a silence of days. */
static void save_met(struct judge *judge, struct saving *saving)
{
	for (size_t i = 0; i < judge->rules->count; i++) {
		if (judge->rule_last_ms[i] / MINUTE_MS == judge->rule_met_saved[i])
			continue;
		put_named(saving, (uint32_t)i, (uint64_t)judge->rule_last_ms[i], judge->rules->at[i].name);
		judge->rule_met_saved[i] = judge->rule_last_ms[i] / MINUTE_MS;
	}
}

static void touch_met(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	memset(judge->rule_met_saved, 0, judge->rules->count * sizeof(*judge->rule_met_saved));
}

static bool load_met(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	const struct rule *rule;
	struct text name;
	uint64_t last_ms;

	(void)version, (void)number;
	if (!read_named(bytes, len, &last_ms, &name) || last_ms > TIME_MAX_MS)
		return false;
	rule = rules_find(load->judge->rules, name);
	if (rule && (int64_t)last_ms > load->judge->rule_last_ms[rule->id])
		load->judge->rule_last_ms[rule->id] = (int64_t)last_ms;
	return true;
}

/* ---- counts ---- */

static void save_counts(struct judge *judge, struct saving *saving)
{
	uint32_t number = UINT32_MAX;
	struct window_saved saved;
	void *slot;

	while (!saving->full && table_next_dirty(&judge->window.table, &number, &slot))
		put(saving, number, &saved, slot ? window_save(&judge->window, slot, &saved) : 0);
}

static void touch_counts(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	table_touch_all(&judge->window.table);
}

static bool load_count(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct window_saved saved;

	const size_t head = offsetof(struct window_saved, last);

	(void)number;
	if (version == 1 && len >= head && len <= sizeof(saved) - sizeof(saved.last)) {	/* without what it did last */
		memcpy(&saved, bytes, head);
		saved.last = (struct window_saved_last){ .time_ms = 0 };
		memcpy(saved.events, (const char *)bytes + head, len - head);
		len += sizeof(saved.last);
	} else if (len >= offsetof(struct window_saved, events) && len <= sizeof(saved)) {
		memcpy(&saved, bytes, len);
	} else {
		return false;
	}
	if (prefix_valid(&saved.key) && (ranges_touch(&load->judge->conf->allow, &saved.key) ||
					 (load->late && table_find(&load->judge->window.table, &saved.key))))
		return true;
	return window_restore(&load->judge->window, &saved, len, load->rules);
}

/* ---- bans ---- */

static void save_bans(struct judge *judge, struct saving *saving)
{
	save_table(saving, &judge->bans.table);
}

static void touch_bans(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	table_touch_all(&judge->bans.table);
}

/* Times that arithmetic can be done with, and a length that a ban can have. */
static bool times_valid(const struct ban *ban)
{
	return ban->since_ms >= 0 && ban->since_ms <= TIME_MAX_MS && ban->until_ms >= ban->since_ms &&
	       ban->until_ms - ban->since_ms <= DURATION_MAX_S * INT64_C(1000) &&
	       ban->ban_end_ms >= 0 && ban->ban_end_ms <= TIME_MAX_MS + DURATION_MAX_S * INT64_C(1000);
}

/* Whatever was running then is known from the kernel by now, or was released: it comes back as history. */
static bool load_late_ban(struct bans *bans, const struct prefix *key, struct ban *saved, int64_t now_ms)
{
	struct ban *ban = table_find(&bans->table, key);

	if (ban && ban->repeat < saved->repeat)
		ban->repeat = saved->repeat;
	if (now_ms < saved->until_ms)
		saved->until_ms = saved->ban_end_ms = now_ms;
	if (saved->since_ms > now_ms)
		saved->since_ms = now_ms;
	return ban != NULL;
}

static bool load_ban(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct bans *bans = &load->judge->bans;
	struct table_slot slot;
	struct prefix key;
	struct ban saved, *ban;

	(void)number;
	if (len != (version == 1 ? BAN_BYTES_1 : sizeof(saved)))
		return false;
	saved = (struct ban){ .name = 0 };
	memcpy(&saved, bytes, len);
	if (version == 1 && saved.rule == BAN_NETWORK)
		saved.because = BECAUSE_NEIGHBOURS;
	key = table_key(&saved.slot);
	if (!prefix_valid(&key) || saved.kind > VERDICT_BAN || saved.because >= BECAUSE_KINDS || !times_valid(&saved))
		return false;
	if ((saved.rule == BAN_MANUAL ? ranges_cover : ranges_touch)(&load->judge->conf->allow, &key))
		return true;	/* see event_ended_by() */
	if (load->late && load_late_ban(bans, &key, &saved, load->now_ms))
		return true;
	ban = bans_enter(bans, &key, load->now_ms);
	slot = ban->slot;
	*ban = saved;
	ban->slot = slot;
	ban->refused = 0;	/* it will be asked for again */
	if (ban->rule < BAN_NETWORK)
		ban->rule = load->rules[ban->rule & RULE_FORMER];
	ban->only = ban->only ? judge_ports(load->judge, ban->rule) : 0;	/* the services may be others */
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

static void touch_sessions(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
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

static void save_told(struct judge *judge, struct saving *saving)
{
	struct told *told = &judge->told;

	for (uint32_t i = 0; i < TOLD_SLOTS && !saving->full; i++) {
		const struct attempt_told *slot = &told->slots[i];

		if (told->dirty[i / 64] >> i % 64 & 1)
			put(saving, i, slot, slot->who ? sizeof(*slot) : 0);
		told->dirty[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

static void touch_told(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	memset(judge->told.dirty, 0xff, sizeof(judge->told.dirty));
}

static bool load_told(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct attempt_told saved;

	(void)version;
	if (number >= TOLD_SLOTS || len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	if (!time_valid(saved.time_ms))
		return false;
	saved.rule = load->rules[saved.rule & RULE_FORMER];
	told_restore(&load->judge->told, number, &saved);
	return true;
}

/* ---- networks; none are kept while they are not banned ---- */

static void save_networks(struct judge *judge, struct saving *saving)
{
	if (judge->networks.limit)
		save_table(saving, &judge->networks.table);
}

static void touch_networks(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
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

static void touch_customers(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
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

static void touch_logins(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	for (size_t i = 0; i < judge->breaker.service_count; i++)
		judge->breaker.services[i].changed = true;
}

static bool load_logins(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	(void)version, (void)number;
	return breaker_restore_service(&load->judge->breaker, bytes, len);
}

/* ---- tables of judge = memory, slot by slot ---- */

static bool any(const void *slot)
{
	(void)slot;
	return true;
}

static bool is_name(const void *slot)
{
	return ((const struct name *)slot)->how <= NAMES_LOGIN;
}

static bool is_queued(const void *slot)
{
	const struct queued *queued = slot;

	return prefix_valid(&queued->unit) && time_valid(queued->time_ms);
}

static const struct plain {
	size_t table, owner;		/* where they are in struct judge */
	size_t bytes;			/* of a slot */
	table_worth_fn *worth;
	bool (*valid)(const void *slot);
} plains[MEMORY_KINDS] = {
#define PLAIN(owner, table, type, worth, valid) \
	{ offsetof(struct judge, owner.table), offsetof(struct judge, owner), sizeof(struct type), worth, valid }
	[MEMORY_ACCOUNT] = PLAIN(customers, accounts, account, account_worth, any),
	[MEMORY_HOME] = PLAIN(customers, homes, home, home_worth, any),
	[MEMORY_CUSTOMER_NET] = PLAIN(customers, nets, customer_net, customer_net_worth, any),
	[MEMORY_NAME] = PLAIN(names, known, name, name_worth, is_name),
	[MEMORY_TRIED] = PLAIN(names, tried, tried_name, tried_name_worth, any),
	[MEMORY_DOMAIN] = PLAIN(names, domains, name_domain, name_domain_worth, any),
	[MEMORY_CORRESPONDENT] = PLAIN(correspondents, mails, correspondent, correspondent_worth, any),
	[MEMORY_QUEUED] = PLAIN(correspondents, queue, queued, queued_worth, is_queued),
	[MEMORY_SUM] = PLAIN(sums, table, sum, sum_worth, any),
#undef PLAIN
};

static struct table *table_of(struct judge *judge, enum memory_kind kind)
{
	return (struct table *)(void *)((char *)judge + plains[kind].table);
}

static void save_plain(struct judge *judge, struct saving *saving)
{
	struct table *table = table_of(judge, saving->kind);

	if (table->capacity)
		save_table(saving, table);
}

static void touch_plain(struct judge *judge, enum memory_kind kind)
{
	struct table *table = table_of(judge, kind);

	if (table->capacity)
		table_touch_all(table);
}

static bool load_plain(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	const struct plain *plain = &plains[load->kind];
	struct table *table = table_of(load->judge, load->kind);
	union { char bytes[256]; uint64_t align; } saved;
	struct prefix key;
	char *slot;

	(void)version, (void)number;
	if (len != plain->bytes || len > sizeof(saved))
		return false;
	if (!table->capacity)	/* not remembered under this judge */
		return true;
	memcpy(&saved, bytes, len);
	key = table_key_of(table, &saved);
	if (!prefix_valid(&key) || !plain->valid(&saved))
		return false;
	slot = table_enter(table, &key, 64, plain->worth, (char *)load->judge + plain->owner);
	memcpy(slot + table->key_bytes + 1, saved.bytes + table->key_bytes + 1, 3);	/* what is the caller's own */
	memcpy(slot + table_head_bytes(table), saved.bytes + table_head_bytes(table), len - table_head_bytes(table));
	return true;
}

/* Few, and none of them for long: all, or none if nothing has changed. */
static void save_stays(struct judge *judge, struct saving *saving)
{
	for (uint32_t i = 0; i < STAYS_MAX && judge->stays.changed; i++)
		if (i < judge->stays.count || i < judge->stays.saved)
			put(saving, i, &judge->stays.at[i], i < judge->stays.count ? sizeof(struct stay) : 0);
	judge->stays.saved = judge->stays.count;
	judge->stays.changed = false;
}

static void touch_stays(struct judge *judge, enum memory_kind kind)
{
	(void)kind;
	judge->stays.changed = true;
}

static bool load_stay(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct stay saved;

	(void)version, (void)number;
	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	if (!prefix_valid(&saved.unit) || !time_valid(saved.due_ms) || !time_valid(saved.time_ms))
		return false;
	saved.rule = load->rules[saved.rule & RULE_FORMER];
	stays_add(&load->judge->stays, &saved);
	return true;
}

/* ---- the list ---- */

static const struct {
	const char *name;
	uint32_t version;	/* what load is given is never newer */
	bool last;		/* changes with every hit: handed over by memory_finish() */
	void (*save)(struct judge *judge, struct saving *saving);	/* until it is full */
	void (*touch)(struct judge *judge, enum memory_kind kind);	/* NULL: save hands over all of it anyway */
	bool (*load)(struct memory_load *load, uint32_t version, uint32_t number, const void *bytes, size_t len);
} kinds[MEMORY_KINDS] = {
	[MEMORY_META] = { "meta", 2, true, save_meta, NULL, load_meta },
	[MEMORY_FIGURE] = { "figure", 1, true, save_figures, NULL, load_figure },
	[MEMORY_RULE] = { "rule", 2, true, save_rules, touch_rules, load_rule },
	[MEMORY_MET] = { "met", 1, true, save_met, touch_met, load_met },
	[MEMORY_COUNT] = { "count", 2, false, save_counts, touch_counts, load_count },
	[MEMORY_BAN] = { "ban", 2, false, save_bans, touch_bans, load_ban },
	[MEMORY_SESSION] = { "session", 1, false, save_sessions, touch_sessions, load_session },
	[MEMORY_TOLD] = { "told", 1, false, save_told, touch_told, load_told },
	[MEMORY_NETWORK] = { "network", 1, false, save_networks, touch_networks, load_network },
	[MEMORY_CUSTOMER] = { "customer", 1, false, save_customers, touch_customers, load_customer },
	[MEMORY_LOGINS] = { "logins", 1, true, save_logins, touch_logins, load_logins },
	[MEMORY_ACCOUNT] = { "account", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_HOME] = { "home", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_CUSTOMER_NET] = { "customer_net", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_NAME] = { "name", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_TRIED] = { "tried", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_DOMAIN] = { "domain", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_CORRESPONDENT] = { "correspondent", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_QUEUED] = { "queued", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_SUM] = { "sum", 1, false, save_plain, touch_plain, load_plain },
	[MEMORY_STAY] = { "stay", 1, true, save_stays, touch_stays, load_stay },
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
			kinds[i].touch(judge, (enum memory_kind)i);
}

/* ---- the clock was set ---- */

static uint32_t shift_unit(uint32_t count, int64_t step_ms, int64_t unit_ms)
{
	int64_t shifted = count + step_ms / unit_ms;

	return count == 0 || shifted < 1 ? count : (uint32_t)shifted;
}

#define HOUR_MS INT64_C(3600000)
#define EACH(slot, table) for (uint32_t cursor = 0; ((slot) = table_next((table), &cursor)) != NULL;)

static void shift_bans(struct bans *bans, int64_t step_ms)
{
	struct ban *ban;

	EACH(ban, &bans->table) {
		ban->since_ms = time_shift(ban->since_ms, step_ms);
		ban->until_ms = time_shift(ban->until_ms, step_ms);
		ban->ban_end_ms = time_shift(ban->ban_end_ms, step_ms);
	}
}

static void shift_breaker(struct breaker *breaker, int64_t step_ms)
{
	struct customer *customer;

	EACH(customer, &breaker->customers) {
		customer->since_ms = time_shift(customer->since_ms, step_ms);
		customer->login_ms = time_shift(customer->login_ms, step_ms);
	}
	for (size_t i = 0; i < breaker->service_count; i++) {
		struct breaker_service *service = &breaker->services[i];

		service->open_ms = time_shift(service->open_ms, step_ms);
		service->last_ms = time_shift(service->last_ms, step_ms);
		service->words_ms = time_shift(service->words_ms, step_ms);
		service->silence_ms = time_shift(service->silence_ms, step_ms);
		service->window_ms = time_shift(service->window_ms, step_ms);
	}
}

/* Counters in a ring, whose place is that of their day (or other unit) in it, when the days get other numbers. */
static void shift_ring(uint16_t *ring, unsigned size, uint32_t before, uint32_t after)
{
	uint16_t was[16];

	assert(size <= COUNT(was));
	memcpy(was, ring, size * sizeof(*ring));
	for (uint32_t i = 0; i < size; i++)
		ring[(after % size + i) % size] = was[(before % size + i) % size];
}

static void shift_home(struct home *home, int64_t step_ms)
{
	uint32_t turn = shift_unit(home->turn, step_ms, HOUR_MS / 6), day = shift_unit(home->day, step_ms, 24 * HOUR_MS);

	shift_ring(home->halves, HOME_SHORT, home->turn, turn);
	shift_ring(home->day_halves, HOME_DAYS, home->day, day);
	shift_ring(home->login_halves, HOME_DAYS, home->day, day);
	home->turn = turn;
	home->day = day;
	home->hour = shift_unit(home->hour, step_ms, HOUR_MS);
	home->half = shift_unit(home->half, step_ms, 15 * 24 * HOUR_MS);
}

static void shift_sum(struct sum *sum, int64_t step_ms)
{
	uint32_t day = shift_unit(sum->day, step_ms, 24 * HOUR_MS);

	shift_ring(sum->halves, SUMS_DAYS, sum->day, day);
	for (unsigned i = 0; i < SUMS_UNITS; i++)
		sum->at[i].day = (uint16_t)(sum->at[i].day + (day - sum->day));
	sum->day = day;
}

/* Whole hours: what is remembered for weeks needs no more. */
static void shift_weeks(struct judge *judge, int64_t step_ms)
{
	uint16_t hours = (uint16_t)(step_ms / HOUR_MS);
	struct account *account;
	struct home *home;
	struct customer_net *net;
	struct name *name;
	struct tried_name *tried;
	struct correspondent *correspondent;
	struct queued *queued;
	struct sum *sum;

	EACH(account, &judge->customers.accounts)
		for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++)
			account->at[i].hour = (uint16_t)(account->at[i].hour + hours);
	EACH(home, &judge->customers.homes)
		shift_home(home, step_ms);
	EACH(net, &judge->customers.nets)
		table_put24(net->slot.caller, shift_unit(table_number24(net->slot.caller), step_ms, HOUR_MS));
	EACH(name, &judge->names.known)
		name->hour = shift_unit(name->hour, step_ms, HOUR_MS);
	EACH(tried, &judge->names.tried)
		for (unsigned i = 0; i < NAMES_NETWORKS; i++)
			tried->at[i].hour = (uint16_t)(tried->at[i].hour + hours);
	EACH(correspondent, &judge->correspondents.mails)
		correspondent->hour = shift_unit(correspondent->hour, step_ms, HOUR_MS);
	EACH(queued, &judge->correspondents.queue)
		queued->time_ms = time_shift(queued->time_ms, step_ms);
	EACH(sum, &judge->sums.table)
		shift_sum(sum, step_ms);
	stays_shift(&judge->stays, step_ms);
}

void memory_shift(struct judge *judge, int64_t step_ms)
{
	if (judge->beside)
		memory_shift(judge->beside, step_ms);
	window_shift(&judge->window, step_ms);
	shift_bans(&judge->bans, step_ms);
	if (judge->networks.limit)
		networks_shift(&judge->networks, step_ms);
	for (size_t i = 0; i < SESSION_SLOTS; i++)
		judge->sessions.slots[i].until_ms = time_shift(judge->sessions.slots[i].until_ms, step_ms);
	for (size_t i = 0; i < TOLD_SLOTS; i++)
		judge->told.slots[i].time_ms = time_shift(judge->told.slots[i].time_ms, step_ms);
	shift_breaker(&judge->breaker, step_ms);
	if (judge->conf->policy.memory)
		shift_weeks(judge, step_ms);
	for (size_t i = 0; i < judge->rules->count; i++)
		judge->rule_last_ms[i] = time_shift(judge->rule_last_ms[i], step_ms);
	judge->ban_minute.minute += step_ms / 60000;
	judge->latest_ms = time_shift(judge->latest_ms, step_ms);
	memory_touch(judge);
}

void memory_load_begin(struct memory_load *load, struct judge *judge, int64_t now_ms)
{
	*load = (struct memory_load){ .judge = judge, .now_ms = now_ms };
	for (size_t i = 0; i < COUNT(load->rules); i++)
		load->rules[i] = RULE_FORMER;
}

void memory_load_row(struct memory_load *load, enum memory_kind kind, uint32_t version, uint32_t number, const void *bytes,
		     size_t len)
{
	load->kind = kind;
	if (version > kinds[kind].version || !kinds[kind].load(load, version, number, bytes, len))
		load->unreadable++;
}

int64_t memory_load_end(struct memory_load *load)
{
	int64_t step_ms = load->now_ms - load->judge->latest_ms;

	if (step_ms >= 0)
		return 0;
	memory_shift(load->judge, step_ms);
	return step_ms;
}

static bool carry(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	if (len)
		memory_load_row(arg, kind, kinds[kind].version, number, bytes, len);
	return true;
}

/* The kinds from first on, before end. */
static void carry_kinds(struct judge *to, struct judge *from, enum memory_kind first, enum memory_kind end, int64_t now_ms)
{
	struct memory_load load;
	struct saving saving = { carry, &load, first, false };

	memory_load_begin(&load, to, now_ms);
	memory_touch(from);
	for (; saving.kind < end; saving.kind++)
		kinds[saving.kind].save(from, &saving);
}

void memory_carry(struct judge *to, struct judge *from, int64_t now_ms)
{
	struct judge *same;

	carry_kinds(to, from, 0, MEMORY_KINDS, now_ms);
	if (to->conf->policy.memory && !from->conf->policy.memory && from->beside)
		carry_kinds(to, from->beside, MEMORY_ACCOUNT, MEMORY_STAY, now_ms);
	if (!to->beside)
		return;
	same = from->conf->policy.memory == to->beside->conf->policy.memory ? from : from->beside;
	if (same)
		carry_kinds(to->beside, same, 0, MEMORY_KINDS, now_ms);
}
