/* fuzz_scan - a whole log comes out as the lines that it is, plain or packed; a damaged one is told, and its lines are no others
 *
 * The first byte: what is done to the stream made of the rest: nothing, 1 packed, 2 in two members with NULs between, 3 and
 * the end cut off, 4 and a byte turned over, 5 and something behind it; and by 48 of them, by what it is packed. Two bytes
 * say where. */
#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "source/blocks.h"
#include "source/source_sample.h"
#include "source/source.h"
#include "fuzz_lines.h"

static uint8_t packed[STREAM_BYTES_MAX + 65536];
static size_t packed_len;

static void pack_gzip(const char *at, size_t len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)at, .avail_in = (uInt)len, .next_out = packed + packed_len,
		       .avail_out = (uInt)(sizeof(packed) - packed_len) };

	must_hold(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	must_hold(deflate(&z, Z_FINISH) == Z_STREAM_END);
	packed_len += z.total_out;
	deflateEnd(&z);
}

static void pack_xz(const char *at, size_t len)
{
	must_hold(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (const uint8_t *)at, len, packed, &packed_len, sizeof(packed)) == LZMA_OK);
}

static void pack_bzip2(const char *at, size_t len)
{
	unsigned room = (unsigned)(sizeof(packed) - packed_len);

	must_hold(BZ2_bzBuffToBuffCompress((char *)packed + packed_len, &room, (char *)(uintptr_t)at, (unsigned)len, 1, 0, 0) == BZ_OK);
	packed_len += room;
}

static void pack_zstd(const char *at, size_t len)
{
	static ZSTD_CCtx *zstd;
	size_t n;

	if (!zstd)
		must_hold((zstd = ZSTD_createCCtx()) && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)));
	n = ZSTD_compress2(zstd, packed + packed_len, sizeof(packed) - packed_len, at, len);
	must_hold(!ZSTD_isError(n));
	packed_len += n;
}

static void pack(unsigned by, const char *at, size_t len)
{
	static void (*const packers[])(const char *at, size_t len) = { pack_gzip, pack_xz, pack_bzip2, pack_zstd };

	packers[by % 4](at, len);
}

static void any_line(void *arg, const struct line *line)
{
	(void)arg;
	must_hold(line->text.len <= LINE_BYTES_MAX);
}

/* scan - what stands in bytes, through a file; what the last of its blocks said */
static int scan(const void *bytes, size_t len, line_fn *fn, struct source_stats *stats)
{
	static char block[BLOCK_BYTES];
	char path[40];
	struct blocks *blocks;
	int fd = memfd_create("log", MFD_CLOEXEC);
	ssize_t n;

	must_hold(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must_hold(source_peek(path, any_line, NULL) <= 0);
	must_hold(lseek(fd, 0, SEEK_SET) == 0 && blocks_open(&blocks, fd) == 0);
	while ((n = blocks_next(blocks, block)) > 0)
		stats->lines += line_all(block, (size_t)n, true, fn, NULL, &stats->cut_lines);
	stats->bytes = blocks_read(blocks);
	blocks_close(blocks);
	close(fd);
	return (int)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_stats stats = { 0 };
	size_t where = size > 2 ? (size_t)data[1] << 8 | data[2] : 0;
	unsigned how = size ? data[0] % 6 : 0, by = size ? data[0] / 48 : 0;
	int result;

	stream_make(size > 3 ? data + 3 : data, size > 3 ? size - 3 : 0);
	packed_len = 0;
	if (how == 0) {
		bool like = stream_len > 0 && strchr("\x1f\xfd" "B\x28", stream[0]);	/* some packer's first byte */
		result = scan(stream, stream_len, like ? any_line : stream_line, &stats);
		must_hold(like || (result == 0 && seen == stream_len && stats.bytes == stream_len));
		return 0;
	}
	size_t first = how == 1 ? stream_len : where % (stream_len + 1);
	pack(by, stream, first);
	memset(packed + packed_len, 0, how == 2 ? 512 : 0);
	packed_len += how == 2 ? 512 : 0;
	pack(by, stream + first, stream_len - first);
	where %= packed_len;
	if (how == 4)
		packed[where] ^= (uint8_t)(1 << data[0] / 6 % 8);
	if (how == 5)
		packed[packed_len++] = (uint8_t)(1 + where % 255);
	result = scan(packed, how == 3 ? packed_len - 1 - where % 8 : packed_len, how == 4 ? any_line : stream_line, &stats);
	must_hold(stats.bytes <= stream_len || how == 4);
	must_hold(result == (how == 1 || how == 2 ? 0 : -EBADMSG) || how == 4);
	must_hold(seen == stream_len || how > 2);
	return 0;
}
