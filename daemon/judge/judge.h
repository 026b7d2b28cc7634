/* judge - the flow: a line becomes a record, an error, a count, a verdict
 *
 * Owns the window, the bans and the clock; knows neither files nor the kernel: lines come in by judge_line(),
 * verdicts go out through the function given at start. Used by run, scan and their tests alike. */
#ifndef MAILWARD_JUDGE_H
#define MAILWARD_JUDGE_H

#include "conf/conf.h"
#include "source/line.h"
#include "match/match.h"
#include "judge/notice.h"
#include "judge/verdict.h"

struct judge_stats {
	uint64_t lines, bytes;
	uint64_t errors;		/* weighted: of all that counted */
	uint64_t addresses;		/* distinct ones that counted (an address evicted from the window may count again) */
	uint64_t observed;		/* rules that report only */
	uint64_t allowed;		/* errors of allowed addresses: not counted */
	uint64_t evidence;		/* errors of banned addresses: not counted */
	uint64_t recounts;		/* lines of a resumed log that had been counted before */
	uint64_t echoes;		/* repeated what the session had already been counted for */
	uint64_t delays, bans;
	uint64_t lost;			/* errors that found no room in the window */
	uint64_t successes;		/* lines that say an address is a customer's, logins among them */
	uint64_t uncounted;		/* errors: failed logins during an outage */
	uint64_t withheld;		/* bans that max_bans_per_minute has made delays */
};

struct judge;

/* judge_new - conf and matcher must outlive it; NULL: out of memory
 * verdict: gets each decision at once, in order */
struct judge *judge_new(const struct conf *conf, const struct rules *rules, struct matcher *matcher,
			  verdict_fn *verdict, void *arg);
void judge_free(struct judge *judge);

/* feed - one stream of lines into the engine, with the clock of its backlog
 * A line of the backlog counts at its own stamp, which never runs backwards within its feed nor past now; a live line
 * counts at arrival. Each source has a feed of its own, so that a log read late is not pressed into another's present. */
struct feed {
	struct judge *judge;
	int64_t last_ms;	/* when its latest line counted */
	int64_t counted_ms;	/* backlog lines stamped up to then have counted before: 0, or set by whoever resumes a lost log */
};

struct feed judge_feed(struct judge *judge);

/* judge_line - the whole flow for one line; a line_fn, arg is a struct feed */
void judge_line(void *feed, const struct line *line);

/* judge_record - the same for what comes with its header taken apart already; bytes: what it adds to the figures */
void judge_record(struct feed *feed, const struct record *record, size_t bytes, bool backlog);

/* judge_ban, judge_release - the operator's own; a ban replaces what was there
 * seconds: 1..DURATION_MAX_S. -EPERM: an allowed address lies inside; -ENOENT: no such ban.
 * Both reach the verdict function; a release also forgets the address's errors and history. */
int judge_ban(struct judge *judge, const struct prefix *prefix, uint32_t seconds);
int judge_release(struct judge *judge, const struct prefix *prefix);

/* judge_active - call fn for each ban that is running, as verdicts with seconds = what remains */
void judge_active(struct judge *judge, verdict_fn *fn, void *arg);

const struct judge_stats *judge_stats(const struct judge *judge);
/* judge_rule_errors - weighted errors counted under a rule so far */
uint64_t judge_rule_errors(const struct judge *judge, const struct rule *rule);
/* judge_addresses - how many addresses the window tracks now */
uint32_t judge_addresses(const struct judge *judge);

/* judge_set_notice - who is told of outages and withheld bans, with the arg of the verdicts; at first nobody */
void judge_set_notice(struct judge *judge, notice_fn *notice);

/* judge_outages - call fn for each service whose failed logins count for nobody now, as NOTICE_OUTAGE */
void judge_outages(struct judge *judge, notice_fn *fn, void *arg);

/* judge_set_clock - for tests: replace the wall clock (milliseconds since the epoch) */
void judge_set_clock(struct judge *judge, int64_t (*now_ms)(void));

/* judge_now_ms - the wall clock as the engine sees it */
int64_t judge_now_ms(const struct judge *judge);

#endif
