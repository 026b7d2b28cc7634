/* source_scan - read one log from start to end, plain or gzip, file or standard input
 *
 * What it is, its first bytes say. Plain bytes go straight into the line buffer;
 * gzip members are inflated into it one after the other, as gzip(1) would.
 * Never seeks (a pipe will do), never writes, never logs. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

struct scan {
	int fd;
	struct line_splitter splitter;
	line_fn *fn;
	void *arg;
	struct source_stats *stats;
	bool peek;		/* one buffer of lines is enough */
};

static ssize_t read_some(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void feed(struct scan *scan, size_t len)
{
	scan->stats->bytes += len;
	scan->stats->lines += line_feed(&scan->splitter, len, true, scan->fn, scan->arg);
}

/* scan_plain - the first len bytes are in the line buffer already */
static int scan_plain(struct scan *scan, size_t len)
{
	ssize_t n = (ssize_t)len;

	while (n > 0) {
		size_t room;
		feed(scan, (size_t)n);
		char *at = line_room(&scan->splitter, &room);
		n = scan->peek ? 0 : read_some(scan->fd, at, room);
	}
	return (int)n;
}

/* inflate_input - hand on what the input in stream holds; *inside: a member has begun and not ended */
static int inflate_input(struct scan *scan, z_stream *stream, bool *inside)
{
	while (stream->avail_in > 0 || stream->avail_out == 0) {
		if (!*inside) {
			while (stream->avail_in > 0 && *stream->next_in == 0) {	/* tapes pad with NULs */
				stream->next_in++;
				stream->avail_in--;
			}
			if (stream->avail_in == 0)
				return 0;
			inflateReset(stream);
			*inside = true;
		}
		size_t room;
		stream->next_out = (Bytef *)line_room(&scan->splitter, &room);
		stream->avail_out = (uInt)room;
		int result = inflate(stream, Z_NO_FLUSH);
		feed(scan, room - stream->avail_out);
		if (scan->peek)
			return 0;
		if (result == Z_MEM_ERROR)
			return -ENOMEM;
		if (result == Z_STREAM_END) {
			*inside = false;
			stream->avail_out = 1;	/* nothing waits inside */
		} else if (result == Z_BUF_ERROR) {
			return 0;
		} else if (result != Z_OK) {
			return -EBADMSG;
		}
	}
	return 0;
}

/* scan_gzip - the first len bytes are at head */
static int scan_gzip(struct scan *scan, const char *head, size_t len)
{
	z_stream stream = { 0 };
	bool inside = true;
	Bytef *input = malloc(LINE_BUFFER_BYTES);
	int result = -ENOMEM;

	if (!input || inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		goto out;
	memcpy(input, head, len);
	for (ssize_t n = (ssize_t)len; ; n = read_some(scan->fd, input, LINE_BUFFER_BYTES)) {
		if (n <= 0) {
			result = n < 0 ? (int)n : inside ? -EBADMSG : 0;
			break;
		}
		stream.next_in = input;
		stream.avail_in = (uInt)n;
		stream.avail_out = 1;
		result = inflate_input(scan, &stream, &inside);
		if (result < 0 || scan->peek)
			break;
	}
	inflateEnd(&stream);
out:
	free(input);
	return result;
}

static int scan_any(struct scan *scan)
{
	static const char gzip[] = { '\x1f', '\x8b', 8 };
	size_t room, len = 0;
	char *head = line_room(&scan->splitter, &room);
	int result;

	while (len < sizeof(gzip)) {
		ssize_t n = read_some(scan->fd, head + len, room - len);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len >= sizeof(gzip) && memcmp(head, gzip, sizeof(gzip)) == 0)
		result = scan_gzip(scan, head, len);
	else
		result = scan_plain(scan, len);
	if (result == 0 && !scan->peek)
		scan->stats->lines += line_flush(&scan->splitter, true, scan->fn, scan->arg);
	return result;
}

static int scan_path(struct scan *scan, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	int result = line_init(&scan->splitter);

	if (result < 0)
		return result;
	scan->fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (scan->fd < 0) {
		result = -errno;
	} else {
		posix_fadvise(scan->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		result = scan_any(scan);
		if (!standard_input)
			close(scan->fd);
	}
	scan->stats->cut_lines += scan->splitter.cut_lines;
	line_fini(&scan->splitter);
	return result;
}

int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats)
{
	struct scan scan = { .fn = fn, .arg = arg, .stats = stats };

	return scan_path(&scan, path);
}

int source_peek(const char *path, line_fn *fn, void *arg)
{
	struct source_stats stats = { 0 };
	struct scan scan = { .fn = fn, .arg = arg, .stats = &stats, .peek = true };

	return scan_path(&scan, path);
}
