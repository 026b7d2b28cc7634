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

/* how many of these are granted in a row at that time? */
static uint64_t granted(struct quota *quota, const char *text, int64_t now_ms)
{
	const struct prefix p = prefix(text);
	uint64_t count = 0;

	while (quota_take(quota, &p, now_ms))
		count++;
	return count;
}

static void test_cost(void)
{
	static const struct {
		const char *prefix;
		uint64_t at_once;
	} cases[] = {
		{ "198.51.100.1", 1 << 24 },
		{ "198.51.100.0/24", 1 << 16 },
		{ "198.51.0.0/16", 256 },
		{ "2001:db8::1", 1 << 24 },
		{ "2001:db8::/64", 1 << 24 },
		{ "2001:db8::/48", 1 << 16 },
		{ "2001:db8::/32", 256 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct quota quota;

		quota_fill(&quota, 1000000, 0);
		tap_int(granted(&quota, cases[i].prefix, 0), cases[i].at_once, "%s at once", cases[i].prefix);
	}
}

static void test_rate(void)
{
	struct quota quota;

	quota_fill(&quota, 1000000, 5000);
	granted(&quota, "198.51.0.0/16", 5000);
	tap_int(granted(&quota, "198.51.0.0/16", 5000 + 10000), 10, "then a /16 a second");
	tap_int(granted(&quota, "198.51.100.1", 5000 + 10001), 65, "or 65 addresses a millisecond");
	tap_int(granted(&quota, "198.51.100.1", 5000 + 10001), 0, "and no more");
	tap_int(granted(&quota, "198.51.0.0/16", 1000000000), 256, "it never saves up more than at the start");
	quota_fill(&quota, 1000000, 1000000000);
	tap_int(granted(&quota, "198.51.0.0/16", 1000000000), 256, "filled again");
	quota_fill(&quota, 100000000, 0);
	tap_int(granted(&quota, "198.51.100.0/24", 0), 200000000 / 256, "who may ban 100 million may rebuild them");
}

/* The end of a long attack that fills everything: a rebuild of a million, then more than was ever measured. What the
 * rebuild took is there again after little more than a minute, and from then on each moment is like the one before. */
static void test_honest(void)
{
	const struct prefix p = prefix("198.51.100.1");
	struct quota quota;
	uint64_t refused = 0;

	quota_fill(&quota, 1000000, 0);
	for (uint32_t i = 0; i < 1000000; i++)
		refused += !quota_take(&quota, &p, 0);
	for (int64_t ms = 0; ms < 100 * 1000; ms++)
		for (int i = 0; i < 50; i++)
			refused += !quota_take(&quota, &p, ms);
	tap_int(refused, 0, "50,000 bans a second after a rebuild of a million: none is refused");
	tap_ok(granted(&quota, "198.51.100.1", 100 * 1000) >= QUOTA_AT_ONCE - 50, "and the rebuild is forgotten");
}

int main(void)
{
	test_cost();
	test_rate();
	test_honest();
	return tap_done();
}
