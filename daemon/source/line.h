/* line - cut a byte stream into lines, whatever the bytes are
 *
 * A line ends at LF; one CR before it is dropped. A line of more than LINE_BYTES_MAX
 * bytes is handed on, when its LF comes, cut to that length and marked; its rest is
 * thrown away and never taken for a new line. NUL and invalid UTF-8 pass through.
 * An unfinished last line waits for its LF. Where the reads fell makes no difference.
 * Nothing is copied or allocated per line except where a line crosses two reads. */
#ifndef MAILWARD_LINE_H
#define MAILWARD_LINE_H

#include "base/text.h"

#define LINE_BYTES_MAX 65536
#define LINE_BUFFER_BYTES (4 * LINE_BYTES_MAX)

struct line {
	struct text text;	/* no LF; valid during the call that gets it */
	size_t bytes;		/* of the stream: with its end and what was thrown away */
	bool cut;		/* was longer than LINE_BYTES_MAX */
	bool backlog;		/* was written before we watched: counts at its own stamp */
};

typedef void line_fn(void *arg, const struct line *line);

struct line_splitter {
	char *buffer;		/* LINE_BUFFER_BYTES, ours */
	size_t start, end;	/* unread bytes of the buffer */
	size_t dropped;		/* bytes of the unfinished line that were thrown away, being past LINE_BYTES_MAX */
	uint64_t cut_lines;	/* handed on cut, so far */
};

/* line_init - returns 0 or -ENOMEM */
int line_init(struct line_splitter *splitter);
void line_fini(struct line_splitter *splitter);

/* line_room - where the next read may put bytes, and how many (at least LINE_BYTES_MAX) */
char *line_room(struct line_splitter *splitter, size_t *room);

/* line_feed - len bytes were put there: hand on every line that is now whole; returns how many */
uint64_t line_feed(struct line_splitter *splitter, size_t len, bool backlog, line_fn *fn, void *arg);

/* line_skip - len bytes were put there, with which the first `whole` ones of the buffer are lines that were handed on otherwise
 * Nothing was dropped of them, and no line ends behind them. */
void line_skip(struct line_splitter *splitter, size_t len, size_t whole);

/* line_flush - the stream is over: hand on an unfinished last line; the next byte begins a new one */
uint64_t line_flush(struct line_splitter *splitter, bool backlog, line_fn *fn, void *arg);

/* line_all - hand on every line of these bytes, which end with one or with the stream; returns how many
 * Adds the cut ones to *cut_lines. */
uint64_t line_all(char *bytes, size_t len, bool backlog, line_fn *fn, void *arg, uint64_t *cut_lines);

/* line_forget - what came so far of an unfinished line will never be completed: drop it */
void line_forget(struct line_splitter *splitter);

/* line_pending - bytes taken in that are not part of a handed-on line yet: the stream's offset less these
 * is where the first line begins that nobody has seen */
size_t line_pending(const struct line_splitter *splitter);

#endif
