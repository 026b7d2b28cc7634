/* source_sample - see source_sample.h. Owns nothing, never logs; a sample never blocks on what is no file. */
#include "source/source_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/blocks.h"

#define SAMPLE_BYTES 512	/* enough for the head of a line behind the end of another */

static int first_block(int fd, line_fn *fn, void *arg)
{
	struct blocks *blocks = NULL;
	char *bytes = malloc(BLOCK_BYTES);
	int err = bytes ? blocks_open(&blocks, fd) : -ENOMEM;
	ssize_t n = err == 0 ? blocks_next(blocks, bytes) : err;
	uint64_t cut_lines = 0;

	if (n > 0)
		line_all(bytes, (size_t)n, true, fn, arg, &cut_lines);
	blocks_close(blocks);
	free(bytes);
	return n < 0 ? (int)n : 0;
}

int source_peek(const char *path, line_fn *fn, void *arg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int err = first_block(fd, fn, arg);
	close(fd);
	return err;
}

static void sample_at(int fd, off_t at, line_fn *fn, void *arg)
{
	char bytes[SAMPLE_BYTES], *begin = bytes, *end;
	ssize_t len = pread(fd, bytes, sizeof(bytes), at);

	if (len <= 0)
		return;
	if (at > 0) {
		begin = memchr(bytes, '\n', (size_t)len);
		if (!begin++)
			return;
	}
	end = memchr(begin, '\n', (size_t)(bytes + len - begin));
	if (!end)
		end = bytes + len;
	if (end > begin)
		fn(arg, &(struct line){ .text = { begin, (size_t)(end - begin) }, .cut = end == bytes + len, .backlog = true });
}

int source_sample(const char *path, unsigned count, line_fn *fn, void *arg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		off_t step = st.st_size / count + 1;

		for (off_t at = 0; at < st.st_size; at += step)
			sample_at(fd, at, fn, arg);
	}
	close(fd);
	return 0;
}
