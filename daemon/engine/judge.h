/* judge - the ladder: how long for how many errors. Pure arithmetic over the policy; no state, no clock. */
#ifndef MAILWARD_JUDGE_H
#define MAILWARD_JUDGE_H

#include "base/conf.h"

/* judge_delay_s - 0 below the soft limit; from it on delay_s, doubling with each further error, at most ban_time_s */
uint32_t judge_delay_s(const struct policy *policy, uint32_t errors);

/* judge_ban_s - the ban for the repeat-th time (1..): ban_time_s x ban_factor^(repeat-1), at most ban_time_max_s */
uint32_t judge_ban_s(const struct policy *policy, uint32_t repeat);

#endif
