/* checkpoint - the judge's memory and the sources' offsets to the store about every second, and back at start
 *
 * What changed since the last checkpoint and the offsets up to which lines made it change go into one transaction, so
 * that every line counts exactly once. The timer runs only while there is something to write. */
#ifndef MAILWARD_CHECKPOINT_H
#define MAILWARD_CHECKPOINT_H

#include "service/daemon_state.h"

#define CHECKPOINT_INTERVAL_MS 1000	/* between two */
#define CHECKPOINT_DELAY_MS 20		/* after a change, when the last one is longer ago than that */
#define CHECKPOINT_BEHIND_MS 4000	/* so long is one put off while there are lines to read: what is lost is read again */

struct checkpoint;

/* checkpoint_open - open the store and put back what it holds: counts, sessions, bans, positions
 * To be called when the judge and the sources are open and the loop has not turned. A store that cannot be had is logged,
 * read if it can at least be read, and tried again until it can be written. Returns 0, or -errno. */
int checkpoint_open(struct checkpoint **checkpoint, struct daemon *daemon);

/* checkpoint_note - something changed: be sure that it will be written. Cheap, may be called for each line. */
void checkpoint_note(struct checkpoint *checkpoint);

/* checkpoint_shift - the clock was set by step_ms: what a checkpoint holds moves with it, whether there is one or not. Logs. */
void checkpoint_shift(struct daemon *daemon, int64_t step_ms);

/* checkpoint_flush - write what has changed, now: what was promised to somebody outlives the process. false: it cannot be */
bool checkpoint_flush(struct checkpoint *checkpoint);

/* checkpoint_renew - the judge is another now: the next checkpoint holds everything */
void checkpoint_renew(struct checkpoint *checkpoint);

/* checkpoint_known - was there an earlier state, and is all of it back? Else bans may stand in the kernel that the judge
 * does not know. */
bool checkpoint_known(const struct checkpoint *checkpoint);

/* checkpoint_failed - NULL, or why the state is in memory only */
const char *checkpoint_failed(const struct checkpoint *checkpoint);

/* checkpoint_evidence - the last lines that counted for a unit, or in a network; see evidence_find() */
void checkpoint_evidence(const struct daemon *daemon, const struct prefix *prefix, unsigned count, evidence_fn *fn, void *arg);

/* checkpoint_close - write a last one and close */
void checkpoint_close(struct checkpoint *checkpoint);

#endif
