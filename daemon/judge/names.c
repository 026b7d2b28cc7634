/* names - see names.h. Owns three tables keyed by hashes; knows no text. */
#include "judge/names.h"

#define VICTIM_SAMPLE 64
#define HOUR_MS INT64_C(3600000)

static uint32_t hour_of(int64_t time_ms)
{
	return (uint32_t)(time_ms / HOUR_MS);
}

/* Hours from then to now, by their low bits: lines may be told a little out of order, so it may be below 0. */
static int hours_since(uint16_t then, int64_t time_ms)
{
	return (int16_t)((uint16_t)hour_of(time_ms) - then);
}

static bool within_week(uint16_t then, int64_t time_ms)
{
	int hours = hours_since(then, time_ms);

	return hours <= NAMES_WEEK_H && hours >= -NAMES_WEEK_H;
}

int names_init(struct names *names, uint32_t catch_all)
{
	int err;

	*names = (struct names){ .catch_all = catch_all };
	err = table_init_short(&names->known, sizeof(struct name), NAMES_MAX);
	if (err == 0)
		err = table_init_short(&names->tried, sizeof(struct tried_name), NAMES_TRIED_MAX);
	if (err == 0)
		err = table_init_short(&names->domains, sizeof(struct name_domain), NAMES_DOMAINS_MAX);
	return err;
}

void names_fini(struct names *names)
{
	table_fini(&names->known);
	table_fini(&names->tried);
	table_fini(&names->domains);
}

int64_t name_worth(const void *names, const void *slot)
{
	const struct name *name = slot;

	(void)names;
	return (int64_t)name->how << 32 | name->hour;
}

/* How many networks, of whatever time, and the latest of them. Old networks make a name look better than it is, until it is
 * tried again. */
int64_t tried_name_worth(const void *names, const void *slot)
{
	const struct tried_name *tried = slot;
	uint32_t now = ((const struct names *)names)->hour;
	int64_t count = 0, youngest = 0;

	for (unsigned i = 0; i < NAMES_NETWORKS; i++) {
		int16_t age = (int16_t)((uint16_t)now - tried->at[i].hour);

		count += tried->at[i].network != 0;
		if (tried->at[i].network && INT16_MAX - age > youngest)
			youngest = INT16_MAX - age;
	}
	return (count << 17) + youngest;
}

int64_t name_domain_worth(const void *names, const void *slot)
{
	const struct name_domain *domain = slot;

	(void)names;
	return domain->delivered;
}

static struct name_domain *domain_of(const struct names *names, uint32_t domain)
{
	struct prefix key = name_key(domain);

	return table_find(&names->domains, &key);
}

static void count_delivered(struct names *names, uint32_t domain, int by)
{
	struct prefix key = name_key(domain);
	struct name_domain *slot = domain_of(names, domain);

	if (!slot && by > 0)
		slot = table_enter(&names->domains, &key, VICTIM_SAMPLE, name_domain_worth, names);
	if (!slot || (by < 0 && slot->delivered == 0))
		return;
	slot->delivered += (uint32_t)by;
	table_touch(&names->domains, slot);
}

static struct name *find(const struct names *names, uint64_t name)
{
	struct prefix key = name_key(name);

	return table_find(&names->known, &key);
}

enum names_how names_known(const struct names *names, uint64_t name)
{
	const struct name *slot = find(names, name);

	return slot ? slot->how : NAMES_UNKNOWN;
}

bool names_learn(struct names *names, uint64_t name, uint32_t domain, enum names_how how, int64_t time_ms)
{
	struct name *slot = find(names, name);
	struct prefix key = name_key(name);

	if (slot && slot->how >= how) {
		if (hour_of(time_ms) > slot->hour) {
			slot->hour = hour_of(time_ms);
			table_touch(&names->known, slot);
		}
		return false;
	}
	if (how == NAMES_DELIVERED && domain) {
		if (names_all_exist(names, domain))
			return false;	/* not kept, so that a flood of made-up names costs nothing */
		count_delivered(names, domain, 1);
	} else if (slot && domain) {
		count_delivered(names, domain, -1);
	}
	if (!slot)
		slot = table_enter(&names->known, &key, VICTIM_SAMPLE, name_worth, names);
	slot->hour = hour_of(time_ms);
	slot->how = how & 3;
	slot->domain = domain & ((1U << 30) - 1);
	table_touch(&names->known, slot);
	return true;
}

/* Mixed with the name's own, which nobody knows: no network can be chosen to look like another. */
static uint16_t hash_of(const struct prefix *network, uint64_t name)
{
	uint16_t hash = (uint16_t)addr_hash(&network->addr, name + network->len);

	return hash ? hash : 1;
}

static unsigned count_tries(const struct tried_name *tried, int64_t time_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < NAMES_NETWORKS; i++)
		count += tried->at[i].network && within_week(tried->at[i].hour, time_ms);
	return count;
}

/* The network's place, else a free one, else that of the oldest try. */
static unsigned place_of(const struct tried_name *tried, uint16_t hash, int64_t time_ms)
{
	unsigned at = 0;

	for (unsigned i = 0; i < NAMES_NETWORKS; i++) {
		if (tried->at[i].network == hash)
			return i;
		if (!tried->at[at].network)
			continue;
		if (!tried->at[i].network || hours_since(tried->at[i].hour, time_ms) > hours_since(tried->at[at].hour, time_ms))
			at = i;
	}
	return at;
}

unsigned names_try(struct names *names, uint64_t name, const struct prefix *network, int64_t time_ms, bool *again)
{
	struct prefix key = name_key(name);
	struct tried_name *tried;
	uint16_t hash = hash_of(network, name), hour = (uint16_t)hour_of(time_ms);
	unsigned at;

	names->hour = hour_of(time_ms);
	tried = table_enter(&names->tried, &key, VICTIM_SAMPLE, tried_name_worth, names);
	at = place_of(tried, hash, time_ms);
	if (tried->at[at].network != hash || tried->at[at].hour != hour) {
		bool known = tried->at[at].network == hash && within_week(tried->at[at].hour, time_ms);

		if (known && hours_since(tried->at[at].hour, time_ms) > 0)
			tried->slot.caller[0] |= (uint8_t)(1U << at);
		else if (!known)
			tried->slot.caller[0] &= (uint8_t)~(1U << at);
		tried->at[at].network = hash;
		tried->at[at].hour = hour;
		table_touch(&names->tried, tried);
	}
	*again = tried->slot.caller[0] >> at & 1;
	return count_tries(tried, time_ms);
}

unsigned names_tries(const struct names *names, uint64_t name, int64_t time_ms)
{
	struct prefix key = name_key(name);
	const struct tried_name *tried = table_find(&names->tried, &key);

	return tried ? count_tries(tried, time_ms) : 0;
}

bool names_was_tried(const struct names *names, uint64_t name)
{
	struct prefix key = name_key(name);

	return table_find(&names->tried, &key);
}

void names_refuse(struct names *names, uint32_t domain)
{
	struct name_domain *slot = domain_of(names, domain);

	if (!slot || slot->refused)
		return;
	slot->refused = 1;
	table_touch(&names->domains, slot);
}

bool names_all_exist(const struct names *names, uint32_t domain)
{
	const struct name_domain *slot = names->catch_all ? domain_of(names, domain) : NULL;

	return slot && slot->delivered >= names->catch_all && !slot->refused;
}

void names_forget(struct names *names, uint64_t name)
{
	struct prefix key = name_key(name);
	struct name *slot = find(names, name);
	void *tried = table_find(&names->tried, &key);

	if (slot)
		table_remove(&names->known, slot);
	if (tried)
		table_remove(&names->tried, tried);
}
