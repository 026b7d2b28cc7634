/* tail - one log file that is read: how far, and by which bytes it is known again */
#include "source/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/ahead.h"

#define BEGIN_BYTES 512		/* in which the first line's header lies */

static size_t least(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

static int64_t written_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

int tail_open(struct tail **out, int fd, const struct clock_set *set)
{
	struct tail *tail = calloc(1, sizeof(*tail));
	struct stat st;
	int err = -ENOMEM;

	*out = NULL;
	if (!tail)
		goto failed;
	err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? line_init(&tail->splitter) : -ENOTSUP;
	if (err == 0)
		err = unpack_open(&tail->packed, fd, false);
	if (err < 0)
		goto failed;
	if (!unpack_packed(tail->packed)) {
		unpack_close(tail->packed);
		tail->packed = NULL;
	}
	tail->fd = fd;
	tail->set = *set;
	tail->device = st.st_dev;
	tail->bytes = (uint64_t)st.st_size;
	tail->mark = (struct mark){ .inode = st.st_ino, .written_ns = written_ns(&st), .begin_ms = RECORD_NO_TIME };
	tail->read_ns = tail->mark.written_ns;
	tail->ready = tail->backlog = true;
	tail_look(tail);
	*out = tail;
	return 0;
failed:
	if (tail)
		line_fini(&tail->splitter);
	free(tail);
	close(fd);
	return err;
}

void tail_free(struct tail *tail)
{
	if (!tail)
		return;
	if (tail->news)
		news_unwatch(tail->news, tail->watch);
	ahead_close(tail->ahead);
	unpack_close(tail->packed);
	line_fini(&tail->splitter);
	close(tail->fd);
	free(tail);
}

int tail_listen(struct tail *tail, struct news_member *news)
{
	int watch = tail->packed || tail->news ? 0 : news_watch(news, tail->fd);

	if (watch < 0 || tail->packed || tail->news)
		return watch;
	tail->news = news;
	tail->watch = watch;
	return 0;
}

/* The first bytes of a file, whatever it is read by now. */
static size_t first_bytes(const struct tail *tail, char *at, size_t room)
{
	struct unpack *unpack;
	ssize_t n = -1;

	if (unpack_open(&unpack, tail->fd, false) == 0)
		n = unpack_read(unpack, at, room);
	unpack_close(unpack);
	return n > 0 ? (size_t)n : 0;
}

static int64_t begin_ms(const struct clock_set *set, const char *at, size_t len)
{
	const char *lf = memchr(at, '\n', len);
	int64_t now_ms = clock_now_ms(), stamp_ms;
	struct record record;

	record_parse(&record, (struct text){ at, lf ? (size_t)(lf - at) : len });
	stamp_ms = record_time_ms(&record, now_ms);
	return stamp_ms == RECORD_NO_TIME ? stamp_ms : clock_set_moved(set, stamp_ms, now_ms);
}

bool tail_look(struct tail *tail)
{
	char first[BEGIN_BYTES];

	if (tail->mark.head_len < MARK_BYTES) {
		size_t len = first_bytes(tail, first, sizeof(first));

		if (len < tail->mark.head_len || memcmp(first, tail->mark.head, tail->mark.head_len) != 0)
			return true;	/* it is another by now, as the next read will say */
		tail->mark.head_len = (uint32_t)least(len, MARK_BYTES);
		memcpy(tail->mark.head, first, tail->mark.head_len);
		if (tail->mark.begin_ms == RECORD_NO_TIME)
			tail->mark.begin_ms = begin_ms(&tail->set, first, len);
	}
	return tail->mark.head_len > 0;
}

void tail_forget(struct tail *tail)
{
	tail->mark.head_len = 0;
	tail->mark.begin_ms = RECORD_NO_TIME;
}

/* The last bytes that are read are len at at. */
static void note(struct mark *mark, const char *at, size_t len)
{
	size_t take = least(len, MARK_BYTES), keep = least(mark->last_len, MARK_BYTES - take);

	if (mark->end < MARK_BYTES)
		memcpy(mark->head + mark->end, at, least(len, MARK_BYTES - mark->end));
	memmove(mark->last, mark->last + mark->last_len - keep, keep);
	memcpy(mark->last + keep, at + len - take, take);
	mark->last_len = (uint32_t)(keep + take);
	mark->end += len;
}

static bool bears(int fd, uint64_t offset, const char *bytes, size_t len)
{
	char there[MARK_BYTES];

	return pread(fd, there, len, (off_t)offset) == (ssize_t)len && memcmp(there, bytes, len) == 0;
}

static enum progress read_plain(struct tail *tail, char *at, size_t room, size_t *len)
{
	struct mark *mark = &tail->mark;
	char before[MARK_BYTES];
	const struct iovec parts[] = { { before, mark->last_len }, { at, room } };
	ssize_t n = preadv(tail->fd, parts, 2, (off_t)(mark->end - mark->last_len));

	if (n < 0)
		return TAIL_BROKEN;
	if ((uint64_t)n < mark->last_len || memcmp(before, mark->last, mark->last_len) != 0)
		return TAIL_CHANGED;
	*len = (size_t)n - mark->last_len;
	if (mark->end == 0 && (*len < mark->head_len || memcmp(at, mark->head, mark->head_len) != 0))
		return TAIL_CHANGED;
	return *len == 0 ? TAIL_END : *len == room ? TAIL_FULL : TAIL_SOME;
}

static enum progress read_packed(struct tail *tail, char *at, size_t room, size_t *len)
{
	const struct mark *sought = &tail->sought;
	ssize_t n;

	if (sought->last_len > 0)
		room = least(room, (tail->mark.end < sought->offset ? sought->offset : sought->end) - tail->mark.end);
	n = unpack_read(tail->packed, at, room);
	if (n < 0)
		errno = (int)-n;
	*len = n > 0 ? (size_t)n : 0;
	return n > 0 ? TAIL_FULL : n < 0 ? TAIL_BROKEN : TAIL_OVER;
}

/* Has what was sought been reached, and is it that? */
static bool arrived(struct tail *tail)
{
	struct mark *sought = &tail->sought;

	if (sought->last_len == 0 || tail->mark.end < sought->end)
		return true;
	if (memcmp(tail->mark.last, sought->last, sought->last_len) != 0)
		return false;
	sought->last_len = 0;
	return true;
}

bool tail_read_ahead(struct tail *tail, const struct matcher *matcher)
{
	uint64_t end = tail->mark.end;
	struct stat st;

	if (tail->ahead || tail->packed || end < tail->ahead_from || tail->splitter.dropped > 0 || fstat(tail->fd, &st) < 0 ||
	    (uint64_t)st.st_size < end + AHEAD_BYTES_MIN)
		return false;
	tail->ahead = ahead_open(tail->fd, end - line_pending(&tail->splitter), matcher);
	tail->ahead_from = end + AHEAD_BYTES_MIN;
	return tail->ahead;
}

static void stop_ahead(struct tail *tail)
{
	ahead_close(tail->ahead);
	tail->ahead = NULL;
}

/* The len bytes that were read, and those before them that are not handed on yet: does somebody know what they say? */
static bool hand_on_ahead(struct tail *tail, size_t len, struct source_stats *stats, block_fn *all, void *arg)
{
	struct block *block = ahead_next(tail->ahead, tail->splitter.buffer, line_pending(&tail->splitter) + len);

	if (!block)
		stop_ahead(tail);
	if (!block || !all(arg, block))
		return false;
	line_skip(&tail->splitter, len, block->len);
	stats->lines += block->lines;
	stats->cut_lines += block->cut_lines;
	return true;
}

enum progress tail_read(struct tail *tail, struct source_stats *stats, line_fn *fn, block_fn *all, void *arg)
{
	size_t room, len = 0;
	char *at = line_room(&tail->splitter, &room);
	enum progress progress = tail->packed ? read_packed(tail, at, room, &len) : read_plain(tail, at, room, &len);
	bool new = tail->sought.last_len == 0 || tail->mark.end >= tail->sought.offset;

	if (progress != TAIL_FULL)
		stop_ahead(tail);
	if (len == 0)
		return progress;
	note(&tail->mark, at, len);
	tail->read_ns = clock_now_ms() * 1000000;
	if (tail->mark.head_len < MARK_BYTES)
		tail->mark.head_len = (uint32_t)least(tail->mark.end, MARK_BYTES);
	if (!arrived(tail))
		return TAIL_CHANGED;
	if (new) {
		stats->bytes += len;
		if (tail->ahead && hand_on_ahead(tail, len, stats, all, arg))
			return progress;
		stats->lines += line_feed(&tail->splitter, len, tail->backlog, fn, arg);
		stats->cut_lines += tail->splitter.cut_lines;
		tail->splitter.cut_lines = 0;
	}
	return progress;
}

void tail_flush(struct tail *tail, struct source_stats *stats, line_fn *fn, void *arg)
{
	stats->lines += line_flush(&tail->splitter, tail->backlog, fn, arg);
	stats->cut_lines += tail->splitter.cut_lines;
	tail->splitter.cut_lines = 0;
}

bool tail_changed(const struct tail *tail)
{
	const struct mark *mark = &tail->mark;

	return !tail->packed && (mark->end ? !bears(tail->fd, mark->end - mark->last_len, mark->last, mark->last_len)
					   : !bears(tail->fd, 0, mark->head, mark->head_len));
}

struct mark tail_mark(const struct tail *tail)
{
	struct mark mark = tail->mark;
	struct stat st;

	mark.offset = mark.end - line_pending(&tail->splitter);
	if (tail->sought.last_len > 0) {
		mark = tail->sought;
		mark.inode = tail->mark.inode;
		mark.begin_ms = tail->mark.begin_ms;
	}
	if (fstat(tail->fd, &st) == 0)
		mark.written_ns = written_ns(&st);
	return mark;
}

bool tail_resume(struct tail *tail, const struct mark *mark)
{
	size_t len = least(mark->offset, MARK_BYTES);

	tail->read_ns = mark->written_ns;
	if (mark->begin_ms != RECORD_NO_TIME)
		tail->mark.begin_ms = mark->begin_ms;
	if (tail->packed) {
		tail->sought = *mark;
		return true;
	}
	line_forget(&tail->splitter);
	tail->mark.end = mark->offset;
	tail->mark.last_len = (uint32_t)len;
	return pread(tail->fd, tail->mark.last, len, (off_t)(mark->offset - len)) == (ssize_t)len;
}

bool tail_fits(const struct tail *tail, const struct mark *mark)
{
	const struct mark *its = &tail->mark;
	bool same = mark->inode == its->inode;

	if (mark->head_len > MARK_BYTES || mark->last_len > MARK_BYTES || mark->end < mark->last_len ||
	    mark->offset > mark->end)
		return false;
	if (mark->head_len == 0)
		return same && !tail->packed && mark->written_ns <= its->written_ns;
	if (mark->last_len == 0 && mark->head_len < MARK_BYTES && !same && mark->head_len != its->head_len)
		return false;		/* too little to know it by */
	if (tail->packed)
		return its->head_len >= mark->head_len && memcmp(its->head, mark->head, mark->head_len) == 0;
	return bears(tail->fd, 0, mark->head, mark->head_len) &&
	       bears(tail->fd, mark->end - mark->last_len, mark->last, mark->last_len);
}

bool tail_alike(const struct tail *a, const struct tail *b)
{
	const size_t len = (size_t)a->mark.head_len;

	return len > 0 && len == b->mark.head_len && memcmp(a->mark.head, b->mark.head, len) == 0 &&
	       (len == MARK_BYTES || a->packed || b->packed);
}

bool tail_older(struct tail *a, struct tail *b)
{
	bool a_lines = tail_look(a), b_lines = tail_look(b);
	struct mark x = tail_mark(a), y = tail_mark(b);

	if (a_lines != b_lines)
		return a_lines;
	if (x.begin_ms != y.begin_ms && x.begin_ms != RECORD_NO_TIME && y.begin_ms != RECORD_NO_TIME)
		return x.begin_ms < y.begin_ms;
	return x.written_ns < y.written_ns;
}
