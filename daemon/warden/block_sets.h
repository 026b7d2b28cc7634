/* block_sets - the blocklists in the kernel: sets of networks, one for each length, looked up in a chain of their own
 *
 * Hash sets: a million networks take the kernel a second, as an interval set five, and each change of
 * that a third of one. What differs little is changed in the sets that are in force, in one transaction. Else others
 * are filled beside them, slice by slice, so that bans need not wait; the last transaction has the chain look at them,
 * and deletes the old ones: a packet meets the one list or the other, whole. A fill that has begun goes on to its end, and
 * of what is asked for meanwhile the latest comes after it; unless that differs little from what is in force. */
#ifndef MAILWARD_BLOCK_SETS_H
#define MAILWARD_BLOCK_SETS_H

#include "base/ranges.h"
#include "warden/batch.h"
#include "warden/set.h"

#define BLOCK_SETS_SLICE 4096	/* networks a transaction: some 3 ms */

struct block_sets {
	struct batch *batch;
	struct ranges listed, coming;	/* what is in force, and what is to be: in the making or in the table that is being built */
	struct block_sets_made {
		uint32_t size[SET_COUNT];	/* the number of networks each has room for; 0: there is no such set */
		bool second;			/* have the other names */
	} made, fresh;			/* for both */
	bool filling;
	unsigned begun;		/* filling: of the fresh sets those of smaller numbers have been made */
	struct block_sets_walk {
		size_t at;		/* the range */
		struct addr from;	/* and where in it to go on, if begun */
		bool begun;
	} walk;				/* over coming, while filling */
	struct block_sets_next {
		struct ranges listed;
		uint32_t networks[SET_COUNT];
		bool any;
	} next;				/* the latest that came meanwhile: it is looked at when what is coming is in force */
};

/* block_sets_count - how many networks of each length it takes to list all of that: networks[SET_COUNT]. Cost: a walk. */
void block_sets_count(const struct ranges *listed, uint32_t *networks);

/* block_sets_replace - have the kernel drop just what is listed from now on; or put it into the batch that is open, for a
 * new table. listed: sealed, taken over; networks: as block_sets_count() has it
 * Returns 0: it does; 1: block_sets_fill() has to be called until it does; or -errno, and what was in force stays so. */
int block_sets_replace(struct block_sets *sets, struct ranges *listed, const uint32_t *networks);

/* block_sets_built - how the batch of a new table has ended */
void block_sets_built(struct block_sets *sets, bool done);

/* block_sets_fill - a slice more, if it is filling. Bans may be applied in between. Returns as above */
int block_sets_fill(struct block_sets *sets);

/* block_sets_any - is anything listed in force? */
bool block_sets_any(const struct block_sets *sets);

/* block_sets_cancel - give up what is half filled, and what waits for that */
void block_sets_cancel(struct block_sets *sets);

void block_sets_fini(struct block_sets *sets);

#endif
