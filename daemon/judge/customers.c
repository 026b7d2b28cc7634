/* customers - see customers.h. Owns three tables; knows accounts by their hashes alone. */
#include "judge/customers.h"

#include "judge/names.h"

#define VICTIM_SAMPLE 64
#define HOUR_MS INT64_C(3600000)
#define TURN_MS INT64_C(600000)
#define DAY_MS (24 * HOUR_MS)
#define HALF_MONTH_MS (15 * DAY_MS)

static uint32_t hour_of(int64_t time_ms)
{
	return (uint32_t)(time_ms / HOUR_MS);
}

static int hours_since(uint16_t then, int64_t time_ms)
{
	return (int16_t)((uint16_t)hour_of(time_ms) - then);
}

static bool alive(uint16_t then, int64_t time_ms)
{
	int hours = hours_since(then, time_ms);

	return hours < CUSTOMER_LIFE_H && hours > -CUSTOMER_LIFE_H;
}

/* Mixed with the account's own, which nobody knows: no network can be chosen to look like another. */
static uint16_t hash_of(const struct prefix *prefix, uint64_t account)
{
	uint16_t hash = (uint16_t)addr_hash(&prefix->addr, account + prefix->len);

	return hash ? hash : 1;
}

int customers_init(struct customers *customers)
{
	int err = table_init_short(&customers->accounts, sizeof(struct account), CUSTOMER_ACCOUNTS_MAX);

	if (err == 0)
		err = table_init(&customers->homes, sizeof(struct home), CUSTOMER_HOMES_MAX);
	if (err == 0)
		err = table_init(&customers->nets, sizeof(struct customer_net), CUSTOMER_NETS_MAX);
	return err;
}

void customers_fini(struct customers *customers)
{
	table_fini(&customers->accounts);
	table_fini(&customers->homes);
	table_fini(&customers->nets);
}

int64_t account_worth(const void *customers, const void *slot)
{
	const struct account *account = slot;
	uint32_t now = ((const struct customers *)customers)->hour;
	int64_t youngest = INT16_MIN;

	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++) {
		int16_t age = (int16_t)((uint16_t)now - account->at[i].hour);

		if (account->at[i].net && -age > youngest)
			youngest = -age;
	}
	return youngest;
}

int64_t home_worth(const void *customers, const void *slot)
{
	(void)customers;
	return ((const struct home *)slot)->hour;
}

int64_t customer_net_worth(const void *customers, const void *slot)
{
	(void)customers;
	return table_number24(((const struct customer_net *)slot)->slot.caller);
}

/* The account's entry for a net, found or made; NULL: none may make room. */
static struct account_net *net_of(struct account *account, uint16_t net, int64_t time_ms)
{
	struct account_net *oldest = &account->at[0];

	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++) {
		struct account_net *at = &account->at[i];

		if (at->net == net)
			return at;
		if (oldest->net && (!at->net || hours_since(at->hour, time_ms) > hours_since(oldest->hour, time_ms)))
			oldest = at;
	}
	return !oldest->net || hours_since(oldest->hour, time_ms) >= CUSTOMER_REST_H ? oldest : NULL;
}

static void note_net(struct customers *customers, const struct prefix *net, int64_t time_ms)
{
	struct customer_net *slot = table_enter(&customers->nets, net, VICTIM_SAMPLE, customer_net_worth, customers);

	if (table_number24(slot->slot.caller) >= hour_of(time_ms))
		return;
	table_put24(slot->slot.caller, hour_of(time_ms));
	table_touch(&customers->nets, slot);
}

/* The home as of now: its accounts are of this half of a month and the one before. */
static void pass_half(struct home *home, int64_t time_ms)
{
	uint32_t half = (uint32_t)(time_ms / HALF_MONTH_MS);

	if (half <= home->half)
		return;
	if (half == home->half + 1)
		memcpy(home->accounts[1], home->accounts[0], sizeof(home->accounts[1]));
	else
		memset(home->accounts[1], 0, sizeof(home->accounts[1]));
	memset(home->accounts[0], 0, sizeof(home->accounts[0]));
	home->half = half;
}

static void note_home(struct customers *customers, uint64_t account, const struct prefix *unit, int64_t time_ms)
{
	struct home *home = table_enter(&customers->homes, unit, VICTIM_SAMPLE, home_worth, customers);
	uint64_t bit = UINT64_C(1) << account % 64, *word;

	pass_half(home, time_ms);
	word = &home->accounts[0][account / 64 % (HOME_BITS / 64)];
	if ((*word & bit) && home->hour >= hour_of(time_ms))
		return;
	*word |= bit;
	home->hour = hour_of(time_ms);
	table_touch(&customers->homes, home);
}

bool customers_login(struct customers *customers, uint64_t account, const struct place *place, int64_t time_ms)
{
	struct prefix key = name_key(account);
	struct account *slot;
	struct account_net *at;

	customers->hour = hour_of(time_ms);
	slot = table_enter(&customers->accounts, &key, VICTIM_SAMPLE, account_worth, customers);
	at = net_of(slot, hash_of(&place->net, account), time_ms);
	if (!at)
		return false;
	if (at->net != hash_of(&place->net, account) || at->hour != (uint16_t)hour_of(time_ms)) {
		*at = (struct account_net){ hash_of(&place->net, account), hash_of(&place->region, account), (uint16_t)hour_of(time_ms) };
		table_touch(&customers->accounts, slot);
	}
	note_home(customers, account, &place->unit, time_ms);
	note_net(customers, &place->net, time_ms);
	note_net(customers, &place->region, time_ms);
	for (unsigned i = 0; i < place->hood_count; i++)
		note_net(customers, &place->hoods[i], time_ms);
	return true;
}

/* Whose half is it, seen from now: 0 this one, 1 the last, 2 gone? */
static unsigned generation(const struct home *home, unsigned stored, int64_t time_ms)
{
	uint32_t half = (uint32_t)(time_ms / HALF_MONTH_MS);

	return stored + (half > home->half ? half - home->half : 0);
}

static bool is_home(const struct customers *customers, uint64_t account, const struct prefix *unit, int64_t time_ms)
{
	const struct home *home = table_find(&customers->homes, unit);

	for (unsigned i = 0; home && i < 2; i++)
		if (generation(home, i, time_ms) < 2 && home->accounts[i][account / 64 % (HOME_BITS / 64)] >> account % 64 & 1)
			return true;
	return false;
}

enum standing customers_standing(const struct customers *customers, uint64_t account, const struct place *place, int64_t time_ms)
{
	struct prefix key = name_key(account);
	const struct account *slot = table_find(&customers->accounts, &key);
	uint16_t net = hash_of(&place->net, account), region = hash_of(&place->region, account);
	bool near = false;

	for (unsigned i = 0; slot && i < CUSTOMER_NETWORKS; i++) {
		const struct account_net *at = &slot->at[i];

		if (!at->net || !alive(at->hour, time_ms))
			continue;
		if (at->net == net && is_home(customers, account, &place->unit, time_ms))
			return STANDING_OWN;
		near |= at->net == net || at->region == region;
	}
	return near ? STANDING_NEAR : STANDING_STRANGER;
}

unsigned customers_networks(const struct customers *customers, uint64_t account, int64_t time_ms)
{
	struct prefix key = name_key(account);
	const struct account *slot = table_find(&customers->accounts, &key);
	unsigned count = 0;

	for (unsigned i = 0; slot && i < CUSTOMER_NETWORKS; i++)
		count += slot->at[i].net && alive(slot->at[i].hour, time_ms);
	return count;
}

unsigned customers_guests(const struct customers *customers, const struct prefix *unit, int64_t time_ms)
{
	const struct home *home = table_find(&customers->homes, unit);
	unsigned count = 0;

	for (unsigned word = 0; home && word < HOME_BITS / 64; word++) {
		uint64_t bits = 0;

		for (unsigned i = 0; i < 2; i++)
			if (generation(home, i, time_ms) < 2)
				bits |= home->accounts[i][word];
		count += (unsigned)__builtin_popcountll(bits);
	}
	return count;
}

bool customers_in(const struct customers *customers, const struct prefix *net, int64_t time_ms)
{
	const struct customer_net *slot = table_find(&customers->nets, net);

	return slot && (int64_t)hour_of(time_ms) - table_number24(slot->slot.caller) < CUSTOMER_LIFE_H;
}

/* The counters as of now; those of times that have passed are zero. */
static void pass_time(struct home *home, int64_t time_ms)
{
	uint32_t turn = (uint32_t)(time_ms / TURN_MS), day = (uint32_t)(time_ms / DAY_MS);

	for (unsigned i = 0; i < HOME_SHORT && home->turn < turn; i++)
		home->halves[++home->turn % HOME_SHORT] = 0;
	if (home->turn < turn)
		home->turn = turn;
	for (unsigned i = 0; i < HOME_DAYS && home->day < day; i++) {
		home->day++;
		home->day_halves[home->day % HOME_DAYS] = home->login_halves[home->day % HOME_DAYS] = 0;
	}
	if (home->day < day)
		home->day = day;
}

static void add(uint16_t *counter, uint32_t halves)
{
	*counter = (uint16_t)(*counter + halves < UINT16_MAX ? *counter + halves : UINT16_MAX);
}

void customers_count(struct customers *customers, const struct prefix *unit, uint32_t halves, bool login, bool brief, int64_t time_ms,
		     struct home_sums *sums)
{
	struct home *home = table_find(&customers->homes, unit);

	*sums = (struct home_sums){ 0 };
	if (!home)
		return;
	pass_time(home, time_ms);
	add(&home->halves[home->turn % HOME_SHORT], halves);
	if (!brief)
		add(&home->day_halves[home->day % HOME_DAYS], halves);
	if (!brief && login)
		add(&home->login_halves[home->day % HOME_DAYS], halves);
	table_touch(&customers->homes, home);
	for (unsigned i = 0; i < HOME_SHORT; i++)
		sums->short_halves += home->halves[i];
	for (unsigned i = 0; i < HOME_DAYS; i++) {
		sums->long_halves += home->day_halves[i];
		sums->login_halves += home->login_halves[i];
	}
}

void customers_pardon(struct customers *customers, const struct prefix *unit)
{
	struct home *home = table_find(&customers->homes, unit);

	if (!home)
		return;
	memset(home->halves, 0, sizeof(home->halves));
	memset(home->day_halves, 0, sizeof(home->day_halves));
	memset(home->login_halves, 0, sizeof(home->login_halves));
	table_touch(&customers->homes, home);
}

void customers_forget(struct customers *customers, uint64_t account)
{
	struct prefix key = name_key(account);
	void *slot = table_find(&customers->accounts, &key);

	if (slot)
		table_remove(&customers->accounts, slot);
}

void customers_forget_unit(struct customers *customers, const struct prefix *unit)
{
	void *slot = table_find(&customers->homes, unit);

	if (slot)
		table_remove(&customers->homes, slot);
}
