/* series - what happened when: hours, or wider spans where the log is long; bounded */
#ifndef MAILWARD_SERIES_H
#define MAILWARD_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_CELLS 1024
#define SERIES_NARROWEST_S 3600

struct cell {
	uint64_t through, kept, bans;	/* tries let through, tries that a ban kept away */
};

struct series {
	int64_t first;		/* of at[0], in spans since the epoch */
	int64_t span_s;		/* 0: nothing yet; doubles when it does not fit any more */
	size_t count;
	struct cell at[SERIES_CELLS];
};

/* series_at - the cell of a time; widens the spans if it must. Never NULL. */
struct cell *series_at(struct series *series, int64_t time_ms);

/* series_group - put it together into at most count spans of equal length, which begin at midnight if they can
 * offset_s: what local time is ahead of UTC. Returns how many there are, *begin_s the first one's beginning, *span_s their length. */
size_t series_group(const struct series *series, int64_t offset_s, struct cell *cells, size_t count, int64_t *begin_s, int64_t *span_s);

#endif
