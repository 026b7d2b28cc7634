/* clocks - see clocks.h. Owns nothing. */
#include "service/clocks.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "judge/memory.h"
#include "service/checkpoint.h"

void clocks_check(struct daemon *daemon)
{
	uint64_t turn = 0;
	int64_t step_ms;
	char length[24];

	if (sd_event_get_iteration(daemon->loop, &turn) >= 0 && turn == daemon->clock_turn)
		return;
	daemon->clock_turn = turn;
	step_ms = clock_step_ms();
	if (step_ms == 0)
		return;
	log_notice("the clock was set %s by %s: counts and bans go with it", step_ms < 0 ? "back" : "forward",
		   duration_fmt(length, sizeof(length), (uint64_t)llabs(step_ms) / 1000));
	memory_shift(daemon->judge, step_ms);
	for (size_t i = 0; i < daemon->follows.count; i++)
		feed_shift(&daemon->follows.at[i].feed, step_ms);
	checkpoint_renew(daemon->checkpoint);
}
