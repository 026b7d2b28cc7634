/* test_counters - which bans get a counter of their own: as many as there may be, and again when their bans are over
 *
 * What the kernel counts is in test_nft.c and test_warden.c. */
#include "tap.h"
#include "warden/counters.h"

static struct counters counters;

/* how many of so many bans get one at that second? */
static unsigned taken(unsigned bans, uint32_t now_s, uint64_t timeout_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < bans; i++)
		count += counters_take(&counters, now_s, timeout_ms);
	return count;
}

int main(void)
{
	tap_int(taken(1000, 100, 3600000), 1000, "the first bans have one each");
	tap_int(taken(COUNTERS_MAX, 100, 60000), COUNTERS_MAX - 1000, "up to %d", COUNTERS_MAX);
	tap_int(taken(100000, 159, 60000), 0, "a botnet's have none, as long as they run");
	tap_ok(taken(4 * COUNTERS_MAX, 161, 3600000) >= COUNTERS_MAX - 1000 - COUNTERS_TRIES, "who comes when they are over takes their places");
	tap_int(taken(100000, 3699, 1000), 0, "but not those of the long ones");
	tap_ok(taken(4 * COUNTERS_MAX, 3702, UINT64_MAX) >= 1000 - COUNTERS_TRIES, "until these are over, too");
	tap_int(taken(100000, UINT32_MAX - 1, 1000) > 0, true, "the end of a long one is no earlier than its beginning");
	return tap_done();
}
