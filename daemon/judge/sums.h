/* sums - what all units of a network have done together, for those who stay below every limit alone
 *
 * A rented network, or a /48 whose owner takes another /64 every few tries. A hood's errors are summed by day, over seven
 * to eight days, with up to SUMS_UNITS of the units they came from.
 *
 * No lie gets in: an error takes an address that speaks TCP. When there is no room, the hood with the smallest sum goes first,
 * so that to push one out takes a table full of networks that each have done as much. Fixed memory, never logs. */
#ifndef MAILWARD_SUMS_H
#define MAILWARD_SUMS_H

#include "judge/table.h"

#define SUMS_MAX 49152
#define SUMS_DAYS 8
#define SUMS_UNITS 3

struct sums {
	struct table table;
};

struct sum {
	struct table_slot slot;		/* the key: the hood */
	uint32_t day;			/* since the epoch: of the latest counter */
	uint16_t halves[SUMS_DAYS];	/* by day */
	struct {
		uint16_t unit;		/* a hash, 0: free */
		uint16_t day;		/* of its last error, the low bits */
	} at[SUMS_UNITS];
};

int sums_init(struct sums *sums);
void sums_fini(struct sums *sums);

/* sums_add - an error of a unit; returns the halves of the week if they came from SUMS_UNITS units at least, else 0 */
uint32_t sums_add(struct sums *sums, const struct prefix *hood, const struct prefix *unit, uint32_t halves, int64_t time_ms);

void sums_forget(struct sums *sums, const struct prefix *hood);

/* the worth of a slot, for table_enter() */
int64_t sum_worth(const void *sums, const void *slot);

#endif
