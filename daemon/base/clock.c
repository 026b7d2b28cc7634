/* clock - see clock.h. Owns nothing but where a test has made it stand. */
#include "base/clock.h"

#include <time.h>

static int64_t stands_ms;

int64_t clock_now_ms(void)
{
	struct timespec now;

	if (stands_ms)
		return stands_ms;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_stand(int64_t time_ms)
{
	stands_ms = time_ms;
}
