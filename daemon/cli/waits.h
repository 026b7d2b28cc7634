/* waits - of each ban, how long its address had been making errors before: from the first that counted to the ban
 *
 * An address that has done nothing for as long as the judge remembers begins anew, and so does one that was banned. What a
 * network is banned for has no first error. */
#ifndef MAILWARD_WAITS_H
#define MAILWARD_WAITS_H

#include "conf/conf.h"
#include "judge/event.h"
#include "judge/table.h"

struct waits {
	struct table first;	/* by address: its first error */
	int64_t forget_ms;
	uint32_t *seconds;	/* of each ban */
	size_t count;
	bool failed;		/* no memory: some are missing */
};

/* waits_init - 0, or -errno; then waits_fini() is still right */
int waits_init(struct waits *waits, const struct policy *policy, uint32_t addresses);
void waits_fini(struct waits *waits);

/* waits_error - an error of a unit counted, and did not ban it; waits_ban - a ban; waits_forget - one that is not to be counted */
void waits_error(struct waits *waits, const struct prefix *unit, int64_t time_ms);
void waits_ban(struct waits *waits, const struct event *ban);
void waits_forget(struct waits *waits, const struct prefix *unit);

/* waits_sort - the shortest first; waits_median - of those so far, sorts; 0 where there are none */
void waits_sort(struct waits *waits);
uint32_t waits_median(struct waits *waits);

#endif
