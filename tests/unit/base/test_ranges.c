/* test_ranges - merging and look-ups by table, then against a bitmap; the machine's own addresses where they exist */
#include <sched.h>
#include <stdlib.h>

#include "base/ranges.h"
#include "random.h"
#include "tap.h"

static struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };
	const char *wrong = prefix_parse((struct text){ text, strlen(text) }, true, &p);

	if (wrong)
		tap_ok(false, "the test's own prefix %s: %s", text, wrong);
	return p;
}

static struct addr addr(const char *text)
{
	return prefix(text).addr;
}

/* "first-last first-last": the whole content as text */
static const char *shown(const struct ranges *ranges)
{
	static char text[1024];
	char first[ADDR_FMT_SIZE], last[ADDR_FMT_SIZE];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ranges->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s-%s", i ? " " : "",
			addr_fmt(first, sizeof(first), &ranges->at[i].first), addr_fmt(last, sizeof(last), &ranges->at[i].last));
	return text;
}

static void test_merge(void)
{
	static const struct {
		const char *add[6], *result;
	} cases[] = {
		{ { NULL }, "" },
		{ { "192.0.2.1" }, "192.0.2.1-192.0.2.1" },
		{ { "192.0.2.1", "192.0.2.1" }, "192.0.2.1-192.0.2.1" },
		{ { "198.51.100.0/24", "192.0.2.0/24" }, "192.0.2.0-192.0.2.255 198.51.100.0-198.51.100.255" },
		{ { "192.0.2.0/25", "192.0.2.128/25" }, "192.0.2.0-192.0.2.255" },
		{ { "192.0.2.64/26", "192.0.2.0/24", "192.0.2.1" }, "192.0.2.0-192.0.2.255" },
		{ { "192.0.2.1", "192.0.2.2", "192.0.2.4" }, "192.0.2.1-192.0.2.2 192.0.2.4-192.0.2.4" },
		{ { "192.0.2.255", "192.0.3.0" }, "192.0.2.255-192.0.3.0" },
		{ { "255.255.255.255", "0.0.0.0" }, "0.0.0.0-0.0.0.0 255.255.255.255-255.255.255.255" },
		{ { "0.0.0.0/0", "192.0.2.1" }, "0.0.0.0-255.255.255.255" },
		{ { "255.255.255.255", "::1:0:0:0" }, "255.255.255.255-255.255.255.255 ::1:0:0:0-::1:0:0:0" },
		{ { "2001:db8::/64", "2001:db8:0:1::/64", "2001:db8::1" }, "2001:db8::-2001:db8:0:1:ffff:ffff:ffff:ffff" },
		{ { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::" },
		  "::-:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ranges ranges = { 0 };
		for (size_t j = 0; j < 6 && cases[i].add[j]; j++) {
			struct prefix p = prefix(cases[i].add[j]);
			ranges_add(&ranges, &p);
		}
		ranges_seal(&ranges);
		tap_str(shown(&ranges), cases[i].result, "merged: %s", cases[i].result);
		ranges_fini(&ranges);
	}
}

static void test_look_up(void)
{
	struct ranges ranges = { 0 };
	struct prefix a = prefix("192.0.2.16/28"), b = prefix("2001:db8::/48"), c = prefix("198.51.100.7");

	struct addr one = addr("192.0.2.16");
	tap_ok(!ranges_contain(&ranges, &one), "an empty set contains nothing");
	tap_ok(!ranges_touch(&ranges, &a), "and touches nothing");
	ranges_add(&ranges, &a);
	ranges_add(&ranges, &b);
	ranges_seal(&ranges);
	ranges_add(&ranges, &c);
	ranges_seal(&ranges);

	static const struct {
		const char *prefix;
		bool touch;
	} cases[] = {
		{ "192.0.2.15", false }, { "192.0.2.16", true }, { "192.0.2.31", true }, { "192.0.2.32", false },
		{ "192.0.2.0/28", false }, { "192.0.2.0/27", true }, { "192.0.2.24/30", true }, { "192.0.0.0/16", true },
		{ "198.51.100.7", true }, { "198.51.100.0/24", true }, { "198.51.100.8/29", false },
		{ "2001:db8::1", true }, { "2001:db8:0:ffff::/64", true }, { "2001:db8:1::/48", false }, { "2001:db8::/32", true },
		{ "::", false }, { "ffff::", false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix p = prefix(cases[i].prefix);
		tap_int(ranges_touch(&ranges, &p), cases[i].touch, "%s is %stouched", cases[i].prefix, cases[i].touch ? "" : "not ");
		if (p.len == 128)
			tap_int(ranges_contain(&ranges, &p.addr), cases[i].touch, "and contained likewise");
	}
	ranges_fini(&ranges);
	tap_ok(ranges.at == NULL && ranges.count == 0, "an emptied set may be used again");
}

/* 192.0.2.0/24 as 256 flags: random prefixes, every address and every prefix asked */
static void test_against_bitmap(void)
{
	unsigned wrong = 0, merged_wrong = 0;

	srandom(random_seed());
	for (unsigned round = 0; round < 500; round++) {
		bool in[256] = { false };
		struct ranges ranges = { 0 };
		for (long n = random() % 12; n > 0; n--) {
			struct prefix p = prefix("192.0.2.0/24");
			p.addr.bytes[15] = (uint8_t)random();
			p.len = (uint8_t)(120 + random() % 9);
			p.addr = addr_mask(&p.addr, p.len);
			for (unsigned i = p.addr.bytes[15], last = addr_last(&p).bytes[15]; i <= last; i++)
				in[i] = true;
			ranges_add(&ranges, &p);
		}
		ranges_seal(&ranges);
		for (size_t i = 1; i < ranges.count; i++)
			merged_wrong += ranges.at[i].first.bytes[15] <= ranges.at[i - 1].last.bytes[15] + 1;
		struct prefix asked = prefix("192.0.2.0/24");
		for (asked.len = 120; asked.len <= 128; asked.len++)
			for (unsigned first = 0, size = 1U << (128 - asked.len); first < 256; first += size) {
				bool any = false, all = true;
				for (unsigned i = first; i < first + size; i++) {
					any |= in[i];
					all &= in[i];
				}
				asked.addr.bytes[15] = (uint8_t)first;
				tap_wrong(ranges_touch(&ranges, &asked) != any, &wrong, "round %u: 192.0.2.%u/%u is %s", round, first,
					  asked.len - 96U, any ? "missed" : "touched");
				tap_wrong(ranges_cover(&ranges, &asked) != all, &wrong, "round %u: 192.0.2.%u/%u is %scovered", round, first,
					  asked.len - 96U, all ? "not " : "");
			}
		ranges_fini(&ranges);
	}
	tap_int(wrong, 0, "500 random sets answer as a bitmap does");
	tap_int(merged_wrong, 0, "and nothing that could be merged is left");
}

static void test_own(void)
{
	struct ranges ranges = { 0 };
	struct addr loopback = addr("127.0.0.9"), other = addr("203.0.113.77");

	tap_int(ranges_add_own(&ranges), 0, "this machine's addresses can be read");
	tap_ok(!ranges_contain(&ranges, &other), "a stranger is not among them");
	tap_ok(ranges_contain(&ranges, &loopback), "all of loopback is among them, with an interface or without: %s", shown(&ranges));
	ranges_fini(&ranges);
}

/* in a network namespace of its own: what the kernel shows of a default route, and of one that is none */
static void test_gateways(void)
{
	struct ranges ranges = { 0 };
	static const struct {
		const char *addr;
		bool own;
	} cases[] = {
		{ "192.0.2.2", true }, { "192.0.2.1", true }, { "192.0.2.9", false }, { "192.0.2.3", false },
		{ "2001:db8::2", true }, { "2001:db8::1", true }, { "2001:db8::9", false }, { "0.0.0.0", false }, { "::", false },
	};

	if (unshare(CLONE_NEWNET) < 0 ||
	    system("ip link add lan type veth peer name far && ip link set far up && ip link set lan up && ip addr add 192.0.2.2/24 dev lan &&"
		   "ip -6 addr add 2001:db8::2/64 dev lan nodad && ip route add default via 192.0.2.1 &&"
		   "ip route add 198.51.100.0/24 via 192.0.2.9 && ip -6 route add default via 2001:db8::1 &&"
		   "ip -6 route add 2001:db8:9::/48 via 2001:db8::9") != 0) {
		tap_ok(true, "default gateways are among our own # SKIP not root, no ip(8), or no veth");
		return;
	}
	tap_int(ranges_add_own(&ranges), 0, "addresses and routes can be read");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr a = addr(cases[i].addr);
		tap_int(ranges_contain(&ranges, &a), cases[i].own, "%s is %sour own", cases[i].addr, cases[i].own ? "" : "not ");
	}
	ranges_fini(&ranges);
}

int main(void)
{
	test_merge();
	test_look_up();
	test_against_bitmap();
	test_own();
	test_gateways();
	return tap_done();
}
