/* customers - which account logged in from where
 *
 * A customer is an account at a network: for each account the last CUSTOMER_NETWORKS networks that it logged in from within
 * a month. By account, not by address: attackers cannot add to it, and a stolen account vouches for no more than that
 * many networks, since a network is given up only after a day without a login from it. Besides: how many accounts are at
 * home at an address, what strangers behind it have done lately, and which networks have a customer in them at all.
 *
 * Only a right password enters anything. When there is no room, who logged in longest ago goes. Fixed memory, never logs. */
#ifndef MAILWARD_CUSTOMERS_H
#define MAILWARD_CUSTOMERS_H

#include "judge/place.h"
#include "judge/table.h"

#define CUSTOMER_NETWORKS 16
#define CUSTOMER_LIFE_H (30 * 24)
#define CUSTOMER_REST_H 24		/* so long unused, a network may make room for another */
#define CUSTOMER_ACCOUNTS_MAX 65536
#define CUSTOMER_HOMES_MAX 32768
#define CUSTOMER_NETS_MAX 98304

struct customers {
	struct table accounts, homes, nets;
	uint32_t hour;			/* of the last login, from which the ages of rows are measured */
};

struct account {
	struct table_short slot;	/* the key: the account's hash */
	struct account_net {
		uint16_t net;		/* a hash, 0: free */
		uint16_t region;	/* a hash */
		uint16_t hour;		/* of the last login, the low bits */
	} at[CUSTOMER_NETWORKS];
};

#define HOME_BITS 128			/* accounts that are told apart at one address, about */
#define HOME_SHORT 2			/* ten-minute counters: this one and the last */
#define HOME_DAYS 8			/* daily counters: today, and the seven before */
struct home {
	struct table_slot slot;		/* the key: the unit */
	uint64_t accounts[2][HOME_BITS / 64];	/* of this half of a month, and of the one before */
	uint32_t half;			/* which half that is, since the epoch */
	uint32_t hour;			/* of the last login */
	uint32_t turn, day;		/* ten minutes, days since the epoch, of the latest counters */
	uint16_t halves[HOME_SHORT];	/* halves of errors, by turn */
	uint16_t day_halves[HOME_DAYS], login_halves[HOME_DAYS];	/* the same by day, and those of failed logins */
	uint32_t padding;
};

struct customer_net {
	struct table_slot slot;		/* the key: a net, hood or region; caller: the hour of the last login from it */
};

enum standing {
	STANDING_STRANGER,
	STANDING_NEAR,			/* the account is known from this net or region, but not from this address */
	STANDING_OWN,			/* the account is at home here */
};

int customers_init(struct customers *customers);
void customers_fini(struct customers *customers);

/* customers_login - the account logged in there; false: it vouches for too many networks already */
bool customers_login(struct customers *customers, uint64_t account, const struct place *place, int64_t time_ms);

enum standing customers_standing(const struct customers *customers, uint64_t account, const struct place *place, int64_t time_ms);

/* customers_guests - about how many accounts are at home at a unit, 0..HOME_BITS */
unsigned customers_guests(const struct customers *customers, const struct prefix *unit, int64_t time_ms);

/* customers_in - did anybody log in from a net, hood or region within a month? */
bool customers_in(const struct customers *customers, const struct prefix *net, int64_t time_ms);

/* customers_count - an error of others at a unit where accounts are at home; sums what was counted there, counted a little
 * long: within ten to twenty minutes, seven to eight days */
struct home_sums {
	uint32_t short_halves, long_halves, login_halves;
};
void customers_count(struct customers *customers, const struct prefix *unit, uint32_t halves, bool login, bool brief, int64_t time_ms,
		     struct home_sums *sums);

/* customers_networks - from how many networks an account has logged in within a month */
unsigned customers_networks(const struct customers *customers, uint64_t account, int64_t time_ms);

/* customers_pardon - forget what customers_count() has counted at a unit */
void customers_pardon(struct customers *customers, const struct prefix *unit);

/* customers_forget - an account, as if it had never logged in; customers_forget_unit - who is at home at a unit */
void customers_forget(struct customers *customers, uint64_t account);
void customers_forget_unit(struct customers *customers, const struct prefix *unit);

/* the worth of a slot, for table_enter() */
int64_t account_worth(const void *customers, const void *slot);
int64_t home_worth(const void *customers, const void *slot);
int64_t customer_net_worth(const void *customers, const void *slot);

#endif
