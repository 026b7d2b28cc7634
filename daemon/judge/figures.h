/* figures - what the judge has seen and done so far, as numbers; and their names, for whoever prints them */
#ifndef MAILWARD_FIGURES_H
#define MAILWARD_FIGURES_H

#include "base/text.h"

struct figures {
	uint64_t lines, bytes;		/* read, as the judge was told */
	uint64_t errors;		/* weighted: of all that counted */
	uint64_t addresses;		/* distinct ones that counted (an address evicted from the window may count again) */
	uint64_t observed;		/* rules that report only */
	uint64_t allowed;		/* errors of allowed addresses: not counted */
	uint64_t evidence;		/* errors of banned addresses: not counted */
	uint64_t echoes;		/* repeated what the session had already been counted for */
	uint64_t delays, bans;
	uint64_t lost;			/* errors that found no room in the window */
	uint64_t successes;		/* lines that say an address is a customer's, logins among them */
	uint64_t uncounted;		/* errors: failed logins during an outage */
	uint64_t spared;		/* errors that were somebody's own, or paid for by his mails: not counted */
	uint64_t withheld;		/* bans that max_bans_per_minute has made delays */
};

/* Of two judges who hear the same: errors that both counted, or would have kept out by a ban. A customer's own, which one of
 * them spares, are none. */
struct judge_tries {
	uint64_t all, through[2];	/* past the judge in force, and past the other */
};

/* figure_names - each figure by its name in JSON; ends with a NULL */
struct figure_name {
	const char *name;
	size_t offset;
};
extern const struct figure_name figure_names[];

/* figure_set - by its name; one that nobody knows any more is passed over */
void figure_set(struct figures *figures, struct text name, uint64_t value);

static inline uint64_t figure(const struct figures *figures, const struct figure_name *name)
{
	return *(const uint64_t *)(const void *)((const char *)figures + name->offset);
}

#endif
