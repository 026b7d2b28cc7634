/* test_quota - what a taken-over engine could drop at once and in the long run, and that an honest one never meets it */
#include "tap.h"
#include "warden/quota.h"

static struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };
	const char *wrong = prefix_parse((struct text){ text, strlen(text) }, true, &p);

	if (wrong)
		tap_ok(false, "the test's own prefix %s: %s", text, wrong);
	return p;
}

static void fill(struct quota *quota, uint32_t max_bans, uint32_t network_limit, int64_t now_ms)
{
	struct conf conf = { .max_bans = max_bans, .policy = { .ipv6_prefix = 64, .network_limit = network_limit } };

	quota_fill(quota, &conf, now_ms);
}

/* how many of these are granted in a row at that time? */
static uint64_t granted(struct quota *quota, const char *text, int64_t now_ms)
{
	struct prefix p = prefix(text);
	uint64_t count = 0;

	while (quota_take(quota, &p, now_ms) == 0)
		count++;
	return count;
}

static void test_burst(void)
{
	static const struct {
		uint32_t max_bans, network_limit;
		const char *prefix;
		uint64_t burst;
	} cases[] = {
		{ 1000000, 4, "198.51.100.1", 2000000 },
		{ 1000000, 4, "2001:db8::1", 2000000 },
		{ 1000000, 4, "2001:db8::/64", 2000000 },
		{ 1000000, 4, "198.51.100.0/24", 500000 },
		{ 1000000, 4, "2001:db8::/48", 500000 },
		{ 1000000, 4, "198.51.100.0/25", 1000000 },
		{ 1000000, 4, "198.51.0.0/16", 1953 },
		{ 1000000, 4, "2001:db8::/32", 1953 },
		{ 1000000, 256, "198.51.100.0/24", 1 << 16 },	/* a /8 in any case */
		{ 1000000, 0, "198.51.100.0/24", 1 << 16 },	/* those by hand alone */
		{ 1000000, 0, "198.51.0.0/16", 256 },
		{ 1000, 4, "198.51.100.1", 1 << 16 },
		{ 100000000, 1, "198.51.100.1", 200000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct quota quota;

		fill(&quota, cases[i].max_bans, cases[i].network_limit, 0);
		tap_int(granted(&quota, cases[i].prefix, 0), cases[i].burst, "max_bans %u, network_limit %u: %s at once", cases[i].max_bans,
			cases[i].network_limit, cases[i].prefix);
	}
}

static void test_rate(void)
{
	struct quota quota;

	fill(&quota, 1000000, 0, 5000);
	granted(&quota, "198.51.0.0/16", 5000);
	tap_int(granted(&quota, "198.51.100.1", 5000), 2000000, "networks leave hosts what they have");
	tap_int(granted(&quota, "198.51.0.0/16", 5000 + 10000), 10, "then a /16 a second");
	tap_int(granted(&quota, "198.51.100.0/24", 5000 + 10100), 25, "or 25 /24s in a tenth of it");
	tap_int(granted(&quota, "198.51.100.1", 5000 + 10100), 655360 + 6553, "and 65,536 hosts");
	tap_int(granted(&quota, "198.51.0.0/16", 1000000000), 256, "it never saves up more than at the start");
	fill(&quota, 1000000, 0, 1000000000);
	tap_int(granted(&quota, "198.51.0.0/16", 1000000000), 256, "filled again");
}

/* Each is asked for again when it was told to be, and once. */
static void test_waiting(void)
{
	enum { MORE = 200 };
	struct prefix p = prefix("198.51.100.0/24");
	uint32_t at_ms[MORE];
	struct quota quota;
	unsigned early = 0, refused = 0;

	fill(&quota, 1000, 4, 0);
	granted(&quota, "198.51.100.0/24", 0);
	for (unsigned i = 0; i < MORE; i++) {
		at_ms[i] = quota_take(&quota, &p, 0);
		early += at_ms[i] == 0 || (i > 0 && at_ms[i] < at_ms[i - 1]);
	}
	tap_int(early, 0, "of %d networks beyond the burst each has to wait, one after the other", MORE);
	tap_ok(at_ms[MORE - 1] <= 1000, "the last for %u ms", at_ms[MORE - 1]);
	for (unsigned i = 0; i < MORE; i++)
		refused += quota_take(&quota, &p, at_ms[i]) > 0;
	tap_int(refused, 0, "and when their time has come all are granted");
	granted(&quota, "198.51.100.0/24", 2000);
	for (unsigned i = 0; i < 10000000; i++)
		quota_take(&quota, &p, 2000);
	tap_ok(quota_take(&quota, &p, 2000) <= 1000 * 257, "nobody waits longer than a burst takes to come free");
}

/* The end of a long attack that fills everything: a rebuild of a million, then more than was ever measured, for an hour;
 * and 80,000 networks with their hosts, at once. */
static void test_honest(void)
{
	struct prefix host = prefix("198.51.100.1"), network = prefix("198.51.100.0/24");
	struct quota quota;
	uint64_t refused = 0;

	fill(&quota, 1000000, 4, 0);
	for (uint32_t i = 0; i < 1000000; i++)
		refused += quota_take(&quota, &host, 0) > 0;
	for (int64_t ms = 0; ms < 3600 * 1000; ms++)
		for (int i = 0; i < 50; i++)
			refused += quota_take(&quota, &host, ms) > 0;
	tap_int(refused, 0, "50,000 bans a second for an hour after a rebuild of a million: none is refused");
	fill(&quota, 1000000, 4, 0);
	for (uint32_t i = 0; i < 80000; i++) {
		refused += quota_take(&quota, &network, 0) > 0;
		for (int k = 0; k < 4; k++)
			refused += quota_take(&quota, &host, 0) > 0;
	}
	tap_int(refused, 0, "80,000 networks of four hosts each: none is refused");
}

int main(void)
{
	test_burst();
	test_rate();
	test_waiting();
	test_honest();
	return tap_done();
}
