/* test_adopt - an element's comment read back is the verdict that wrote it */
#include "service/adopt.h"

#include <inttypes.h>
#include "tap.h"

#define NOW_MS INT64_C(1795380000000)
#define MOST_S 86400

static const struct {
	const char *comment;
	uint64_t timeout_ms;
	enum event_kind kind;
	uint32_t errors;
	const char *rule;
	int64_t rest_ms;
} cases[] = {
	{ "ban: 6 errors, postfix/user-unknown", 60000, VERDICT_BAN, 6, "postfix/user-unknown", 60000 },
	{ "ban: 1 error, dovecot/login-failed", 1, VERDICT_BAN, 1, "dovecot/login-failed", 1 },
	{ "delay: 3 errors, postfix/relay-denied", 20000, VERDICT_DELAY, 3, "postfix/relay-denied", 20000 },
	{ "ban: manual", 3600000, VERDICT_BAN, 0, "manual", 3600000 },
	{ "ban: 24 errors, network", 3600000, VERDICT_BAN, 24, "network", 3600000 },
	{ "", 5000, VERDICT_BAN, 0, "manual", 5000 },
	{ "what others wrote, 6 errors", 5000, VERDICT_BAN, 0, "manual", 5000 },
	{ "ban: ", 5000, VERDICT_BAN, 0, "manual", 5000 },
	{ "ban: 99999999999999999999 errors, x/y", 5000, VERDICT_BAN, UINT16_MAX, "x/y", 5000 },
	{ "ban: 6 apples, x/y", 5000, VERDICT_BAN, 0, "6 apples, x/y", 5000 },
	{ "ban: manual", 0, VERDICT_BAN, 0, "manual", MOST_S * 1000 },
	{ "ban: manual", WIRE_TIMEOUT_MAX_MS, VERDICT_BAN, 0, "manual", MOST_S * 1000 },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wire_request drop = { .op = WIRE_DROP, .timeout_ms = cases[i].timeout_ms };
		char name[ADOPT_NAME_SIZE];
		struct event event;

		prefix_parse((struct text){ "198.51.100.7", 12 }, true, &drop.prefix);
		snprintf(drop.comment, sizeof(drop.comment), "%s", cases[i].comment);
		adopt_read(&event, name, &drop, MOST_S, NOW_MS);
		tap_ok(event.kind == cases[i].kind && event.errors == cases[i].errors, "'%s': kind and errors", cases[i].comment);
		tap_str(event.rule, cases[i].rule, "the rule");
		tap_int(event.until_ms - event.time_ms, cases[i].rest_ms, "the rest of %" PRIu64 " ms", cases[i].timeout_ms);
		tap_ok(event.time_ms == NOW_MS && memcmp(&event.prefix, &drop.prefix, sizeof(drop.prefix)) == 0, "of now, and of the prefix");
	}
	return tap_done();
}
