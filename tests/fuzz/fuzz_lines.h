/* fuzz_lines - a stream of bytes, and the check that the lines handed on are the ones that it holds */
#ifndef MAILWARD_FUZZ_LINES_H
#define MAILWARD_FUZZ_LINES_H

#include <string.h>

#include "source/line.h"
#include "fuzz.h"

#define LONG_BYTES 30000
#define STREAM_BYTES_MAX (1 << 20)

static char stream[STREAM_BYTES_MAX];
static size_t stream_len, seen;

/* stream_make - an 'L' stands for a long run of bytes, so that small inputs reach the limits */
static void stream_make(const uint8_t *data, size_t size)
{
	stream_len = seen = 0;
	for (size_t i = 0; i < size && stream_len + LONG_BYTES < STREAM_BYTES_MAX; i++) {
		size_t n = data[i] == 'L' ? LONG_BYTES : 1;
		memset(stream + stream_len, data[i], n);
		stream_len += n;
	}
}

/* stream_line - a line_fn: the line must be what stands at seen in the stream */
static void stream_line(void *arg, const struct line *line)
{
	const char *lf = memchr(stream + seen, '\n', stream_len - seen);
	size_t len = lf ? (size_t)(lf - stream) - seen : stream_len - seen;

	(void)arg;
	must_hold(lf || len > 0);
	seen += len + (lf != NULL);
	const char *at = stream + seen - len - (lf != NULL);
	len -= lf && len > 0 && at[len - 1] == '\r';
	must_hold(line->cut == (len > LINE_BYTES_MAX));
	must_hold(line->text.len == (line->cut ? LINE_BYTES_MAX : len));
	must_hold(memcmp(line->text.at, at, line->text.len) == 0);
}

#endif
