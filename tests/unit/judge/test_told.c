/* test_told - what is one attempt, told by several, and what a login takes back; random attempts, each told by all */
#include "chance.h"

enum { BOB = 1, EVE = 2, BOB_AT_HOME = 100, BOB_AWAY = 101 };	/* the hundreds: without its domain */
enum { POSTFIX = 10, SUMMARY = 11, SQL = 20, PAM = 21 };

static struct told told;
static struct world world;
static const struct addr a = { { [10] = 0xff, [11] = 0xff, 198, 51, 100, 7 } };

/* How much of one attempt is new? */
static uint32_t fresh(uint16_t teller, uint32_t account, uint32_t session, int64_t time_ms)
{
	return 1 - told_again(&told, &(struct telling){ a, time_ms, account, account / 100, session, teller, 0, teller >= SQL }, 1);
}

static unsigned taken_back(uint32_t account, uint32_t session, int64_t time_ms)
{
	struct telling login = { .addr = a, .time_ms = time_ms, .account = account, .local = account / 100, .session = session };
	struct attempt_told attempt;
	unsigned count = 0;

	while (told_wrongly(&told, &login, &attempt))
		count += attempt.count;
	return count;
}

static void test_sessions(void)
{
	told_init(&told);
	tap_int(fresh(SQL, BOB, 0, 0), 1, "a database tells of an attempt");
	tap_int(fresh(POSTFIX, BOB, 7, 1000), 0, "the front tells of the same");
	tap_int(fresh(SUMMARY, 0, 7, 90000), 0, "so does the end of its session, later and without a name");
	tap_int(fresh(SUMMARY, 0, 8, 90000), 1, "but not that of another session");
	told_init(&told);
	fresh(SQL, BOB, 5, 0);
	fresh(POSTFIX, BOB, 7, 1000);
	tap_int(fresh(SUMMARY, 0, 7, 2000), 0, "the front's session counts, whatever the database called it");
	told_init(&told);
	fresh(POSTFIX, 0, 7, 0);
	tap_int(fresh(SQL, BOB, 0, 1000), 0, "an attempt without a name is the database's");
	tap_int(fresh(PAM, EVE, 0, 1000), 1, "and has its name from then on");
}

static void test_domains(void)
{
	told_init(&told);
	fresh(SQL, BOB, 0, 0);
	tap_int(fresh(POSTFIX, BOB_AT_HOME, 7, 1000), 0, "a database may know a name without its domain");
	tap_int(fresh(POSTFIX, BOB_AT_HOME, 8, 1000), 1, "the next attempt is another");
	tap_int(fresh(SQL, BOB, 0, 2000), 0, "of which it tells, too");
	told_init(&told);
	fresh(POSTFIX, BOB_AT_HOME, 7, 0);
	tap_int(fresh(PAM, BOB_AWAY, 0, 3000), 1, "the same name in two domains is two");
}

static void test_logins(void)
{
	told_init(&told);
	fresh(SQL, BOB, 7, 0);
	fresh(SQL, EVE, 7, 1000);
	tap_int(taken_back(BOB, 7, 2000), 1, "a login takes back what its account was said to have failed at");
	tap_int(taken_back(BOB, 7, 2000), 0, "once, and nobody else's in the same session");
	fresh(SQL, 0, 7, 3000);
	tap_int(taken_back(BOB, 7, 4000), 1, "in its session also what names nobody");
	fresh(SQL, BOB, 0, 5000);
	tap_int(taken_back(BOB, 9, 5000 + TOLD_LIFE_MS + 1), 0, "seconds are the measure without a session");
}

/* The model: attempts are what there is, and every teller of a server tells of each, once, within its time. */
enum { TIMELINES = 3000, ATTEMPTS = 40, TELLERS = 3 };

struct line {
	int64_t ms;
	unsigned attempt, teller;
};

static int by_time(const void *left, const void *right)
{
	const struct line *a_line = left, *b_line = right;

	return a_line->ms != b_line->ms ? (a_line->ms > b_line->ms) - (a_line->ms < b_line->ms) :
	       a_line->attempt != b_line->attempt ? (a_line->attempt > b_line->attempt) - (a_line->attempt < b_line->attempt) :
	       (a_line->teller > b_line->teller) - (a_line->teller < b_line->teller);
}

struct failure {
	struct addr addr;
	uint32_t account, session;
	int64_t ms;
};

/* All that is said of them, in its order. No more than TOLD_WAYS fall together. */
static unsigned make_lines(struct failure *attempts, struct line *lines, unsigned tellers)
{
	unsigned count = 0;
	int64_t ms = WORLD_BEGINS_MS;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		ms += random_below(6) ? 1500 + random_below(4000) : 3 * TOLD_LIFE_MS;
		attempts[i] = (struct failure){ chance_addr(random_below(3) * 4), 1 + random_below(3), 1 + i, ms };
		for (unsigned k = 0; k < tellers; k++)
			lines[count++] = (struct line){ ms + random_below(6000), i, k };
	}
	qsort(lines, count, sizeof(*lines), by_time);
	return count;
}

/* Before the last line it is not known how many there were: as many as the most talkative teller has told of. */
static bool told_once(unsigned round, unsigned *wrong)
{
	/* the front, and two databases that know of no sessions */
	static const struct { uint16_t teller; bool back, session; } tellers[TELLERS] = {
		{ POSTFIX, false, true }, { SQL, true, false }, { PAM, true, false },
	};
	struct failure attempts[ATTEMPTS];
	struct line lines[ATTEMPTS * TELLERS];
	unsigned use = 1 + random_below(TELLERS), count = make_lines(attempts, lines, use), fresh_count = 0, before = 0;
	/* of an account at an address: as many attempts as who told of most has told of */
	struct { unsigned by[TELLERS], most; } lines_of[3][4] = { 0 }, *who;

	chance_world(&world);
	for (unsigned i = 0; i < count; i++) {
		const struct failure *attempt = &attempts[lines[i].attempt];
		unsigned k = lines[i].teller;
		struct telling telling = { attempt->addr, lines[i].ms, attempt->account, 0, tellers[k].session ? attempt->session : 0,
					   tellers[k].teller, CHANCE_FAILED, tellers[k].back };

		fresh_count += 1 - told_again(&world.judge->told, &telling, 1);
		who = &lines_of[attempt->addr.bytes[14]][attempt->account];
		before -= who->most;
		who->most = ++who->by[k] > who->most ? who->by[k] : who->most;
		before += who->most;
		tap_wrong(fresh_count != before, wrong, "round %u, %u tellers, line %u of attempt %u: %u count, %u have been told", round, use, i,
			  lines[i].attempt, fresh_count, before);
		if (fresh_count != before)
			return false;
		if (random_below(20) == 0)
			chance_again(&world, NULL, lines[i].ms);
	}
	return true;
}

static void test_property(void)
{
	unsigned wrong = 0;

	for (unsigned round = 0; round < TIMELINES && !wrong; round++)
		told_once(round, &wrong);
	tap_int(wrong, 0, "%d random timelines: each attempt counts once, whoever tells of it, in whatever order", TIMELINES);
}

int main(void)
{
	test_property();
	test_sessions();
	test_domains();
	test_logins();
	return tap_done();
}
