/* test_told - what is one attempt, told by several, and what a login takes back */
#include "judge/told.h"
#include "tap.h"

enum { BOB = 1, EVE = 2, BOB_AT_HOME = 100, BOB_AWAY = 101 };	/* the hundreds: without its domain */
enum { POSTFIX = 10, SUMMARY = 11, SQL = 20, PAM = 21 };

static struct told told;
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

int main(void)
{
	test_sessions();
	test_domains();
	test_logins();
	return tap_done();
}
