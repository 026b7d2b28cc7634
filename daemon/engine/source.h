/* source - where log lines come from: a file that is followed, or a whole file or stream read once
 *
 * A followed file survives rotation by rename (the old file is drained to its end first), copytruncate, a switched
 * symlink, a file that does not exist yet and one that disappears for a while. Woken by inotify alone, no polling.
 * Never writes, never parses. */
#ifndef MAILWARD_SOURCE_H
#define MAILWARD_SOURCE_H

#include <systemd/sd-event.h>
#include "engine/line.h"

struct source_stats {
	uint64_t lines, bytes, rotations, truncations, cut_lines;
	bool present;			/* the file is open now */
	bool caught_up;			/* the backlog is read: what comes now is new */
};

struct source;

/* source_follow - follow a file from its beginning; fn gets each line, marked backlog until the first end of file
 * The file need not exist yet (nor its folder). path and name are copied. At most one read buffer of work a loop turn.
 * Returns 0 or -errno. Owns: *source until source_free(). */
int source_follow(struct source **source, sd_event *loop, const char *path, line_fn *fn, void *arg);
void source_free(struct source *source);
const struct source_stats *source_stats(const struct source *source);
const char *source_path(const struct source *source);

/* struct source_position - up to where a log has been handed on: which file, how far, and how to know it again */
struct source_position {
	uint64_t device, inode;
	uint64_t offset;		/* past the LF of the last line handed on */
	uint64_t fingerprint;		/* of the first fingerprint_bytes bytes: tells a new file that got an old inode */
	uint32_t fingerprint_bytes;	/* at most 256, and never past offset */
	uint32_t zero;
};

/* source_position - now; all zero before a first file was opened */
struct source_position source_position(const struct source *source);

/* source_resume - go on where a position says, to be called right after source_follow(), before the loop turns
 * The file is looked for under its path and, by device and inode, among its neighbours in the same folder (it may have
 * been rotated meanwhile); it is drained from the offset on, then the file under the path is read from its beginning.
 * A file that is gone, shorter than the offset or of another fingerprint is not the same: then the file under the
 * path is read from its beginning. All of it is backlog. Returns true when the position was found. */
bool source_resume(struct source *source, const struct source_position *position);

/* source_scan - read one log from start to end: a file, a gzip file (by its first bytes, whatever its name), or "-"
 * Hands on every line as backlog, an unfinished last one too. Adds to *stats.
 * Returns 0, or -errno after partial work; a damaged gzip file is -EBADMSG. */
int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats);

/* source_peek - hand on the first few lines of a log (what lies in its first read), then stop: to learn when it begins */
int source_peek(const char *path, line_fn *fn, void *arg);

#endif
