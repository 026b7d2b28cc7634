/* hit - one match: what a line says, as a value of fixed size that outlives its text
 *
 * All that the judge ever sees of a line; a live log, a replay, another thread or another host feed it alike. */
#ifndef MAILWARD_HIT_H
#define MAILWARD_HIT_H

#include "base/addr.h"

#define HIT_WEIGHT_MAX 1023
#define HIT_TIME_MAX_MS ((INT64_C(1) << 42) - 1)	/* the year 2109 */

enum hit_known { HIT_UNSAID, HIT_KNOWN, HIT_UNKNOWN };

struct hit {
	int64_t time_ms;	/* when it counts, since the epoch, 0..HIT_TIME_MAX_MS; see feed.h */
	struct addr addr;	/* all zero when nobody is named */
	uint64_t account;	/* keyed hash of the name it is about, see account.h; 0: none */
	uint64_t local;		/* the same without its domain, 0: it has none */
	uint64_t alias;		/* of a delivery: the name that it was sent to first; 0: none */
	uint64_t queue;		/* keyed hash of the queue id; 0: none */
	uint32_t domain;	/* keyed hash of the account's domain; 0: none */
	uint32_t password;	/* what the server showed of the password's hash, hashed; 0: nothing */
	uint32_t session;	/* with addr: which session of the server; the process id, or a hash of <session> */
	uint16_t teller;	/* of a failed login: the rule by its name, and which of several databases; never 0 */
	uint16_t rule;		/* its id: the place in struct rules */
	uint16_t weight;	/* rule weight x count in the line x repeat, 0..HIT_WEIGHT_MAX; 0 when observed only */
	uint8_t known;		/* enum hit_known: does the server say whether the account exists? */
	bool null_sender;	/* the sender was <>: a bounce */
	bool nobody;		/* the server speaks of itself: only for RULE_OUTAGE */
};

#endif
