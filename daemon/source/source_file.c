/* source_file - follow a log file through everything that is done to log files
 *
 * The file that the path leads to is read; so are the files it led to before,
 * since a writer goes on with the renamed file until it is told to reopen. Those
 * are let go when the next one has lines and they are deleted, or when there are
 * too many of them. A file that was cut short or written anew (copytruncate) shows
 * by the bytes just before our offset, which each read brings along and compares.
 * Owns the descriptors. Never writes, never polls: inotify wakes it. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "source/source_find.h"
#include "source/watch.h"

#define TAILS_MAX SOURCE_POSITIONS_MAX
#define TAILS_KEPT 2		/* the present file and the one before it */
#define MARK_BYTES SOURCE_MARK_BYTES
#define FLOOD_WAKES 8		/* so many wake-ups ... */
#define FLOOD_US 16000		/* ... within this time are a flood: then each waits for more lines to come along, */
#define GATHER_US 10000		/* so long in peace, */
#define HURRY_US 1000		/* and so long when errors have been counted ... */
#define HURRY_FOR_US 1000000	/* ... within this time */
#define FLOOD_LINES 2		/* it is over when this many no longer come together */

struct tail {
	struct source *source;
	sd_event_source *event;
	int fd;
	dev_t device;
	ino_t inode;
	uint64_t offset;	/* of the next read; less line_pending(): where the first line begins that was not handed on */
	char head[MARK_BYTES];	/* the first bytes of the file */
	char mark[MARK_BYTES];	/* the bytes before offset */
	size_t mark_len;	/* of both */
	bool ready;		/* there may be something to read */
	bool backlog;		/* what we read was there when we opened it */
	struct line_splitter splitter;
};

struct source {
	sd_event *loop;
	char *path;
	line_fn *fn;
	void *arg;
	struct source_stats stats;
	struct watch *watch;
	sd_event_source *work;		/* runs turns while there is something to do */
	struct tail *tails[TAILS_MAX];	/* oldest first; the last one is where the path led to when we last looked */
	size_t count;
	uint64_t wakes_us[FLOOD_WAKES];	/* when the latest were, a ring */
	unsigned wake;
	bool flood;
	uint64_t hurry_until_us;
	bool moved;			/* the path may lead somewhere else now */
	int trouble;			/* why the path could not be opened, as last reported */
};

static int on_file(sd_event_source *event, const struct inotify_event *news, void *arg);

static void tail_close(struct tail *tail)
{
	struct source *source = tail->source;

	source->stats.lines += line_flush(&tail->splitter, tail->backlog, source->fn, source->arg);
	source->stats.cut_lines += tail->splitter.cut_lines;
	sd_event_source_disable_unref(tail->event);
	close(tail->fd);
	line_fini(&tail->splitter);
	free(tail);
}

/* tail_open - fd is taken over, also on failure */
static int tail_open(struct source *source, int fd, const struct stat *st)
{
	struct tail *tail = calloc(1, sizeof(*tail));
	char path[32];
	int result = -ENOMEM;

	if (!tail || line_init(&tail->splitter) < 0)
		goto failed;
	tail->source = source;
	tail->fd = fd;
	tail->device = st->st_dev;
	tail->inode = st->st_ino;
	tail->ready = tail->backlog = true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);	/* this file, whatever its name is by now */
	result = sd_event_add_inotify(source->loop, &tail->event, path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF,
				      on_file, tail);
	if (result < 0)
		goto failed;
	source->stats.rotations += source->count > 0;
	source->tails[source->count++] = tail;
	return 0;
failed:
	if (tail)
		line_fini(&tail->splitter);
	free(tail);
	close(fd);
	return result;
}

/* tail_index - where the file is among the ones we know; count if it is not */
static size_t tail_index(const struct source *source, const struct stat *st)
{
	size_t i = 0;

	while (i < source->count && (source->tails[i]->device != st->st_dev || source->tails[i]->inode != st->st_ino))
		i++;
	return i;
}

static void tail_remove(struct source *source, size_t i)
{
	memmove(source->tails + i, source->tails + i + 1, (source->count - i - 1) * sizeof(*source->tails));
	source->count--;
}

/* look_at - open where the path leads to, unless we have it; 0 or -errno */
static int look_at(struct source *source)
{
	struct stat st;
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -ENOTSUP;
	}
	size_t i = tail_index(source, &st);
	if (i == source->count && source->count < TAILS_MAX)
		return tail_open(source, fd, &st);
	close(fd);
	if (i == source->count) {
		source->moved = true;	/* once one of the old ones is read to its end */
		return 0;
	}
	struct tail *tail = source->tails[i];
	tail_remove(source, i);		/* a file that came back is the present one again */
	source->tails[source->count++] = tail;
	return 0;
}

static void look(struct source *source)
{
	source->moved = false;
	int trouble = look_at(source);
	if (trouble != source->trouble && trouble != 0 && trouble != -ENOENT && trouble != -ENOTDIR)
		log_warning("cannot follow %s: %s", source->path,
			    trouble == -ENOTSUP ? "not a regular file" : strerror(-trouble));
	source->trouble = trouble;
	source->stats.present = trouble == 0;
	for (size_t i = 0; i < source->count; i++)
		source->tails[i]->ready = true;
}

static void mark(struct tail *tail, const char *at, size_t len)
{
	if (tail->offset < MARK_BYTES)
		memcpy(tail->head + tail->offset, at, len < MARK_BYTES - tail->offset ? len : MARK_BYTES - (size_t)tail->offset);
	size_t take = len < MARK_BYTES ? len : MARK_BYTES;
	size_t keep = tail->mark_len < MARK_BYTES - take ? tail->mark_len : MARK_BYTES - take;

	memmove(tail->mark, tail->mark + tail->mark_len - keep, keep);
	memcpy(tail->mark + keep, at + len - take, take);
	tail->mark_len = keep + take;
}

enum progress { AT_END, READ_ALL, READ_FULL, CHANGED };

/* tail_read - one read: what is new is handed on */
static enum progress tail_read(struct tail *tail)
{
	struct source *source = tail->source;
	char before[MARK_BYTES];
	size_t room;
	char *at = line_room(&tail->splitter, &room);
	const struct iovec parts[] = { { before, tail->mark_len }, { at, room } };
	ssize_t n = preadv(tail->fd, parts, 2, (off_t)(tail->offset - tail->mark_len));

	if (n < 0) {
		log_warning("cannot read %s: %s", source->path, strerror(errno));
		return AT_END;
	}
	if ((size_t)n < tail->mark_len || memcmp(before, tail->mark, tail->mark_len) != 0)
		return CHANGED;
	size_t len = (size_t)n - tail->mark_len;
	if (len == 0)
		return AT_END;
	mark(tail, at, len);
	tail->offset += len;
	source->stats.bytes += len;
	source->stats.lines += line_feed(&tail->splitter, len, tail->backlog, source->fn, source->arg);
	source->stats.cut_lines += tail->splitter.cut_lines;
	tail->splitter.cut_lines = 0;
	return len == room ? READ_FULL : READ_ALL;
}

/* tail_done - an old file that is read to its end: can it be let go?
 * Not before the next one has lines: until then the writer may still be at this one. A writer of several
 * processes may be at both, so the last one is kept until it is deleted or rotated away itself. */
static bool tail_done(const struct source *source, size_t i)
{
	struct stat st;
	bool left = false;

	for (size_t newer = i + 1; newer < source->count; newer++)
		left |= source->tails[newer]->offset > 0;
	if (source->count - i > TAILS_KEPT)
		return left || source->count == TAILS_MAX;
	return left && (fstat(source->tails[i]->fd, &st) < 0 || st.st_nlink == 0);
}

/* position_of - where the first line begins that was not handed on */
static struct source_position position_of(const struct tail *tail)
{
	struct timespec now;
	struct source_position position = { .inode = tail->inode };
	uint64_t offset = tail->offset - line_pending(&tail->splitter);
	size_t len = offset < MARK_BYTES ? (size_t)offset : MARK_BYTES;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);	/* what file times are taken from */
	position.taken_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	memcpy(position.head, tail->head, len);
	/* a file that cannot be read back has been cut short: whoever resumes it begins anew */
	if (pread(tail->fd, position.mark, len, (off_t)(offset - len)) == (ssize_t)len) {
		position.offset = offset;
		position.mark_len = len;
	}
	return position;
}

/* resume_at - open a file found again as the newest tail, at its offset */
static bool resume_at(struct source *source, int fd, const struct source_position *position)
{
	struct stat st;
	struct tail *tail;

	if (source->count == TAILS_MAX - 1 || fstat(fd, &st) < 0 || tail_index(source, &st) < source->count) {
		close(fd);
		return false;
	}
	if (tail_open(source, fd, &st) < 0)
		return false;
	if (position) {
		tail = source->tails[source->count - 1];
		tail->offset = position->offset;
		memcpy(tail->head, position->head, position->mark_len);
		memcpy(tail->mark, position->mark, position->mark_len);
		tail->mark_len = position->mark_len;
	}
	return true;
}

/* drain_copy - the file was emptied: was it copied first (copytruncate)? Then the copy holds what we had not read yet */
static void drain_copy(struct source *source, struct tail *tail)
{
	struct source_position position = { .offset = tail->offset, .mark_len = tail->mark_len };
	struct line_splitter unfinished = tail->splitter;
	struct tail *copy;
	int fd;

	memcpy(position.head, tail->head, tail->mark_len);
	memcpy(position.mark, tail->mark, tail->mark_len);
	fd = tail->offset ? source_find(source->path, &position, tail->inode) : -1;
	if (fd < 0 || !resume_at(source, fd, &position))
		return;
	copy = source->tails[source->count - 1];
	tail->splitter = copy->splitter;
	copy->splitter = unfinished;
	source->tails[source->count - 1] = tail;	/* the emptied file is the present one, the copy is older */
	source->tails[source->count - 2] = copy;
	source->stats.rotations--;
}

/* tail_restart - the file was emptied, whatever has been written to it since */
static void tail_restart(struct tail *tail)
{
	drain_copy(tail->source, tail);
	line_forget(&tail->splitter);
	tail->offset = 0;
	tail->mark_len = 0;
	tail->ready = true;
	tail->source->stats.truncations++;
}

/* tail_turn - read a buffer of one file and see what became of it; true: that was this turn's work */
static bool tail_turn(struct source *source, size_t i)
{
	struct tail *tail = source->tails[i];
	bool present = i + 1 == source->count, first = tail->offset == 0;
	enum progress progress = tail_read(tail);

	if (progress == READ_FULL)
		return true;
	if (progress == CHANGED && present) {
		tail_restart(tail);
		return true;
	}
	tail->ready = false;
	tail->backlog = false;		/* what comes from now on is written before our eyes */
	source->stats.caught_up = true;
	for (size_t older = 0; first && progress == READ_ALL && older < i; older++)
		source->tails[older]->ready = true;	/* this one has lines now: are they done? */
	/* an old file that changes is being shredded or used anew: its lines are read */
	if (!present && (progress == CHANGED || (progress == AT_END && tail_done(source, i)))) {
		tail_remove(source, i);
		tail_close(tail);
		return true;
	}
	return progress == READ_ALL;
}

/* turn - look where the path leads if need be, then read one buffer at most */
static void turn(struct source *source)
{
	if (source->moved)
		look(source);
	for (size_t i = source->count; i-- > 1;)	/* first what was written to the files before, heard of or not yet */
		source->tails[i - 1]->ready |= source->tails[i]->ready;
	for (size_t i = 0; i < source->count; i++)
		if (source->tails[i]->ready && tail_turn(source, i))
			break;
	bool again = source->moved;
	for (size_t i = 0; i < source->count; i++)
		again |= source->tails[i]->ready;
	source->stats.behind = again;
	sd_event_source_set_enabled(source->work, again ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* gather - a wake-up costs more than fifty lines: at a high rate let some come together, before they are read
 * The first ones after a pause are never kept waiting: a burst of errors is judged as it comes. */
static void gather(struct source *source)
{
	uint64_t *oldest = &source->wakes_us[source->wake++ % FLOOD_WAKES], now_us = 0;

	if (sd_event_now(source->loop, CLOCK_MONOTONIC, &now_us) < 0)
		return;
	source->flood |= now_us - *oldest < FLOOD_US;
	*oldest = now_us;
	if (source->flood) {
		const struct timespec pause = { .tv_nsec = 1000 * (now_us < source->hurry_until_us ? HURRY_US : GATHER_US) };
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

void source_hurry(struct source *source)
{
	if (sd_event_now(source->loop, CLOCK_MONOTONIC, &source->hurry_until_us) >= 0)
		source->hurry_until_us += HURRY_FOR_US;
}

static int on_file(sd_event_source *event, const struct inotify_event *news, void *arg)
{
	struct tail *tail = arg;
	struct source *source = tail->source;
	const uint64_t lines = source->stats.lines;

	(void)event;
	gather(source);
	tail->ready = true;
	if (news->mask != IN_MODIFY)	/* renamed, deleted, or the queue overflowed */
		source->moved = true;
	turn(source);			/* tail may be gone */
	source->flood &= source->stats.lines - lines >= FLOOD_LINES;
	return 0;
}

static int on_work(sd_event_source *event, void *arg)
{
	(void)event;
	turn(arg);
	return 0;
}

static void on_path(void *arg)
{
	struct source *source = arg;

	source->moved = true;
	turn(source);
}

static char *absolute(const char *path)
{
	char folder[PATH_MAX], *result;

	if (*path == '/')
		return strdup(path);
	if (!getcwd(folder, sizeof(folder)) || asprintf(&result, "%s/%s", folder, path) < 0)
		return NULL;
	return result;
}

int source_follow(struct source **source, sd_event *loop, const char *path, line_fn *fn, void *arg)
{
	struct source *s = calloc(1, sizeof(*s));
	int result = -ENOMEM;

	*source = NULL;
	if (!s)
		return -ENOMEM;
	*s = (struct source){ .loop = sd_event_ref(loop), .path = absolute(path), .fn = fn, .arg = arg };
	if (!s->path)
		goto failed;
	result = sd_event_add_defer(loop, &s->work, on_work, s);
	if (result >= 0)	/* or a long backlog would keep timers, signals and the operator waiting until it is read */
		result = sd_event_source_set_priority(s->work, SD_EVENT_PRIORITY_IDLE);
	if (result < 0)
		goto failed;
	result = watch_open(&s->watch, loop, s->path, on_path, s);
	if (result < 0)
		goto failed;
	look(s);
	s->stats.caught_up = s->count == 0;
	*source = s;
	return 0;
failed:
	source_free(s);
	return result;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->count; i++) {
		line_forget(&source->tails[i]->splitter);	/* unfinished: whoever follows next reads it */
		tail_close(source->tails[i]);
	}
	watch_close(source->watch);
	sd_event_source_disable_unref(source->work);
	sd_event_unref(source->loop);
	free(source->path);
	free(source);
}

static bool was_emptied(const struct tail *tail)
{
	char before[MARK_BYTES];

	return pread(tail->fd, before, tail->mark_len, (off_t)(tail->offset - tail->mark_len)) != (ssize_t)tail->mark_len ||
	       memcmp(before, tail->mark, tail->mark_len) != 0;
}

size_t source_positions(struct source *source, struct source_position positions[SOURCE_POSITIONS_MAX])
{
	/* emptied, and we have not been woken yet: the copy holds what is unread, so the copy needs a position, too */
	if (source->count > 0 && was_emptied(source->tails[source->count - 1]))
		tail_restart(source->tails[source->count - 1]);
	for (size_t i = 0; i < source->count; i++)
		positions[i] = position_of(source->tails[i]);
	return source->count;
}

/* resume_later - what was written at that time and after it, and rotated away before we saw it */
static void resume_later(struct source *source, struct timespec newest)
{
	uint64_t taken[TAILS_MAX];
	int fd;

	do {
		for (size_t i = 0; i < source->count; i++)
			taken[i] = source->tails[i]->inode;
		fd = source_find_later(source->path, &newest, taken, source->count);
	} while (fd >= 0 && resume_at(source, fd, NULL));
}

/* is_present - is the newest file we have the one under the path? Then nothing was rotated after it. */
static bool is_present(const struct source *source)
{
	struct stat st;

	return source->count > 0 && stat(source->path, &st) == 0 && tail_index(source, &st) == source->count - 1;
}

size_t source_resume(struct source *source, const struct source_position *positions, size_t count)
{
	struct timespec newest = { 0 };
	size_t found = 0;

	while (source->count > 0) {	/* source_follow() opened the present file: it has its turn at the end */
		line_forget(&source->tails[--source->count]->splitter);
		tail_close(source->tails[source->count]);
	}
	for (size_t i = 0; i < count; i++) {
		int fd = source_find(source->path, &positions[i], 0);
		struct stat st;

		newest = (struct timespec){ positions[i].taken_ms / 1000, positions[i].taken_ms % 1000 * 1000000 };
		if (fd >= 0 && positions[i].offset && fstat(fd, &st) == 0)
			newest = st.st_mtim;
		found += fd >= 0;
		if (fd >= 0)
			resume_at(source, fd, &positions[i]);
	}
	/* a file at its beginning may have been copied and emptied: only one that was begun proves that nothing came after */
	if (found > 0 && (!is_present(source) || positions[count - 1].offset == 0))
		resume_later(source, newest);
	source->stats.rotations = 0;
	look(source);
	source->stats.caught_up = source->count == 0;
	return found;
}

const struct source_stats *source_stats(const struct source *source)
{
	return &source->stats;
}

const char *source_path(const struct source *source)
{
	return source->path;
}
