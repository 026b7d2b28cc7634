/* stays - sentences that wait a moment, since the next line may tell that they would be wrong
 *
 * Who is to be banned for one name that nobody has, and for nothing else, may be a new customer whose password was mistyped:
 * a login from him within the stay ends it. A bot does not log in. Where customers are, they come back after hours.
 *
 * Bounded: when there is no room, nothing waits. To fill it, strangers spend an address that was never banned for each, and
 * gain that sentences are carried out at once. */
#ifndef MAILWARD_STAYS_H
#define MAILWARD_STAYS_H

#include "base/addr.h"

#define STAYS_MAX 1024

struct stay {
	int64_t due_ms;
	int64_t time_ms;	/* of the error that tipped the scale */
	uint64_t name;		/* the hash of what it is for */
	struct prefix unit;
	uint8_t networks;	/* that try it */
	uint16_t rule;
	uint32_t errors;
};

struct stays {
	struct stay at[STAYS_MAX];
	uint32_t count;
	int64_t next_ms;	/* none is due before */
	uint32_t saved;		/* how many were saved last */
	bool changed;		/* since then */
};

/* stays_add - false: there is no room, so that it must be carried out at once; one that waits already is as it was */
bool stays_add(struct stays *stays, const struct stay *stay);

/* stays_drop - true: there was one for the unit */
bool stays_drop(struct stays *stays, const struct prefix *unit);

/* stays_forget - drop all that are for a name */
void stays_forget(struct stays *stays, uint64_t name);

/* stays_due - take one whose time has come, the earliest first; false: none. Cost: nothing, as long as none is due. */
bool stays_due(struct stays *stays, int64_t time_ms, struct stay *due);

/* stays_shift - the clock was set by step_ms */
void stays_shift(struct stays *stays, int64_t step_ms);

const struct stay *stays_of(const struct stays *stays, const struct prefix *unit);

#endif
