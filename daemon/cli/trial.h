/* trial - several settings tried on the same logs, which are read once: a judge for each, side by side
 *
 * The first trial is today's: the config as it is. Who belongs here is a fact of the log and no matter of a setting: all trials
 * are held against what one judge with a memory has learned. */
#ifndef MAILWARD_TRIAL_H
#define MAILWARD_TRIAL_H

#include "cli/hurt.h"
#include "cli/replay.h"
#include "cli/waits.h"

#define TRIALS_MAX 64		/* judges at once */
#define TRIAL_SETS_MAX 16	/* settings of one */
#define TRIAL_HURT_HOUR 100	/* an hour for which one who belongs here is dropped weighs as much as so many tries let through */

struct trial {
	const char *sets[TRIAL_SETS_MAX];	/* "hard_error_limit=4"; the caller's */
	size_t set_count;
	/* when the logs are read */
	uint64_t bans, delays, tries, through;
	uint32_t wait_s;	/* from the first error to the ban, the median of all bans */
	struct hurt hurt;	/* who belongs here and would have been dropped */
	uint64_t hurt_s;	/* ... for so long, all together */
	double cost;		/* tries let through, and TRIAL_HURT_HOUR for each hour of hurt_s: the lowest is the best trade */
	bool failed;		/* there was no memory for all of it */
	/* its own */
	struct setup *setup;
	bool own_rules;		/* its names or rules differ from today's: it reads the records itself */
	struct feed feed;	/* then with this */
	struct judge *judge;
	struct waits waits;
	struct prefix banned;	/* by the hit that is judged now; len 255: nobody */
};

struct trials {
	struct trial *at;
	size_t count;		/* without the witness */
	struct trial *witness;	/* one of them, or one more that is not shown */
	struct replay replay;
	found_fn *note;		/* NULL, or who wants to hear of each hit, too; gets note_arg */
	void *note_arg;
};

/* trials_begin - today's, and then what trials_add() adds; path: of the config, or NULL
 * false: reported, or no memory. trials_end() in any case. */
bool trials_begin(struct trials *trials, const char *command, const char *path, struct problems *problems);
void trials_end(struct trials *trials);

/* trials_add - one more: today's config with these settings, which must outlive it; false: reported, and it is not there */
bool trials_add(struct trials *trials, const char *path, const char *const *sets, size_t set_count, struct problems *problems);

/* trials_drop - the last one is not to be tried after all */
void trials_drop(struct trials *trials);

/* trials_look - what the witness knows of an address at the end of the logs */
void trials_look(const struct trials *trials, const struct addr *addr, struct judge_view *view);

/* trials_run - read the logs of trials->replay and fill the figures; false: no memory, or not all could be read, which was told */
bool trials_run(struct trials *trials);

/* trial_name - "today", or its settings; size: of dst. Hostile bytes are escaped. Returns dst. */
char *trial_name(char *dst, size_t size, const struct trial *trial);

/* trial_share - tries let through, of all; 0..1 */
double trial_share(const struct trial *trial);

/* trial_json - a line for the trial, and one for each who would be hurt */
void trial_json(const struct trial *trial, FILE *out);

#endif
