/* stream - see stream.h. Never prints what the daemon said but for a refusal. */
#include "cli/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int stream_fill(struct stream *stream)
{
	if (stream->from > 0) {
		memmove(stream->bytes, stream->bytes + stream->from, stream->to - stream->from);
		stream->to -= stream->from;
		stream->from = 0;
	}
	if (stream->to == sizeof(stream->bytes))
		return 1;
	ssize_t got = recv(stream->fd, stream->bytes + stream->to, sizeof(stream->bytes) - stream->to, MSG_DONTWAIT);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : errno == ECONNRESET ? 0 : -errno;
	stream->to += (size_t)got;
	return got > 0;
}

bool stream_line(struct stream *stream, struct text *line)
{
	size_t len = stream->to - stream->from;
	const char *end = len ? memchr(stream->bytes + stream->from, '\n', len) : NULL;

	if (!end && len < sizeof(stream->bytes))
		return false;
	*line = (struct text){ stream->bytes + stream->from, end ? (size_t)(end - stream->bytes) - stream->from : len };
	stream->from += line->len + (end != NULL);
	return true;
}

/* The first line, "ok" or "error TEXT": waited for as long as the socket's time limit has it. */
static int hear_first(struct stream *stream, struct text *line)
{
	while (!stream_line(stream, line)) {
		ssize_t got = recv(stream->fd, stream->bytes + stream->to, sizeof(stream->bytes) - stream->to, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -ECONNREFUSED;
		stream->to += (size_t)got;
	}
	return 0;
}

int stream_open(struct stream *stream, const struct cli *cli, const char *request, bool say)
{
	int status = EXIT_DONE, err;
	struct text first = TEXT("");
	char *path = NULL;

	stream->from = stream->to = 0;
	err = stream->fd = client_begin(cli, request, &path);
	if (err >= 0)
		err = hear_first(stream, &first);
	if (err < 0) {
		status = say ? client_refused(cli, path, err) : EXIT_NO_DAEMON;
	} else if (!text_equal(first, TEXT("ok"))) {
		struct text why = text_starts(first, TEXT("error ")) ? (struct text){ first.at + 6, first.len - 6 } : first;

		fputs("mailward: ", stderr);
		client_print(stderr, why);
		fputc('\n', stderr);
		status = EXIT_INPUT;
	}
	if (status != EXIT_DONE)
		stream_close(stream);
	free(path);
	return status;
}

void stream_close(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}
