/* ladder - the ladder: how long for how many errors, and whether one more at all. */
#include "judge/ladder.h"

uint32_t ladder_delay_s(const struct policy *policy, uint32_t errors)
{
	uint64_t seconds = policy->delay_s;

	if (errors < policy->soft_error_limit)
		return 0;
	for (uint32_t over = errors - policy->soft_error_limit; over > 0 && seconds < policy->ban_time_s; over--)
		seconds *= 2;
	return (uint32_t)(seconds < policy->ban_time_s ? seconds : policy->ban_time_s);
}

uint32_t ladder_ban_s(const struct policy *policy, uint32_t factor, uint32_t repeat)
{
	uint64_t seconds = policy->ban_time_s;

	for (; repeat > 1 && factor > 1 && seconds < policy->ban_time_max_s; repeat--)
		seconds *= factor;
	return (uint32_t)(seconds < policy->ban_time_max_s ? seconds : policy->ban_time_max_s);
}

bool ladder_may_ban(const struct policy *policy, const struct ban_minute *last, int64_t time_ms)
{
	return policy->max_bans_per_minute == 0 || last->minute != time_ms / 60000 || last->bans < policy->max_bans_per_minute;
}

void ladder_note_ban(struct ban_minute *last, int64_t time_ms)
{
	if (last->minute != time_ms / 60000)
		*last = (struct ban_minute){ .minute = time_ms / 60000 };
	last->bans++;
}

bool ladder_note_withheld(struct ban_minute *last)
{
	bool first = !last->told;

	last->told = true;
	return first;
}
