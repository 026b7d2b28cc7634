/* line - cut a byte stream into lines
 *
 * Owns one buffer. Between two calls it holds the unfinished line, at most
 * LINE_BYTES_MAX + 1 bytes of it (the one more may be the CR of a CRLF), so that
 * line_room() always finds room. Never looks at a byte twice for an LF.
 * Never logs. */
#include "source/line.h"

#include <errno.h>
#include <stdlib.h>

int line_init(struct line_splitter *splitter)
{
	*splitter = (struct line_splitter){ .buffer = malloc(LINE_BUFFER_BYTES) };
	return splitter->buffer ? 0 : -ENOMEM;
}

void line_fini(struct line_splitter *splitter)
{
	free(splitter->buffer);
	*splitter = (struct line_splitter){ 0 };
}

char *line_room(struct line_splitter *splitter, size_t *room)
{
	size_t held = splitter->end - splitter->start;

	if (splitter->start > 0 && held > 0)
		memmove(splitter->buffer, splitter->buffer + splitter->start, held);
	splitter->start = 0;
	splitter->end = held;
	*room = LINE_BUFFER_BYTES - held;
	return splitter->buffer + held;
}

/* The line from start to stop (in the buffer) is whole; what was dropped of it lay between the two. */
static inline void hand_on(struct line_splitter *splitter, size_t stop, bool ended, bool backlog, line_fn *fn, void *arg)
{
	struct line line = { .text.at = splitter->buffer + splitter->start, .backlog = backlog };
	size_t len = stop - splitter->start + splitter->dropped;

	line.bytes = len + ended;
	if (ended && splitter->dropped == 0 && len > 0 && line.text.at[len - 1] == '\r')
		len--;
	line.cut = len > LINE_BYTES_MAX;
	line.text.len = line.cut ? LINE_BYTES_MAX : len;
	splitter->cut_lines += line.cut;
	splitter->dropped = 0;
	fn(arg, &line);
}

/* Of a line that is too long. */
static inline void drop_excess(struct line_splitter *splitter)
{
	size_t held = splitter->end - splitter->start;

	if (held > LINE_BYTES_MAX + 1 || splitter->dropped > 0) {
		size_t keep = held < LINE_BYTES_MAX ? held : LINE_BYTES_MAX;
		splitter->dropped += held - keep;
		splitter->end = splitter->start + keep;
	}
}

uint64_t line_feed(struct line_splitter *splitter, size_t len, bool backlog, line_fn *fn, void *arg)
{
	size_t scan = splitter->end;
	uint64_t lines = 0;
	const char *lf;

	splitter->end += len;
	while ((lf = memchr(splitter->buffer + scan, '\n', splitter->end - scan))) {
		size_t stop = (size_t)(lf - splitter->buffer);
		hand_on(splitter, stop, true, backlog, fn, arg);
		splitter->start = scan = stop + 1;
		lines++;
	}
	drop_excess(splitter);
	return lines;
}

void line_skip(struct line_splitter *splitter, size_t len, size_t whole)
{
	splitter->start = whole;
	splitter->end += len;
	drop_excess(splitter);
}

uint64_t line_flush(struct line_splitter *splitter, bool backlog, line_fn *fn, void *arg)
{
	uint64_t lines = 0;

	if (line_pending(splitter) > 0) {
		hand_on(splitter, splitter->end, false, backlog, fn, arg);
		lines = 1;
	}
	line_forget(splitter);
	return lines;
}

uint64_t line_all(char *bytes, size_t len, bool backlog, line_fn *fn, void *arg, uint64_t *cut_lines)
{
	struct line_splitter splitter = { .buffer = bytes };
	uint64_t lines = line_feed(&splitter, len, backlog, fn, arg);

	lines += line_flush(&splitter, backlog, fn, arg);
	*cut_lines += splitter.cut_lines;
	return lines;
}

void line_forget(struct line_splitter *splitter)
{
	splitter->start = splitter->end = 0;
	splitter->dropped = 0;
}

size_t line_pending(const struct line_splitter *splitter)
{
	return splitter->end - splitter->start + splitter->dropped;
}
