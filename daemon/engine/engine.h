/* engine - the flow: a line becomes a record, an error, a count, a verdict
 *
 * Owns the window, the bans and the clock; knows neither files nor the kernel: lines come in by engine_line(),
 * verdicts go out through the function given at start. Used by run, scan and their tests alike. */
#ifndef MAILWARD_ENGINE_H
#define MAILWARD_ENGINE_H

#include "base/conf.h"
#include "engine/line.h"
#include "engine/match.h"
#include "engine/notice.h"
#include "engine/verdict.h"

struct engine_stats {
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

struct engine;

/* engine_new - conf and matcher must outlive it; NULL: out of memory
 * verdict: gets each decision at once, in order */
struct engine *engine_new(const struct conf *conf, const struct rules *rules, struct matcher *matcher,
			  verdict_fn *verdict, void *arg);
void engine_free(struct engine *engine);

/* feed - one stream of lines into the engine, with the clock of its backlog
 * A line of the backlog counts at its own stamp, which never runs backwards within its feed nor past now; a live line
 * counts at arrival. Each source has a feed of its own, so that a log read late is not pressed into another's present. */
struct feed {
	struct engine *engine;
	int64_t last_ms;	/* when its latest line counted */
	int64_t counted_ms;	/* backlog lines stamped up to then have counted before: 0, or set by whoever resumes a lost log */
};

struct feed engine_feed(struct engine *engine);

/* engine_line - the whole flow for one line; a line_fn, arg is a struct feed */
void engine_line(void *feed, const struct line *line);

/* engine_record - the same for what comes with its header taken apart already; bytes: what it adds to the figures */
void engine_record(struct feed *feed, const struct record *record, size_t bytes, bool backlog);

/* engine_ban, engine_release - the operator's own; a ban replaces what was there
 * seconds: 1..DURATION_MAX_S. -EPERM: an allowed address lies inside; -ENOENT: no such ban.
 * Both reach the verdict function; a release also forgets the address's errors and history. */
int engine_ban(struct engine *engine, const struct prefix *prefix, uint32_t seconds);
int engine_release(struct engine *engine, const struct prefix *prefix);

/* engine_active - call fn for each ban that is running, as verdicts with seconds = what remains */
void engine_active(struct engine *engine, verdict_fn *fn, void *arg);

const struct engine_stats *engine_stats(const struct engine *engine);
/* engine_rule_errors - weighted errors counted under a rule so far */
uint64_t engine_rule_errors(const struct engine *engine, const struct rule *rule);
/* engine_addresses - how many addresses the window tracks now */
uint32_t engine_addresses(const struct engine *engine);

/* engine_set_notice - who is told of outages and withheld bans, with the arg of the verdicts; at first nobody */
void engine_set_notice(struct engine *engine, notice_fn *notice);

/* engine_outages - call fn for each service whose failed logins count for nobody now, as NOTICE_OUTAGE */
void engine_outages(struct engine *engine, notice_fn *fn, void *arg);

/* engine_set_clock - for tests: replace the wall clock (milliseconds since the epoch) */
void engine_set_clock(struct engine *engine, int64_t (*now_ms)(void));

/* engine_now_ms - the wall clock as the engine sees it */
int64_t engine_now_ms(const struct engine *engine);

#endif
