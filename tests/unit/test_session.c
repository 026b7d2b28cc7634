/* session: marks that live for five minutes, end with their session, and give way when there are too many */
#include <stdlib.h>

#include "engine/session.h"
#include "tap.h"

#define LIFE_MS (SESSION_LIFE_S * INT64_C(1000))

static struct session_cache cache;
static const struct addr a = { { [10] = 0xff, [11] = 0xff, 198, 51, 100, 7 } };
static const struct addr b = { { [10] = 0xff, [11] = 0xff, 198, 51, 100, 8 } };

static void test_marks(void)
{
	session_init(&cache);
	tap_ok(!session_seen(&cache, 1, &a, 0, 0), "nothing is known at first");
	session_mark(&cache, 1, &a, 0, 1000);
	tap_ok(session_seen(&cache, 1, &a, 0, 1000), "a mark is seen at once");
	tap_ok(!session_seen(&cache, 1, &a, 5, 1000), "but not as a rule's");
	tap_ok(!session_seen(&cache, 2, &a, 0, 1000), "nor in another process");
	tap_ok(!session_seen(&cache, 1, &b, 0, 1000), "nor for another address");
	tap_ok(session_seen(&cache, 1, &a, 0, 999 + LIFE_MS), "it lives for five minutes");
	tap_ok(!session_seen(&cache, 1, &a, 0, 1000 + LIFE_MS), "and no longer");
	session_mark(&cache, 1, &a, 5, 2000);
	tap_ok(session_seen(&cache, 1, &a, 5, 2000) && session_seen(&cache, 1, &a, 0, 2000), "a rule's mark marks the session too");
	tap_ok(!session_seen(&cache, 1, &a, 6, 2000), "but no other rule");
	session_mark(&cache, 1, &a, 0, 200000);
	tap_ok(session_seen(&cache, 1, &a, 0, 1999 + LIFE_MS + 1) && !session_seen(&cache, 1, &a, 5, 2000 + LIFE_MS),
	       "each mark has its own five minutes");
}

static void test_ends(void)
{
	session_init(&cache);
	session_mark(&cache, 1, &a, 5, 1000);
	session_mark(&cache, 2, &a, 5, 1000);
	session_forget(&cache, 1, &a);
	tap_ok(!session_seen(&cache, 1, &a, 0, 1000) && !session_seen(&cache, 1, &a, 5, 1000), "an ended session has no marks");
	tap_ok(session_seen(&cache, 2, &a, 5, 1000), "the others keep theirs");
	session_mark(&cache, 1, &a, 6, 1000);
	tap_ok(session_seen(&cache, 1, &a, 6, 1000), "the next session of the process begins");
	tap_ok(!session_seen(&cache, 1, &a, 5, 1000), "without the last one's marks, even within the same moment");
	session_mark(&cache, 1, &a, 5, 1000);
	tap_ok(session_seen(&cache, 1, &a, 5, 1000), "it can have the same again");
	session_forget(&cache, 9, &a);
	tap_ok(!session_seen(&cache, 9, &a, 0, 1000), "what was never marked can be ended");
}

/* a flood of sessions displaces the oldest: those that were marked last are still there */
static void test_full(void)
{
	unsigned seen = 0, wrong = 0;

	session_init(&cache);
	for (uint32_t i = 0; i < 100000; i++)
		session_mark(&cache, i, &a, 0, 1000 + i / 1000);
	for (uint32_t i = 0; i < 100000; i++)
		seen += session_seen(&cache, i, &a, 0, 2000);
	for (uint32_t i = 100000; i < 200000; i++)
		wrong += session_seen(&cache, i, &a, 0, 2000);
	tap_int(seen, SESSION_SLOTS, "a full cache holds as many sessions as it has slots");
	tap_int(wrong, 0, "and takes none for another");
	seen = 0;
	for (uint32_t i = 99000; i < 100000; i++)
		seen += session_seen(&cache, i, &a, 0, 2000);
	tap_int(seen, 1000, "the latest ones are among them");
}

static void test_dirty(void)
{
	unsigned before = 0, after = 0;

	session_init(&cache);
	for (unsigned i = 0; i < SESSION_SLOTS / 64; i++)
		before += (unsigned)__builtin_popcountll(cache.dirty[i]);
	session_mark(&cache, 1, &a, 5, 1000);
	session_forget(&cache, 1, &a);
	for (unsigned i = 0; i < SESSION_SLOTS / 64; i++)
		after += (unsigned)__builtin_popcountll(cache.dirty[i]);
	tap_ok(before == 0 && after == 2, "each slot that changed is to be saved: %u", after);
}

int main(void)
{
	test_marks();
	test_ends();
	test_full();
	test_dirty();
	return tap_done();
}
