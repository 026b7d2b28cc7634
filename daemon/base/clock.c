/* clock - see clock.h. Owns nothing but where a test has made it stand. */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t stands_ms, up_ms;

int64_t clock_now_ms(void)
{
	struct timespec now;

	if (stands_ms)
		return stands_ms;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* By a clock that nobody sets, and that goes on while the system sleeps; 0: there is none. */
static int64_t since_boot_ms(void)
{
	struct timespec boot;

	if (stands_ms)
		return up_ms;
	return clock_gettime(CLOCK_BOOTTIME, &boot) < 0 ? 0 : (int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000;
}

bool clock_apart_ms(int64_t *apart_ms)
{
	int64_t boot_ms = since_boot_ms();

	*apart_ms = clock_now_ms() - boot_ms;
	return boot_ms != 0;
}

int64_t clock_step_ms(void)
{
	static int64_t apart_ms;
	static bool known;
	int64_t now_apart_ms, step_ms;

	if (!clock_apart_ms(&now_apart_ms))
		return 0;
	step_ms = known ? now_apart_ms - apart_ms : 0;
	if (known && llabs(step_ms) < CLOCK_STEP_MS)
		return 0;
	apart_ms = now_apart_ms;
	known = true;
	return step_ms;
}

void clock_stand(int64_t time_ms)
{
	stands_ms = time_ms;
}

void clock_stand_up(int64_t boot_ms)
{
	up_ms = boot_ms;
}
