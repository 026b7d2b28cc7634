/* unbitten - bans that do not bite: errors go on arriving from addresses that are banned
 *
 * Behind a proxy or a container's gateway, at a port that is not guarded, or where another table accepts first. */
#ifndef MAILWARD_UNBITTEN_H
#define MAILWARD_UNBITTEN_H

#include "base/addr.h"

#define UNBITTEN_AFTER_S 60	/* so old must a ban be: what was on its way has arrived */
#define UNBITTEN_KEPT_S 3600	/* and then it is forgotten */

struct judge;

struct unbitten {
	int64_t looked_ms, last_ms;
	uint32_t count;		/* errors of banned addresses, at most one a second is looked at */
	struct addr addr;	/* the last one's */
	struct prefix prefix;	/* what it is banned as */
	int64_t since_ms;	/* when its ban began */
};

/* unbitten_hear - an error at that time of an address that the judge takes for banned; cheap. Only what is of now tells something:
 * a log that comes late tells of times when there was no ban. true: it was noted */
bool unbitten_hear(struct unbitten *unbitten, const struct judge *judge, const struct addr *addr, int64_t time_ms);

#endif
