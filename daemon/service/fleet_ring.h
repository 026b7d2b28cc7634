/* fleet_ring - the records that this host has to tell: those that no server has taken yet, and the last that one has
 *
 * Each has a number, ever higher by one. Bounded: when it is full the oldest goes, taken or not. What is not taken yet outlives
 * the process, and so does what has been taken lately: the server may lose it before all have read it. It is written with the
 * counts, row by row. */
#ifndef MAILWARD_FLEET_RING_H
#define MAILWARD_FLEET_RING_H

#include "service/fleet_batch.h"
#include "service/store.h"

#define FLEET_RING 65536U	/* a power of two */

struct fleet_item {
	struct fleet_record record;	/* its age is not filled in */
	int64_t time_ms;		/* by the boot's clock: when it was; see fleet_ring_save() */
	uint64_t number;		/* the ring's to fill in */
};

struct fleet_ring {
	struct fleet_item *at;
	uint64_t tail, head;		/* numbers: the oldest that is there, the next */
	uint64_t stored, written;	/* the store has rows of stored..written; what is below is not to be stored any more */
	uint64_t lost;			/* gone before anybody had taken them */
};

int fleet_ring_init(struct fleet_ring *ring);
void fleet_ring_fini(struct fleet_ring *ring);

/* fleet_ring_push - taken: up to which number somebody has taken them, for the count of what is lost */
void fleet_ring_push(struct fleet_ring *ring, const struct fleet_item *item, uint64_t taken);

static inline const struct fleet_item *fleet_ring_at(const struct fleet_ring *ring, uint64_t number)
{
	return &ring->at[number % FLEET_RING];
}

/* fleet_ring_save - put what is not written yet, remove what is taken and of before since_ms; apart_ms: the wall clock less the
 * boot's, since rows outlive the boot
 * fleet_ring_load - a row on its way back; false: it is none; fleet_ring_loaded - all are, in whatever order they came */
void fleet_ring_save(struct fleet_ring *ring, struct snapshot *snapshot, unsigned kind, uint64_t taken, int64_t since_ms,
		     int64_t apart_ms);
bool fleet_ring_load(struct fleet_ring *ring, const void *bytes, size_t len, int64_t apart_ms);
void fleet_ring_loaded(struct fleet_ring *ring);

#endif
