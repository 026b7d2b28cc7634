/* beside - two judges over one log: what the one in force does, and the one that judge_dry_run puts beside it
 *
 * Whom one of them alone would have banned, and the sums of both. A network's ban covers the addresses in it. */
#ifndef MAILWARD_BESIDE_H
#define MAILWARD_BESIDE_H

#include "cli/hurt.h"

struct beside {
	const struct judge *judges[2];	/* the one in force, and the other */
	struct hurt drops[2];		/* what each would have dropped */
	struct differing {
		struct hurt_one drop;
		unsigned judge;		/* the one that alone would have banned it */
		bool belongs;		/* a customer or a correspondent */
	} *at;				/* those who belong here first, then the longest */
	size_t count, only[2];		/* of each judge */
	bool failed;			/* no memory: some are missing */
};

/* beside_note - a verdict of either judge
 * beside_settle - at the end of the log; then drops are those who belong here, see hurt_settle() */
void beside_note(struct beside *beside, const struct event *event);
void beside_settle(struct beside *beside, const struct judge *in_force, int64_t now_ms);
void beside_fini(struct beside *beside);

/* beside_text, beside_json - nothing without judge_dry_run; of those that differ at most HURT_SHOWN and BESIDE_JSON */
#define BESIDE_JSON 1000
void beside_text(const struct beside *beside, FILE *out);
void beside_json(const struct beside *beside, FILE *out);

#endif
