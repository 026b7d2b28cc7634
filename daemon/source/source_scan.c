/* source_scan - read one log from start to end, plain or packed, file or standard input
 *
 * The bytes go straight into the line buffer. Never seeks, never writes, never logs. */
#include "source/source_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "source/unpack.h"

static int scan_open(int fd, bool peek, line_fn *fn, void *arg, struct source_stats *stats)
{
	struct line_splitter splitter;
	struct unpack *unpack = NULL;
	int err = line_init(&splitter);
	ssize_t n = 1;

	if (err == 0)
		err = unpack_open(&unpack, fd, true);
	while (err == 0 && n > 0) {
		size_t room;
		char *at = line_room(&splitter, &room);

		n = unpack_read(unpack, at, room);
		if (n > 0) {
			stats->bytes += (uint64_t)n;
			stats->lines += line_feed(&splitter, (size_t)n, true, fn, arg);
		}
		if (peek)
			break;
	}
	if (err == 0 && n < 0)
		err = (int)n;
	if (err == 0 && !peek)
		stats->lines += line_flush(&splitter, true, fn, arg);
	stats->cut_lines += splitter.cut_lines;
	unpack_close(unpack);
	line_fini(&splitter);
	return err;
}

static int scan_path(const char *path, bool peek, line_fn *fn, void *arg, struct source_stats *stats)
{
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	int err = scan_open(fd, peek, fn, arg, stats);
	if (!standard_input)
		close(fd);
	return err;
}

int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats)
{
	return scan_path(path, false, fn, arg, stats);
}

int source_scan_fd(int fd, line_fn *fn, void *arg, struct source_stats *stats)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return scan_open(fd, false, fn, arg, stats);
}

int source_peek(const char *path, line_fn *fn, void *arg)
{
	struct source_stats stats = { 0 };

	return scan_path(path, true, fn, arg, &stats);
}
