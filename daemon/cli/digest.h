/* digest - what a replay comes to: what happened when, by whom, under which names; what a ban kept away, who was hurt
 *
 * Drives the judge, and counts what he made of each hit. What lies before since_ms teaches the judge and is not counted. Bounded:
 * a million addresses, DIGEST_NAMES names, SERIES_CELLS spans of time; who falls out is missing in lists, not in sums. */
#ifndef MAILWARD_DIGEST_H
#define MAILWARD_DIGEST_H

#include "cli/heavy.h"
#include "cli/hurt.h"
#include "cli/replay.h"
#include "cli/series.h"
#include "cli/waits.h"

#define DIGEST_TOP 12		/* lines of each list */
#define DIGEST_NAMES 65536	/* told apart */
#define DIGEST_WAITS 8		/* steps of time from the first error to the ban */

extern const struct digest_step {
	uint32_t up_to_s;
	const char *name;
} digest_steps[DIGEST_WAITS];

struct digest {
	const struct setup *setup;
	struct judge *judge;
	int64_t since_ms;
	/* sums */
	char host[64];			/* as the log names it, escaped; "": it does not */
	int64_t first_ms, last_ms;	/* of what was counted; 0: nothing was */
	uint64_t lines, through, kept, bans, delays;
	uint64_t forgiven, uncounted, allowed;	/* errors: of who belongs here, or logged in at last; during an outage, of the allow-list */
	uint64_t addresses, forgiven_addresses;
	uint64_t hours[24];		/* tries by the hour of the day, local time */
	uint64_t steps[DIGEST_WAITS];
	struct series series;
	struct heavy names;
	struct waits waits;
	struct hurt hurt;
	uint64_t hurt_s;
	/* lists, made by digest_settle() */
	struct digest_net {
		struct prefix prefix;
		uint64_t tries, kept, addresses, bans;
	} nets[DIGEST_TOP];
	size_t net_count;
	uint64_t all_nets;
	struct digest_offender {
		struct prefix prefix;
		uint64_t tries, dropped_s;
		uint32_t bans;
		const struct rule *rule;	/* of its last error; NULL: none is known */
	} offenders[DIGEST_TOP];
	size_t offender_count;
	uint64_t all_offenders;
	struct digest_rule {
		const struct rule *rule;
		uint64_t tries;
	} rules[DIGEST_TOP];
	size_t rule_count;
	struct digest_name {
		struct text text;	/* a stranger's bytes */
		uint64_t tries;
		bool exists;
	} tried[DIGEST_TOP];
	size_t tried_count;
	/* its own */
	uint64_t *by_rule;
	struct table table;		/* by address */
	struct prefix banned;		/* by the hit that is judged now; len 255: nobody */
	int64_t hour_ms;		/* the last hour whose place in the day was asked for */
	unsigned hour;
	bool failed;			/* no memory: something is missing */
};

/* digest_init - false: no memory; digest_fini() in any case. setup must outlive it. */
bool digest_init(struct digest *digest, const struct setup *setup, int64_t since_ms);
void digest_fini(struct digest *digest);

/* digest_found - a found_fn; arg: the digest */
void digest_found(void *arg, const struct found *found);

/* digest_settle - at the end: make the lists; latest_ms: of the log */
void digest_settle(struct digest *digest, int64_t latest_ms);

/* digest_tries - let through and kept away; digest_kept - the share that was kept away, 0..1 */
uint64_t digest_tries(const struct digest *digest);
double digest_kept(const struct digest *digest);

/* digest_day - "2026-11-26", local time; digest_offset_s - what local time is ahead of UTC then. size: at least 11. Returns dst. */
char *digest_day(char *dst, size_t size, int64_t time_ms);
int64_t digest_offset_s(int64_t time_ms);

/* digest_text - for a terminal or a mail, 100 columns; digest_json - lines; digest_page - one page of HTML that asks for nothing */
void digest_text(struct digest *digest, bool blocks, FILE *out);
void digest_json(struct digest *digest, FILE *out);
void digest_page(struct digest *digest, FILE *out);

#endif
