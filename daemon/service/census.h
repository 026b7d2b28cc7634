/* census - the look at all that is remembered which metrics and top show, made in slices between the lines
 *
 * Made when somebody asks, kept for CENSUS_WORTH times what it took, and CENSUS_FRESH_MS at most: however many ask, it costs
 * the flow one at a time, and a small part of its time; and where there is little to look at, it is of now. */
#ifndef MAILWARD_CENSUS_H
#define MAILWARD_CENSUS_H

#include <systemd/sd-event.h>

#include "judge/survey.h"
#include "service/control.h"

#define CENSUS_FRESH_MS 800
#define CENSUS_WORTH 20
#define CENSUS_SLOTS 2048	/* looked at in one turn of the loop: a fraction of a millisecond */

struct census {
	struct judge *const *judge;	/* whoever is in force */
	struct control *control;
	sd_event *loop;
	sd_event_source *step;
	struct survey *survey;		/* NULL until somebody asks */
	bool running;
	uint64_t done_usec;		/* monotonic; 0: never */
	uint64_t took_usec;		/* of work, without what came in between */
};

/* census_have - one that is fresh; NULL: it is being made, and the request that is being answered is answered when it is made.
 * Where nothing is being answered it is made at once. judge: where the one in force is found, also after a reload */
const struct survey *census_have(struct census *census, sd_event *loop, struct control *control, struct judge *const *judge);
void census_close(struct census *census);

#endif
