/* memory - all that the judge remembers, as rows of bytes: the one list of what survives
 *
 * A checkpoint, a restart and a reload follow from it: what is not listed here is forgotten, and what is listed needs no
 * other word anywhere; of the judge that judge_dry_run puts beside, nothing is. Each kind has a version of its own: rows that an older program wrote are still read, or counted
 * as not understood, and never taken for what they are not. */
#ifndef MAILWARD_MEMORY_H
#define MAILWARD_MEMORY_H

#include "judge/judge.h"
#include "judge/limits.h"

enum memory_kind {	/* in the order in which they must be read */
	MEMORY_META,		/* what the other rows were written under */
	MEMORY_FIGURE,		/* a figure and its name */
	MEMORY_RULE,		/* rule id: its errors and its name */
	MEMORY_MET,		/* rule id: when it was last met, and its name */
	MEMORY_COUNT,		/* slot of the window */
	MEMORY_BAN,		/* slot of the bans */
	MEMORY_SESSION,		/* slot of the session cache */
	MEMORY_TOLD,		/* slot of the attempts that were told */
	MEMORY_NETWORK,		/* slot of the neighbourhoods */
	MEMORY_CUSTOMER,	/* slot of the customers */
	MEMORY_LOGINS,		/* service of the breaker */
	/* of judge = memory: slots of its tables, and who has a stay */
	MEMORY_ACCOUNT,
	MEMORY_HOME,
	MEMORY_CUSTOMER_NET,
	MEMORY_NAME,
	MEMORY_TRIED,
	MEMORY_DOMAIN,
	MEMORY_CORRESPONDENT,
	MEMORY_QUEUED,
	MEMORY_SUM,
	MEMORY_STAY,
	MEMORY_KINDS,
};

extern const uint32_t memory_name_key_row;	/* of MEMORY_META: the key of names, as it is */

const char *memory_name(enum memory_kind kind);
uint32_t memory_version(enum memory_kind kind);

/* memory_row_fn - take a row; len 0: it is gone. The bytes are valid during the call.
 * Returns false to say that this was the last one for now. */
typedef bool memory_row_fn(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len);

/* memory_save - hand over each row that changed since it was handed over last
 * Returns false when fn wanted no more: call again to go on. */
bool memory_save(struct judge *judge, memory_row_fn *fn, void *arg);

/* memory_finish - hand over what changes with every hit; few rows, fn's answer is not asked. With them, what was handed
 * over is what the judge was at that moment. */
void memory_finish(struct judge *judge, memory_row_fn *fn, void *arg);

/* memory_touch - as if all of it had changed */
void memory_touch(struct judge *judge);

/* memory_shift - the wall clock was set by step_ms: all that is remembered keeps its distance from now */
void memory_shift(struct judge *judge, int64_t step_ms);

/* struct memory_load - rows on their way back into a judge that is new; its rules, limits and allow-list may be others
 * Rules are known again by their names. What the allow-list protects now is left behind. */
struct memory_load {
	struct judge *judge;
	enum memory_kind kind;	/* of the row at hand */
	int64_t now_ms;
	bool late;		/* the judge has been at work: its own counts and bans are newer */
	uint16_t rules[RULE_FORMER + 1];	/* rule ids of the rows to the judge's own */
	uint64_t unreadable;	/* rows that were not understood */
};
void memory_load_begin(struct memory_load *load, struct judge *judge, int64_t now_ms);

/* memory_load_row - put a row back; rows come in the order of their kinds; any bytes are safe */
void memory_load_row(struct memory_load *load, enum memory_kind kind, uint32_t version, uint32_t number, const void *bytes,
		     size_t len);

/* memory_load_end - all rows are back
 * The latest that they speak of lies in the future: the clock was set back while nobody was there to see it. Then all of it
 * is moved, as by memory_shift(), so that none does. Returns by how much, <= 0. */
int64_t memory_load_end(struct memory_load *load);

/* memory_carry - all that one judge remembers, into another that is new
 * Of judge_dry_run: the one beside goes on with what its like remembers; and who turns to judge = memory begins with what
 * was learned beside. */
void memory_carry(struct judge *to, struct judge *from, int64_t now_ms);

#endif
