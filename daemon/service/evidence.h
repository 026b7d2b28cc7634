/* evidence - the lines that counted as errors, with what the judge thought of each: why somebody was delayed or banned
 *
 * The last EVIDENCE_RECENT stand in memory; a checkpoint writes them to the store, where the last EVIDENCE_ROWS, for
 * as long as they are kept, are found again by their address. A flood loses lines, and says how many: whoever floods is known by fewer.
 * Bounded work a line; never waits for the disk. The text is a stranger's: it leaves escaped. */
#ifndef MAILWARD_EVIDENCE_H
#define MAILWARD_EVIDENCE_H

#include "judge/judge.h"
#include "match/record.h"
#include "service/store.h"

#define EVIDENCE_RECENT 512
#define EVIDENCE_ROWS 100000
#define EVIDENCE_TEXT_BYTES 400
#define EVIDENCE_VERSION 1

struct evidence_line {
	struct prefix unit;		/* whom it counted for */
	int64_t time_ms;
	struct judge_thought thought;
	uint32_t number;		/* of its row in the store; 0: it has none yet */
	uint16_t rule_bytes, text_bytes;
	char text[EVIDENCE_TEXT_BYTES];	/* the rule's name, then program and message, cut */
};

struct evidence;

/* evidence_new - keep_s: so long are lines kept; 0: none is, and it returns NULL, as when there is no memory */
struct evidence *evidence_new(uint32_t keep_s);
void evidence_free(struct evidence *evidence);

/* evidence_note - a record that was counted */
void evidence_note(struct evidence *evidence, const struct prefix *unit, int64_t time_ms, const char *rule, const struct record *record,
		   const struct judge_thought *thought);

/* evidence_begin - the number of the store's next row; of lines that have none yet
 * evidence_save - put what the store does not have into a snapshot; all of it, when that is whole */
void evidence_begin(struct evidence *evidence, uint32_t next);
void evidence_save(struct evidence *evidence, struct snapshot *snapshot, unsigned kind, int64_t now_ms);

/* evidence_forget - of an address, or of all in a network, nothing is kept */
void evidence_forget(struct evidence *evidence, const struct prefix *prefix);

/* evidence_find - the last lines of a unit, or of all units in a network, at most count, oldest first
 * store: NULL: there is none. */
typedef void evidence_fn(void *arg, const struct evidence_line *line);
void evidence_find(struct evidence *evidence, struct store *store, unsigned kind, const struct prefix *prefix, unsigned count,
		   evidence_fn *fn, void *arg);

/* evidence_lost - lines that found no room before they could be written */
uint64_t evidence_lost(const struct evidence *evidence);

#endif
