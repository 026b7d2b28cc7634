/* unpack - the bytes of a file as they were before gzip, xz, bzip2 or zstd
 *
 * The only user of the four libraries. Each is a codec of three functions; the loop around them, which reads, skips
 * padding and begins the next member, is one. Owns its input buffer and the codec's state. Never logs. */
#include "source/unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/array.h"

#define INPUT_BYTES 65536
#define FIRST_BYTES 4096	/* many a file is opened for its head alone */
#define MAGIC_BYTES 6
#define WINDOW_LOG_MAX 27	/* of zstd: UNPACK_BYTES_MAX */

/* What a step comes to, where it is no -errno. */
enum { GOES_ON, MEMBER_ENDED };

struct codec {
	char magic[MAGIC_BYTES];
	size_t magic_len;
	int (*begin)(struct unpack *unpack);	/* a member */
	int (*step)(struct unpack *unpack, char **at, size_t *room);
	void (*end)(struct unpack *unpack);	/* also after a begin that failed, or none */
};

struct unpack {
	int fd;
	off_t next;		/* where to read on; -1: a stream */
	const struct codec *codec;	/* NULL: plain */
	union {
		z_stream gzip;
		lzma_stream xz;
		bz_stream bzip2;
		ZSTD_DStream *zstd;
	} state;
	bool inside;		/* a member has begun and not ended */
	bool full;		/* the last step used all room: more may wait inside */
	int failed;		/* what is told once all that came before it is handed on */
	size_t start, end;	/* input that is not used yet */
	char input[INPUT_BYTES];
};

/* ---- gzip ---- */

static int gzip_begin(struct unpack *unpack)
{
	z_stream *z = &unpack->state.gzip;

	return (z->state ? inflateReset(z) : inflateInit2(z, 16 + MAX_WBITS)) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_step(struct unpack *unpack, char **at, size_t *room)
{
	z_stream *z = &unpack->state.gzip;

	z->next_in = (Bytef *)unpack->input + unpack->start;
	z->avail_in = (uInt)(unpack->end - unpack->start);
	z->next_out = (Bytef *)*at;
	z->avail_out = (uInt)*room;
	int result = inflate(z, Z_NO_FLUSH);
	unpack->start = unpack->end - z->avail_in;
	*at = (char *)z->next_out;
	*room = z->avail_out;
	if (result == Z_STREAM_END)
		return MEMBER_ENDED;
	return result == Z_OK || result == Z_BUF_ERROR ? GOES_ON : result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static void gzip_end(struct unpack *unpack)
{
	inflateEnd(&unpack->state.gzip);
}

/* ---- xz ---- */

static int xz_begin(struct unpack *unpack)
{
	return lzma_stream_decoder(&unpack->state.xz, UNPACK_BYTES_MAX, 0) == LZMA_OK ? 0 : -ENOMEM;
}

static int xz_step(struct unpack *unpack, char **at, size_t *room)
{
	lzma_stream *xz = &unpack->state.xz;

	xz->next_in = (const uint8_t *)unpack->input + unpack->start;
	xz->avail_in = unpack->end - unpack->start;
	xz->next_out = (uint8_t *)*at;
	xz->avail_out = *room;
	lzma_ret result = lzma_code(xz, LZMA_RUN);
	unpack->start = unpack->end - xz->avail_in;
	*at = (char *)xz->next_out;
	*room = xz->avail_out;
	if (result == LZMA_STREAM_END)
		return MEMBER_ENDED;
	if (result == LZMA_MEM_ERROR || result == LZMA_MEMLIMIT_ERROR)
		return -ENOMEM;
	return result == LZMA_OK || result == LZMA_BUF_ERROR ? GOES_ON : -EBADMSG;
}

static void xz_end(struct unpack *unpack)
{
	lzma_end(&unpack->state.xz);
}

/* ---- bzip2 ---- */

static void bzip2_end(struct unpack *unpack)
{
	BZ2_bzDecompressEnd(&unpack->state.bzip2);
}

static int bzip2_begin(struct unpack *unpack)
{
	bzip2_end(unpack);
	return BZ2_bzDecompressInit(&unpack->state.bzip2, 0, 0) == BZ_OK ? 0 : -ENOMEM;
}

static int bzip2_step(struct unpack *unpack, char **at, size_t *room)
{
	bz_stream *bz = &unpack->state.bzip2;

	bz->next_in = unpack->input + unpack->start;
	bz->avail_in = (unsigned)(unpack->end - unpack->start);
	bz->next_out = *at;
	bz->avail_out = (unsigned)*room;
	int result = BZ2_bzDecompress(bz);
	unpack->start = unpack->end - bz->avail_in;
	*at = bz->next_out;
	*room = bz->avail_out;
	if (result == BZ_STREAM_END)
		return MEMBER_ENDED;
	return result == BZ_OK ? GOES_ON : result == BZ_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

/* ---- zstd ---- */

static int zstd_begin(struct unpack *unpack)
{
	ZSTD_DStream **zstd = &unpack->state.zstd;

	if (!*zstd && (*zstd = ZSTD_createDStream()) != NULL)
		ZSTD_DCtx_setParameter(*zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return *zstd && !ZSTD_isError(ZSTD_initDStream(*zstd)) ? 0 : -ENOMEM;
}

static int zstd_step(struct unpack *unpack, char **at, size_t *room)
{
	ZSTD_inBuffer in = { unpack->input + unpack->start, unpack->end - unpack->start, 0 };
	ZSTD_outBuffer out = { *at, *room, 0 };
	size_t result = ZSTD_decompressStream(unpack->state.zstd, &out, &in);

	unpack->start += in.pos;
	*at += out.pos;
	*room -= out.pos;
	if (ZSTD_isError(result)) {
		ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
		bool memory = code == ZSTD_error_memory_allocation || code == ZSTD_error_frameParameter_windowTooLarge;
		return memory ? -ENOMEM : -EBADMSG;
	}
	return result == 0 ? MEMBER_ENDED : GOES_ON;
}

static void zstd_end(struct unpack *unpack)
{
	ZSTD_freeDStream(unpack->state.zstd);
}

/* ---- what they share ---- */

static const struct codec codecs[] = {
	{ "\x1f\x8b\x08", 3, gzip_begin, gzip_step, gzip_end },
	{ "\xfd" "7zXZ", 6, xz_begin, xz_step, xz_end },
	{ "BZh", 3, bzip2_begin, bzip2_step, bzip2_end },
	{ "\x28\xb5\x2f\xfd", 4, zstd_begin, zstd_step, zstd_end },
};

static ssize_t read_some(struct unpack *unpack, char *at, size_t room)
{
	ssize_t n;

	do
		n = unpack->next < 0 ? read(unpack->fd, at, room) : pread(unpack->fd, at, room, unpack->next);
	while (n < 0 && errno == EINTR);
	if (n > 0 && unpack->next >= 0)
		unpack->next += n;
	return n < 0 ? -errno : n;
}

int unpack_open(struct unpack **out, int fd, bool stream)
{
	struct unpack *unpack = malloc(sizeof(*unpack));
	ssize_t n = 1;

	*out = NULL;
	if (!unpack)
		return -ENOMEM;
	memset(unpack, 0, offsetof(struct unpack, input));
	unpack->fd = fd;
	unpack->next = stream ? -1 : 0;
	while (n > 0 && unpack->end < MAGIC_BYTES) {	/* a pipe may give them one by one */
		n = read_some(unpack, unpack->input + unpack->end, FIRST_BYTES - unpack->end);
		unpack->end += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		free(unpack);
		return (int)n;
	}
	for (size_t i = 0; i < COUNT(codecs); i++)
		if (unpack->end >= codecs[i].magic_len &&
		    memcmp(unpack->input, codecs[i].magic, codecs[i].magic_len) == 0)
			unpack->codec = &codecs[i];
	*out = unpack;
	return 0;
}

void unpack_close(struct unpack *unpack)
{
	if (unpack && unpack->codec)
		unpack->codec->end(unpack);
	free(unpack);
}

bool unpack_packed(const struct unpack *unpack)
{
	return unpack->codec != NULL;
}

static ssize_t read_plain(struct unpack *unpack, char *at, size_t room)
{
	size_t waiting = unpack->end - unpack->start, len = waiting < room ? waiting : room;

	if (len == 0)
		return read_some(unpack, at, room);
	memcpy(at, unpack->input + unpack->start, len);
	unpack->start += len;
	return (ssize_t)len;
}

/* More input, unless there is some. Returns its number of bytes, 0 at the end, or -errno. */
static ssize_t fill(struct unpack *unpack)
{
	if (unpack->start == unpack->end) {
		ssize_t n = read_some(unpack, unpack->input, sizeof(unpack->input));

		if (n <= 0)
			return n;
		unpack->start = 0;
		unpack->end = (size_t)n;
	}
	return (ssize_t)(unpack->end - unpack->start);
}

ssize_t unpack_read(struct unpack *unpack, char *at, size_t room)
{
	char *begin = at;
	int result = 0;

	if (!unpack->codec)
		return read_plain(unpack, at, room);
	while (at == begin && unpack->failed == 0) {
		ssize_t n = unpack->full ? 1 : fill(unpack);

		if (n < 0)
			return n;
		if (n == 0)
			return unpack->inside ? -EBADMSG : 0;
		if (!unpack->inside && unpack->input[unpack->start] == '\0') {
			unpack->start++;
			continue;
		}
		if (!unpack->inside)
			result = unpack->codec->begin(unpack);
		unpack->inside = true;
		if (result >= 0)
			result = unpack->codec->step(unpack, &at, &room);
		if (result < 0)
			unpack->failed = result;
		unpack->inside = result != MEMBER_ENDED;
		unpack->full = unpack->inside && room == 0;
	}
	return at > begin ? at - begin : unpack->failed;
}
