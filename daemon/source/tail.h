/* tail - one log file that is read: how far, and by which bytes it is known again
 *
 * Plain files are read at our own offset, for as long as they grow; packed ones (see unpack.h) once, to their end.
 * A plain file that was cut short or written anew shows by the bytes just before the offset, which each read brings
 * along and compares. Owns its descriptor. Never writes, never logs. */
#ifndef MAILWARD_TAIL_H
#define MAILWARD_TAIL_H

#include <sys/stat.h>

#include "source/line.h"
#include "source/news.h"
#include "source/source.h"
#include "source/unpack.h"

/* struct mark - how far a file was read, and how to know it again
 * Neither a rename nor a copy nor packing nor a reused inode can deceive, since a log begins with a time and grows at
 * its end only. Saved as it is: see source_file.c. */
#define MARK_BYTES 64
struct mark {
	uint64_t inode;			/* where to look first */
	int64_t written_ns;		/* when the file was written to last, as the file system says */
	int64_t begin_ms;		/* the stamp of its first line, by the clock as it is now, or RECORD_NO_TIME */
	uint64_t offset;		/* past the LF of the last line handed on */
	uint64_t end;			/* past the last byte read: between the two lies a line that is not whole */
	uint32_t head_len, last_len;
	char head[MARK_BYTES];		/* the first bytes of the file, read or not */
	char last[MARK_BYTES];		/* the bytes before end */
};

struct ahead;

struct tail {
	int fd;
	struct news_member *news;	/* who hears of it, by the number watch; NULL: nobody */
	int watch;
	dev_t device;
	struct mark mark;		/* offset is kept by tail_mark() alone */
	struct unpack *packed;		/* NULL: plain */
	struct mark sought;		/* packed: where to go on, last_len 0 when we are there */
	struct line_splitter splitter;
	struct ahead *ahead;		/* what is known of lines that were not read yet; NULL: nothing */
	uint64_t ahead_from;		/* it is of no use before that */
	int err;			/* -errno: why it could not be read on */
	bool ready;			/* there may be something to read */
	bool backlog;			/* what is read was there when we opened it */
	uint64_t bytes;			/* there were when it was opened */
	uint64_t known_bytes;		/* as long as no more are read, it is no sign that the writer has moved here */
	int64_t read_ns;		/* when we last read something of it, as file times are */
	struct clock_set set;		/* its first line may have been written before that */
	int64_t known_ms;		/* lines stamped up to then were handed on; live ones, until the first later one */
};

/* tail_open - fd is taken over, also on failure; a regular file, or -ENOTSUP. Nothing is read but the head.
 * set: how the clock was set, by which its first stamp is understood.
 * Returns 0 or -errno. Owns: *out until tail_free(). */
int tail_open(struct tail **out, int fd, const struct clock_set *set);
void tail_free(struct tail *tail);

/* tail_listen - have news tell when there is more, until it is freed; 0 or -errno. A packed file has no news. */
int tail_listen(struct tail *tail, struct news_member *news);

/* tail_look - learn the head, if it is not known yet; true: there is one, the file is not empty */
bool tail_look(struct tail *tail);

/* tail_forget - the head, of one that was not read yet: it is learned anew */
void tail_forget(struct tail *tail);

enum progress {
	TAIL_END,		/* nothing to read */
	TAIL_SOME,		/* all that there was */
	TAIL_FULL,		/* and there is more */
	TAIL_CHANGED,		/* this is not what we have read any more */
	TAIL_OVER,		/* packed: read to its end */
	TAIL_BROKEN,		/* cannot be read: errno */
};

/* tail_read_ahead - have several threads look at what is there, if that is much, before its turn comes; see ahead_open()
 * True: they have begun. */
bool tail_read_ahead(struct tail *tail, const struct matcher *matcher);

/* tail_read - one buffer of it: whole lines are handed on, *stats is added to
 * all: gets what is known of them before it is their turn; false: fn gets them all the same. NULL: without tail_read_ahead() */
enum progress tail_read(struct tail *tail, struct source_stats *stats, line_fn *fn, block_fn *all, void *arg);

/* tail_flush - no more will come: hand on an unfinished last line */
void tail_flush(struct tail *tail, struct source_stats *stats, line_fn *fn, void *arg);

/* tail_changed - would a read say TAIL_CHANGED? */
bool tail_changed(const struct tail *tail);

/* tail_mark - how far lines were handed on */
struct mark tail_mark(const struct tail *tail);

/* tail_resume - go on at a mark that fits. Of a packed file that shows only as it is read. false: it cannot be read. */
bool tail_resume(struct tail *tail, const struct mark *mark);

/* tail_fits - was the mark taken in this file, or a copy of it? A packed file is judged by its head; one
 * that was empty, by its inode and time. */
bool tail_fits(const struct tail *tail, const struct mark *mark);

/* tail_alike - do both begin with the same bytes, enough of them to be the same log? */
bool tail_alike(const struct tail *a, const struct tail *b);

/* tail_older - of two that were not read yet: by their stamps, else by when they were written to. An empty one is the
 * younger: its writer has not come yet. */
bool tail_older(struct tail *a, struct tail *b);

#endif
