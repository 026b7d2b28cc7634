/* test_customers - who logged in from where, against a naive model: random months, full tables, kept and put back */
#include "chance.h"

enum { ACCOUNTS = 12, PLACES = 40, PREFIXES = 5 * PLACES, TIMELINES = 2000, STEPS = 150 };
enum { ROOM_ACCOUNTS = 8, ROOM_HOMES = 24, ROOM_NETS = 40 };

#define HOUR_MS INT64_C(3600000)
#define HALF_MS (15 * 24 * HOUR_MS)

static const struct conf plain = { .policy = { .ipv6_prefix = 64 } };
static struct world world;
static bool small;	/* the tables have less room than the timeline wants */
static bool few;	/* one account from everywhere, and hours go by one by one */

/* What the tables should know, as lists. Times are those of a clock that nobody sets. */
static struct model {
	struct prefix account_keys[ACCOUNTS], home_keys[PLACES], net_keys[PREFIXES];
	bool account_in[ACCOUNTS], home_in[PLACES], net_in[PREFIXES];
	struct {
		unsigned place;		/* 1 + one in that net, 0: free */
		int64_t hour;
	} at[ACCOUNTS][CUSTOMER_NETWORKS];
	int64_t bit_half[PLACES][HOME_BITS], home_hour[PLACES];		/* of the last login; -1: none */
	int64_t net_hour[PREFIXES];
	unsigned nets;
	struct error_told { unsigned place, halves; bool login, brief; int64_t ms; } errors[STEPS];
	unsigned error_count;
	unsigned wrong;
	const char *what;		/* of what went wrong */
} model;

static struct place place_at(unsigned number)
{
	struct addr addr = chance_addr(number);

	if (number >= PLACES / 2) {	/* 2001:db8:REGION:NET:: */
		addr = (struct addr){ .bytes = { 0x20, 1, 0x0d, 0xb8, (uint8_t)(number % 3), 0, 0, (uint8_t)number, [15] = 1 } };
		addr.bytes[5] = (uint8_t)(number % 2);
	}
	return place_of(&plain, &addr);
}

/* every account has bits of its own, but for the last */
static uint64_t account_of(unsigned number)
{
	return chance_name(1 + number) << 7 | (number == ACCOUNTS - 1 ? 0 : number * 9U % 128);
}

static unsigned bit_of(uint64_t account)
{
	return (unsigned)(account / 64 % 2 * 64 + account % 64);
}

static void prepare(struct judge *judge)
{
	if (!small)
		return;
	chance_room(&judge->customers.accounts, ROOM_ACCOUNTS);
	chance_room(&judge->customers.homes, ROOM_HOMES);
	chance_room(&judge->customers.nets, ROOM_NETS);
}

static void begin(void)
{
	chance_world(&world);
	prepare(world.judge);
	memset(&model, 0, sizeof(model));
	memset(model.bit_half, 0xff, sizeof(model.bit_half));
	for (unsigned i = 0; i < ACCOUNTS; i++)
		model.account_keys[i] = name_key(account_of(i));
	for (unsigned i = 0; i < PLACES; i++)
		model.home_keys[i] = place_at(i).unit;
}

static bool same_net(unsigned a, unsigned b)
{
	struct prefix left = place_at(a).net, right = place_at(b).net;

	return memcmp(&left, &right, sizeof(left)) == 0;
}

static bool same_region(unsigned a, unsigned b)
{
	struct prefix left = place_at(a).region, right = place_at(b).region;

	return memcmp(&left, &right, sizeof(left)) == 0;
}

static int64_t latest_login(unsigned account)
{
	int64_t latest = 0;

	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++)
		if (model.at[account][i].place && model.at[account][i].hour > latest)
			latest = model.at[account][i].hour;
	return latest;
}

static void forget_home(unsigned place)
{
	model.home_in[place] = false;
	for (unsigned i = 0; i < HOME_BITS; i++)
		model.bit_half[place][i] = -1;
	for (unsigned i = 0; i < model.error_count; i++)
		if (model.errors[i].place == place)
			model.errors[i].halves = 0;
}

static unsigned net_at(const struct prefix *net)
{
	unsigned at = 0;

	while (at < model.nets && memcmp(&model.net_keys[at], net, sizeof(*net)) != 0)
		at++;
	if (at == model.nets)
		model.net_keys[model.nets++] = *net;
	return at;
}

/* A login enters several at once; whoever had to go for them was not younger than who stayed. */
static void model_nets(const struct place *place, int64_t hour)
{
	int64_t latest_gone = 0;

	for (unsigned i = 0; i < 2 + place->hood_count; i++) {
		unsigned at = net_at(i == 0 ? &place->net : i == 1 ? &place->region : &place->hoods[i - 2]);

		model.net_in[at] = true;
		model.net_hour[at] = hour;
	}
	for (unsigned i = 0; i < model.nets; i++) {
		if (!model.net_in[i] || table_find(&world.judge->customers.nets, &model.net_keys[i]))
			continue;
		model.net_in[i] = false;
		if (model.net_hour[i] > latest_gone)
			latest_gone = model.net_hour[i];
	}
	for (unsigned i = 0; i < model.nets; i++)
		model.wrong += model.net_in[i] && model.net_hour[i] < latest_gone;
}

/* what customers_login() must say, and what it must know after it */
static bool model_login(unsigned account, unsigned number, int64_t ms)
{
	struct place place = place_at(number);
	int64_t hour = ms / HOUR_MS, worths[ACCOUNTS];
	unsigned at = CUSTOMER_NETWORKS, oldest = 0;
	int gone;

	if (!model.account_in[account]) {
		for (unsigned i = 0; i < ACCOUNTS; i++)
			worths[i] = latest_login(i);
		gone = chance_gone(&world.judge->customers.accounts, model.account_keys, worths, model.account_in, ACCOUNTS, &model.wrong);
		if (gone >= 0) {
			model.account_in[gone] = false;
			memset(model.at[gone], 0, sizeof(model.at[gone]));
		}
		model.account_in[account] = true;
	}
	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++)
		if (model.at[account][i].place && same_net(model.at[account][i].place - 1, number))
			at = i;
	for (unsigned i = 0; at == CUSTOMER_NETWORKS && i < CUSTOMER_NETWORKS; i++)
		if (!model.at[account][i].place)
			at = i;
	for (unsigned i = 1; at == CUSTOMER_NETWORKS && i < CUSTOMER_NETWORKS; i++)
		if (model.at[account][i].hour < model.at[account][oldest].hour)
			oldest = i;
	if (at == CUSTOMER_NETWORKS && hour - model.at[account][oldest].hour < 24)
		return false;
	at = at == CUSTOMER_NETWORKS ? oldest : at;
	model.at[account][at].place = 1 + number;
	model.at[account][at].hour = hour;
	if (!model.home_in[number]) {
		gone = chance_gone(&world.judge->customers.homes, model.home_keys, model.home_hour, model.home_in, PLACES, &model.wrong);
		if (gone >= 0)
			forget_home((unsigned)gone);
	}
	model.home_in[number] = true;
	model.bit_half[number][bit_of(account_of(account))] = ms / HALF_MS;
	model.home_hour[number] = hour;
	model_nets(&place, hour);
	return true;
}

static bool is_alive(unsigned account, unsigned at, int64_t ms)
{
	return model.at[account][at].place && ms / HOUR_MS - model.at[account][at].hour < CUSTOMER_LIFE_H;
}

static bool is_home(unsigned place, unsigned bit, int64_t ms)
{
	return model.home_in[place] && model.bit_half[place][bit] >= 0 && ms / HALF_MS - model.bit_half[place][bit] < 2;
}

static enum standing model_standing(unsigned account, unsigned place, int64_t ms)
{
	enum standing standing = STANDING_STRANGER;

	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++) {
		unsigned there = model.at[account][i].place - 1;

		if (!is_alive(account, i, ms))
			continue;
		if (same_net(there, place) && is_home(place, bit_of(account_of(account)), ms))
			return STANDING_OWN;
		if (same_net(there, place) || same_region(there, place))
			standing = STANDING_NEAR;
	}
	return standing;
}

static unsigned model_guests(unsigned place, int64_t ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < HOME_BITS; i++)
		count += is_home(place, i, ms);
	return count;
}

static unsigned model_networks(unsigned account, int64_t ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CUSTOMER_NETWORKS; i++)
		count += is_alive(account, i, ms);
	return count;
}

static bool model_in(const struct prefix *net, int64_t ms)
{
	for (unsigned i = 0; i < model.nets; i++)
		if (model.net_in[i] && memcmp(&model.net_keys[i], net, sizeof(*net)) == 0)
			return ms / HOUR_MS - model.net_hour[i] < CUSTOMER_LIFE_H;
	return false;
}

static struct home_sums model_count(unsigned place, int64_t ms)
{
	struct home_sums sums = { 0 };

	for (unsigned i = 0; model.home_in[place] && i < model.error_count; i++) {
		const struct error_told *error = &model.errors[i];
		bool lasts = !error->brief && ms / (24 * HOUR_MS) - error->ms / (24 * HOUR_MS) < HOME_DAYS;

		if (error->place != place)
			continue;
		if (ms / (HOUR_MS / 6) - error->ms / (HOUR_MS / 6) < HOME_SHORT)
			sums.short_halves += error->halves;
		sums.long_halves += lasts ? error->halves : 0;
		sums.login_halves += lasts && error->login ? error->halves : 0;
	}
	return sums;
}

/* one thing that happens; ms: of the model's clock, set_ms: how far the judge's is from it */
static void happen(int64_t ms, int64_t *set_ms)
{
	struct customers *customers = &world.judge->customers;
	unsigned account = random_below(few ? 1 : ACCOUNTS), number = random_below(PLACES), halves;
	struct place place = place_at(number);
	struct home_sums got, wanted;
	int64_t now_ms = ms + *set_ms;
	bool in;

	switch (random_below(24)) {
	case 0:
		customers_forget(customers, account_of(account));
		model.account_in[account] = false;
		memset(model.at[account], 0, sizeof(model.at[account]));
		break;
	case 1:
		customers_forget_unit(customers, &place.unit);
		forget_home(number);
		break;
	case 2:
		customers_pardon(customers, &place.unit);
		for (unsigned i = 0; i < model.error_count; i++)
			if (model.errors[i].place == number)
				model.errors[i].halves = 0;
		break;
	case 3:
		chance_again(&world, prepare, now_ms);
		break;
	case 4:
		*set_ms += (int64_t)(random_below(5)) * HALF_MS - 2 * HALF_MS;
		memory_shift(world.judge, *set_ms - (now_ms - ms));
		break;
	case 5: case 6: case 7: case 8:
		halves = 1 + random_below(5);
		model.errors[model.error_count] = (struct error_told){ number, halves, random_below(2), random_below(3) == 0, ms };
		customers_count(customers, &place.unit, halves, model.errors[model.error_count].login, model.errors[model.error_count].brief,
				now_ms, &got);
		model.error_count += model.home_in[number];
		wanted = model_count(number, ms);
		if (memcmp(&got, &wanted, sizeof(got)) != 0)
			model.what = "a sum";
		break;
	default:
		in = customers_login(customers, account_of(account), &place, now_ms);
		if (in != model_login(account, number, ms))
			model.what = "may it log in";
	}
}

/* what there is to ask, of a random account and place; "": all is as it should be */
static const char *differs(int64_t ms, int64_t now_ms)
{
	const struct customers *customers = &world.judge->customers;
	unsigned account = random_below(ACCOUNTS), number = random_below(PLACES);
	struct place place = place_at(number);
	static char text[100];

	if (model.wrong || model.what)
		return model.what ? model.what : "who had to make room";
	snprintf(text, sizeof(text), "account %u, place %u", account, number);
	if (customers_standing(customers, account_of(account), &place, now_ms) != model_standing(account, number, ms) ||
	    customers_guests(customers, &place.unit, now_ms) != model_guests(number, ms) ||
	    customers_networks(customers, account_of(account), now_ms) != model_networks(account, ms) ||
	    customers_in(customers, &place.net, now_ms) != model_in(&place.net, ms) ||
	    customers_in(customers, &place.region, now_ms) != model_in(&place.region, ms) ||
	    (place.hood_count && customers_in(customers, &place.hoods[0], now_ms) != model_in(&place.hoods[0], ms)))
		return text;
	return "";
}

static void test_property(void)
{
	unsigned wrong = 0, evicted = 0, full = 0, owns = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t ms = chance_begin_ms(), set_ms = 0;
		const char *difference = "";

		small = round % 2;
		few = round % 4 == 0;
		begin();
		for (unsigned i = 0; i < STEPS && !*difference; i++) {
			ms += few ? random_below(3) * HOUR_MS : random_below(4) ? chance_pause_ms() : random_below(20) * 24 * HOUR_MS;
			happen(ms, &set_ms);
			difference = differs(ms, ms + set_ms);
			tap_wrong(*difference, &wrong, "round %u, step %u: %s", round, i, difference);
		}
		for (unsigned i = 0; i < ACCOUNTS; i++) {
			full += model_networks(i, ms) == CUSTOMER_NETWORKS;
			for (unsigned k = 0; k < PLACES; k++)
				owns += model_standing(i, k, ms) == STANDING_OWN;
		}
		evicted += world.judge->customers.homes.used == ROOM_HOMES;
	}
	tap_int(wrong, 0, "%d random timelines of logins and errors agree with lists without bounds", TIMELINES);
	tap_ok(evicted > 100 && owns > 1000, "tables were full %u times, %u accounts at home", evicted, owns);
}

/* a stolen account vouches for 16 networks a day */
static void test_stolen(void)
{
	unsigned in = 0;

	small = false;
	begin();
	for (unsigned i = 0; i < 400; i++) {
		struct addr addr = { .bytes = { [10] = 0xff, [11] = 0xff, 198, (uint8_t)(18 + i / 256), (uint8_t)i, 1 } };
		struct place place = place_of(&plain, &addr);

		in += customers_login(&world.judge->customers, account_of(0), &place, WORLD_BEGINS_MS + i * 1000);
	}
	tap_int(in, CUSTOMER_NETWORKS, "of 400 bots with one stolen account, %d become customers", CUSTOMER_NETWORKS);
}

int main(void)
{
	test_property();
	test_stolen();
	world_fini(&world);
	return tap_done();
}
