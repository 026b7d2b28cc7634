/* stream - an answer of the daemon's that is read line by line as it comes
 *
 * Owns the connection and one buffer. Waits only in stream_open(); who wants to wait for lines polls fd. */
#ifndef MAILWARD_STREAM_H
#define MAILWARD_STREAM_H

#include "cli/client.h"

#define STREAM_LINE_MAX 65536

struct stream {
	int fd;				/* readable: stream_fill() has something to do */
	size_t from, to;		/* in bytes: what was not taken yet */
	char bytes[STREAM_LINE_MAX];
};

/* stream_open - ask the daemon of the command's config, and hear whether it is willing
 * say: tell on standard error what is wrong. Returns EXIT_DONE, then the stream is open; else the exit status. */
int stream_open(struct stream *stream, const struct cli *cli, const char *request, bool say);
void stream_close(struct stream *stream);

/* stream_fill - read what is there; 1: some; 0: the daemon has closed; -EAGAIN: nothing yet; or another -errno */
int stream_fill(struct stream *stream);

/* stream_line - take the next whole line, without its LF, or a line's first STREAM_LINE_MAX bytes; false: there is none yet
 * Valid until the next stream_fill(). */
bool stream_line(struct stream *stream, struct text *line);

#endif
