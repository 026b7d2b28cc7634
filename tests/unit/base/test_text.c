/* test_text - escaping, durations, and the messages made with them */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/problems.h"
#include "random.h"
#include "tap.h"

static const struct {
	const char *bytes;
	size_t len, size;
	const char *escaped, *printable;
} escapes[] = {
	{ "plain", 5, 64, "plain", "plain" },
	{ "", 0, 64, "", "" },
	{ "a\\b", 3, 64, "a\\\\b", "a\\b" },
	{ "a\tb\r\n", 5, 64, "a\\tb\\r\\n", "a\\tb\\r\\n" },
	{ "\0\x1b[2J\x7f", 6, 64, "\\x00\\x1b[2J\\x7f", "\\x00\\x1b[2J\\x7f" },
	{ "\xc3\xa4\xe2\x80\xae", 5, 64, "\\xc3\\xa4\\xe2\\x80\\xae", "\\xc3\\xa4\\xe2\\x80\\xae" },
	{ "\x9b" "31m", 4, 64, "\\x9b31m", "\\x9b31m" },	/* C1 control */
	{ "12345678", 8, 9, "12345678", "12345678" },		/* fits to the byte */
	{ "12345678", 8, 8, "1234...", "1234..." },
	{ "1234\x1b", 5, 8, "1234...", "1234..." },		/* no half of a replacement */
	{ "123\x1b", 4, 8, "123\\x1b", "123\\x1b" },
	{ "\x1b\x1b", 2, 8, "\\x1b...", "\\x1b..." },
	{ "12", 2, 4, "12", "12" },
	{ "1234", 4, 4, "...", "..." },
	{ "\x1b", 1, 4, "...", "..." },
};

static void test_escape(void)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		char dst[64];
		struct text src = { escapes[i].bytes, escapes[i].len };
		memset(dst, 'X', sizeof(dst));
		tap_str(text_escape(dst, escapes[i].size, src), escapes[i].escaped, "escape %zu: %s", i, escapes[i].escaped);
		tap_str(text_printable(dst, escapes[i].size, src), escapes[i].printable, "printable %zu: %s", i, escapes[i].printable);
	}
	unsigned wrong = 0;
	for (int i = 0; i < 100000; i++) {
		char src[40], dst[64];
		size_t len = (size_t)random() % sizeof(src), size = 4 + (size_t)random() % 40;
		for (size_t j = 0; j < len; j++)
			src[j] = (char)random();
		memset(dst, 0x7f, sizeof(dst));
		text_escape(dst, size, (struct text){ src, len });
		wrong += strlen(dst) >= size || (unsigned char)dst[size] != 0x7f;
		for (const char *p = dst; *p; p++)
			wrong += *p < 0x20 || *p > 0x7e;
	}
	tap_int(wrong, 0, "100,000 random byte strings come out printable and in their place");
}

/* seconds -1: no duration */
static const struct {
	const char *text;
	int64_t seconds;
} durations[] = {
	{ "90", 90 }, { "10s", 10 }, { "10m", 600 }, { "1h", 3600 }, { "30d", 2592000 }, { "2w", 1209600 }, { "1h30m", 5400 },
	{ "1w2d3h4m5s", 788645 }, { "0", 0 }, { "0s", 0 }, { "007s", 7 }, { "3660d", DURATION_MAX_S },
	{ "", -1 }, { "s", -1 }, { "10x", -1 }, { "10 m", -1 }, { " 10m", -1 }, { "10m ", -1 }, { "-1h", -1 }, { "+1h", -1 }, { "1.5h", -1 },
	{ "1h30", -1 }, { "30m1h", -1 }, { "1h1h", -1 }, { "10M", -1 }, { "10min", -1 }, { "3661d", -1 }, { "3660d1s", -1 },
	{ "99999999999999999999", -1 }, { "18446744073709551616s", -1 }, { "4294967296", -1 }, { "1y", -1 },
};

static const struct {
	uint64_t seconds;
	const char *text;
} written[] = {
	{ 0, "0s" }, { 1, "1s" }, { 10, "10s" }, { 60, "1m" }, { 90, "1m30s" }, { 600, "10m" }, { 3600, "1h" }, { 5400, "1h30m" },
	{ 86400, "1d" }, { 2592000, "30d" }, { 90061, "1d1h1m1s" }, { 3601, "1h1s" },
};

static void test_duration(void)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		uint32_t seconds = 4711;
		bool parsed = duration_parse((struct text){ durations[i].text, strlen(durations[i].text) }, &seconds);
		tap_int(parsed ? (int64_t)seconds : -1, durations[i].seconds, "duration '%s'", durations[i].text);
	}
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		char dst[24];
		tap_str(duration_fmt(dst, sizeof(dst), written[i].seconds), written[i].text, "%s", written[i].text);
	}
	unsigned wrong = 0;
	for (int i = 0; i < 100000; i++) {
		char dst[24];
		uint32_t back, seconds = (uint32_t)random() % DURATION_MAX_S >> random() % 28;
		duration_fmt(dst, sizeof(dst), seconds);
		wrong += !duration_parse((struct text){ dst, strlen(dst) }, &back) || back != seconds;
	}
	tap_int(wrong, 0, "what is written reads back");
	char dst[24];
	static const struct {
		uint64_t seconds;
		const char *text;
	} briefly[] = {
		{ 0, "0s" }, { 99, "99s" }, { 100, "2m" }, { 3600, "60m" }, { 5999, "100m" }, { 6000, "2h" }, { 8 * 3600 - 1, "8h" },
		{ 7 * 3600 + 1799, "7h" }, { 99 * 3600, "99h" }, { 30 * 86400 - 1, "30d" }, { 999 * 86400, "999d" },
	};
	for (size_t i = 0; i < sizeof(briefly) / sizeof(*briefly); i++)
		tap_str(duration_short(dst, sizeof(dst), briefly[i].seconds), briefly[i].text, "%llu s in short", (unsigned long long)briefly[i].seconds);
	duration_fmt(dst, sizeof(dst), UINT64_MAX);
	tap_ok(strlen(dst) < sizeof(dst), "the longest fits: %s", dst);
}

static void test_problems(void)
{
	char *said;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	struct problems problems = { .out = out };
	static const char source[] = "match\tfoo \x1b bar";

	problem(SPOT(&problems, "a.conf", 7), "'%s' is wrong", "x\x1b[31m\\d");
	problem(SPOT(&problems, "a\n.conf", 0), "gone");
	problem_warning(SPOT(&problems, "a.conf", 8), "careful");
	problem_at(SPOT(&problems, "a.pat", 3), 7, (struct text){ source, sizeof(source) - 1 }, "no such macro");
	problem_at(SPOT(&problems, "a.pat", 3), 999, (struct text){ source, 3 }, "end");
	fclose(out);
	tap_int(problems.count, 4, "warnings are not counted");
	tap_str(said, "a.conf:7: 'x\\x1b[31m\\d' is wrong\n"
		"a\\n.conf: gone\n"
		"a.conf:8: warning: careful\n"
		"a.pat:3:7: no such macro\n    match foo ? bar\n          ^\n"
		"a.pat:3:999: end\n    mat\n       ^\n", "problems, with a caret where the column is");
	free(said);
	char longer[1000];
	memset(longer, 'x', sizeof(longer));
	longer[700] = '!';
	out = open_memstream(&said, &size);
	problems = (struct problems){ .out = out };
	problem_at(SPOT(&problems, "a.pat", 1), 701, (struct text){ longer, sizeof(longer) }, "here");
	fclose(out);
	const char *shown = strchr(said, '\n') + 1, *below = strchr(shown, '\n') + 1;
	tap_ok(strlen(said) < 300 && shown[strcspn(below, "^")] == '!', "of a long line the part around the caret is shown");
	free(said);
	problems = (struct problems){ 0 };
	problem(SPOT(&problems, "x", 1), "counted only");
	tap_int(problems.count, 1, "without an output problems are counted");
}

/* log_said - what one message looks like on standard error */
static void log_said(char *dst, size_t size, void (*say)(void))
{
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);

	if (!file || old < 0 || dup2(fileno(file), STDERR_FILENO) < 0)
		abort();
	say();
	dup2(old, STDERR_FILENO);
	close(old);
	rewind(file);
	dst[fread(dst, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void say_error(void) { log_error("bad: %s", "x\x1b\ny\\x41"); }
static void say_notice(void) { log_notice("hello"); }
static void say_debug(void) { log_debug("quiet"); }

static void test_log(void)
{
	char said[256];

	log_said(said, sizeof(said), say_error);
	tap_str(said, "mailward: error: bad: x\\x1b\\ny\\x41\n", "one line, whatever is in it");
	log_said(said, sizeof(said), say_notice);
	tap_str(said, "mailward: hello\n", "a notice");
	log_said(said, sizeof(said), say_debug);
	tap_str(said, "", "no debug unless asked for");
	log_verbose = true;
	log_said(said, sizeof(said), say_debug);
	tap_str(said, "mailward: debug: quiet\n", "debug when asked for");
}

/* The vectors of Fowler, Noll and Vo: what is stored must be found again by any later version. */
static void test_hash(void)
{
	tap_ok(text_hash(TEXT("")) == 0x811c9dc5 && text_hash(TEXT("a")) == 0xe40c292c && text_hash(TEXT("foobar")) == 0xbf9cf968,
	       "the hash is FNV-1a");
}

/* any bytes but NUL come back, and nothing is written beyond the end */
static void test_unescape(void)
{
	char raw[40], escaped[4 * sizeof(raw)], back[sizeof(raw) + 8];
	unsigned wrong = 0;

	for (unsigned round = 0; round < 20000; round++) {
		size_t len = random_below(sizeof(raw));

		for (size_t i = 0; i < len; i++)
			raw[i] = random_below(3) ? (char)(1 + random_below(255)) : "\\xtrn0a"[random_below(7)];
		text_escape(escaped, sizeof(escaped), (struct text){ raw, len });
		text_unescape(back, sizeof(back), text_of(escaped));
		wrong += strlen(back) != len || memcmp(back, raw, len) != 0;
	}
	tap_int(wrong, 0, "what was escaped comes back, whatever it is");
	memset(back, 'z', sizeof(back));
	tap_str(text_unescape(back, 4, TEXT("a\\x41\\nb")), "aA\n", "what does not fit is left out");
	tap_ok(back[4] == 'z', "and written nowhere");
	tap_str(text_unescape(back, sizeof(back), TEXT("\\q\\x4\\xzz\\x00\\")), "\\q\\x4\\xzz\\", "what is no escape stays as it is");
}

static void test_cut(void)
{
	char room[8] = "*******";

	tap_int(text_cut(room, 5, (struct text)TEXT("abcde")), 5, "what fits is whole");
	tap_str(room, "abcde**", "and no NUL is put");
	tap_int(text_cut(room, 5, (struct text)TEXT("ABCDEF")), 5, "what does not");
	tap_str(room, "AB...**", "ends in dots");
	tap_int(text_cut(room, 5, (struct text){ 0 }), 0, "nothing is nothing");
}

int main(void)
{
	srandom(random_seed());
	setenv("JOURNAL_STREAM", "1:1", 1);	/* somebody else's: our stderr is no journal */
	test_escape();
	test_cut();
	test_duration();
	test_problems();
	test_log();
	test_hash();
	test_unescape();
	return tap_done();
}
