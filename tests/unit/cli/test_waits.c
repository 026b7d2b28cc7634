/* test_waits - from the first error to the ban: a ban begins it anew, and so does a long silence; networks have none */
#include "cli/waits.h"
#include "tap.h"

static struct prefix host(const char *text)
{
	struct prefix prefix = { .len = 0 };

	prefix_parse(text_of(text), true, &prefix);
	return prefix;
}

static void ban(struct waits *waits, const char *who, int64_t time_s, enum event_because because)
{
	waits_ban(waits, &(struct event){ .kind = VERDICT_BAN, .prefix = host(who), .time_ms = time_s * 1000, .because = because });
}

static void error(struct waits *waits, const char *who, int64_t time_s)
{
	struct prefix prefix = host(who);

	waits_error(waits, &prefix, time_s * 1000);
}

int main(void)
{
	struct policy policy = { .window_s = 600, .long_window_s = 86400 };
	struct waits waits;

	tap_int(waits_init(&waits, &policy, 2), 0, "made");
	tap_int(waits_median(&waits), 0, "no ban, no median");
	error(&waits, "192.0.2.1", 1000);
	error(&waits, "192.0.2.1", 1100);
	error(&waits, "192.0.2.1", 1050);
	ban(&waits, "192.0.2.1", 1200, BECAUSE_WINDOW);
	tap_int(waits.seconds[0], 200, "from the first of several, in whatever order they come");
	error(&waits, "192.0.2.1", 5000);
	ban(&waits, "192.0.2.1", 5030, BECAUSE_LONG_WINDOW);
	tap_int(waits.seconds[1], 30, "after a ban anew");
	ban(&waits, "192.0.2.2", 9000, BECAUSE_BURNT_NAME);
	tap_int(waits.seconds[2], 0, "banned at the first error");
	error(&waits, "192.0.2.3", 10000);
	error(&waits, "192.0.2.3", 10601);
	ban(&waits, "192.0.2.3", 10700, BECAUSE_WINDOW);
	tap_int(waits.seconds[3], 99, "what was longer ago than the judge remembers is forgotten");
	error(&waits, "192.0.2.4", 20000);
	ban(&waits, "192.0.2.0/24", 20001, BECAUSE_NEIGHBOURS);
	ban(&waits, "192.0.2.0/24", 20001, BECAUSE_NETWORK_SUM);
	tap_int(waits.count, 4, "a network has no first error");
	error(&waits, "192.0.2.5", 20100);
	error(&waits, "192.0.2.6", 20200);
	ban(&waits, "192.0.2.4", 20300, BECAUSE_WINDOW);
	ban(&waits, "192.0.2.6", 20300, BECAUSE_WINDOW);
	tap_int(waits.seconds[4], 0, "who was silent for longest makes room");
	tap_int(waits.seconds[5], 100, "for who was not");
	tap_int(waits_median(&waits), 99, "the median of 0, 0, 30, 99, 100, 200");
	tap_ok(!waits.failed, "nothing is missing");
	waits_fini(&waits);
	policy.memory = true;
	tap_int(waits_init(&waits, &policy, 2), 0, "the judge that remembers");
	error(&waits, "192.0.2.3", 10000);
	error(&waits, "192.0.2.3", 10000 + 86400);
	ban(&waits, "192.0.2.3", 10000 + 86401, BECAUSE_WINDOW);
	tap_int(waits.seconds[0], 86401, "remembers for longer");
	waits_fini(&waits);
	return tap_done();
}
