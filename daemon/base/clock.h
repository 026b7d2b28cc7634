/* clock - what time it is: the only place outside the event loop that asks */
#ifndef MAILWARD_CLOCK_H
#define MAILWARD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* clock_now_ms - the wall clock, milliseconds since the epoch; to some milliseconds, for a tenth of the price */
int64_t clock_now_ms(void);

/* clock_step_ms - by how much the wall clock was set since this was asked last, beside the time that has passed; 0: it was
 * not, or by less than CLOCK_STEP_MS. The first call asks nothing. A system that slept was not set. */
#define CLOCK_STEP_MS 2000
int64_t clock_step_ms(void);

/* clock_apart_us - the wall clock less the time since the boot: the same until the clock is set. Both are read at one
 * moment, to about a microsecond, so that a step of whole milliseconds is known exactly. false: it is not known */
bool clock_apart_us(int64_t *apart_us);

/* struct clock_set - the clock was set by step_ms, when it stood at until_ms at the latest; step_ms 0: never, that is known
 * clock_set_moved - a time that somebody wrote down, by the clock as it is now: if it cannot be of that one, it is of the
 * one before. Of a clock that was set back that is what is to come, and no later than that clock stood. What is of before
 * since_ms cannot be meant. */
struct clock_set {
	int64_t step_ms, since_ms, until_ms;
	bool moved;		/* with what is remembered: it was saved after that */
	char padding[7];	/* zero: saved as it is */
};
int64_t clock_set_moved(const struct clock_set *set, int64_t time_ms, int64_t now_ms);

/* clock_stand - for tests: from now on the clock stands at time_ms; 0: it goes again */
void clock_stand(int64_t time_ms);

/* clock_stand_up - for tests: while it stands, the machine has been up for so long; 0: nobody has set it */
void clock_stand_up(int64_t boot_ms);

#endif
