/* asked - what the kernel does, for whoever waits for an answer, without waiting for the warden
 *
 * The request that wants to know is put off, see control_later(), and answered when the warden has; or without it, when
 * the warden takes longer than ASKED_PATIENCE_MS. What was heard of a prefix is good for one answer, within
 * ASKED_FRESH_MS. */
#ifndef MAILWARD_ASKED_H
#define MAILWARD_ASKED_H

#include <systemd/sd-event.h>

#include "service/control.h"
#include "service/enforce.h"

#define ASKED_PATIENCE_MS 500
#define ASKED_FRESH_MS 800
#define ASKED_SETS_FRESH_MS 200	/* many may ask for them, and it takes the warden some work */
#define ASKED_LOOKS (2 * CONTROL_CLIENTS_MAX)	/* each client may ask for two */
#define ASKED_SETS 128				/* bans of each length there may be, and the blocklists of both families */

struct asked {
	struct enforce *enforce;	/* NULL: in a dry run, where nothing can be asked */
	struct control *const *control;
	sd_event_source *resume, *patience;
	struct asked_look {
		struct prefix prefix;
		uint64_t usec;		/* when it was asked, or answered; 0: this place is free */
		bool answered, given_up;
		unsigned state;		/* enum wire_seen */
		uint64_t packets, bytes;
	} looks[ASKED_LOOKS];
	unsigned hand;
	struct asked_set {
		bool block;		/* of the blocklists; else of bans */
		struct prefix prefix;	/* its family and length; of the blocklists, which have many, all lengths are one: 0 */
		uint64_t packets, bytes;
	} sets[ASKED_SETS], coming[ASKED_SETS];
	size_t set_count, coming_count;
	uint64_t sets_usec;		/* when they were asked for, or told; 0: never */
	bool sets_asked, sets_known;
};

/* asked_open - control: where it is found, it may be NULL. 0 or -errno */
int asked_open(struct asked *asked, sd_event *loop, struct enforce *enforce, struct control *const *control);
void asked_close(struct asked *asked);

/* asked_look - what the kernel does with that prefix; *look NULL: it is not known (a dry run, a warden that does not answer)
 * false: it is being asked for, and the request that is being answered now is answered then */
bool asked_look(struct asked *asked, const struct prefix *prefix, const struct asked_look **look);

/* asked_use - a look has been answered with: whoever comes next asks anew */
void asked_use(struct asked *asked, const struct asked_look *look);

/* asked_note - ask for it, for nobody who waits    asked_noted - what was answered last; NULL: nothing was
 * The latter is as old as it is: for who has asked when it mattered. */
void asked_note(struct asked *asked, const struct prefix *prefix);
const struct asked_look *asked_noted(const struct asked *asked, const struct prefix *prefix);

/* asked_sets - what was dropped by each set, in sets, sets_known tells whether that is known; false: as above */
bool asked_sets(struct asked *asked);

#endif
