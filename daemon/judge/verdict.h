/* verdict - what the engine decides about a prefix: the value that flows from judge to warden or printer */
#ifndef MAILWARD_VERDICT_H
#define MAILWARD_VERDICT_H

#include "base/addr.h"

enum verdict_kind { VERDICT_DELAY, VERDICT_BAN, VERDICT_RELEASE };

#define VERDICT_REASONS 4
struct verdict {
	enum verdict_kind kind;
	struct prefix prefix;
	int64_t time_ms;		/* of the error that tipped the scale */
	uint32_t seconds;		/* from time_ms on */
	uint32_t errors;		/* the weighted sum in the window */
	uint32_t window_s;
	uint32_t neighbours;		/* of a network: how many of its addresses were banned within window_s; else 0 */
	bool fresh;			/* neither delay nor ban of it was running */
	const char *rule;		/* of the last error; "manual" for the operator's own, "network" for a network's */
	struct verdict_reason {		/* the sum by rule, heaviest first, at most VERDICT_REASONS */
		const char *rule;
		uint32_t errors;
	} reasons[VERDICT_REASONS];
	size_t reason_count;
};

typedef void verdict_fn(void *arg, const struct verdict *verdict);

#endif
