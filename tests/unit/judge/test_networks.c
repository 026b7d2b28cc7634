/* test_networks - distinct neighbours within the span, against a naive count; eviction; what is kept and put back */
#include <stdlib.h>

#include "judge/networks.h"
#include "random.h"
#include "tap.h"

static struct prefix unit_of(const char *text)
{
	struct prefix prefix;

	prefix_parse((struct text){ text, strlen(text) }, true, &prefix);
	return prefix;
}

static struct prefix host(unsigned net, unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "198.51.%u.%u", net, n);
	return unit_of(text);
}

static unsigned banned_before(const int64_t banned_at[12], int64_t now_ms)
{
	unsigned count = 0;

	for (unsigned n = 0; n < 12; n++)
		count += banned_at[n] && now_ms - banned_at[n] <= 1000000;
	return count;
}

/* what is kept of it, in another */
static void again(struct networks *networks, uint32_t limit, int64_t now_ms)
{
	struct networks other;
	uint32_t cursor = 0;
	const void *slot;

	networks_init(&other, limit, 1000, 64);
	while ((slot = table_next(&networks->table, &cursor)) != NULL)
		networks_restore(&other, slot, networks_bytes(networks), now_ms);
	networks_fini(networks);
	*networks = other;
}

static void test_property(void)
{
	unsigned wrong = 0, reached = 0;

	for (unsigned round = 0; round < 2000; round++) {
		struct networks networks;
		int64_t banned_at[3][12] = { 0 }, now_ms = 1767225600000;
		uint32_t limit = 1 + random_below(8);

		networks_init(&networks, limit, 1000, 64);
		for (unsigned i = 0; i < 100; i++) {
			unsigned net = random_below(3), who = random_below(12), wanted = 0;
			struct prefix unit = host(net, who), network;

			now_ms += random_below(300000);
			if (random_below(40) == 0)
				again(&networks, limit, now_ms);
			networks_of(&unit, &network);
			wanted = banned_before(banned_at[net], now_ms);
			unsigned seen = networks_count(&networks, &network, now_ms);
			tap_wrong(seen != wanted, &wrong, "round %u, before ban %u: %u are seen, %u were banned", round, i, seen, wanted);
			banned_at[net][who] = now_ms;
			wanted = banned_before(banned_at[net], now_ms);
			unsigned got = networks_add(&networks, &network, &unit, now_ms);
			tap_wrong(got != wanted, &wrong, "round %u, ban %u, of 198.51.%u.%u: got %u, wanted %u", round, i, net, who, got, wanted);
			if (wanted >= limit) {
				networks_forget(&networks, &network);
				memset(banned_at[net], 0, sizeof(banned_at[net]));
				reached++;
			}
		}
		networks_fini(&networks);
	}
	tap_int(wrong, 0, "200,000 random bans are counted as a naive model counts them, kept and put back in between");
	tap_ok(reached > 1000, "and the limit was reached often enough (%u times)", reached);
}

static void test_shape(void)
{
	static const struct { const char *unit, *network; } cases[] = {
		{ "198.51.100.7", "198.51.100.0/24" }, { "2001:db8:1:2::/64", "2001:db8:1::/48" },
		{ "2001:db8:1:2::3", "2001:db8:1::/48" }, { "198.51.100.0/24", NULL }, { "2001:db8::/48", NULL },
		{ "2001:db8::/32", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix unit = unit_of(cases[i].unit), network;
		char text[PREFIX_FMT_SIZE];
		bool has = networks_of(&unit, &network);

		if (cases[i].network)
			tap_str(has ? prefix_fmt(text, sizeof(text), &network) : "none", cases[i].network, "%s", cases[i].unit);
		else
			tap_ok(!has, "%s is a neighbourhood itself", cases[i].unit);
	}
}

/* a state file that is not ours, or a clock that was set back: what is saved of neighbours does not outlast the span */
static void test_future(void)
{
	enum { SPAN_S = 86400, NOW_MS = 1000000 };
	struct networks networks, again;
	struct prefix network;
	uint32_t cursor = 0;

	networks_init(&networks, 4, SPAN_S, 100);
	for (unsigned i = 1; i <= 3; i++) {
		struct prefix unit = host(7, i);
		networks_of(&unit, &network);
		networks_add(&networks, &network, &unit, INT64_C(4000000000000));
	}
	networks_init(&again, 4, SPAN_S, 100);
	const void *slot = table_next(&networks.table, &cursor);
	tap_ok(slot && networks_restore(&again, slot, networks_bytes(&networks), NOW_MS), "neighbours of the far future are put back");
	struct prefix unit = host(7, 9);
	tap_int(networks_add(&again, &network, &unit, NOW_MS + SPAN_S * INT64_C(1000) + 1), 1, "and forgotten when the span is over");
	networks_fini(&networks);
	networks_fini(&again);
}

static void test_full_and_kept(void)
{
	struct networks networks, again;
	struct prefix unit, network;
	uint32_t cursor = 0, restored = 0;
	const void *slot;
	char garbage[40] = "";

	networks_init(&networks, 4, 86400, 100);
	for (unsigned i = 0; i < 250; i++) {
		unit = host(i, 1);
		networks_of(&unit, &network);
		networks_add(&networks, &network, &unit, 1000000 + i);
	}
	tap_int(networks.table.used, 100, "the table keeps to its capacity");
	unit = host(249, 2);
	networks_of(&unit, &network);
	tap_int(networks_add(&networks, &network, &unit, 2000000), 2, "and keeps the latest");

	networks_init(&again, 4, 86400, 100);
	while ((slot = table_next(&networks.table, &cursor)) != NULL)
		restored += networks_restore(&again, slot, networks_bytes(&networks), 2000000);
	tap_int(restored, 100, "what is kept can be put back");
	unit = host(249, 3);
	tap_int(networks_add(&again, &network, &unit, 2000001), 3, "and counts on");
	tap_ok(!networks_restore(&again, garbage, 7, 2000000) && !networks_restore(&again, garbage, sizeof(struct table_slot) + 3, 2000000),
	       "what no slot can hold is refused");
	networks_fini(&networks);
	networks_fini(&again);
}

int main(void)
{
	test_property();
	test_shape();
	test_full_and_kept();
	test_future();
	return tap_done();
}
