/* test_session - who leads, what counts once, what ends, and what gives way when there are too many */
#include <stdlib.h>

#include "judge/session.h"
#include "tap.h"

#define LIFE_MS (SESSION_LIFE_S * INT64_C(1000))

static struct session_cache cache;
static const struct addr a = { { [10] = 0xff, [11] = 0xff, 198, 51, 100, 7 } };
static const struct addr b = { { [10] = 0xff, [11] = 0xff, 198, 51, 100, 8 } };

static void test_leaders(void)
{
	session_init(&cache);
	tap_int(session_leader(&cache, 1, &a, 0), SESSION_NOBODY, "nothing is known at first");
	session_lead(&cache, 1, &a, 5, 1000);
	tap_int(session_leader(&cache, 1, &a, 1000), 5, "a rule that counted leads at once");
	tap_int(session_leader(&cache, 2, &a, 1000), SESSION_NOBODY, "but not in another process");
	tap_int(session_leader(&cache, 1, &b, 1000), SESSION_NOBODY, "nor for another address");
	tap_int(session_leader(&cache, 1, &a, 999 + LIFE_MS), 5, "for five minutes");
	tap_int(session_leader(&cache, 1, &a, 1000 + LIFE_MS), SESSION_NOBODY, "and no longer");
	session_lead(&cache, 1, &a, 6, 2000);
	tap_int(session_leader(&cache, 1, &a, 2000), 6, "the last one leads");
}

static void test_once(void)
{
	session_init(&cache);
	tap_ok(session_once(&cache, 1, &a, 5, 1000), "once: yes");
	tap_ok(!session_once(&cache, 1, &a, 5, 1000), "twice: no");
	tap_ok(session_once(&cache, 1, &a, 6, 1000), "another rule has a once of its own");
	tap_int(session_leader(&cache, 1, &a, 1000), 6, "and leads");
	tap_ok(!session_once(&cache, 1, &a, 5, 999 + LIFE_MS), "within five minutes it is the same once");
	tap_ok(session_once(&cache, 1, &a, 5, 1000 + LIFE_MS), "after them another");
}

static void test_ends(void)
{
	session_init(&cache);
	session_once(&cache, 1, &a, 5, 1000);
	session_once(&cache, 2, &a, 5, 1000);
	session_forget(&cache, 1, &a);
	tap_int(session_leader(&cache, 1, &a, 1000), SESSION_NOBODY, "an ended session has no leader");
	tap_int(session_leader(&cache, 2, &a, 1000), 5, "the others keep theirs");
	session_lead(&cache, 1, &a, 7, 1000);
	tap_ok(session_once(&cache, 1, &a, 5, 1000), "in the next session once is once again, whoever began it");
	tap_ok(!session_once(&cache, 1, &a, 5, 1000), "and no more");
	session_forget(&cache, 9, &a);
	tap_int(session_leader(&cache, 9, &a, 1000), SESSION_NOBODY, "what never was can be ended");
}

/* a session that takes an ended one's place changes nothing for the next one of that process and address */
static void test_ended_places(void)
{
	unsigned other_begins = 0, itself_begins = 0, more = 0;

	session_init(&cache);
	cache.seed = 1;		/* some of them share buckets, none is too full */
	for (uint32_t i = 0; i < 600; i++) {
		session_once(&cache, i % 200, &a, 5, 1000);
		session_forget(&cache, i % 200, &a);
	}
	for (uint32_t i = 0; i < 200; i++)
		session_lead(&cache, i, &b, 5, 1000);
	for (uint32_t i = 0; i < 100; i++) {
		session_lead(&cache, i, &a, 7, 2000);
		other_begins += session_once(&cache, i, &a, 5, 2000);
	}
	for (uint32_t i = 100; i < 200; i++)
		itself_begins += session_once(&cache, i, &a, 5, 2000);
	for (uint32_t i = 0; i < 200; i++)
		more += session_once(&cache, i, &a, 5, 2000);
	tap_int(other_begins, 100, "where places were taken: once is once again in each next session");
	tap_int(itself_begins, 100, "also in those that begin with it");
	tap_int(more, 0, "and no more");
}

/* the marks of a session that ended before the process did are not those of the first one after */
static void test_restore(void)
{
	static struct session_cache next;

	session_init(&cache);
	session_once(&cache, 1, &a, 5, 1000);
	session_forget(&cache, 1, &a);
	session_once(&cache, 2, &a, 5, 1000);
	session_init(&next);
	next.seed = cache.seed;
	for (uint32_t i = 0; i < SESSION_SLOTS; i++)
		if (cache.slots[i].who)
			session_restore(&next, i, &cache.slots[i]);
	tap_ok(!session_once(&next, 2, &a, 5, 1000), "after a restart a session is still the same");
	session_lead(&next, 1, &a, 7, 1000);
	tap_ok(session_once(&next, 1, &a, 5, 1000), "and one that begins is another than all before");
}

static unsigned known(uint32_t from, uint32_t to)
{
	unsigned count = 0;

	for (uint32_t i = from; i < to; i++)
		count += session_leader(&cache, i, &a, 2000) != SESSION_NOBODY;
	return count;
}

/* a flood of sessions displaces the oldest: those that were marked last are still there */
static void test_full(void)
{
	session_init(&cache);
	for (uint32_t i = 0; i < 100000; i++)
		session_lead(&cache, i, &a, 5, 1000 + i / 1000);
	tap_int(known(0, 100000), SESSION_SLOTS, "a full cache holds as many sessions as it has slots");
	tap_int(known(100000, 200000), 0, "and takes none for another");
	tap_int(known(99000, 100000), 1000, "the latest ones are among them");
}

static void test_dirty(void)
{
	unsigned before = 0, after = 0;

	session_init(&cache);
	for (unsigned i = 0; i < SESSION_SLOTS / 64; i++)
		before += (unsigned)__builtin_popcountll(cache.dirty[i]);
	session_once(&cache, 1, &a, 5, 1000);
	session_forget(&cache, 1, &a);
	for (unsigned i = 0; i < SESSION_SLOTS / 64; i++)
		after += (unsigned)__builtin_popcountll(cache.dirty[i]);
	tap_ok(before == 0 && after == 2, "each slot that changed is to be saved: %u", after);
}

int main(void)
{
	test_leaders();
	test_once();
	test_ends();
	test_ended_places();
	test_restore();
	test_full();
	test_dirty();
	return tap_done();
}
