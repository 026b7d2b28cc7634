/* test_allowed - whom, how many and how often an engine may have allowed, should it be taken over */
#include <errno.h>

#include "tap.h"
#include "warden/allowed.h"

static struct prefix host(uint32_t number)
{
	struct prefix p = { { { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = (uint8_t)(number >> 16), [14] = (uint8_t)(number >> 8),
				[15] = (uint8_t)number } }, 128 };
	return p;
}

/* how many of as many new ones are taken in a row at that time, each gone again at once? */
static unsigned taken_in_turn(struct allowed *allowed, uint32_t first, int64_t now_ms)
{
	unsigned count = 0;

	for (struct prefix p = host(first); count < 10000 && allowed_add(allowed, &p, now_ms) == 0; p = host(first + ++count))
		allowed_remove(allowed, &p);
	return count;
}

int main(void)
{
	struct allowed allowed = { .count = 0 };
	struct prefix one = host(1), other = host(2);
	int64_t now_ms = 1000000;

	tap_int(allowed_add(&allowed, &one, now_ms), 0, "one is taken");
	tap_int(allowed_add(&allowed, &one, now_ms), 0, "and again");
	tap_int(allowed.count, 1, "which makes it no two");
	tap_ok(!allowed_remove(&allowed, &other), "another cannot go");
	tap_ok(allowed_remove(&allowed, &one) && allowed.count == 0, "it can");
	tap_ok(!allowed_remove(&allowed, &one), "once");

	allowed = (struct allowed){ .count = 0 };
	for (uint32_t i = 0; i < WIRE_ALLOWED_MAX; i++) {
		struct prefix p = host(i);
		if (allowed_add(&allowed, &p, now_ms) != 0)
			tap_ok(false, "the %" PRIu32 ". is refused", i);
	}
	tap_int(allowed.count, WIRE_ALLOWED_MAX, "a burst of as many as there may be");
	struct prefix more = host(WIRE_ALLOWED_MAX);
	tap_int(allowed_add(&allowed, &more, now_ms + 3600000), ENOSPC, "not one more, however long one waits");
	struct prefix last = host(WIRE_ALLOWED_MAX - 1);
	tap_int(allowed_add(&allowed, &last, now_ms), 0, "one that is there is no other");

	allowed = (struct allowed){ .count = 0 };
	tap_int(taken_in_turn(&allowed, 0, now_ms), WIRE_ALLOWED_MAX, "one after the other: a burst");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 999), 0, "none within a second");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 1000), 1, "then one");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 1500), 0, "half a second later none");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 10400), 9, "nine after nine seconds");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 11000), 1, "what was left over of a second is not lost");
	tap_int(taken_in_turn(&allowed, 5000, now_ms + 86400000), WIRE_ALLOWED_MAX, "after a day a burst again, and no more");
	return tap_done();
}
