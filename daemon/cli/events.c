/* events - mailward events: the verdicts as they fall, until somebody has seen enough */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "cli/stream.h"

/* Each line is out before the next is waited for: a program may read it, or a pager follow it. */
static bool print_lines(struct stream *stream)
{
	struct text line;

	while (stream_line(stream, &line)) {
		client_print(stdout, line);
		putchar('\n');
	}
	return fflush(stdout) == 0;
}

/* Until the daemon ends, or nobody wants to read any more. */
static int follow(struct stream *stream)
{
	struct pollfd pollfds[] = { { .fd = stream->fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	int got = 1;

	while (got > 0 || got == -EAGAIN) {
		if (!print_lines(stream))
			return EXIT_INPUT;
		/* A pipe whose reader is gone tells so at once, not with the next verdict. */
		if (poll(pollfds, COUNT(pollfds), -1) > 0 && (pollfds[1].revents & POLLERR))
			return EXIT_DONE;
		got = stream_fill(stream);
	}
	print_lines(stream);
	fputs("mailward: the daemon has ended\n", stderr);
	return EXIT_NO_DAEMON;
}

static int events(const struct cli *cli)
{
	struct stream *stream = malloc(sizeof(*stream));
	int status = EXIT_INPUT;

	if (!stream)
		return status;
	status = stream_open(stream, cli, cli_given(cli, "json") ? "events json" : "events", true);
	if (status == EXIT_DONE) {
		status = follow(stream);
		stream_close(stream);
	}
	free(stream);
	return status;
}

const struct cli_command cli_events = {
	.name = "events",
	.about = "follow bans, delays and releases as they happen",
	.usage = "[-c CONF] [--json]",
	.help = "Prints each delay, ban and release as it falls, until it is stopped. A reader that is too slow\n"
		"loses events, and is told how many.\n",
	.options = { CLI_SOCKET, CLI_JSON },
	.run = events,
};
