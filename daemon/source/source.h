/* source - where log lines come from: a file that is followed, or a whole file or stream read once
 *
 * A followed file survives rotation by rename (the old file is drained to its end first), copytruncate, a switched
 * symlink, a file that does not exist yet and one that disappears for a while. Woken by inotify alone, no polling.
 * Never writes, never parses. */
#ifndef MAILWARD_SOURCE_H
#define MAILWARD_SOURCE_H

#include <systemd/sd-event.h>
#include "source/line.h"

struct source_stats {
	uint64_t lines, bytes, rotations, truncations, cut_lines;
	bool present;			/* the file is open now */
	bool caught_up;			/* the backlog is read: what comes now is new */
	bool behind;			/* there is more to read at once */
};

struct source;

/* source_follow - follow a file from its beginning; fn gets each line
 * What was in a file when it was opened is backlog, up to its first end: also in one that comes by rotation, so that
 * an old file put in place counts at its own stamps. What is written before our eyes is live.
 * The file need not exist yet (nor its folder). path is copied. At most one read buffer of work a loop turn.
 * Not seen: a file that came and was rotated away within one turn of the loop.
 * Returns 0 or -errno. Owns: *source until source_free(). */
int source_follow(struct source **source, sd_event *loop, const char *path, line_fn *fn, void *arg);
void source_free(struct source *source);

/* source_hurry - errors are being counted: for a second, even in a flood of lines none is kept waiting for others for
 * more than a millisecond. In peace it is ten, to save wake-ups; and where lines come one by one, none waits at all. */
void source_hurry(struct source *source);
const struct source_stats *source_stats(const struct source *source);
const char *source_path(const struct source *source);

/* struct source_position - how far a file has been handed on, and how to know it again
 * A file is known by its first bytes and those before the offset: neither a rename nor a copy nor a reused inode can
 * deceive, since a log begins with a time and grows at its end only. */
#define SOURCE_MARK_BYTES 64
#define SOURCE_POSITIONS_MAX 16	/* files of one log at once: what was rotated while nobody read */
struct source_position {
	uint64_t inode;			/* where to look first */
	uint64_t offset;		/* past the LF of the last line handed on */
	uint64_t mark_len;		/* of both: offset, up to SOURCE_MARK_BYTES */
	int64_t taken_ms;		/* when this was so, wall clock */
	char head[SOURCE_MARK_BYTES];	/* the first bytes of the file */
	char mark[SOURCE_MARK_BYTES];	/* the bytes before offset */
};

/* source_positions - of the file and of older ones that are not drained yet, oldest first; returns how many
 * Looks first whether the file was emptied meanwhile: then the copy that was made of it is one of the older ones. */
size_t source_positions(struct source *source, struct source_position positions[SOURCE_POSITIONS_MAX]);

/* source_resume - go on where positions say; to be called right after source_follow(), before the loop turns
 * Each file is looked for under the path and among its neighbours in the folder (rotated meanwhile: NAME.1, NAME-DATE,
 * a copy). Neighbours that were written after it are read from their beginning, then the file under the path. All of it
 * is backlog. Returns how many of the positions were found; those that were not are read from their beginning if they
 * are still under the path: the caller must know by their stamps which lines have counted already. */
size_t source_resume(struct source *source, const struct source_position *positions, size_t count);

/* source_scan - read one log from start to end: a file, a gzip file (by its first bytes, whatever its name), or "-"
 * Hands on every line as backlog, an unfinished last one too. Adds to *stats.
 * Returns 0, or -errno after partial work; a damaged gzip file is -EBADMSG. */
int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats);

/* source_peek - hand on the first few lines of a log (what lies in its first read), then stop: to learn when it begins */
int source_peek(const char *path, line_fn *fn, void *arg);

/* source_sample - hand on SOURCE_SAMPLES lines or fewer from all over a log, in order; long ones are cut, one may come twice
 * What is no plain file has none. Returns 0 or -errno. */
#define SOURCE_SAMPLES 2048
int source_sample(const char *path, line_fn *fn, void *arg);

#endif
