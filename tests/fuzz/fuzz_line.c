/* fuzz_line - any bytes in any reads come out as the lines that they are
 *
 * The first byte chooses the reads. */
#include "fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_splitter splitter;
	uint64_t random = size ? data[0] : 0;

	stream_make(data + (size > 0), size - (size > 0));
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
		line_feed(&splitter, n, true, stream_line, NULL);
		must_hold(seen + line_pending(&splitter) == at);
	}
	line_flush(&splitter, true, stream_line, NULL);
	must_hold(seen == stream_len);
	line_fini(&splitter);
	return 0;
}
