/* digest - see digest.h. Owns the judge and the tables; the three forms of it are digest_text.c, digest_json.c and
 * digest_page.c. */
#include "cli/digest.h"

#include <stdlib.h>
#include <time.h>

#include "judge/judge.h"
#include "judge/place.h"

#define ADDRESSES_MAX 1000000
#define NOBODY 255
#define HOUR_MS INT64_C(3600000)

const struct digest_step digest_steps[DIGEST_WAITS] = {
	{ 0, "at once" }, { 10, "within 10 s" }, { 60, "within 1 min" }, { 600, "within 10 min" },
	{ 3600, "within 1 h" }, { 6 * 3600, "within 6 h" }, { 86400, "within 1 day" }, { UINT32_MAX, "longer" },
};

struct address {
	struct table_slot slot;
	int64_t last_ms;
	uint64_t dropped_s;
	uint32_t through, kept, forgiven, bans;
	uint32_t rule;		/* its id, and 1: of the last error; 0: none */
	uint32_t spare;
};

/* Who was banned least, and silent for longest. */
static int64_t worth(const void *arg, const void *slot)
{
	const struct address *address = slot;

	(void)arg;
	return address->last_ms + (int64_t)address->bans * 1000 * 86400 * 365;
}

static struct address *enter(struct digest *digest, const struct prefix *unit, int64_t time_ms)
{
	struct address *address = table_enter(&digest->table, unit, 8, worth, NULL);

	if (time_ms > address->last_ms)
		address->last_ms = time_ms;
	return address;
}

static void on_event(void *arg, const struct event *event)
{
	struct digest *digest = arg;
	bool counts = event->time_ms >= digest->since_ms;

	if (counts)
		hurt_note(&digest->hurt, event);
	digest->delays += counts && event->kind == VERDICT_DELAY;
	if (event->kind != VERDICT_BAN)
		return;
	digest->banned = event->prefix;
	if (!counts) {
		waits_forget(&digest->waits, &event->prefix);
		return;
	}
	struct address *address = enter(digest, &event->prefix, event->time_ms);
	address->bans++;
	address->dropped_s += (uint64_t)(event->until_ms - event->time_ms) / 1000;
	digest->bans++;
	series_at(&digest->series, event->time_ms)->bans++;
	waits_ban(&digest->waits, event);
}

bool digest_init(struct digest *digest, const struct setup *setup, int64_t since_ms)
{
	*digest = (struct digest){ .setup = setup, .since_ms = since_ms, .hour_ms = -1 };
	digest->judge = judge_new(&setup->conf, &setup->rules, on_event, digest);
	digest->by_rule = calloc(setup->rules.count + 1, sizeof(*digest->by_rule));
	if (!digest->judge || !digest->by_rule || table_init(&digest->table, sizeof(struct address), ADDRESSES_MAX) < 0 ||
	    waits_init(&digest->waits, &setup->conf.policy, ADDRESSES_MAX) < 0 || heavy_init(&digest->names, DIGEST_NAMES) < 0)
		return false;
	judge_replay(digest->judge);
	match_names(setup->matcher, judge_name_key(digest->judge), &setup->conf.names);
	return true;
}

void digest_fini(struct digest *digest)
{
	judge_free(digest->judge);
	waits_fini(&digest->waits);
	heavy_fini(&digest->names);
	hurt_fini(&digest->hurt);
	table_fini(&digest->table);
	free(digest->by_rule);
	*digest = (struct digest){ 0 };
}

/* ---- hit by hit ---- */

static unsigned hour_of_day(struct digest *digest, int64_t time_ms)
{
	int64_t hour_ms = time_ms - time_ms % HOUR_MS;
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	if (hour_ms != digest->hour_ms) {
		digest->hour_ms = hour_ms;
		digest->hour = localtime_r(&seconds, &tm) ? (unsigned)tm.tm_hour : 0;
	}
	return digest->hour;
}

/* through, kept: what this hit has added to either */
static void count_try(struct digest *digest, const struct found *found, uint64_t through, uint64_t kept)
{
	const struct hit *hit = found->hit;
	const struct prefix unit = unit_of(&digest->setup->conf, &hit->addr);
	struct address *address = enter(digest, &unit, hit->time_ms);
	struct cell *cell = series_at(&digest->series, hit->time_ms);

	address->through += (uint32_t)through;
	address->kept += (uint32_t)kept;
	address->rule = hit->rule + 1U;
	cell->through += through;
	cell->kept += kept;
	digest->through += through;
	digest->kept += kept;
	digest->by_rule[hit->rule] += through + kept;
	digest->hours[hour_of_day(digest, hit->time_ms)] += through + kept;
	if (hit->account)
		heavy_add(&digest->names, hit->account, found->account);
	if (digest->first_ms == 0 || hit->time_ms < digest->first_ms)
		digest->first_ms = hit->time_ms;
	if (hit->time_ms > digest->last_ms)
		digest->last_ms = hit->time_ms;
}

/* Somebody has logged in at last: those errors were none. */
static void take_back(struct digest *digest, const struct prefix *unit, const struct hit *hit, uint64_t errors)
{
	struct cell *cell = series_at(&digest->series, hit->time_ms);
	struct address *address = enter(digest, unit, hit->time_ms);

	digest->forgiven += errors;
	address->forgiven += (uint32_t)errors;
	digest->through -= errors < digest->through ? errors : digest->through;
	cell->through -= errors < cell->through ? errors : cell->through;
	address->through -= errors < address->through ? (uint32_t)errors : address->through;
}

void digest_found(void *arg, const struct found *found)
{
	struct digest *digest = arg;
	const struct hit *hit = found->hit;
	struct figures before;
	struct prefix unit;

	if (!*digest->host && found->record->host.len)
		text_escape(digest->host, sizeof(digest->host), found->record->host);
	if (!hit)
		return;
	before = *judge_figures(digest->judge);
	digest->banned.len = NOBODY;
	judge_hit(digest->judge, hit);
	const struct figures *now = judge_figures(digest->judge);
	uint64_t through = now->errors > before.errors ? now->errors - before.errors : 0, kept = now->evidence - before.evidence;
	unit = unit_of(&digest->setup->conf, &hit->addr);
	if (through && (digest->banned.len != unit.len || addr_cmp(&digest->banned.addr, &unit.addr) != 0))
		waits_error(&digest->waits, &unit, hit->time_ms);
	if (hit->time_ms < digest->since_ms)
		return;
	if (before.errors > now->errors)
		take_back(digest, &unit, hit, before.errors - now->errors);
	if (through + kept)
		count_try(digest, found, through, kept);
	if (now->spared > before.spared)
		enter(digest, &unit, hit->time_ms)->forgiven += (uint32_t)(now->spared - before.spared);
	digest->forgiven += now->spared - before.spared;
	digest->uncounted += now->uncounted - before.uncounted;
	digest->allowed += now->allowed - before.allowed;
}

/* ---- the lists ---- */

static int by_net(const void *left, const void *right)
{
	return memcmp(&((const struct digest_net *)left)->prefix, &((const struct digest_net *)right)->prefix, sizeof(struct prefix));
}

static int by_tries(const void *left, const void *right)
{
	const struct digest_net *a = left, *b = right;

	return a->tries > b->tries ? -1 : a->tries < b->tries ? 1 : by_net(left, right);
}

/* The network that an address, or a banned network, is listed under: /24, /48. */
static struct prefix net_of(const struct prefix *prefix)
{
	unsigned len = addr_is_v4(&prefix->addr) ? 120 : 48;

	if (prefix->len < len)
		len = prefix->len;
	return (struct prefix){ addr_mask(&prefix->addr, len), (uint8_t)len };
}

static void list_nets(struct digest *digest)
{
	struct digest_net *nets = calloc(digest->table.used + 1U, sizeof(*nets));
	const struct address *address;
	uint32_t cursor = 0;
	size_t count = 0, kept = 0;

	digest->failed |= !nets;
	while (nets && (address = table_next(&digest->table, &cursor)) != NULL) {
		const struct prefix prefix = table_key(&address->slot);
		uint64_t tries = (uint64_t)address->through + address->kept;

		nets[count++] = (struct digest_net){ net_of(&prefix), tries, address->kept, tries > 0, address->bans };
	}
	if (count)
		qsort(nets, count, sizeof(*nets), by_net);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || by_net(&nets[kept - 1], &nets[i]) != 0) {
			nets[kept++] = nets[i];
			continue;
		}
		nets[kept - 1].tries += nets[i].tries;
		nets[kept - 1].kept += nets[i].kept;
		nets[kept - 1].addresses += nets[i].addresses;
		nets[kept - 1].bans += nets[i].bans;
	}
	if (kept)
		qsort(nets, kept, sizeof(*nets), by_tries);
	for (size_t i = 0; i < kept; i++)
		digest->all_nets += nets[i].tries > 0;
	while (digest->net_count < DIGEST_TOP && digest->net_count < kept && nets[digest->net_count].tries) {
		digest->nets[digest->net_count] = nets[digest->net_count];
		digest->net_count++;
	}
	free(nets);
}

static int by_bans(const struct digest_offender *a, const struct digest_offender *b)
{
	if (a->bans != b->bans)
		return a->bans > b->bans ? -1 : 1;
	if (a->tries != b->tries)
		return a->tries > b->tries ? -1 : 1;
	return memcmp(&a->prefix, &b->prefix, sizeof(a->prefix));
}

static void list_offender(struct digest *digest, const struct digest_offender *one)
{
	struct digest_offender *at = digest->offenders;
	size_t place = digest->offender_count;

	while (place > 0 && by_bans(one, &at[place - 1]) < 0)
		place--;
	if (place == DIGEST_TOP)
		return;
	digest->offender_count += digest->offender_count < DIGEST_TOP;
	memmove(at + place + 1, at + place, (digest->offender_count - place - 1) * sizeof(*at));
	at[place] = *one;
}

static void list_addresses(struct digest *digest)
{
	const struct address *address;
	uint32_t cursor = 0;

	while ((address = table_next(&digest->table, &cursor)) != NULL) {
		struct digest_offender one = {
			.prefix = table_key(&address->slot), .tries = (uint64_t)address->through + address->kept,
			.dropped_s = address->dropped_s, .bans = address->bans,
			.rule = address->rule ? &digest->setup->rules.at[address->rule - 1] : NULL,
		};

		digest->addresses += one.tries > 0;
		digest->forgiven_addresses += address->forgiven > 0;
		if (one.bans < 2)
			continue;
		digest->all_offenders++;
		list_offender(digest, &one);
	}
}

static void list_rules(struct digest *digest)
{
	for (size_t i = 0; i < digest->setup->rules.count; i++) {
		size_t at = digest->rule_count;

		if (digest->by_rule[i] == 0)
			continue;
		while (at > 0 && digest->by_rule[i] > digest->rules[at - 1].tries)
			at--;
		if (at == DIGEST_TOP)
			continue;
		digest->rule_count += digest->rule_count < DIGEST_TOP;
		memmove(digest->rules + at + 1, digest->rules + at, (digest->rule_count - at - 1) * sizeof(*digest->rules));
		digest->rules[at] = (struct digest_rule){ &digest->setup->rules.at[i], digest->by_rule[i] };
	}
}

static void list_names(struct digest *digest, int64_t latest_ms)
{
	const struct heavy_name *top[DIGEST_TOP];
	struct judge_name_view view;

	digest->tried_count = heavy_top(&digest->names, top, DIGEST_TOP);
	for (size_t i = 0; i < digest->tried_count; i++) {
		judge_look_name(digest->judge, top[i]->key, NULL, latest_ms, &view);
		digest->tried[i] = (struct digest_name){ heavy_text(top[i]), heavy_least(top[i]), view.exists };
	}
}

void digest_settle(struct digest *digest, int64_t latest_ms)
{
	list_nets(digest);
	list_addresses(digest);
	list_rules(digest);
	list_names(digest, latest_ms);
	for (size_t i = 0, step = 0; i < digest->waits.count; i++, step = 0) {
		while (digest->waits.seconds[i] > digest_steps[step].up_to_s)
			step++;
		digest->steps[step]++;
	}
	hurt_merge(&digest->hurt);
	hurt_settle(&digest->hurt, digest->judge, latest_ms);
	for (size_t i = 0; i < digest->hurt.count; i++)
		digest->hurt_s += digest->hurt.at[i].seconds;
	digest->failed |= digest->hurt.failed || digest->waits.failed;
}

/* ---- figures ---- */

uint64_t digest_tries(const struct digest *digest)
{
	return digest->through + digest->kept;
}

double digest_kept(const struct digest *digest)
{
	return digest_tries(digest) ? (double)digest->kept / (double)digest_tries(digest) : 0;
}

char *digest_day(char *dst, size_t size, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	*dst = '\0';
	if (localtime_r(&seconds, &tm))
		strftime(dst, size, "%Y-%m-%d", &tm);
	return dst;
}

int64_t digest_offset_s(int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	return localtime_r(&seconds, &tm) ? tm.tm_gmtoff : 0;
}
