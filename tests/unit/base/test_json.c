/* test_json - one object a line, ASCII whatever the bytes are; and the verdicts of the output contract */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "service/report.h"
#include "tap.h"

static const struct {
	const char *bytes;
	size_t len;
	const char *wanted;
} strings[] = {
	{ "plain /text~", 12, "plain /text~" },
	{ "\"\\\n\t\0\x7f", 6, "\\u0022\\u005c\\u000a\\u0009\\u0000\\u007f" },
	{ "\xc3\xa4", 2, "\\u00e4" },
	{ "\xe2\x82\xac", 3, "\\u20ac" },
	{ "\xf0\x9f\x98\x80", 4, "\\ud83d\\ude00" },
	{ "\xf4\x8f\xbf\xbf", 4, "\\udbff\\udfff" },
	{ "\xc2\x85\xe2\x80\xa8\xe2\x80\xae", 8, "\\u0085\\u2028\\u202e" },
	{ "a\xff" "b", 3, "a\\ufffdb" },
	{ "\xc3", 1, "\\ufffd" },				/* cut off */
	{ "\xe2\x82", 2, "\\ufffd\\ufffd" },
	{ "\xc0\xaf", 2, "\\ufffd\\ufffd" },			/* overlong '/' */
	{ "\xe0\x80\xaf", 3, "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", 3, "\\ufffd\\ufffd\\ufffd" },	/* a surrogate */
	{ "\xf4\x90\x80\x80", 4, "\\ufffd\\ufffd\\ufffd\\ufffd" },	/* past U+10FFFF */
	{ "\xc3\"", 2, "\\ufffd\\u0022" },			/* a broken character swallows no quote */
	{ "\x80", 1, "\\ufffd" },
};

static void test_strings(void)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char *said, wanted[128];
		size_t size;
		FILE *out = open_memstream(&said, &size);
		struct json json;
		json_begin(&json, out);
		json_str(&json, "k", (struct text){ strings[i].bytes, strings[i].len });
		json_end(&json);
		fclose(out);
		snprintf(wanted, sizeof(wanted), "{\"k\":\"%s\"}\n", strings[i].wanted);
		tap_str(said, wanted, "%s", strings[i].wanted);
		free(said);
	}
}

static void test_values(void)
{
	char *said;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	struct json json;

	json_begin(&json, out);
	json_uint(&json, "max", UINT64_MAX);
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_fixed(&json, "elapsed", 0.614, 2);
	json_fixed(&json, "nan", (double)NAN, 2);
	json_time(&json, "time", 1795341600999);
	json_time(&json, "before", -1);
	json_cstr(&json, "s", "x");
	json_end(&json);
	json_begin(&json, out);
	json_end(&json);
	fclose(out);
	tap_str(said, "{\"max\":18446744073709551615,\"yes\":true,\"no\":false,\"elapsed\":0.61,\"nan\":null,\"time\":\"2026-11-22T10:00:00Z\","
		"\"before\":\"1969-12-31T23:59:59Z\",\"s\":\"x\"}\n{}\n", "all kinds of values");
	free(said);
}

static struct event verdict_of(enum event_kind kind, const char *prefix)
{
	struct event verdict = { .kind = kind, .time_ms = 1795341605999, .until_ms = 1795341605999 + 3600000, .errors = 6, .window_s = 600,
				   .rule = "postfix/relay-denied", .reason_count = 2,
				   .reasons = { { "postfix/user-unknown", 4 }, { "postfix/relay-denied", 2 } } };
	if (prefix_parse((struct text){ prefix, strlen(prefix) }, true, &verdict.prefix))
		abort();
	return verdict;
}

/* printed - one verdict, as text and as JSON */
static void printed(const struct event *verdict, const char *would, const char *done, const char *json)
{
	char *said;
	size_t size;
	FILE *out = open_memstream(&said, &size);

	report_text(out, verdict, true);
	fflush(out);
	tap_str(said, would, "would: %.*s", (int)strcspn(would, "\n"), would);
	rewind(out);
	report_text(out, verdict, false);
	fputc('\0', out);
	fflush(out);
	tap_str(said, done, "done: %.*s", (int)strcspn(done, "\n"), done);
	rewind(out);
	report_json(out, verdict, verdict->time_ms);
	fputc('\0', out);
	fclose(out);
	tap_str(said, json, "JSON: %.*s", (int)strcspn(json, "\n"), json);
	free(said);
}

static void test_verdicts(void)
{
	setenv("TZ", "XXX-2", 1);	/* two hours east */
	tzset();
	struct event verdict = verdict_of(VERDICT_BAN, "192.0.2.1");
	printed(&verdict, "2026-11-22 12:00:05  would ban 192.0.2.1 for 1h  (6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied)\n",
		"2026-11-22 12:00:05  banned 192.0.2.1 for 1h  (6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied)\n",
		"{\"event\":\"ban\",\"time\":\"2026-11-22T10:00:05Z\",\"address\":\"192.0.2.1\",\"seconds\":3600,\"errors\":6,\"rule\":\"postfix/relay-denied\"}\n");
	verdict = verdict_of(VERDICT_DELAY, "2001:db8::/64");
	verdict.errors = 9;
	verdict.until_ms = verdict.time_ms + 10000;
	printed(&verdict, "2026-11-22 12:00:05  would delay 2001:db8::/64 for 10s  (9 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied, 3 more)\n",
		"2026-11-22 12:00:05  delayed 2001:db8::/64 for 10s  (9 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied, 3 more)\n",
		"{\"event\":\"delay\",\"time\":\"2026-11-22T10:00:05Z\",\"address\":\"2001:db8::/64\",\"seconds\":10,\"errors\":9,\"rule\":\"postfix/relay-denied\"}\n");
	verdict = verdict_of(VERDICT_BAN, "192.0.2.0/24");
	verdict.errors = 0;
	verdict.reason_count = 0;
	verdict.rule = "manual";
	printed(&verdict, "2026-11-22 12:00:05  would ban 192.0.2.0/24 for 1h  (manual)\n", "2026-11-22 12:00:05  banned 192.0.2.0/24 for 1h  (manual)\n",
		"{\"event\":\"ban\",\"time\":\"2026-11-22T10:00:05Z\",\"address\":\"192.0.2.0/24\",\"seconds\":3600,\"errors\":0,\"rule\":\"manual\"}\n");
	verdict = verdict_of(VERDICT_RELEASE, "192.0.2.1");
	printed(&verdict, "2026-11-22 12:00:05  would release 192.0.2.1\n", "2026-11-22 12:00:05  released 192.0.2.1\n",
		"{\"event\":\"release\",\"time\":\"2026-11-22T10:00:05Z\",\"address\":\"192.0.2.1\"}\n");
}

static void test_lists(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json json, item, inner;

	json_begin(&json, out);
	json_list(&json, "none");
	json_list_end(&json);
	json_list(&json, "some");
	for (uint64_t i = 0; i < 2; i++) {
		json_item(&json, &item);
		json_uint(&item, "i", i);
		json_list(&item, "in");
		json_item(&item, &inner);
		json_item_end(&inner);
		json_list_end(&item);
		json_item_end(&item);
	}
	json_list_end(&json);
	json_bool(&json, "after", true);
	json_end(&json);
	fclose(out);
	tap_str(text, "{\"none\":[],\"some\":[{\"i\":0,\"in\":[{}]},{\"i\":1,\"in\":[{}]}],\"after\":true}\n", "lists of objects");
	free(text);
}

int main(void)
{
	test_strings();
	test_values();
	test_lists();
	test_verdicts();
	return tap_done();
}
