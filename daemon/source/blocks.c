/* blocks - see blocks.h
 *
 * Owns what was read behind the last whole line. What holds of it: it is shorter than a piece, and it holds no end of a line,
 * but for what follows a line that was too long. Never seeks, never writes, never logs. */
#include "source/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "source/unpack.h"

#define LONG_BYTES (LINE_BYTES_MAX + 2)	/* of a line that is longer, with its CR */

struct blocks {
	struct unpack *unpack;
	bool file;		/* what is read of it is there already */
	ssize_t over;		/* 1: not yet; else what is told at the end, 0 or -errno */
	uint64_t read;
	size_t held;
	char rest[BLOCK_BYTES];
};

int blocks_open(struct blocks **out, int fd)
{
	struct blocks *blocks = malloc(sizeof(*blocks));
	struct stat st;
	int err;

	if (!blocks)
		return -ENOMEM;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	blocks->file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	blocks->over = 1;
	blocks->read = blocks->held = 0;
	err = unpack_open(&blocks->unpack, fd, true);
	if (err < 0) {
		free(blocks);
		return err;
	}
	*out = blocks;
	return 0;
}

void blocks_close(struct blocks *blocks)
{
	if (!blocks)
		return;
	unpack_close(blocks->unpack);
	free(blocks);
}

uint64_t blocks_read(const struct blocks *blocks)
{
	return blocks->read;
}

static size_t read_on(struct blocks *blocks, char *at, size_t room)
{
	ssize_t n = unpack_read(blocks->unpack, at, room);

	if (n <= 0) {
		blocks->over = n;
		return 0;
	}
	blocks->read += (uint64_t)n;
	return (size_t)n;
}

static void hold(struct blocks *blocks, const char *at, size_t len)
{
	memcpy(blocks->rest, at, len);
	blocks->held = len;
}

/* A piece is full and no line ends in it: leave the line's rest out. Returns the piece's length. */
static size_t cut_line(struct blocks *blocks, char *bytes)
{
	size_t n;

	while ((n = read_on(blocks, bytes + LONG_BYTES, BLOCK_BYTES - LONG_BYTES)) > 0) {
		char *lf = memchr(bytes + LONG_BYTES, '\n', n);

		if (!lf)
			continue;
		hold(blocks, lf + 1, n - (size_t)(lf + 1 - (bytes + LONG_BYTES)));
		bytes[LONG_BYTES] = '\n';
		return LONG_BYTES + 1;
	}
	return LONG_BYTES;
}

ssize_t blocks_next(struct blocks *blocks, char *bytes)
{
	size_t len = blocks->held, n = len;
	char *end = NULL;		/* behind the last whole line */

	memcpy(bytes, blocks->rest, len);
	blocks->held = 0;
	for (;;) {
		char *lf = n ? memrchr(bytes + len - n, '\n', n) : NULL;

		if (lf)
			end = lf + 1;
		if (blocks->over <= 0 || len == BLOCK_BYTES || (end && !blocks->file))
			break;
		n = read_on(blocks, bytes + len, BLOCK_BYTES - len);
		len += n;
	}
	if (blocks->over < 0)		/* a line that is damaged may be half of one */
		len = end ? (size_t)(end - bytes) : 0;
	if (blocks->over <= 0)
		return len ? (ssize_t)len : blocks->over;
	if (!end)
		return (ssize_t)cut_line(blocks, bytes);
	hold(blocks, end, len - (size_t)(end - bytes));
	return end - bytes;
}
