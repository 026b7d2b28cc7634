/* tails - the files of one log that are open, oldest first, and the marks of those that were let go
 *
 * What they know of each other: which is a copy of which, which came of which by editing, which is done. */
#ifndef MAILWARD_TAILS_H
#define MAILWARD_TAILS_H

#include "source/tail.h"

#define TAILS_MAX 16		/* more of them wait in the folder */
#define TAILS_KEPT 2		/* with lines: the present file and the one before it */
#define TAILS_GONE 32
#define TAILS_PAST 48

struct tails {
	struct tail *at[TAILS_MAX];	/* the last one is where the path led when we last looked */
	size_t count;
	struct mark gone[TAILS_GONE];	/* a ring */
	size_t gone_count;
	struct tails_past {
		uint32_t heads[TAILS_PAST];	/* a ring */
		uint64_t count;
	} past;				/* those that were let go, by their first bytes: what a restart keeps of them */
};

/* tails_index - where the file is; count if it is none of them */
size_t tails_index(const struct tails *tails, dev_t device, uint64_t inode);

/* tails_add - as the newest; takes it over. There must be room. */
void tails_add(struct tails *tails, struct tail *tail);

/* tails_add_between - the same; but before those that were not read yet and are younger, and before the present one
 * present: NULL if it is none of them. */
void tails_add_between(struct tails *tails, struct tail *tail, const struct tail *present);

/* tails_put - the same; as number i */
void tails_put(struct tails *tails, size_t i, struct tail *tail);

/* tails_renew - this one is the newest again */
void tails_renew(struct tails *tails, size_t i);

/* tails_let_go - close it, and remember its mark */
void tails_let_go(struct tails *tails, size_t i);

/* tails_know - is it one of them, or one that was let go, or a copy of such? */
bool tails_know(const struct tails *tails, const struct tail *tail);

/* tails_origin - a file that is about to be read for the first time: is it a copy of one that we know? *mark: how far
 * that was read. tails_is_edited: does it come of the one before it by editing, or was an old one put back? Then it
 * begins when that began, or before, though that is a while ago: last_ms is the stamp of the latest line of all. */
bool tails_origin(const struct tails *tails, size_t at, struct mark *mark);
bool tails_is_edited(const struct tails *tails, size_t at, int64_t last_ms);

/* tails_shift - the wall clock was set: when they begin is compared with stamps that are written from now on */
void tails_shift(struct tails *tails, const struct clock_set *set);

/* tails_is_done - one that is read to its end: can it be let go?
 * Not before a newer one has lines: until then the writer may still be at this one. A writer of several processes may
 * be at both, so the last one is kept until it is deleted or TAILS_KEPT newer ones have lines. Where no more can be open,
 * the oldest empty one goes, or the oldest of all. */
bool tails_is_done(const struct tails *tails, size_t i);

#endif
