/* limits - what the judge's numbers have room for: an event is one word of a time, a weight and a rule */
#ifndef MAILWARD_LIMITS_H
#define MAILWARD_LIMITS_H

#include "match/hit.h"

#define TIME_BITS 42
#define TIME_MAX_MS HIT_TIME_MAX_MS
#define WEIGHT_BITS 10
#define WEIGHT_MAX HIT_WEIGHT_MAX
#define RULE_BITS 12
#define RULE_FORMER ((1U << RULE_BITS) - 1)	/* the id of a rule that was counted and is no more */

_Static_assert(TIME_MAX_MS == (INT64_C(1) << TIME_BITS) - 1 && WEIGHT_MAX == (1U << WEIGHT_BITS) - 1, "there is room");

/* time_shift - a time that was set by step_ms with its clock; 0, none, stays so */
static inline int64_t time_shift(int64_t time_ms, int64_t step_ms)
{
	int64_t shifted = time_ms + step_ms;

	return time_ms == 0 ? 0 : shifted < 1 ? 1 : shifted > TIME_MAX_MS ? TIME_MAX_MS : shifted;
}

/* time_valid - can it be counted with? */
static inline int time_valid(int64_t time_ms)
{
	return time_ms >= 0 && time_ms <= TIME_MAX_MS;
}

#endif
