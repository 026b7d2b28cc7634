/* source_scan - read one log from start to end, plain or packed, file or standard input. Never seeks, never writes, never logs. */
#include "source/source_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/blocks.h"

static int scan(int fd, bool peek, line_fn *fn, void *arg, struct source_stats *stats)
{
	struct blocks *blocks = NULL;
	char *bytes = malloc(BLOCK_BYTES);
	int err = bytes ? blocks_open(&blocks, fd) : -ENOMEM;
	ssize_t n = err;

	while (err == 0 && (n = blocks_next(blocks, bytes)) > 0) {
		stats->lines += line_all(bytes, (size_t)n, true, fn, arg, &stats->cut_lines);
		if (peek)
			break;
	}
	if (err == 0)
		stats->bytes += blocks_read(blocks);
	blocks_close(blocks);
	free(bytes);
	return n < 0 ? (int)n : 0;
}

static int scan_path(const char *path, bool peek, line_fn *fn, void *arg, struct source_stats *stats)
{
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int err = scan(fd, peek, fn, arg, stats);
	if (!standard_input)
		close(fd);
	return err;
}

int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats)
{
	return scan_path(path, false, fn, arg, stats);
}

int source_peek(const char *path, line_fn *fn, void *arg)
{
	struct source_stats stats = { 0 };

	return scan_path(path, true, fn, arg, &stats);
}
