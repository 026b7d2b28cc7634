/* source_file - follow a log file through everything that is done to log files
 *
 * The files that are open are the tails, oldest first; the last one is where the path led when we last looked. The
 * files before it stay open because their writer goes on with them until it is told to reopen.
 *
 * Why each line is handed on exactly once. Before and after each turn of the loop this holds:
 *  1. Of each tail all whole lines before its mark were handed on, and none behind it. A read goes on at the mark,
 *     and only if the bytes before it are still the ones that we read there; else the file was emptied or written
 *     anew, and is no longer what we know (restart).
 *  2. No file is a tail twice, and no file that came from one that we know (a copy, a packed one, one put back, an
 *     edited one) is read from its beginning: meet() and is_known() compare bytes and stamps, not names or inodes.
 *  3. What came under the path since we looked (looked_ns) and is no tail yet lies there, or beside it and was
 *     written since then; while that may be so, moved is set. look() opens all of it in its order, the path's own
 *     file last. So nothing is passed over, however often the log was rotated; and at a start the saved marks stand
 *     for the tails.
 *  4. A line of an older tail is read before a line of a newer one, when both are there.
 *  5. While a file cannot be opened or watched, trouble or a deaf tail keeps the timer going, and nothing is let go
 *     for it.
 * It would break if a log did not begin with a time or some other bytes of its own (two files with the same first 64
 * bytes are one to us), if it changed before its end without being cut, if a file vanished while nobody had it open,
 * or if a file were written to that two newer ones have followed.
 *
 * Owns the tails and what watches the path. */
#include "source/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/block.h"
#include "source/news.h"
#include "source/source_find.h"
#include "source/tails.h"
#include "source/watch.h"

#define AWAY_MS INT64_C(86400000)	/* if the clock was set back meanwhile: for how long, at most */
#define SET_MS 10000	/* so long after the clock was set, what comes may have been written before that */
#define BEFORE_MS 60000	/* lines come so much later than their successors, at most */
#define EMPTY_MAX (TAILS_MAX - 3)	/* of a crowd of files some empty ones wait until they have lines */
#define ZONES_MS (15 * INT64_C(3600000))	/* a stamp without a zone may be ahead by this */

struct source_file {
	struct source source;
	const struct conf *conf;
	struct watch *way;		/* to where the path leads */
	struct news_member news;	/* of the tails */
	sd_event_source *work;		/* runs turns while there is something to do */
	sd_event_source *retry;
	struct tails tails;
	int64_t looked_ns;		/* when we looked where the path leads; 0: never */
	struct clock_set set;
	int64_t seen_ns, unseen_ns, until_ns;	/* before the clock was set back: see struct source_find_when */
	bool moved;			/* the path may lead somewhere else now */
	bool same;			/* what is opened next is no rotation: the first file, or an emptied one */
	struct tail *reading;
	struct text line;		/* the last one handed on in this read */
	int64_t last_ms;		/* the stamp of the latest line handed on */
	int64_t lost_ms;		/* until we have caught up, lines stamped up to then are known; 0: none */
	int unseen;			/* -errno: why the path's file, or one before it, could not be opened */
	bool deaf;			/* some tail is not watched, and that was told */
};

/* The source is the first member of what source_file_open() made. */
static struct source_file *file_of(struct source *source)
{
	return (struct source_file *)source;
}

/* ---- the tails ---- */

static void retry_later(struct source_file *file)
{
	int on = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(file->retry, &on) > 0)
		return;
	sd_event_source_set_time_relative(file->retry, SOURCE_RETRY_US);
	sd_event_source_set_enabled(file->retry, SD_EVENT_ONESHOT);
}

/* Watch a tail. One that cannot be watched is read when the timer runs. */
static void listen(struct source_file *file, struct tail *tail)
{
	int err = tail_listen(tail, &file->news);

	if (err == 0)
		return;
	if (!file->deaf)
		log_warning("cannot watch %s, and look once a second: %s", file->source.name, strerror(-err));
	file->deaf = true;
	retry_later(file);
}

/* A tail more: it is listened to, and what was lost is known of it. */
static struct tail *met(struct source_file *file, struct tail *tail)
{
	file->source.stats.rotations += !file->same;
	file->same = false;
	if (file->lost_ms)
		tail->known_ms = file->lost_ms;
	listen(file, tail);
	return tail;
}

/* ---- lines ---- */

static bool is_set_long_ago(const struct source_file *file, int64_t now_ms)
{
	return now_ms >= file->set.until_ms + file->set.step_ms + SET_MS;
}

/* By the clock as it is now; or RECORD_NO_TIME. */
static int64_t stamp_of(const struct source_file *file, const struct record *record)
{
	int64_t now_ms = clock_now_ms(), stamp_ms = record_time_ms(record, now_ms);
	bool moved = file->set.step_ms != 0 && (file->reading->backlog || !is_set_long_ago(file, now_ms));

	return stamp_ms == RECORD_NO_TIME || !moved ? stamp_ms : clock_set_moved(&file->set, stamp_ms, now_ms);
}

/* What is put back may be written before our eyes. */
static bool is_known_line(struct tail *tail, int64_t stamp_ms, bool backlog)
{
	bool known = stamp_ms != RECORD_NO_TIME && stamp_ms <= tail->known_ms;

	if (!known && !backlog && stamp_ms != RECORD_NO_TIME)
		tail->known_ms = 0;
	return known;
}

static void on_line(void *arg, const struct line *line)
{
	struct record record __attribute__((uninitialized));	/* spares zeroing what is filled at once */
	struct source_file *file = arg;

	if (memcmp(file->reading->mark.head, "__CURSOR=", 9) == 0)	/* see export.h: a client's text may begin a line */
		return;
	record_parse(&record, line->text);
	file->line = line->text;
	if (file->reading->known_ms && is_known_line(file->reading, stamp_of(file, &record), line->backlog)) {
		file->source.stats.known++;
		return;
	}
	file->source.fn(file->source.arg, &record, line->text.len + 1, line->backlog);
}

/* A block_fn. */
static bool on_block(void *arg, struct block *block)
{
	struct source_file *file = arg;

	if (!file->source.all(file->source.arg, block))
		return false;
	file->line = block->last;
	return true;
}

/* Each line by itself is asked whether it is known, and whether it is one at all: not so what is read ahead. The first buffer
 * tells what the file is. */
static bool may_read_ahead(const struct source_file *file, const struct tail *tail)
{
	return file->source.matcher && tail->backlog && tail->known_ms == 0 && tail->mark.end > 0 &&
	       memcmp(tail->mark.head, "__CURSOR=", 9) != 0;
}

/* The line lies in the tail's buffer, or where it was read ahead, until the next read. */
static void note_time(struct source_file *file)
{
	struct record record;

	if (file->line.len == 0)
		return;
	record_parse(&record, file->line);
	int64_t stamp_ms = stamp_of(file, &record);
	if (stamp_ms > file->last_ms && stamp_ms < clock_now_ms() + ZONES_MS)	/* what is later is nonsense */
		file->last_ms = stamp_ms;
}

static enum progress read_on(struct source_file *file, struct tail *tail)
{
	file->reading = tail;
	file->line = (struct text){ 0 };
	if (may_read_ahead(file, tail) && tail_read_ahead(tail, file->source.matcher))
		log_debug("%s: several threads read what is there", file->source.name);
	enum progress progress = tail_read(tail, &file->source.stats, on_line, on_block, file);
	tail->err = progress == TAIL_BROKEN ? -errno : 0;
	if (progress == TAIL_OVER)
		tail_flush(tail, &file->source.stats, on_line, file);
	note_time(file);
	return progress;
}

/* ---- where the path leads ---- */

struct present {
	const struct tails *tails;
	const struct tail *tail;	/* the path's own file, which is no tail yet; NULL: there is none */
};

static bool is_known(void *arg, struct tail *tail)
{
	const struct present *present = arg;

	const struct tail *its = present->tail;

	if (its && ((its->device == tail->device && its->mark.inode == tail->mark.inode) || tail_alike(tail, its)))
		return true;
	return tails_know(present->tails, tail);
}

/* A file may have begun any time before the clock was set. */
static struct clock_set begins_by(const struct source_file *file)
{
	return (struct clock_set){ .step_ms = file->set.step_ms, .until_ms = file->set.until_ms };
}

/* 0 is none, and stays so. */
static int64_t time_moved(int64_t time_ms, int64_t step_ms)
{
	return time_ms == 0 ? 0 : time_ms + step_ms;
}

static bool leads_to(const struct source_file *file, const struct tail *tail)
{
	struct stat st;

	return tail && stat(file->source.name, &st) == 0 && st.st_dev == tail->device && st.st_ino == tail->mark.inode;
}

/* Open what came after the last tail and was rotated away before we saw it. 0 or -errno */
static int look_between(struct source_file *file, struct tail *present)
{
	struct source_find_when when = { .since_ns = file->looked_ns, .begin_ms = RECORD_NO_TIME, .seen_ns = file->seen_ns,
		.unseen_ns = file->unseen_ns, .until_ns = file->until_ns, .set = begins_by(file) };
	struct tails *tails = &file->tails;
	struct present known = { tails, present };
	struct tail *later;
	int err = 0;

	if (file->looked_ns == 0)
		return 0;
	if (when.since_ns > clock_now_ms() * 1000000 && tails->count > 0)	/* it was set back */
		when.since_ns = tail_mark(tails->at[tails->count - 1]).written_ns;
	/* One that begins later than now is of another clock, and tells nothing; nor does one that nothing was read of: it may
	 * have been filled, copied and emptied before. */
	for (size_t i = 0; i < tails->count; i++) {
		const struct tail *tail = tails->at[i];
		bool read = tail->mark.end > 0 || tail->sought.last_len > 0;

		if (read && when.begin_ms < tail->mark.begin_ms && tail->mark.begin_ms <= clock_now_ms())
			when.begin_ms = tail->mark.begin_ms;
	}
	while (tails->count < TAILS_MAX - 1) {
		err = source_find_later(&later, file->source.name, file->conf, &when, is_known, &known);
		if (err < 0 || !later)
			break;
		if (tails->count >= EMPTY_MAX && !tail_look(later)) {	/* as are all others that are left */
			tail_free(later);
			break;
		}
		later->known_bytes = later->packed ? UINT64_MAX : later->bytes;
		tails_add_between(tails, met(file, later), leads_to(file, present) ? present : NULL);
	}
	file->moved |= tails->count == TAILS_MAX - 1;	/* there may be more, once one of these is done */
	return err;
}

/* Open where the path leads to, unless we have it. 0 or -errno */
static int look_at(struct source_file *file)
{
	int fd = open(file->source.name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	struct clock_set set = begins_by(file);
	struct tail *present = NULL;
	struct stat st;

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return -errno;
	if (fd >= 0 && fstat(fd, &st) == 0) {
		size_t i = tails_index(&file->tails, st.st_dev, st.st_ino);

		if (i < file->tails.count) {	/* a file that came back is the present one again */
			close(fd);
			tails_renew(&file->tails, i);
			return 0;
		}
	}
	if (fd >= 0)
		err = tail_open(&present, fd, &set);
	if (err == 0)
		err = look_between(file, present);
	if (err < 0 || file->moved || !present) {
		tail_free(present);
		return err < 0 || file->moved ? err : -ENOENT;
	}
	tails_add(&file->tails, met(file, present));
	return 0;
}

static const struct tail *last_of(const struct source_file *file)
{
	return file->tails.count > 0 ? file->tails.at[file->tails.count - 1] : NULL;
}

/* The present file was empty when we looked, and was written to since. It may have been copied and emptied since then, too:
 * until it is read, and the copy looked for (see find_its_copies), what came since then is to be found yet. */
static bool may_have_been_copied(const struct source_file *file)
{
	const struct tail *last = last_of(file);

	return last && !last->packed && last->mark.end == 0 && tail_mark(last).written_ns >= file->looked_ns;
}

/* All that stands there is known; of a clock that was set back, whatever was written by it. */
static void has_looked(struct source_file *file, int64_t now_ns)
{
	file->looked_ns = now_ns;
	file->unseen_ns = file->until_ns = 0;
}

static void put_again(struct source_file *file, size_t i, struct tail *tail)
{
	file->same = true;
	tails_put(&file->tails, i, met(file, tail));
}

/* A file was emptied or written anew; mostly the present one, or it was renamed or deleted then. If it was copied first
 * (copytruncate), the copy holds what we had not read yet, and is older; what is in the file itself now is another file to
 * us. Without room for both it is opened when there is. */
static void restart(struct source_file *file, size_t i)
{
	struct tail *tail = file->tails.at[i], *copy = NULL, *anew = NULL;
	struct clock_set set = begins_by(file);
	struct mark mark = tail_mark(tail);

	mark.written_ns = tail->read_ns;
	if (file->looked_ns > tail->read_ns)
		file->looked_ns = tail->read_ns;
	int err = source_find(&copy, file->source.name, file->conf, &mark, mark.inode);
	int fd = err < 0 ? -1 : fcntl(tail->fd, F_DUPFD_CLOEXEC, 0);
	if (err == 0)
		err = fd < 0 ? -errno : tail_open(&anew, fd, &set);
	if (err < 0) {
		tail_free(copy);
		tail->ready = false;
		tail->err = err;
		return;
	}
	tails_let_go(&file->tails, i);
	file->moved = true;
	file->source.stats.truncations++;
	if (copy && tails_index(&file->tails, copy->device, copy->mark.inode) == file->tails.count &&
	    tail_resume(copy, &mark))
		put_again(file, i++, copy);
	else
		tail_free(copy);
	tail_forget(anew);	/* see find_its_copies() */
	if (file->tails.count < TAILS_MAX - 1)
		put_again(file, i, anew);
	else
		tail_free(anew);
}

static void look(struct source_file *file)
{
	int64_t now_ns = clock_now_ms() * 1000000;

	/* What comes between has its place behind what such a file held, and before what it holds. */
	for (size_t i = 0; i < file->tails.count; i++)
		if (tail_changed(file->tails.at[i]))
			restart(file, i);
	const struct tail *last = last_of(file);
	file->moved = false;
	int err = look_at(file);
	bool stays = last && last == last_of(file) && may_have_been_copied(file);
	if ((err == 0 || err == -ENOENT) && !file->moved && !stays)
		has_looked(file, now_ns);
	file->source.stats.present = err == 0;
	file->unseen = err == -ENOENT ? 0 : err;
	for (size_t i = 0; i < file->tails.count; i++)
		file->tails.at[i]->ready = true;
}

/* ---- what became of a file ---- */

/* A file that is read for the first time: does it come from one that we know? A copy goes on where that one stands;
 * of one that was edited, or put back, what is stamped as late as what we have handed on is known. */
static void meet(struct source_file *file, size_t i)
{
	struct tail *tail = file->tails.at[i];
	struct mark origin;

	if (!tail_look(tail) || tail->packed)
		return;
	if (tails_origin(&file->tails, i, &origin) && tail_resume(tail, &origin))
		tail->known_bytes = tail->bytes;
	else if (tails_is_edited(&file->tails, i, file->last_ms)) {
		tail->known_bytes = tail->bytes;
		tail->known_ms = file->last_ms;
	}
}

/* What was saved or begun cannot be found any more. */
static void lose(struct source_file *file)
{
	log_warning("%s: a file that was being read is gone; of what is there, the lines after its last one count",
		    file->source.name);
	file->lost_ms = file->last_ms;
	for (size_t i = 0; i < file->tails.count; i++)
		if (file->tails.at[i]->mark.end == 0)
			file->tails.at[i]->known_ms = file->last_ms;
}

/* What was written before the clock was set has been read, if that is a while ago. */
static void caught_up(struct source_file *file)
{
	file->source.stats.caught_up = true;
	file->lost_ms = 0;
	if (file->set.step_ms == 0 || !is_set_long_ago(file, clock_now_ms()))
		return;
	file->set.step_ms = 0;
	for (size_t i = 0; i < file->tails.count; i++)
		file->tails.at[i]->set.step_ms = 0;
}

/* There is no more of a packed file: it ended, is damaged, or is not the one we took it for. The last tail stays,
 * since what comes after it is found by it. */
static void packed_over(struct source_file *file, size_t i)
{
	struct tail *tail = file->tails.at[i];

	if (tail->err)
		log_warning("%s: a packed file of it is damaged: %s", file->source.name, strerror(-tail->err));
	tail->err = 0;
	tail->ready = false;
	if (tail->sought.last_len > 0)
		lose(file);
	if (tail->sought.last_len > 0 || i + 1 < file->tails.count)
		tails_let_go(&file->tails, i);
	else
		caught_up(file);
}

/* In bytes; -1: it cannot be told. */
static off_t size_of(const struct tail *tail)
{
	struct stat st;

	return fstat(tail->fd, &st) == 0 ? st.st_size : -1;
}

/* Nothing was read of the present file yet. True: something comes before it, or may do. Its head is learned first: if a copy
 * is made meanwhile, it shows that this is another file; but while not all is found that comes before, it tells nothing. Nor
 * does one of few bytes or none: what stands there when all has been looked at may have come after a copy. Where they are part
 * of a line, the rest is waited for. */
static bool find_its_copies(struct source_file *file, size_t i)
{
	int64_t now_ns = clock_now_ms() * 1000000;
	struct tail *tail = file->tails.at[i];
	size_t count = file->tails.count;

	if (i + 1 < count || !may_have_been_copied(file))
		return false;
	off_t size = size_of(tail);
	tail_look(tail);
	bool few = tail->mark.head_len < MARK_BYTES;
	int err = look_between(file, tail);
	bool grown = few && size_of(tail) != size;
	if (err == 0 && !file->moved)
		has_looked(file, now_ns);
	if (err < 0 || file->moved || grown)
		tail_forget(tail);
	if (err < 0) {
		tail->ready = false;
		tail->err = err;
		return true;
	}
	for (size_t k = 0; k < file->tails.count; k++)
		file->tails.at[k]->ready = true;
	if (few && !grown && size > 0 && !memchr(tail->mark.head, '\n', tail->mark.head_len)) {
		tail_forget(tail);
		tail->ready = false;
		retry_later(file);
		return true;
	}
	/* it was written to within this tick of the clock: a copy may have been made since we looked, and nothing tells of that */
	if (file->tails.count == count && may_have_been_copied(file))
		retry_later(file);
	return grown || file->tails.count > count;
}

/* Read a buffer of one file and see what became of it; true: that was this turn's work. */
static bool tail_turn(struct source_file *file, size_t i)
{
	struct tail *tail = file->tails.at[i];
	bool present = i + 1 == file->tails.count, first = tail->mark.end == 0;

	if (first && tail_changed(tail)) {
		restart(file, i);
		return true;
	}
	if (first && find_its_copies(file, i))
		return true;
	if (first && tail->sought.last_len == 0)
		meet(file, i);
	enum progress progress = read_on(file, tail);
	if (progress == TAIL_FULL)
		return true;
	if (tail->packed) {
		packed_over(file, i);
		return true;
	}
	if (progress == TAIL_CHANGED) {
		restart(file, i);
		return true;
	}
	tail->ready = false;
	if (progress == TAIL_BROKEN)
		return false;
	tail->backlog = false;		/* what comes from now on is written before our eyes */
	if (present)
		caught_up(file);
	for (size_t older = 0; first && progress == TAIL_SOME && older < i; older++)
		file->tails.at[older]->ready = true;	/* this one has lines now: are they done? */
	if (!present && progress == TAIL_END && tails_is_done(&file->tails, i)) {
		tail_flush(tail, &file->source.stats, on_line, file);
		tails_let_go(&file->tails, i);
		return true;
	}
	return progress == TAIL_SOME;
}

/* Look where the path leads if need be, then read one buffer at most. */
static void turn(struct source_file *file)
{
	if (file->moved)
		look(file);
	for (size_t i = file->tails.count; i-- > 1;)	/* first what was written to the older ones, heard of or not */
		file->tails.at[i - 1]->ready |= file->tails.at[i]->ready;
	for (size_t i = 0; i < file->tails.count; i++)
		if (file->tails.at[i]->ready && tail_turn(file, i))
			break;
	int trouble = file->unseen;
	for (size_t i = 0; i < file->tails.count; i++)
		trouble = trouble ? trouble : file->tails.at[i]->err;
	source_set_trouble(&file->source, trouble);
	bool again = file->moved && trouble == 0;
	for (size_t i = 0; i < file->tails.count; i++)
		again |= file->tails.at[i]->ready;
	file->source.stats.behind = again;
	sd_event_source_set_enabled(file->work, again ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (trouble)
		retry_later(file);
}

/* ---- what wakes us ---- */

static bool on_heard(void *arg, int watch, bool moved)
{
	struct source_file *file = arg;
	bool ours = watch < 0;

	for (size_t i = 0; i < file->tails.count; i++) {
		struct tail *tail = file->tails.at[i];
		bool it = watch < 0 || (tail->news && tail->watch == watch);

		tail->ready |= it;
		ours |= it;
	}
	file->moved |= ours && moved;	/* renamed, deleted, or the queue overflowed */
	return ours;
}

static uint64_t on_news(void *arg)
{
	struct source_file *file = arg;
	uint64_t lines = file->source.stats.lines;

	turn(file);
	return file->source.stats.lines - lines;
}

static int on_work(sd_event_source *event, void *arg)
{
	(void)event;
	turn(arg);
	return 0;
}

static int on_retry(sd_event_source *event, uint64_t usec, void *arg)
{
	struct source_file *file = arg;

	(void)event, (void)usec;
	file->moved = true;
	for (size_t i = 0; i < file->tails.count; i++)
		listen(file, file->tails.at[i]);
	file->deaf = sd_event_source_get_enabled(file->retry, NULL) > 0;
	turn(file);
	return 0;
}

static void on_way(void *arg)
{
	struct source_file *file = arg;

	file->moved = true;
	turn(file);
}

static void hurry(struct source *source)
{
	news_hurry(&file_of(source)->news);
}

/* Files' times stay what they were. What was written before a step forward bears an earlier time than what is remembered
 * would, and is to be found yet. Returns by how much what they are compared with moves. */
static int64_t move_times(struct source_file *file, const struct clock_set *set)
{
	int64_t back_ns = set->step_ms < 0 ? set->step_ms * 1000000 : 0;

	file->set = *set;
	file->set.since_ms = file->last_ms - BEFORE_MS - (set->moved ? set->step_ms : 0);
	if (set->moved)
		return 0;
	file->last_ms = time_moved(file->last_ms, set->step_ms);
	file->lost_ms = time_moved(file->lost_ms, set->step_ms);
	if (back_ns) {
		file->until_ns = set->until_ms * 1000000;
		if (file->unseen_ns == 0 || file->unseen_ns > file->looked_ns)
			file->unseen_ns = file->looked_ns;
		if (file->seen_ns < file->until_ns)
			file->seen_ns = file->until_ns;
	}
	if (file->looked_ns)
		file->looked_ns += back_ns;
	return back_ns;
}

static void shift(struct source *source, int64_t step_ms)
{
	struct source_file *file = file_of(source);
	struct clock_set set = { .step_ms = step_ms, .until_ms = clock_now_ms() - step_ms };
	int64_t back_ns = move_times(file, &set);

	tails_shift(&file->tails, &set);
	for (size_t i = 0; i < file->tails.count; i++) {
		file->tails.at[i]->known_ms = time_moved(file->tails.at[i]->known_ms, step_ms);
		file->tails.at[i]->read_ns += back_ns;
	}
}

/* ---- positions ---- */

#define FORM 0x66696c65000004	/* "file", version */
#define FORM_3 0x66696c65000003	/* without seen_ns */
#define FORM_2 0x66696c65000002	/* nor the past */

/* STORED as it is: with another layout FORM has to change. */
struct marks {
	int64_t looked_ns;
	uint64_t count;
	struct mark at[TAILS_MAX];
	struct tails_past past;
	int64_t seen_ns;
};
_Static_assert(sizeof(struct marks) <= SOURCE_POSITION_BYTES && sizeof(struct mark) == 176, "saved as it is");

static void position(struct source *source, struct source_position *out)
{
	struct source_file *file = file_of(source);
	const struct tails *tails = &file->tails;
	struct marks marks = { .count = 0 };

	/* emptied, and we have not been woken yet: the copy holds what is unread, so the copy needs a mark, too */
	if (tails->count > 0 && tail_changed(tails->at[tails->count - 1])) {
		restart(file, tails->count - 1);
		sd_event_source_set_enabled(file->work, SD_EVENT_ONESHOT);
	}
	if (!file->moved && !may_have_been_copied(file) && leads_to(file, last_of(file)))
		has_looked(file, clock_now_ms() * 1000000);
	for (size_t i = 0; i < tails->count; i++) {
		/* The more is known of its head, the surer it is found again; but what was copied before that head came is found
		 * while the file is as it was when we looked: empty. */
		if (i + 1 < tails->count || !may_have_been_copied(file))
			tail_look(tails->at[i]);
		marks.at[marks.count++] = tail_mark(tails->at[i]);
	}
	marks.looked_ns = file->looked_ns;
	marks.past = tails->past;
	marks.seen_ns = file->unseen_ns ? file->unseen_ns - 1 : file->seen_ns;
	out->form = FORM;
	out->last_ms = file->last_ms;
	memcpy(out->bytes, &marks, sizeof(marks));
}

/* Open the file of a saved mark. One that was found for an older mark already goes on at the later of the two. The
 * path's own file, when it was empty, is left to look(): it may have been copied and emptied since. */
static bool resume_at(struct source_file *file, const struct mark *mark)
{
	struct tail *tail;
	struct stat st;

	if (mark->head_len == 0 && stat(file->source.name, &st) == 0 && st.st_ino == mark->inode)
		return false;
	if (file->tails.count == TAILS_MAX - 1)
		return false;
	if (source_find(&tail, file->source.name, file->conf, mark, 0) < 0 || !tail)
		return false;
	size_t i = tails_index(&file->tails, tail->device, tail->mark.inode);
	if (i < file->tails.count) {
		tail_free(tail);
		return tail_resume(file->tails.at[i], mark);
	}
	if (!tail_resume(tail, mark)) {
		tail_free(tail);
		return false;
	}
	tail->known_bytes = tail->packed ? UINT64_MAX : tail->bytes;
	file->same = true;
	tails_add(&file->tails, met(file, tail));
	return true;
}

/* The clock was set while we were away. If nobody knows by how much, but we have looked at a time that is to come, it was
 * set back, and cannot be told from how long we were away: what was written or rotated in the last day, and is not known,
 * may have been so since. Returns how that was, so that no stamp or time stands later than now. */
static struct clock_set set_while_away(struct source_file *file, struct marks *marks, struct clock_set set)
{
	int64_t now_ms = clock_now_ms(), ahead_ms = file->looked_ns / 1000000 - now_ms, back_ns;

	if (set.step_ms == 0 && ahead_ms <= 0)
		return set;
	if (set.step_ms == 0 || (set.moved && ahead_ms > 0)) {
		set = (struct clock_set){ .step_ms = -ahead_ms - AWAY_MS, .until_ms = now_ms + ahead_ms + AWAY_MS };
		file->last_ms = time_moved(file->last_ms, AWAY_MS);
	}
	back_ns = move_times(file, &set);
	for (size_t i = 0; i < marks->count; i++)
		marks->at[i].written_ns += back_ns;
	return set;
}

static bool resume(struct source *source, const struct source_position *from, const struct clock_set *set)
{
	struct source_file *file = file_of(source);
	struct marks marks;
	struct clock_set moved;
	bool lost = false;

	file->last_ms = from->last_ms;
	file->looked_ns = from->last_ms * 1000000;
	memcpy(&marks, from->bytes, sizeof(marks));
	if (from->form == FORM_2)
		marks.past = (struct tails_past){ .count = 0 };
	else if (from->form != FORM && from->form != FORM_3)
		marks.count = UINT64_MAX;
	if (marks.count > TAILS_MAX) {
		lose(file);
		return false;
	}
	while (file->tails.count > 0)		/* opened already was the present file: it has its turn at the end */
		tails_let_go(&file->tails, file->tails.count - 1);
	file->tails.gone_count = 0;
	file->tails.past = marks.past;
	file->looked_ns = marks.looked_ns;
	file->seen_ns = from->form == FORM ? marks.seen_ns : 0;
	moved = set_while_away(file, &marks, *set);
	for (size_t i = 0; i < marks.count; i++)
		lost = !resume_at(file, &marks.at[i]) && (lost || marks.at[i].end > 0);
	tails_shift(&file->tails, &moved);
	if (lost)
		lose(file);
	file->same = true;
	look(file);
	source->stats.caught_up = file->tails.count == 0;
	sd_event_source_set_enabled(file->work, SD_EVENT_ONESHOT);
	return !lost;
}

/* ---- beginning and end ---- */

static void free_file(struct source *source)
{
	struct source_file *file = file_of(source);

	while (file->tails.count > 0)		/* an unfinished line is dropped: whoever follows next reads it */
		tail_free(file->tails.at[--file->tails.count]);
	news_leave(&file->news);
	watch_close(file->way);
	sd_event_source_disable_unref(file->retry);
	sd_event_source_disable_unref(file->work);
	source_fini(source);
	free(file);
}

/* Of packed ones it cannot be told. */
static uint64_t left_bytes(struct source *source)
{
	const struct source_file *file = file_of(source);
	uint64_t bytes = 0;

	for (size_t i = 0; i < file->tails.count; i++) {
		const struct tail *tail = file->tails.at[i];
		off_t size = size_of(tail);

		if (!tail->packed && size > (off_t)tail->mark.end)
			bytes += (uint64_t)size - tail->mark.end;
	}
	return bytes;
}

static const struct source_ops ops = { .free = free_file, .position = position, .resume = resume, .hurry = hurry,
				       .left = left_bytes, .shift = shift };

static char *absolute(const char *path)
{
	char folder[PATH_MAX], *result;

	if (*path == '/')
		return strdup(path);
	if (!getcwd(folder, sizeof(folder)) || asprintf(&result, "%s/%s", folder, path) < 0)
		return NULL;
	return result;
}

int source_file_open(struct source **out, sd_event *loop, const struct conf *conf, const struct conf_source *which,
		     record_fn *fn, void *arg)
{
	struct source_file *file = calloc(1, sizeof(*file));
	int err;

	*out = NULL;
	if (!file)
		return -ENOMEM;
	err = source_init(&file->source, &ops, loop, absolute(which->file), fn, arg);
	file->source.is_file = true;
	file->conf = conf;
	file->news = (struct news_member){ .heard = on_heard, .turn = on_news, .arg = file };
	file->same = true;
	if (err >= 0)
		err = sd_event_add_defer(loop, &file->work, on_work, file);
	if (err >= 0)	/* or a long backlog would keep timers, signals and the operator waiting until it is read */
		err = sd_event_source_set_priority(file->work, SD_EVENT_PRIORITY_IDLE);
	if (err >= 0)
		err = sd_event_add_time(loop, &file->retry, CLOCK_MONOTONIC, UINT64_MAX, SOURCE_RETRY_US / 10, on_retry,
					file);
	if (err >= 0)
		err = sd_event_source_set_enabled(file->retry, SD_EVENT_OFF);
	if (err >= 0)
		err = news_join(&file->news, loop);
	if (err >= 0)
		err = watch_open(&file->way, loop, file->source.name, on_way, file);
	if (err < 0) {
		free_file(&file->source);
		return err;
	}
	look(file);
	source_set_trouble(&file->source, file->unseen);
	if (file->source.trouble)
		retry_later(file);
	file->source.stats.caught_up = file->tails.count == 0;
	*out = &file->source;
	return 0;
}
