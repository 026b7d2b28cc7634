/* clock - see clock.h. Owns nothing but where a test has made it stand. */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

#define APART_TRIES 5

static int64_t stands_ms, up_ms;

int64_t clock_now_ms(void)
{
	struct timespec now;

	if (stands_ms)
		return stands_ms;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_us(clockid_t clock, int64_t *time_us)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		return false;
	*time_us = (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
	return true;
}

/* Of some tries the one that was interrupted least. The other clock is one that nobody sets, and that goes on while the
 * system sleeps. */
bool clock_apart_us(int64_t *apart_us)
{
	int64_t least_us = INT64_MAX, before_us, wall_us, after_us;

	*apart_us = (stands_ms - up_ms) * 1000;
	if (stands_ms)
		return up_ms != 0;
	for (int i = 0; i < APART_TRIES; i++) {
		if (!read_us(CLOCK_BOOTTIME, &before_us) || !read_us(CLOCK_REALTIME, &wall_us) ||
		    !read_us(CLOCK_BOOTTIME, &after_us))
			return false;
		if (after_us - before_us < least_us) {
			least_us = after_us - before_us;
			*apart_us = wall_us - before_us - least_us / 2;
		}
	}
	return true;
}

/* The rest of a step that is no whole number of milliseconds is part of the next. */
int64_t clock_step_ms(void)
{
	static int64_t apart_us;
	static bool known;
	int64_t now_apart_us, step_us;

	if (!clock_apart_us(&now_apart_us))
		return 0;
	if (!known)
		apart_us = now_apart_us;
	known = true;
	step_us = now_apart_us - apart_us;
	if (llabs(step_us) < CLOCK_STEP_MS * 1000)
		return 0;
	int64_t step_ms = (step_us + (step_us > 0 ? 500 : -500)) / 1000;
	apart_us += step_ms * 1000;
	return step_ms;
}

int64_t clock_set_moved(const struct clock_set *set, int64_t time_ms, int64_t now_ms)
{
	bool before = set->step_ms != 0 && time_ms >= set->since_ms && time_ms <= set->until_ms &&
		      (set->step_ms > 0 || time_ms > now_ms);

	return before ? time_ms + set->step_ms : time_ms;
}

void clock_stand(int64_t time_ms)
{
	stands_ms = time_ms;
}

void clock_stand_up(int64_t boot_ms)
{
	up_ms = boot_ms;
}
