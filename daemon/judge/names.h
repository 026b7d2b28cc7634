/* names - which names exist here, and which are tried by strangers
 *
 * A name is a keyed hash (match/account.h). It exists once somebody logged in under it or mail for it was delivered here.
 * It is tried when a stranger's login or mail for it fails; strangers are counted by their network, a week.
 *
 * No lie gets in: only a right password or a delivery makes a name exist, and a domain in which everything exists stops
 * at its catch-all limit. A made-up name that is tried has one network; when there is no room, the name with the fewest
 * networks goes first, so that to push out one that many try takes a table full of names that as many try. Names that
 * exist by delivery alone go before those of logins, the longest not heard of first. Fixed memory, never logs. */
#ifndef MAILWARD_NAMES_H
#define MAILWARD_NAMES_H

#include "judge/table.h"

#define NAMES_MAX 131072
#define NAMES_TRIED_MAX 176128
#define NAMES_DOMAINS_MAX 1024
#define NAMES_NETWORKS 8	/* networks that are told apart of those who try a name */
#define NAMES_WEEK_H (7 * 24)

enum names_how { NAMES_UNKNOWN, NAMES_DELIVERED, NAMES_LOGIN };

struct names {
	struct table known, tried, domains;
	uint32_t hour;		/* of the last try, from which the ages of rows are measured */
	uint32_t catch_all;	/* 0: off */
};

/* A name that exists. */
struct name {
	struct table_short slot;	/* the key: the hash */
	uint32_t hour;			/* when it was heard of last, since the epoch */
	uint32_t domain : 30, how : 2;
};

/* A name that strangers try. */
struct tried_name {
	struct table_short slot;	/* caller[0]: a bit for each that came again, in another hour */
	struct {
		uint16_t network;	/* a hash, 0: free */
		uint16_t hour;		/* of the last try, the low bits */
	} at[NAMES_NETWORKS];
};

/* A domain mail is delivered for. */
struct name_domain {
	struct table_short slot;
	uint32_t delivered;		/* names that exist by delivery alone */
	uint32_t refused;		/* 1: somebody does not exist there */
};

/* names_init - catch_all: names known by delivery alone from which on a domain in which nobody was refused counts as one in
 * which all exist; 0: never. 0 or -errno */
int names_init(struct names *names, uint32_t catch_all);
void names_fini(struct names *names);

/* names_learn - the name exists; true: that is news, or that somebody logs in under it is. domain: of it, 0: none */
bool names_learn(struct names *names, uint64_t name, uint32_t domain, enum names_how how, int64_t time_ms);
enum names_how names_known(const struct names *names, uint64_t name);

/* names_try - a stranger of that network tries the name; returns how many networks have within the week, at most NAMES_NETWORKS
 * *again: this one has before, in an earlier hour of the week
 * names_tries - the same, changing nothing */
unsigned names_try(struct names *names, uint64_t name, const struct prefix *network, int64_t time_ms, bool *again);
unsigned names_tries(const struct names *names, uint64_t name, int64_t time_ms);

/* names_was_tried - has any stranger tried it, ever, as far as is remembered? */
bool names_was_tried(const struct names *names, uint64_t name);

/* names_refuse - somebody of the domain does not exist; names_all_exist - is it one in which everybody does? */
void names_refuse(struct names *names, uint32_t domain);
bool names_all_exist(const struct names *names, uint32_t domain);

/* names_forget - as if it had never been heard of */
void names_forget(struct names *names, uint64_t name);

/* the worth of a slot, for table_enter(); see above */
int64_t name_worth(const void *names, const void *slot);
int64_t tried_name_worth(const void *names, const void *slot);
int64_t name_domain_worth(const void *names, const void *slot);

/* name_key - the key of a hash in a table */
static inline struct prefix name_key(uint64_t hash)
{
	struct prefix key = { .len = 128 };

	memcpy(key.addr.bytes, &hash, sizeof(hash));
	return key;
}

#endif
