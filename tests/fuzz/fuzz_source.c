/* fuzz_source - whatever is done to a log, with the reader killed in between: every whole line comes once, and in order
 *
 * The first byte: 1 two writers, 2 the path is a link, 4 rotated by copytruncate. Each byte after it is one thing that a
 * writer, logrotate or the daemon does: its low half says what (see deed), its high half which writer or how much. The
 * files are real, but for their times. Excused are lines of a file that was emptied without a copy, deleted while nobody read,
 * or rotated before the first start, and what the README beside says is left open.
 * A kill takes the reader back to its last checkpoint, and what has been counted with it, as in the daemon. */
#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <zlib.h>

#include "base/clock.h"
#include "match/record.h"
/* the whole line comes back */
static inline void record_of(struct record *record, struct text line)
{
	*record = (struct record){ .message = line };
}
#define record_parse record_of
#include "source/source_file.c"

#include "fuzz.h"

#define DEEDS_MAX 250
#define FILES_MAX (DEEDS_MAX + 2)
#define LINE_MAX_BYTES 70000
#define BEGIN_BYTES 12		/* of a line that is written in two parts: its number, which no other file bears */
#define FILES_BEHIND_MAX (TAILS_MAX - 4)	/* of the last checkpoint and since */
#define NONE (-1)

struct line_written {
	int file;
	size_t len;
	bool seen, saved;	/* handed on; and was that checkpointed? */
	bool copied;		/* is in a copy only */
	bool vanished;		/* is nowhere any more */
	bool excused;		/* may have got lost */
};

struct file {
	char name[24];
	int fd;			/* to append to; NONE for a copy */
	ino_t inode, packed_inode;
	int64_t written_s;
	int unfinished;		/* the line that has no LF yet */
	bool written;		/* ever */
	bool gone, unknown;	/* deleted; renamed before the reader knew of it */
	bool unseen;		/* the path led elsewhere before the reader looked */
	bool saved;		/* the last checkpoint knows of it */
	bool packed;
};

static sd_event *loop;
static struct source *source;
static char folder[64], path[80];
static struct conf_source named_source = { .file = path };
static const struct conf conf = { .sources = &named_source, .source_count = 1 };
static struct line_written lines[DEEDS_MAX];
static struct file files[FILES_MAX];
static struct source_position saved;
static size_t rotations;	/* since the last checkpoint */
static int line_count, file_count, writers[2], at_path;
static int64_t clock_s;
static bool two, link_mode, copying;

/* fstat - the reader's: files bear the times of our own clock, since the kernel's are all of one tick */
int fstat(int fd, struct stat *st)
{
	int result = fstatat(fd, "", st, AT_EMPTY_PATH);

	for (int i = 0; result == 0 && i < file_count; i++)
		if (files[i].inode == st->st_ino || files[i].packed_inode == st->st_ino)
			st->st_mtim = (struct timespec){ .tv_sec = files[i].written_s };
	return result;
}

static const char *named(const char *name)
{
	static char at[sizeof(folder) + sizeof(files[0].name)];

	snprintf(at, sizeof(at), "%s/%.23s", folder, name);
	return at;
}

/* line_text - bytes of a line: its number, over and over */
static char *line_text(int line, size_t from, size_t len)
{
	static char text[LINE_MAX_BYTES];
	char number[16];

	snprintf(number, sizeof(number), "%08d.", line);
	for (size_t i = 0; i < len; i++)
		text[i] = number[(from + i) % 9];
	return text;
}

/* left - may the reader have let it go, although somebody may still be writing to it? Files bear no stamps here, so that of
 * one that it did not know when it began, only when it was written to tells whether it is older than another. */
static bool left(int file)
{
	int newer = 0;
	bool written = false;

	for (int i = 0; i < file_count; i++) {
		if (i == file || (i < file && !files[i].unknown && !files[i].unseen && !files[file].unseen))
			continue;
		newer++;
		written |= files[i].written;
	}
	return file != at_path && written && (files[file].gone || newer >= TAILS_KEPT);
}

static void see(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	const struct text text = record->message;
	struct line_written *is;
	int n = 0;

	(void)arg, (void)backlog;
	must_hold(text.len >= 9 && bytes == text.len + 1);
	for (int i = 0; i < 8; i++)
		n = n * 10 + text.at[i] - '0';
	must_hold(n >= 0 && n < line_count);
	is = &lines[n];
	must_hold(!is->seen);
	must_hold(text.len == (is->len > LINE_BYTES_MAX ? LINE_BYTES_MAX : is->len) || is->excused || left(is->file));
	must_hold(memcmp(text.at, line_text(n, 0, text.len), text.len) == 0);
	for (int i = 0; i < n; i++)
		must_hold(lines[i].seen || lines[i].excused || (two && lines[i].file != is->file));
	is->seen = true;
}

/* one turn; false: nothing is left to do. A turn may do nothing because all that the loop read at once was about a file
 * that has been let go, so inotify must be empty, too. */
static bool run(void)
{
	struct pollfd news = { .fd = sd_event_get_fd(loop), .events = POLLIN };

	return sd_event_run(loop, 0) > 0 || poll(&news, 1, 0) > 0;
}

static void settle(void)
{
	while (run())
		;
}

static bool is_tail(int file)
{
	struct stat st;

	return files[file].fd != NONE && fstat(files[file].fd, &st) == 0 &&
	       tails_index(&file_of(source)->tails, st.st_dev, st.st_ino) < file_of(source)->tails.count;
}

/* is the newest file that it has the one under the path? */
static bool is_present(void)
{
	const struct tails *tails = &file_of(source)->tails;
	struct stat st;

	return tails->count > 0 && stat(path, &st) == 0 && tails_index(tails, st.st_dev, st.st_ino) == tails->count - 1;
}

static void put(int file, int line, size_t from, size_t len, bool end)
{
	const struct iovec parts[] = { { line_text(line, from, len), len }, { (char[]){ '\n' }, end } };

	must_hold(writev(files[file].fd, parts, 2) == (ssize_t)(len + end));
	files[file].written_s = clock_s++;
	files[file].written = true;
	files[file].unfinished = end ? NONE : line;
	lines[line].vanished |= files[file].gone;
	lines[line].excused |= files[file].unknown || left(file);
}

static void finish(int file)
{
	if (file != NONE && files[file].unfinished != NONE)
		put(file, files[file].unfinished, BEGIN_BYTES, lines[files[file].unfinished].len - BEGIN_BYTES, true);
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	must_hold(stat(named(name), &st) == 0);
	return st.st_ino;
}

static int add_file(const char *name, int flags)
{
	struct file *file = &files[file_count];

	*file = (struct file){ .written_s = clock_s++, .unfinished = NONE };
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->fd = open(named(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0600);
	must_hold(file->fd >= 0);
	file->inode = inode_of(name);
	return file_count++;
}

static void create(void)
{
	char name[16];

	if (at_path != NONE)
		return;
	snprintf(name, sizeof(name), link_mode ? "log.%d" : "log", file_count);
	at_path = add_file(name, O_APPEND);
	if (link_mode)
		must_hold(symlink(name, path) == 0);
}

static void reopen(int writer)
{
	finish(writers[writer]);
	create();
	writers[writer] = at_path;
}

static void append(int writer, unsigned measure, bool whole)
{
	static const size_t sizes[] = { 13, 20, 63, 64, 500, 9000, LINE_BYTES_MAX, LINE_MAX_BYTES };
	int file = writers[writer], line = line_count;

	if (file == NONE)
		return;
	finish(file);
	lines[line] = (struct line_written){ .file = file, .len = sizes[measure % 8] };
	line_count++;
	put(file, line, 0, whole ? lines[line].len : BEGIN_BYTES, whole);
}

static size_t saved_count(void)
{
	struct marks marks;

	memcpy(&marks, saved.bytes, sizeof(marks));
	return saved.form == FORM ? (size_t)marks.count : 0;
}

static void checkpoint(void)
{
	while (at_path != NONE && !is_present() && run())
		;
	source_position(source, &saved);
	for (int i = 0; i < file_count; i++)
		files[i].saved = is_tail(i);
	for (int i = 0; i < line_count; i++)
		lines[i].saved = lines[i].seen;
	if (is_present() && !file_of(source)->moved && !may_have_been_copied(file_of(source)))	/* else it is to open some yet */
		rotations = 0;
}

/* may_rotate - not so often that the reader cannot hold all files open */
static bool may_rotate(void)
{
	if (at_path == NONE)
		return false;
	if (source && saved_count() + rotations >= FILES_BEHIND_MAX) {
		settle();
		checkpoint();
		rotations = 0;
	}
	return saved_count() + rotations < FILES_BEHIND_MAX && ++rotations;
}

static void copy(void)
{
	static char bytes[1 << 16];
	char name[16];
	ssize_t n;
	int from = open(path, O_RDONLY | O_CLOEXEC);

	snprintf(name, sizeof(name), "log.%d", file_count);
	struct file *to = &files[add_file(name, 0)];
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		must_hold(write(to->fd, bytes, (size_t)n) == n);
	close(from);
	close(to->fd);
	to->fd = NONE;
	to->written = true;
}

static void empty(bool keep)
{
	struct file *file = &files[at_path];

	if (keep) {
		finish(at_path);
		copy();
	}
	for (int i = 0; i < line_count; i++) {
		if (lines[i].file != at_path)
			continue;
		lines[i].copied |= keep;
		lines[i].vanished |= !lines[i].copied;
		lines[i].excused |= lines[i].vanished && !lines[i].seen;
	}
	must_hold(truncate(path, 0) == 0);
	file->unfinished = NONE;
	file->written_s = clock_s++;
}

static void rotate(void)
{
	char *name = files[at_path].name;

	if (copying) {
		empty(true);
		return;
	}
	files[at_path].unseen = !source || !is_tail(at_path);
	if (!link_mode) {
		char old[16];

		snprintf(old, sizeof(old), "log.%d", at_path);
		must_hold(rename(path, named(old)) == 0);
		snprintf(name, sizeof(files[0].name), "%s", old);
	} else {
		must_hold(unlink(path) == 0);
	}
	at_path = NONE;
}

static void delete(void)
{
	files[at_path].unknown |= !is_tail(at_path);
	for (int i = 0; i < line_count; i++) {
		lines[i].vanished |= lines[i].file == at_path && !lines[i].copied;
		lines[i].excused |= lines[i].file == at_path && files[at_path].unknown;
	}
	files[at_path].gone = true;
	must_hold(unlink(named(files[at_path].name)) == 0 && (!link_mode || unlink(path) == 0));
	at_path = NONE;
}

/* gzip the youngest file that is neither the present one nor any writer's, as logrotate does */
static void pack(void)
{
	static char bytes[1 << 16];
	int file = file_count - 1, from;
	char name[24];
	gzFile to;

	while (file >= 0 && (file == at_path || file == writers[0] || file == writers[1] || !files[file].written ||
			     files[file].gone || files[file].packed || files[file].unfinished != NONE))
		file--;
	if (file < 0 || (link_mode && at_path == NONE))
		return;
	snprintf(name, sizeof(name), "log.%d.gz", file);
	must_hold((from = open(named(files[file].name), O_RDONLY | O_CLOEXEC)) >= 0 && (to = gzopen(named(name), "wbe1")) != NULL);
	for (ssize_t n; (n = read(from, bytes, sizeof(bytes))) > 0;)
		must_hold(gzwrite(to, bytes, (unsigned)n) == n);
	close(from);
	must_hold(gzclose(to) == Z_OK && unlink(named(files[file].name)) == 0);
	if (files[file].fd != NONE)
		close(files[file].fd);
	files[file].fd = NONE;
	files[file].packed = true;
	files[file].packed_inode = inode_of(name);
	snprintf(files[file].name, sizeof(files[file].name), "%s", name);
}

static void stop(void)
{
	source_free(source);
	source = NULL;
	for (int i = 0; i < line_count; i++) {
		lines[i].seen = lines[i].saved;
		lines[i].excused |= lines[i].vanished && !lines[i].seen;
	}
	for (int i = 0; i < file_count; i++)
		files[i].unknown |= files[i].gone;
}

static void start(void)
{
	for (int i = 0; i < file_count; i++) {
		/* one that came and was rotated away meanwhile, and is empty still: nothing tells when it came */
		files[i].unknown |= i != at_path && !files[i].written && !files[i].saved;
	}
	must_hold(source_file_open(&source, loop, &conf, &named_source, see, NULL) == 0);
	size_t known = saved_count();
	if (known)
		source_resume(source, &saved, &(struct clock_set){ 0 });
	for (int i = 0; known == 0 && i < file_count; i++)	/* nothing tells what was rotated away meanwhile */
		files[i].unknown |= i != at_path;
	for (int i = 0; known == 0 && i < line_count; i++)
		lines[i].excused |= lines[i].file != at_path || lines[i].copied;
}

static void deed(uint8_t byte)
{
	int writer = two && byte & 0x80;
	unsigned measure = byte >> 4;

	clock_stand(++clock_s * 1000);
	switch (byte & 15) {
	case 0: case 1: append(writer, measure, true); break;
	case 2: append(writer, measure, false); break;
	case 3: finish(writers[writer]); break;
	case 4: for (unsigned i = 0; source && i <= measure && run(); i++) ; break;
	case 5: settle(); break;
	case 6: if (may_rotate()) { rotate(); create(); } break;
	case 7: if (may_rotate()) { rotate(); reopen(writer); } break;
	case 8: reopen(writer); break;
	case 9: if (may_rotate()) empty(false); break;
	case 10: pack(); break;
	case 11: if (may_rotate()) rotate(); break;
	case 12: if (source && may_rotate()) delete(); break;
	case 13: if (source) checkpoint(); break;
	case 14: if (source && !two) stop(); break;
	case 15: if (!source) start(); break;
	}
}

static void leave(void)
{
	rmdir(folder);
}

static bool hear_nothing(void *arg, int watch, bool moved)
{
	(void)arg, (void)watch, (void)moved;
	return false;
}

static void prepare(uint8_t mode)
{
	static struct news_member kept = { .heard = hear_nothing };
	static struct watch *kept_way;

	if (!loop) {	/* inotify's descriptors stay open, their closing is slow */
		snprintf(folder, sizeof(folder), "%s/fuzz_source.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		must_hold(sd_event_new(&loop) >= 0 && mkdtemp(folder) && atexit(leave) == 0);
		snprintf(path, sizeof(path), "%s/log", folder);
		news_gather_us = 0;
		must_hold(watch_open(&kept_way, loop, "/proc", NULL, NULL) == 0);
		must_hold(news_join(&kept, loop) == 0 && news_watch(&kept, open("/proc/self/status", O_RDONLY | O_CLOEXEC)) >= 0);
	}
	line_count = file_count = 0;
	saved = (struct source_position){ 0 };
	rotations = 0;
	writers[0] = writers[1] = at_path = NONE;
	clock_s = 1000000000;
	two = mode & 1;
	link_mode = mode & 2;
	copying = mode & 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare(size ? data[0] : 0);
	for (size_t i = 1; i < size && i < DEEDS_MAX; i++)
		deed(data[i]);
	if (!source)
		start();
	finish(writers[0]);
	finish(writers[1]);
	settle();
	for (int i = 0; i < line_count; i++)
		must_hold(lines[i].seen || lines[i].excused);
	source_free(source);
	source = NULL;
	for (int i = 0; i < file_count; i++) {
		if (files[i].fd != NONE)
			close(files[i].fd);
		if (!files[i].gone)
			unlink(named(files[i].name));
	}
	unlink(path);
	return 0;
}
