/* blocks - the blocklists in the kernel: sets of networks, one for each length, looked up in a chain of their own
 *
 * Hash sets of known size: a million networks take the kernel a second, as an interval set five, and each change of
 * that a third of one. What differs little is changed in the sets that are in force, in one transaction. Else others
 * are filled beside them, slice by slice, so that bans need not wait; the last transaction has the chain look at them,
 * and deletes the old ones: a packet meets the one list or the other, whole. */
#ifndef MAILWARD_BLOCKS_H
#define MAILWARD_BLOCKS_H

#include "base/ranges.h"
#include "warden/batch.h"

#define BLOCKS_SLICE 4096	/* networks a transaction: some 6 ms */

struct blocks {
	struct batch *batch;
	struct ranges ranges, coming;	/* what is in force, and what is to be: in the making or in the table that is being built */
	struct blocks_sets {
		uint32_t room[2][129];	/* how many they take; IPv6 and IPv4, by length in the 128-bit space; 0: there is none */
		bool second;		/* have the other names */
	} sets, fresh;			/* of both */
	bool filling;
	struct blocks_walk {
		size_t at;		/* the range */
		struct addr from;	/* and where in it to go on, if begun */
		bool begun;
	} walk;				/* over coming, while filling */
};

/* blocks_put - all of it into the batch, for a new table. ranges: sealed, taken over
 * blocks_built - how that batch has ended */
void blocks_put(struct blocks *blocks, struct ranges *ranges);
void blocks_built(struct blocks *blocks, bool done);

/* blocks_change - have the kernel drop just the ranges from now on. ranges: sealed, taken over
 * Returns 0: it does; 1: blocks_fill() has to be called until it does; or -errno, and what was in force stays so. */
int blocks_change(struct blocks *blocks, struct ranges *ranges);

/* blocks_fill - a slice more. Returns as above */
int blocks_fill(struct blocks *blocks);

/* blocks_cancel - give up what is half filled */
void blocks_cancel(struct blocks *blocks);

void blocks_fini(struct blocks *blocks);

#endif
