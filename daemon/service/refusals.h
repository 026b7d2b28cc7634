/* refusals - what the firewall would not take: marked, and asked for again until it does
 *
 * The judge's bans are the queue: each knows whether it is in force. So nothing is lost, however many they are, and what is
 * over by then is not asked for. */
#ifndef MAILWARD_REFUSALS_H
#define MAILWARD_REFUSALS_H

#include <systemd/sd-event.h>

#include "judge/judge.h"
#include "service/enforce.h"

#define REFUSALS_AT_ONCE_MIN 256	/* are asked for at a time; */
#define REFUSALS_AT_ONCE_MAX 16384	/* twice as many each time that all of them were taken */
#define REFUSALS_PAUSE_MS 1000		/* between two times; */
#define REFUSALS_PAUSE_MAX_MS 30000	/* twice as long each time that none was */

struct refusals {
	struct judge *const *judge;
	struct enforce *enforce;
	sd_event_source *timer;
	uint32_t cursor;
	size_t at_once;
	uint64_t pause_ms;
	size_t asked, again;	/* of the last time: how many, and how many of them were refused again */
	bool rebuild;		/* a release was refused: only a new table is sure to be right */
};

/* refusals_open - judge: where the judge of the moment is found. 0 or -errno */
int refusals_open(struct refusals *refusals, sd_event *loop, struct judge *const *judge, struct enforce *enforce);
void refusals_close(struct refusals *refusals);

#endif
