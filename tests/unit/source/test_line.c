/* test_line - the same lines come out wherever the reads fall */
#include <stdlib.h>

#include "random.h"
#include "source/line.h"
#include "tap.h"

#define MAX LINE_BYTES_MAX

/* what came out, one after the other: each line's length, whether it was cut, its bytes */
static char out[8 * MAX];
static size_t out_len;

static void record_line(void *arg, const struct line *line)
{
	(void)arg;
	int n = snprintf(out + out_len, sizeof(out) - out_len, "[%zu%s%s:", line->text.len, line->cut ? " cut" : "",
			 line->backlog ? " old" : "");
	out_len += (size_t)n;
	memcpy(out + out_len, line->text.at, line->text.len);
	out_len += line->text.len;
	out[out_len++] = ']';
}

static void put(struct line_splitter *splitter, const char *at, size_t len, uint64_t *lines)
{
	while (len > 0) {
		size_t room;
		char *to = line_room(splitter, &room);
		size_t n = len < room ? len : room;
		memcpy(to, at, n);
		*lines += line_feed(splitter, n, false, record_line, NULL);
		at += n;
		len -= n;
	}
}

/* split_at - feed the bytes in two parts; the lines' number, and in out what they were */
static uint64_t split_at(const char *at, size_t len, size_t first)
{
	struct line_splitter splitter;
	uint64_t lines = 0;

	if (line_init(&splitter) < 0)
		abort();
	out_len = 0;
	put(&splitter, at, first, &lines);
	put(&splitter, at + first, len - first, &lines);
	lines += line_flush(&splitter, false, record_line, NULL);
	line_fini(&splitter);
	return lines;
}

static void test_shapes(void)
{
	static const struct {
		const char *name, *in;
		size_t len;
		const char *lines;
	} cases[] = {
#define IN(bytes) bytes, sizeof(bytes) - 1
		{ "nothing", IN(""), "" },
		{ "one line", IN("ab\n"), "[2:ab]" },
		{ "empty lines", IN("\n\na\n\n"), "[0:][0:][1:a][0:]" },
		{ "unfinished last line", IN("a\nbc"), "[1:a][2:bc]" },
		{ "CRLF", IN("ab\r\nc\r\n"), "[2:ab][1:c]" },
		{ "only one CR goes", IN("ab\r\r\n"), "[3:ab\r]" },
		{ "a CR inside stays", IN("a\rb\n"), "[3:a\rb]" },
		{ "a CR alone", IN("\r\n"), "[0:]" },
		{ "invalid UTF-8", IN("\xff\xc3\n\x80\n"), "[2:\xff\xc3][1:\x80]" },
		{ "U+0085 and U+2028 end nothing", IN("a\xc2\x85" "b\xe2\x80\xa8" "c\n"), "[8:a\xc2\x85" "b\xe2\x80\xa8" "c]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool same = true;
		for (size_t first = 0; first <= cases[i].len; first++) {
			split_at(cases[i].in, cases[i].len, first);
			same &= out_len == strlen(cases[i].lines) && memcmp(out, cases[i].lines, out_len) == 0;
		}
		tap_ok(same, "%s, at every split", cases[i].name);
	}
	tap_int(split_at("a\0b\n\0\n", 6, 3), 2, "NUL bytes: two lines");
	tap_ok(out_len == 12 && memcmp(out, "[3:a\0b][1:\0]", 12) == 0, "NUL bytes pass through");
}

/* an over-long line, then an innocent one; the split falls everywhere around the limit and around the line's end */
static void test_long(size_t len, const char *end, bool cut)
{
	char *in = malloc(4 * MAX), *wanted = malloc(4 * MAX);
	size_t total = len + strlen(end) + 5, wanted_len, kept = len < MAX ? len : MAX;
	bool same = true;

	if (!in || !wanted)
		abort();
	for (size_t i = 0; i < len; i++)
		in[i] = (char)('a' + i % 26);
	memcpy(in + len, end, strlen(end));
	memcpy(in + len + strlen(end), "next\n", 5);
	wanted_len = (size_t)sprintf(wanted, "[%zu%s:", kept, cut ? " cut" : "");
	memcpy(wanted + wanted_len, in, kept);
	memcpy(wanted + wanted_len + kept, "][4:next]", 9);
	wanted_len += kept + 9;

	for (size_t first = 0; first <= total; first++) {
		bool near = first < 3 || total - first < 12 || (first + 4 > MAX && first < MAX + 4);
		if (!near)
			continue;
		same &= split_at(in, total, first) == 2;
		same &= out_len == wanted_len && memcmp(out, wanted, out_len) == 0;
	}
	tap_ok(same, "a line of LINE_BYTES_MAX%+zd bytes and %s is %s", (ssize_t)len - MAX,
	       end[0] == '\r' ? "CRLF" : "LF", cut ? "cut, its rest is no line" : "whole");
	free(in);
	free(wanted);
}

static void test_trickle(void)
{
	struct line_splitter splitter;
	uint64_t lines = 0;
	char byte;

	line_init(&splitter);
	out_len = 0;
	for (size_t i = 0; i < 2 * MAX; i++) {
		byte = (char)('a' + i % 26);
		put(&splitter, &byte, 1, &lines);
	}
	tap_int(lines, 0, "byte by byte: nothing is handed on before the LF");
	tap_int(line_pending(&splitter), 2 * MAX, "byte by byte: all of the line is pending, what was dropped too");
	put(&splitter, "\nx\ny", 4, &lines);
	tap_int(lines, 2, "byte by byte: the long line and the next");
	tap_int(splitter.cut_lines, 1, "byte by byte: one was cut");
	tap_int(line_pending(&splitter), 1, "one byte of an unfinished line is pending");
	line_forget(&splitter);
	put(&splitter, "z\n", 2, &lines);
	tap_ok(out_len > 10 && memcmp(out + out_len - 10, "[1:x][1:z]", 10) == 0, "a forgotten beginning is not part of the next line");
	line_fini(&splitter);
}

/* random lines in random reads, against the obvious */
static void test_random(void)
{
	static char in[6 * MAX];
	struct line_splitter splitter;
	size_t wrong = 0;

	srandom(random_seed());
	for (int round = 0; round < 200; round++) {
		size_t len = 0;
		while (len < 20000) {
			size_t line = (size_t)random() % (random() % 40 ? 200 : 8000);
			for (size_t i = 0; i < line; i++)
				in[len++] = (char)"ab\r\0\xff"[random() % 5];
			in[len++] = '\n';
		}
		split_at(in, len, len);
		size_t whole_len = out_len;
		char *whole = malloc(out_len + 1);
		memcpy(whole, out, out_len);

		uint64_t lines = 0;
		line_init(&splitter);
		out_len = 0;
		for (size_t at = 0; at < len; ) {
			size_t n = 1 + (size_t)random() % (random() % 3 ? 50 : 9000);
			n = n < len - at ? n : len - at;
			put(&splitter, in + at, n, &lines);
			at += n;
		}
		tap_wrong(out_len != whole_len || memcmp(out, whole, out_len) != 0, &wrong, "log %d: %zu bytes come out, not %zu, or others",
			  round, out_len, whole_len);
		line_fini(&splitter);
		free(whole);
	}
	tap_int(wrong, 0, "200 random logs in random reads give the same lines as in one read");
}

int main(void)
{
	test_shapes();
	test_long(MAX - 1, "\n", false);
	test_long(MAX, "\n", false);
	test_long(MAX, "\r\n", false);
	test_long(MAX + 1, "\n", true);
	test_long(MAX + 1, "\r\n", true);
	test_long(MAX + 2, "\r\n", true);
	test_long(2 * MAX + 7, "\n", true);
	test_trickle();
	test_random();
	return tap_done();
}
