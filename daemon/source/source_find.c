/* source_find - the neighbours of a log: what it became when it was rotated
 *
 * A neighbour lies in the folder of the path, or in that of the file the path leads to, and bears its name and a
 * suffix that rotation gives. Its name only makes it one to look at: what is in it decides. Never writes, never
 * logs. */
#include "source/source_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"

#define SECOND_NS INT64_C(1000000000)
#define AHEAD_NS (1 * SECOND_NS)	/* files' times are taken from another clock than ours, as coarse as it */
#define VANISHED_TRIES 5	/* while files are being packed */
#define SLACK_NS (60 * SECOND_NS)	/* a copy may be older than the last line read of its original */

/* ---- which names ---- */

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

/* The length of a date, YYYYMMDD or YYYY-MM-DD, or 0. */
static size_t date_len(const char *at)
{
	if (digits(at) >= 8)
		return digits(at);
	return digits(at) == 4 && at[4] == '-' && digits(at + 5) == 2 && at[7] == '-' && digits(at + 8) == 2 ? 10 : 0;
}

enum { PLAIN = 1, PACKED = 2 };

/* What logrotate, newsyslog, savelog and "postfix logrotate" put behind a log's name: .N, or a date behind . or -,
 * which more numbers may follow; then what packs it. Not "mail.info" behind "mail", nor "mx10" behind "mx1". Returns
 * PLAIN (also for no suffix at all), PACKED, or 0. */
static unsigned kind_of(const char *suffix)
{
	static const char *const packed[] = { ".gz", ".xz", ".zst", ".bz2" };
	const char *at = suffix;
	size_t len = *at == '.' || *at == '-' ? date_len(at + 1) : 0;

	if (len == 0 && *at == '.')
		len = digits(at + 1);
	if (len == 0)
		return *suffix ? 0 : PLAIN;
	for (at += 1 + len; *at && strchr("-._", *at) && digits(at + 1) > 0;)
		at += 1 + digits(at + 1);
	for (size_t i = 0; i < COUNT(packed); i++)
		if (strcmp(at, packed[i]) == 0)
			return PACKED;
	return *at ? 0 : PLAIN;
}

/* ---- one walk over the neighbours, and the file itself ---- */

struct walk {
	const char *path;
	const struct conf *conf;
	unsigned kinds;			/* PLAIN, PACKED, or both */
	const struct source_find_when *when;
	char *real;			/* where path leads, if that is elsewhere */
	const char *name;		/* in the folder that is walked */
	DIR *folder;
	bool last;
	bool vanished;			/* a name was gone when it was opened: what it became may not have been among the names */
	int err;			/* what kept us from a file that may be there */
};

static void note_error(struct walk *walk, int err)
{
	if (err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		walk->err = err;
}

static void enter(struct walk *walk, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	walk->folder = NULL;
	walk->name = slash + 1;
	int len = slash == path ? 1 : (int)(slash - path);

	if (snprintf(folder, sizeof(folder), "%.*s", len, path) < (int)sizeof(folder))
		walk->folder = opendir(folder);
	if (!walk->folder)
		note_error(walk, -errno);
}

static void walk_begin(struct walk *walk)
{
	walk->real = realpath(walk->path, NULL);
	walk->last = !walk->real || strcmp(walk->real, walk->path) == 0;
	enter(walk, walk->path);
}

/* What was found, if it is sure that nothing else would have been. */
static int walk_end(struct walk *walk, struct tail **found)
{
	if (walk->folder)
		closedir(walk->folder);
	free(walk->real);
	if (walk->err < 0) {
		tail_free(*found);
		*found = NULL;
	}
	return walk->err;
}

static const char *next_name(struct walk *walk)
{
	for (;;) {
		const struct dirent *entry = walk->folder ? readdir(walk->folder) : NULL;
		size_t len = strlen(walk->name);

		if (entry && strncmp(entry->d_name, walk->name, len) == 0 && kind_of(entry->d_name + len) & walk->kinds)
			return entry->d_name;
		if (entry)
			continue;
		if (walk->last)
			return NULL;
		walk->last = true;
		if (walk->folder)
			closedir(walk->folder);
		enter(walk, walk->real);
	}
}

/* Does another source of the config read it? */
static bool is_others(const struct walk *walk, const struct stat *st)
{
	struct stat other;

	for (size_t i = 0; i < walk->conf->source_count; i++) {
		const char *file = walk->conf->sources[i].file;
		if (file && strcmp(file, walk->path) != 0 && stat(file, &other) == 0 &&
		    other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return true;
	}
	return false;
}

/* What packs a file may drop the fractions of its times: a second without any may be all of it. */
static bool is_since(const struct stat *st, const struct source_find_when *when)
{
	int64_t first_ns = (int64_t)st->st_mtim.tv_sec * SECOND_NS + st->st_mtim.tv_nsec;
	int64_t last_ns = st->st_mtim.tv_nsec ? first_ns : first_ns + SECOND_NS - 1;

	if (last_ns < when->since_ns)
		return false;
	return last_ns > when->seen_ns || (last_ns >= when->unseen_ns && first_ns <= when->until_ns) ||
	       first_ns <= clock_now_ms() * 1000000 + AHEAD_NS;
}

/* The next file, NULL at the end. */
static struct tail *walk_next(struct walk *walk)
{
	const char *name;
	struct tail *tail;
	struct stat st;

	while ((name = next_name(walk)) != NULL) {
		int fd = openat(dirfd(walk->folder), name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (fd < 0) {
			walk->vanished |= errno == ENOENT;
			note_error(walk, -errno);
			continue;
		}
		if (fstat(fd, &st) < 0 || !is_since(&st, walk->when) || is_others(walk, &st)) {
			close(fd);
			continue;
		}
		int err = tail_open(&tail, fd, &walk->when->set);
		if (err == 0)
			return tail;
		note_error(walk, err);
	}
	return NULL;
}

/* ---- what is looked for ---- */

/* That with the mark's inode, or else the first that fits. */
static int fitting(struct tail **found, struct walk *walk, const struct mark *mark, uint64_t but)
{
	struct tail *tail;

	*found = NULL;
	walk_begin(walk);
	while ((!*found || (*found)->mark.inode != mark->inode) && (tail = walk_next(walk)) != NULL) {
		if (tail->mark.inode == but || !tail_fits(tail, mark) || (*found && tail->mark.inode != mark->inode)) {
			tail_free(tail);
			continue;
		}
		tail_free(*found);
		*found = tail;
	}
	return walk_end(walk, found);
}

int source_find(struct tail **out, const char *path, const struct conf *conf, const struct mark *mark, uint64_t but)
{
	struct source_find_when ever = { .since_ns = INT64_MIN }, since = { .since_ns = 0 };
	struct walk plain = { .path = path, .conf = conf, .kinds = PLAIN, .when = &ever };
	struct walk packed = { .path = path, .conf = conf, .kinds = PACKED, .when = &since };
	int err = fitting(out, &plain, mark, but);

	if (err < 0 || *out)
		return err;
	if (mark->written_ns > SLACK_NS)
		since.since_ns = mark->written_ns - SLACK_NS;
	return fitting(out, &packed, mark, but);
}

static int find_later(struct tail **out, struct walk *walk, source_find_known_fn *is_known, void *arg)
{
	const struct source_find_when *when = walk->when;
	struct tail *tail;

	*out = NULL;
	walk_begin(walk);
	while ((tail = walk_next(walk)) != NULL) {
		bool earlier = tail->mark.begin_ms != RECORD_NO_TIME && tail->mark.begin_ms < when->begin_ms;
		bool unborn = tail->packed && tail->mark.head_len == 0;	/* made of a file that is still there */

		if (earlier || unborn || is_known(arg, tail) || (*out && !tail_older(tail, *out))) {
			tail_free(tail);
			continue;
		}
		tail_free(*out);
		*out = tail;
	}
	return walk_end(walk, out);
}

int source_find_later(struct tail **out, const char *path, const struct conf *conf, const struct source_find_when *when,
		      source_find_known_fn *is_known, void *arg)
{
	for (int tries = 1;; tries++) {
		struct walk walk = { .path = path, .conf = conf, .kinds = PLAIN | PACKED, .when = when };
		int err = find_later(out, &walk, is_known, arg);

		if (err < 0 || !walk.vanished || tries == VANISHED_TRIES)
			return err;
		tail_free(*out);
	}
}
