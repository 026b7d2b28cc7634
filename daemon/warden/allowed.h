/* allowed - whom the operator allows until further notice, at the engine's word
 *
 * Beside the config's allow-list, and as strong: who is on it passes the blocklists, too. That is more than a release, so
 * that an engine that is taken over may not say it as often as it likes: WIRE_ALLOWED_MAX at a time, and once as many
 * were said, one a second. Nothing is wider than wire_allowable() has it. */
#ifndef MAILWARD_ALLOWED_H
#define MAILWARD_ALLOWED_H

#include "base/wire.h"

#define ALLOWED_PER_SECOND 1

struct allowed {
	struct prefix at[WIRE_ALLOWED_MAX];
	size_t count;
	uint32_t spent;		/* of WIRE_ALLOWED_MAX; comes free by the second */
	int64_t since_ms;	/* spent is of that time */
};

/* allowed_add - 0; EDQUOT: too many for now; ENOSPC: too many at a time. One that is there already costs nothing
 * now_ms: never runs backwards */
int allowed_add(struct allowed *allowed, const struct prefix *prefix, int64_t now_ms);

/* allowed_remove - false: it was not there */
bool allowed_remove(struct allowed *allowed, const struct prefix *prefix);

#endif
