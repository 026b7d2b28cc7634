/* hit - one match: what a line says, as a value of fixed size that outlives its text
 *
 * All that the judge ever sees of a line; a live log, a replay, another thread or another host feed it alike. */
#ifndef MAILWARD_HIT_H
#define MAILWARD_HIT_H

#include "base/addr.h"

#define HIT_WEIGHT_MAX 1023
#define HIT_TIME_MAX_MS ((INT64_C(1) << 42) - 1)	/* the year 2109 */

struct hit {
	int64_t time_ms;	/* when it counts, since the epoch, 0..HIT_TIME_MAX_MS; see feed.h */
	struct addr addr;	/* all zero when nobody is named */
	uint32_t session;	/* with addr: which session of the server; the process id, or a hash of <session> */
	uint16_t rule;		/* its id: the place in struct rules */
	uint16_t weight;	/* rule weight x count in the line x repeat, 0..HIT_WEIGHT_MAX; 0 when observed only */
	bool nobody;		/* the server speaks of itself: only for RULE_OUTAGE */
};

#endif
