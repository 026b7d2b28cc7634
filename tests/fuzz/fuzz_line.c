/* fuzz_line - any bytes in any reads come out as the lines that they are
 *
 * The first byte chooses the reads; an 'L' stands for a long run of bytes, so that small inputs reach the limit. */
#include "fuzz.h"

#include "engine/line.h"

#define LONG_BYTES 30000
#define STREAM_BYTES_MAX (1 << 20)

static char stream[STREAM_BYTES_MAX];
static size_t stream_len, seen;

/* the line must be what stands at seen in the stream */
static void check(void *arg, const struct line *line)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_splitter splitter;
	uint64_t random = size ? data[0] : 0;

	stream_len = seen = 0;
	for (size_t i = 1; i < size && stream_len + LONG_BYTES < STREAM_BYTES_MAX; i++) {
		size_t n = data[i] == 'L' ? LONG_BYTES : 1;
		memset(stream + stream_len, data[i], n);
		stream_len += n;
	}
	must_hold(line_init(&splitter) == 0);
	for (size_t at = 0; at < stream_len; ) {
		size_t room, n;
		char *to = line_room(&splitter, &room);
		must_hold(room >= LINE_BYTES_MAX);
		random = random * 6364136223846793005U + 1442695040888963407U;
		n = 1 + (size_t)(random >> 33) % (random >> 62 ? 40 : room);
		n = n < stream_len - at ? n : stream_len - at;
		memcpy(to, stream + at, n);
		at += n;
		line_feed(&splitter, n, true, check, NULL);
		must_hold(seen + line_pending(&splitter) == at);
	}
	line_flush(&splitter, true, check, NULL);
	must_hold(seen == stream_len);
	line_fini(&splitter);
	return 0;
}
