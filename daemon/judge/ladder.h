/* ladder - the ladder: how long for how many errors, and whether one more at all. Arithmetic over the policy; no clock. */
#ifndef MAILWARD_LADDER_H
#define MAILWARD_LADDER_H

#include "conf/conf.h"

/* ladder_delay_s - 0 below the soft limit; from it on delay_s, doubling with each further error, at most ban_time_s */
uint32_t ladder_delay_s(const struct policy *policy, uint32_t errors);

/* ladder_ban_s - the ban for the repeat-th time (1..): ban_time_s x factor^(repeat-1), at most ban_time_max_s */
uint32_t ladder_ban_s(const struct policy *policy, uint32_t factor, uint32_t repeat);

/* The bans that rules have made in the current minute of the log's own clock. */
struct ban_minute {
	int64_t minute;
	uint32_t bans;
	uint8_t told;	/* that there are too many */
};

/* ladder_may_ban - has max_bans_per_minute room for one more? */
bool ladder_may_ban(const struct policy *policy, const struct ban_minute *last, int64_t time_ms);
/* ladder_note_ban - there was one; ladder_note_withheld - there would have been: true once a minute */
void ladder_note_ban(struct ban_minute *last, int64_t time_ms);
bool ladder_note_withheld(struct ban_minute *last);

#endif
