/* test_wire - every field of a request that the warden would not take */
#include "base/wire.h"
#include "tap.h"

static struct wire_request request(uint32_t op, const char *prefix, uint64_t timeout_ms)
{
	struct wire_request r = { .op = op, .timeout_ms = timeout_ms };

	if (prefix && prefix_parse((struct text){ prefix, strlen(prefix) }, true, &r.prefix))
		tap_ok(false, "the test's own prefix %s", prefix);
	strcpy(r.comment, "ban: 6 errors, postfix/user-unknown");
	return r;
}

/* what no warden drops, however it is configured */
static void test_never_dropped(void)
{
	static const struct {
		struct prefix prefix;
		const char *why;
	} cases[] = {
		{ { { { [10] = 0xff, 0xff, 198, 51 } }, 112 }, NULL },
		{ { { { [10] = 0xff, 0xff, 198, 50 } }, 111 }, "wider than IPv4 /16 or IPv6 /32" },
		{ { { { 0x20, 0x01, 0x0d, 0xb8 } }, 32 }, NULL },
		{ { { { 0x20, 0x01, 0x0d, 0xb8 } }, 31 }, "wider than IPv4 /16 or IPv6 /32" },
		{ { { { 0 } }, 64 }, "all of IPv4 is in it" },
		{ { { { [10] = 0xff, 0xfe } }, 95 }, "all of IPv4 is in it" },
		{ { { { [10] = 0xff, 0xfe } }, 96 }, NULL },
		{ { { { [10] = 0xff, 0xff } }, 96 }, "wider than IPv4 /16 or IPv6 /32" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[PREFIX_FMT_SIZE];
		const char *why = wire_never_dropped(&cases[i].prefix);

		tap_ok(why ? cases[i].why && strcmp(why, cases[i].why) == 0 : !cases[i].why, "%s: %s",
		       prefix_fmt(text, sizeof(text), &cases[i].prefix), cases[i].why ? cases[i].why : "may be dropped");
	}
}

int main(void)
{
	static const struct {
		uint32_t op;
		const char *prefix;
		uint64_t timeout_ms;
		bool valid;
	} cases[] = {
		{ WIRE_DROP, "192.0.2.1", 1, true },
		{ WIRE_DROP, "192.0.2.1", 0, true },
		{ WIRE_DROP, "192.0.2.0/24", 3600000, true },
		{ WIRE_DROP, "2001:db8::/64", WIRE_TIMEOUT_MAX_MS, true },
		{ WIRE_DROP, "2001:db8::1", WIRE_TIMEOUT_MAX_MS + 1, false },
		{ WIRE_DROP, "2001:db8::1", UINT64_MAX, false },
		{ WIRE_RELEASE, "192.0.2.1", 0, true },
		{ WIRE_RELEASE, "192.0.2.1", 1, false },
		{ WIRE_CLEAR, NULL, 0, true },
		{ WIRE_CLEAR, NULL, 1, false },
		{ WIRE_CLEAR, "192.0.2.1", 0, false },
		{ WIRE_RELOAD, NULL, 0, true },
		{ WIRE_RELOAD, NULL, 1, true },
		{ WIRE_RELOAD, "192.0.2.1", 0, false },
		{ WIRE_BEGIN, NULL, 0, true },
		{ WIRE_COMMIT, NULL, 0, true },
		{ WIRE_COMMIT, "192.0.2.1", 0, false },
		{ WIRE_LISTS, NULL, 0, true },
		{ WIRE_LISTS, NULL, UINT64_MAX, true },
		{ WIRE_LISTS, "192.0.2.1", 0, false },
		{ WIRE_STOP, NULL, 0, true },
		{ WIRE_STOP, "192.0.2.1", 0, false },
		{ WIRE_PING, NULL, 0, true },
		{ WIRE_PING, "192.0.2.1", 0, false },
		{ WIRE_PING, NULL, 1, false },
		{ 0, "192.0.2.1", 0, false },
		{ WIRE_STANDING, NULL, 0, true },
		{ WIRE_ALLOW, "192.0.2.1", 0, true },
		{ WIRE_ALLOW, "192.0.2.1", 1, false },
		{ WIRE_ALLOW, "192.0.2.0/31", 0, false },
		{ WIRE_ALLOW, "2001:db8::1", 0, true },
		{ WIRE_ALLOW, "2001:db8::/64", 0, true },
		{ WIRE_ALLOW, "2001:db8::/63", 0, false },
		{ WIRE_ALLOW, NULL, 0, false },
		{ WIRE_UNALLOW, "192.0.2.1", 0, true },
		{ WIRE_UNALLOW, "2001:db8::/48", 0, false },
		{ WIRE_LOOK, "192.0.2.1", 0, true },
		{ WIRE_LOOK, "192.0.2.1", 1, false },
		{ WIRE_FIGURES, NULL, 0, true },
		{ WIRE_FIGURES, "192.0.2.1", 0, false },
		{ 15, NULL, 0, false },
		{ UINT32_MAX, NULL, 0, false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wire_request r = request(cases[i].op, cases[i].prefix, cases[i].timeout_ms);
		tap_int(wire_request_valid(&r), cases[i].valid, "op %" PRIu32 " %s for %" PRIu64 " ms: %s", cases[i].op,
			cases[i].prefix ? cases[i].prefix : "-", cases[i].timeout_ms, cases[i].valid ? "taken" : "refused");
	}

	struct wire_request r = request(WIRE_DROP, "192.0.2.0/24", 1);
	r.prefix.addr.bytes[15] = 1;
	tap_ok(!wire_request_valid(&r), "bits past the length are refused");
	r = request(WIRE_DROP, "2001:db8::/64", 1);
	r.prefix.len = 129;
	tap_ok(!wire_request_valid(&r), "a length of 129 is refused");
	r.prefix.len = 255;
	tap_ok(!wire_request_valid(&r), "a length of 255 is refused");
	r = request(WIRE_DROP, "0.0.0.0/0", 1);
	tap_ok(wire_request_valid(&r), "0.0.0.0/0 is well-formed; that it is too wide, the warden says");
	r.prefix.len = 95;
	tap_ok(!wire_request_valid(&r), "an IPv4 address with less than 96 bits is refused");

	r = request(WIRE_DROP, "192.0.2.1", 1);
	r.padding[sizeof(r.padding) - 1] = 1;
	tap_ok(!wire_request_valid(&r), "padding must be zero");
	r = request(WIRE_DROP, "192.0.2.1", 1);
	r.cut = 1;
	tap_ok(wire_request_valid(&r), "a drop may cut connections");
	r.fresh = 2;
	tap_ok(!wire_request_valid(&r), "fresh is a flag");
	r.cut = 2;
	tap_ok(!wire_request_valid(&r), "but not twice");
	r = request(WIRE_RELEASE, "192.0.2.1", 0);
	r.cut = 1;
	tap_ok(!wire_request_valid(&r), "a release may not");
	r.cut = 0;
	r.service = 1;
	tap_ok(!wire_request_valid(&r), "nor is it of a service");
	r = request(WIRE_DROP, "192.0.2.1", 1);
	r.service = WIRE_SERVICES_MAX;
	tap_ok(wire_request_valid(&r), "a drop may be, of one of %d", WIRE_SERVICES_MAX);
	r.service++;
	tap_ok(!wire_request_valid(&r), "and no more");
	static const char bad[] = { '\n', '\x1b', '\x7f', (char)0x85, '\t' };
	for (size_t i = 0; i < sizeof(bad); i++) {
		r = request(WIRE_DROP, "192.0.2.1", 1);
		r.comment[3] = bad[i];
		tap_ok(!wire_request_valid(&r), "byte 0x%02x in a comment is refused", (uint8_t)bad[i]);
	}
	r = request(WIRE_DROP, "192.0.2.1", 1);
	memset(r.comment, 'x', sizeof(r.comment));
	tap_ok(!wire_request_valid(&r), "a comment without its NUL is refused");
	r.comment[sizeof(r.comment) - 1] = '\0';
	tap_ok(wire_request_valid(&r), "a comment of %zu characters is taken", sizeof(r.comment) - 1);
	test_never_dropped();
	return tap_done();
}
