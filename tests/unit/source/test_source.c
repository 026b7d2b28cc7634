/* test_source - real files, a real loop, and everything that is done to log files
 *
 * inotify queues its events inside the system call that causes them, so that "run the loop until it has
 * nothing to do" is exact: no test here waits for anything, but for the one whose writer is another process. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "random.h"
#include "source/blocks.h"
#include "source/news.h"
#include "source/source_file.h"
#include "source/source_sample.h"
#include "tap.h"

static char folder[64];
static sd_event *loop;

/* what was handed on: "old:TEXT" for backlog, "TEXT" for live lines, a space after each */
static struct seen {
	char text[1 << 16];
	size_t len;
	uint64_t lines;
} seen;

static void see_text(struct seen *to, struct text text, bool backlog)
{
	size_t room = sizeof(to->text) - to->len;

	to->lines++;
	int n = snprintf(to->text + to->len, room, "%s%.*s ", backlog ? "old:" : "", (int)(text.len < 40 ? text.len : 40), text.at);
	if ((size_t)n < room)
		to->len += (size_t)n;
}

static void see(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	(void)bytes;
	see_text(arg, record->message, backlog);
}

static void see_line(void *arg, const struct line *line)
{
	see_text(arg, line->text, line->backlog);
}

static void settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

/* news - run the loop until nothing is left to do; what was handed on meanwhile */
static const char *news(void)
{
	static char text[sizeof(seen.text)];

	settle();
	memcpy(text, seen.text, sizeof(text));
	seen = (struct seen){ 0 };
	return text;
}

static const char *at(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_bytes(const char *path, int flags, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static void append(const char *name, const char *text)
{
	write_bytes(at(name), O_APPEND, text, strlen(text));
}

static void must(int result)
{
	if (result < 0) {
		perror("test_source");
		exit(1);
	}
}

static void shell(const char *command)
{
	must(system(command));
}

/* follow_by - a source of the file, as if the config named no other */
static struct source *follow_by(const char *name, record_fn *fn, void *arg)
{
	static struct conf_source named[4];
	static struct conf confs[4];
	static char paths[4][128];
	static unsigned next;
	unsigned i = next++ % 4;
	struct source *source;

	snprintf(paths[i], sizeof(paths[i]), "%s", at(name));
	named[i] = (struct conf_source){ .file = paths[i] };
	confs[i] = (struct conf){ .sources = &named[i], .source_count = 1 };
	must(source_file_open(&source, loop, &confs[i], &named[i], fn, arg));
	return source;
}

static void shell_in(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && { %s; }", folder, command);
	must(system(text));
}

static struct source *follow(const char *name)
{
	return follow_by(name, see, &seen);
}

static void clean(void)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", folder, folder);
	shell(command);
}

static void test_backlog(void)
{
	append("log", "a\nb\nunfin");
	struct source *source = follow("log");
	tap_ok(source_stats(source)->present && !source_stats(source)->caught_up, "the file is there, not read yet");
	tap_str(news(), "old:a old:b ", "what was written before is backlog");
	tap_ok(source_stats(source)->caught_up, "caught up");
	append("log", "ished\nc\n");
	tap_str(news(), "unfinished c ", "an unfinished line waits for its end; then lines are live");
	tap_int(source_stats(source)->lines, 4, "4 lines in the figures");
	tap_int(source_stats(source)->bytes, 17, "17 bytes in the figures");
	source_free(source);
	clean();
}

/* What journalctl -o export prints is no log to follow: a client's text may begin a line in it. */
static void test_export(void)
{
	struct source *source;

	append("export", "__CURSOR=s=1\nMESSAGE\nNov 22 10:00:00 mx a[1]: forged\n");
	source = follow_by("export", see, &seen);
	tap_str(news(), "", "an export of the journal is not followed");
	append("export", "Nov 22 10:00:00 mx a[1]: forged\n");
	tap_str(news(), "", "nor what is written to it");
	source_free(source);
}

static void test_rename(void)
{
	append("log", "a\n");
	struct source *source = follow("log");
	tap_str(news(), "old:a ", "rename: before");
	append("log", "b\n");
	must(rename(at("log"), at("log.1")));
	append("log.1", "c\n");
	tap_str(news(), "b c ", "rename: lines written before and just after it");
	tap_ok(!source_stats(source)->present, "rename: the path leads nowhere now");
	append("log.1", "d\n");
	tap_str(news(), "d ", "rename: the writer has not noticed yet");
	append("log", "");
	append("log.1", "e\n");
	tap_str(news(), "e ", "rename: the new file is there, the writer still at the old one");
	append("log.1", "f\n");
	append("log", "g\n");
	tap_str(news(), "f g ", "rename: the writer reopens");
	append("log", "h\n");
	append("log.1", "i\n");
	tap_str(news(), "i h ", "rename: a second writer is still at the old file, which is read first");
	tap_int(source_stats(source)->rotations, 1, "rename: one rotation in the figures");
	must(unlink(at("log.1")));
	append("log", "k\n");
	tap_str(news(), "k ", "rename: the old file is deleted");
	source_free(source);
	clean();
}

/* What is heard first need not be what was written first: the new file was touched before, and is read only now. */
static void test_rename_order(void)
{
	append("log", "");
	struct source *source = follow("log");
	news();
	must(rename(at("log"), at("log.1")));
	append("log", "");
	news();
	must(truncate(at("log"), 0));
	append("log.1", "a\n");
	append("log", "b\n");
	tap_str(news(), "a b ", "rename: the old file first, whatever is heard first");
	source_free(source);
	clean();
}

static void test_rename_behind(void)
{
	int wrong = 0;
	FILE *log = fopen(at("log"), "w");

	for (int i = 0; i < 100000; i++)
		fprintf(log, "line %d\n", i);
	fclose(log);
	struct source *source = follow("log");
	for (int i = 0; source_stats(source)->bytes == 0 && i < 1000; i++)	/* the first may be for a timer that is gone */
		sd_event_run(loop, 0);
	tap_ok(source_stats(source)->bytes > 0 && source_stats(source)->bytes <= LINE_BUFFER_BYTES,
	       "one turn of the loop reads one buffer at most");
	must(rename(at("log"), at("log.1")));
	append("log", "new\n");
	append("log.1", "last\n");
	while (sd_event_run(loop, 0) > 0)
		wrong += source_stats(source)->lines < 100001 && strstr(seen.text, "new") != NULL;
	tap_int(source_stats(source)->lines, 100002, "rotated while far behind: every line once");
	tap_int(wrong, 0, "rotated while far behind: the old file first");
	seen = (struct seen){ 0 };
	source_free(source);
	clean();
}

static void test_copytruncate(void)
{
	append("log", "aaaa\nbbbb\n");
	struct source *source = follow("log");
	news();
	must(truncate(at("log"), 0));
	append("log", "c\n");
	tap_str(news(), "old:c ", "emptied, then shorter than before");
	must(truncate(at("log"), 0));
	append("log", "dddd\neeee\nffff\n");
	tap_str(news(), "old:dddd old:eeee old:ffff ", "emptied, then longer than before at our first look");
	append("log", "gg");
	news();
	must(truncate(at("log"), 0));
	append("log", "hh\n");
	tap_str(news(), "old:hh ", "the unfinished line of before is not put in front of the new one");
	must(truncate(at("log"), 0));
	tap_str(news(), "", "emptied");
	append("log", "i\n");
	tap_str(news(), "i ", "and written to");
	tap_int(source_stats(source)->truncations, 4, "4 truncations in the figures");
	source_free(source);
	clean();
}

static void test_link(void)
{
	must(mkdir(at("logs"), 0700));
	must(mkdir(at("more"), 0700));
	append("logs/monday", "a\n");
	must(symlink("logs/monday", at("log")));
	struct source *source = follow("log");
	tap_str(news(), "old:a ", "link: where it leads");
	append("logs/monday", "b\n");
	append("logs/tuesday", "c\n");
	must(symlink("logs/tuesday", at("log.new")));
	must(rename(at("log.new"), at("log")));
	append("logs/monday", "d\n");
	tap_str(news(), "b d old:c ", "link: switched, both files to their ends");
	append("logs/tuesday", "e\n");
	tap_str(news(), "e ", "link: live");
	must(unlink(at("log")));
	must(symlink(at("more/wednesday"), at("log")));
	tap_str(news(), "", "link: switched to a file that is not there yet, in another folder");
	append("more/wednesday", "f\n");
	tap_str(news(), "old:f ", "link: now it is");
	must(rename(at("more/wednesday"), at("more/old")));
	append("more/wednesday", "g\n");
	tap_str(news(), "old:g ", "link: the file behind it is rotated");
	must(rename(at("more"), at("less")));
	must(mkdir(at("more"), 0700));
	append("more/wednesday", "h\n");
	tap_str(news(), "old:h ", "link: the folder behind it is replaced");
	must(unlink(at("log")));
	must(symlink("log", at("log")));
	tap_str(news(), "", "link: to itself");
	must(unlink(at("log")));
	must(symlink("./logs/../logs//tuesday", at("log")));
	append("logs/tuesday", "i\n");
	tap_str(news(), "old:c old:e old:i ", "link: by a roundabout way, to a file let go long ago");
	source_free(source);
	clean();
}

static void test_absent(void)
{
	struct source *source = follow("var/log/mail.log");
	tap_ok(!source_stats(source)->present && source_stats(source)->caught_up, "neither file nor folder");
	tap_str(news(), "", "absent: nothing");
	must(mkdir(at("var"), 0700));
	news();
	must(mkdir(at("var/log"), 0700));
	append("var/log/mail.log", "a\n");
	tap_str(news(), "old:a ", "absent: the folder and the file come");
	must(rename(at("var/log/mail.log"), at("aside")));
	tap_str(news(), "", "gone for a minute");
	append("aside", "b\n");
	must(rename(at("aside"), at("var/log/mail.log")));
	tap_str(news(), "b ", "the same file comes back: nothing twice");
	must(unlink(at("var/log/mail.log")));
	append("var/log/mail.log", "c\n");
	tap_str(news(), "old:c ", "deleted and made anew before we looked");
	must(rename(at("var/log"), at("var/log.old")));
	tap_str(news(), "", "the folder is renamed");
	must(mkdir(at("var/log"), 0700));
	append("var/log.old/mail.log", "d\n");
	append("var/log/mail.log", "e\n");
	tap_str(news(), "d old:e ", "a new folder, the writer was still in the old one");
	must(unlink(at("var/log/mail.log")));
	must(mkdir(at("var/log/mail.log"), 0700));
	tap_str(news(), "", "a folder of the file's name");
	must(rmdir(at("var/log/mail.log")));
	must(mkfifo(at("var/log/mail.log"), 0600));
	tap_str(news(), "", "a FIFO of the file's name");
	must(unlink(at("var/log/mail.log")));
	append("var/log/mail.log", "f\n");
	tap_str(news(), "old:f ", "and a file again");
	source_free(source);
	clean();
}

/* root may read everything, so this is done by somebody else: a child, which tells by its exit status */
static int as_nobody(void)
{
	struct source *source;
	bool right;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	must(sd_event_new(&loop));
	append("log", "a\n");
	must(chmod(at("log"), 0));
	source = follow("log");
	right = strcmp(news(), "") == 0 && !source_stats(source)->present;
	must(chmod(at("log"), 0600));
	right &= strcmp(news(), "old:a ") == 0;
	source_free(source);
	sd_event_unref(loop);
	return right ? 0 : 1;
}

static void test_unreadable(void)
{
	int status = 1;

	if (geteuid() == 0)
		must(chown(folder, 65534, 65534));
	pid_t child = fork();
	if (child == 0)
		_exit(as_nobody());
	must(waitpid(child, &status, 0));
	tap_ok(status == 0, "a file that may not be read yet is read when it may");
	clean();
}

static unsigned descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static const char *without_old(const char *lines)
{
	static char text[400];
	size_t len = 0;

	while (*lines && len + 1 < sizeof(text)) {
		lines += strncmp(lines, "old:", 4) == 0 ? 4 : 0;
		text[len++] = *lines++;
	}
	text[len] = '\0';
	return text;
}

static void test_many_rotations(void)
{
	unsigned before = descriptors();
	struct source *source = follow("log");
	char wanted[400] = "", name[16], text[16];

	settle();
	for (int i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "%d\n", i);
		append("log", text);
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%d ", i);
		settle();
		snprintf(name, sizeof(name), "log.%d", i);
		must(rename(at("log"), at(name)));
		if (i % 3)	/* sometimes an empty one in between */
			append("log", "");
		settle();
		if (i % 3 && i % 5 == 1) {
			snprintf(name, sizeof(name), "log.%d.empty", i);
			must(rename(at("log"), at(name)));
			settle();
		}
	}
	tap_ok(descriptors() <= before + 8, "30 rotations: old files are let go");
	tap_str(without_old(news()), wanted, "30 rotations: every line once, in order");
	source_free(source);
	settle();
	clean();
}

static void copytruncate(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "cp log %s && : > log", name);
	shell_in(command);
}

#define AT(second, text) "2026-11-22T10:00:0" #second "Z mx x: " text "\n"

/* Empty when it was looked at, then filled, copied and emptied, and filled again. */
static struct source *empty_then_copied(void)
{
	struct source *source;

	append("log", "");
	source = follow("log");
	settle();
	append("log", AT(1, "a"));
	copytruncate("log.1");
	append("log", AT(2, "b"));
	return source;
}

/* Nothing of the file is read yet, and what is in it changes over and over. */
static void test_copied_unseen(void)
{
	struct source_position position;
	struct source *source;
	int fd;

	source = empty_then_copied();
	copytruncate("log.2");
	append("log", AT(3, "c"));
	tap_str(without_old(news()), "a b c ", "empty, then filled, copied and emptied twice before the next look");
	source_free(source);
	clean();

	source = empty_then_copied();
	source_position(source, &position);
	copytruncate("log.2");
	append("log", AT(3, "c"));
	tap_str(without_old(news()), "a b c ", "and the position is asked for in between");
	source_free(source);
	clean();

	append("log", AT(1, "a"));
	source = follow("log");
	copytruncate("log.1");
	append("log", AT(2, "b"));
	copytruncate("log.2");
	append("log", AT(3, "c"));
	tap_str(without_old(news()), "a b c ", "there were lines when we looked, which were not read");
	source_free(source);
	clean();

	append("log", "");
	source = follow("log");
	settle();
	append("log", "2026-11-22T10:00:0");
	settle();
	append("log", "1Z mx x: a\n");
	copytruncate("log.1");
	append("log", AT(2, "b"));
	tap_str(without_old(news()), "a b ", "empty, then looked at when there was part of a line, as every line begins");
	append("log", AT(3, "c"));
	tap_str(news(), "c ", "... and it goes on");
	source_free(source);
	clean();

	append("log", AT(1, "a"));
	source = follow("log");
	fd = open(at("log"), O_WRONLY | O_APPEND | O_CLOEXEC);
	must(ftruncate(fd, 0));
	must(unlink(at("log")));
	must((int)write(fd, AT(2, "b"), strlen(AT(2, "b"))));
	tap_str(without_old(news()), "b ", "emptied and deleted before we look, and its writer goes on");
	close(fd);
	source_free(source);
	settle();
	clean();
}

/* The writer is never told to reopen, and nobody else writes. */
static void test_stays(void)
{
	unsigned before = descriptors();
	char wanted[200] = "a ", name[16], text[16];
	struct source *source;

	append("log", "a\n");
	source = follow("log");
	settle();
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "log.%d", i);
		must(rename(at("log"), at(name)));
		append("log", "");
		settle();
		snprintf(text, sizeof(text), "%d\n", i);
		append("log.0", text);
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%d ", i);
		settle();
	}
	tap_str(without_old(news()), wanted, "a writer stays at a file that forty empty ones follow: every line once");
	tap_ok(descriptors() <= before + 20, "and the empty ones are let go");
	source_free(source);
	settle();
	clean();
}

/* More than anybody remembers. */
static void test_crowd(void)
{
	struct source *source = follow("log");
	char name[16];
	int turns = 0;

	append("log", "");
	settle();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "log.%d", i);
		append(name, "");
	}
	append("log", "a\n");
	while (sd_event_run(loop, 0) > 0 && turns < 10000)
		turns++;
	tap_ok(turns < 10000, "a hundred empty files come at once: there is an end of looking at them");
	tap_str(without_old(news()), "a ", "and the log is read");
	source_free(source);
	settle();
	clean();
}

static void test_overflow(void)
{
	append("log", "a\n");
	struct source *source = follow("log");
	news();
	append("log", "b\n");
	for (int i = 0; i < 20000; i++) {	/* more than inotify queues */
		int fd = open(at("other"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		close(fd);
		must(unlink(at("other")));
	}
	append("log", "c\n");
	must(rename(at("log"), at("log.1")));
	append("log.1", "d\n");
	append("log", "e\n");
	tap_str(news(), "b c d old:e ", "inotify's queue overflowed: nothing is lost");
	append("log", "f\n");
	tap_str(news(), "f ", "and it goes on");
	source_free(source);
	clean();
}

static void test_two(void)
{
	append("log", "a\n");
	struct source *source = follow("log"), *again = follow("log");
	tap_str(news(), "old:a old:a ", "two sources may follow the same file");
	source_free(source);
	append("log", "b\n");
	must(rename(at("log"), at("log.1")));
	append("log", "c\n");
	tap_str(news(), "b old:c ", "one ends, the other goes on");
	source_free(again);
	clean();
}

static void test_long_line(void)
{
	static char bytes[200000];

	memset(bytes, 'x', sizeof(bytes));
	write_bytes(at("log"), O_APPEND, bytes, sizeof(bytes));
	struct source *source = follow("log");
	tap_str(news(), "", "an over-long line that has not ended");
	append("log", "192.0.2.1\nb\n");
	tap_str(news(), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx b ", "its rest is no line");
	tap_int(source_stats(source)->cut_lines, 1, "one cut line in the figures");
	source_free(source);
	clean();
}

/* the writer of test_random: a syslogd that reopens when it is told to */
static struct writer {
	int fd;
	unsigned next;		/* the number of the next line */
	bool half;		/* in the middle of a line */
} writer;

static void writer_reopen(void)
{
	if (writer.fd >= 0)
		close(writer.fd);
	writer.fd = open(at("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	must(writer.fd);
}

static void writer_write(void)
{
	if (!writer.half)
		dprintf(writer.fd, "%u", writer.next++);
	writer.half = random() % 5 == 0;
	if (!writer.half)
		dprintf(writer.fd, "\n");
}

static struct {
	unsigned next;		/* the number that must come */
	unsigned wrong;
} reader;

static void read_number(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	char text[16];

	(void)arg, (void)bytes, (void)backlog;
	snprintf(text, sizeof(text), "%.*s", (int)record->message.len, record->message.at);
	reader.wrong += record->message.len == 0 || strtoul(text, NULL, 10) != reader.next;
	reader.next++;
}

static void test_random(void)
{
	struct source *source;
	unsigned rotations = 0, truncations = 0;
	char name[24];

	srandom(random_seed());
	writer.fd = -1;
	writer_reopen();
	source = follow_by("log", read_number, NULL);
	for (int step = 0; step < 30000; step++) {
		long what = random() % 100;
		if (what < 70) {
			writer_write();
		} else if (what < 96) {
			for (long turns = random() % 4; turns > 0; turns--)
				sd_event_run(loop, 0);
		} else if (what < 99) {
			/* rotation: the writer goes on with the old file for a while */
			settle();
			snprintf(name, sizeof(name), "log.%u", rotations++);
			must(rename(at("log"), at(name)));
			for (long lines = random() % 3; lines > 0; lines--)
				writer_write();
			if (random() % 2)
				append("log", "");
			while (writer.half || random() % 2)
				writer_write();
			for (long turns = random() % 4; turns > 0; turns--)
				sd_event_run(loop, 0);
			writer_reopen();
			if (random() % 3 == 0)
				must(unlink(at(name)));
		} else if (!writer.half) {
			settle();
			must(truncate(at("log"), 0));
			truncations++;
		}
	}
	while (writer.half)
		writer_write();
	settle();
	tap_int(reader.wrong, 0, "a random life with %u rotations and %u truncations: every line once, in order",
		rotations, truncations);
	tap_int(reader.next, writer.next, "and all %u of them", writer.next);
	tap_int(source_stats(source)->truncations <= truncations, 1, "no truncation was imagined");
	source_free(source);
	close(writer.fd);
	clean();
}

/* Two things happen to the log before we are woken. */
static void test_between(void)
{
	append("log", "a\n");
	struct source *source = follow("log");
	news();
	must(rename(at("log"), at("log.2")));
	append("log.2", "b\n");
	append("log", "c\n");
	must(rename(at("log"), at("log.1")));
	append("log", "d\n");
	tap_str(news(), "b old:c old:d ", "rotated twice within one turn: the one in between is read");
	must(rename(at("log"), at("log.0")));
	append("log", "e\n");
	shell_in("mv log log.00; gzip log.00; echo f >log");
	tap_str(news(), "old:e old:f ", "and when it is packed already");
	shell_in("echo g >>log; cp log log.3; : >log; gzip log.3; echo h >>log");
	tap_str(news(), "old:g old:h ", "copied and emptied, and the copy packed");
	shell_in("echo i >>log; cp log log.4; : >log; echo j >>log; cp log log.5; : >log; echo k >>log");
	tap_str(news(), "old:i old:j old:k ", "copied and emptied twice");
	source_free(source);
	clean();
}

/* ---- when the system has no room for us for a while ---- */

static bool no_watches;

/* stands before the C library's, for libsystemd too */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (no_watches) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

/* so many descriptors may be open from now on as are open now; 0: as before */
static void limit_descriptors(bool limit)
{
	static struct rlimit before;
	struct rlimit now;

	if (!before.rlim_cur)
		must(getrlimit(RLIMIT_NOFILE, &before));
	now = before;
	if (limit) {
		int next = dup(STDIN_FILENO);
		must(next);
		close(next);
		now.rlim_cur = (rlim_t)next;
	}
	must(setrlimit(RLIMIT_NOFILE, &now));
}

#define PATIENCE_S 60

/* until - turn the loop until this was seen; all that was */
static const char *until(const char *word)
{
	static char text[sizeof(seen.text)];
	time_t end = time(NULL) + PATIENCE_S;

	while (!strstr(seen.text, word) && time(NULL) < end)
		sd_event_run(loop, 100000);
	memcpy(text, seen.text, sizeof(text));
	seen = (struct seen){ 0 };
	return text;
}

static bool until_troubled(struct source *source)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (source_trouble_s(source) == 0 && time(NULL) < end)
		sd_event_run(loop, 100000);
	return source_trouble_s(source) > 0;
}

static void test_no_descriptors(void)
{
	append("log", "a\n");
	struct source *source = follow("log");
	int old = open(at("log"), O_WRONLY | O_APPEND | O_CLOEXEC);

	news();
	must(rename(at("log"), at("log.1")));
	append("log", "c\n");
	limit_descriptors(true);
	must((int)write(old, "b\n", 2));
	tap_str(news(), "b ", "no descriptor is left when the log is rotated: the old file is read");
	tap_ok(until_troubled(source), "that there is trouble can be asked");
	must((int)write(old, "bb\n", 3));
	tap_str(news(), "bb ", "the old one is followed meanwhile");
	limit_descriptors(false);
	tap_str(until("c "), "old:c ", "once there is one, the new file is read");
	tap_int(source_trouble_s(source), 0, "and the trouble is over");
	append("log", "d\n");
	tap_str(news(), "d ", "and it is followed");
	close(old);
	source_free(source);
	clean();
}

static void test_no_watches(void)
{
	append("log", "a\n");
	struct source *source = follow("log");

	news();
	no_watches = true;
	must(rename(at("log"), at("log.1")));
	append("log", "b\n");
	tap_str(news(), "old:b ", "no watch can be had when the log is rotated: the new file is read");
	append("log", "c\n");
	tap_str(until("c "), "c ", "and looked at from time to time");
	must(rename(at("log"), at("log.2")));
	append("log", "d\n");
	tap_str(until("d "), "old:d ", "another rotation is found out");
	tap_int(source_trouble_s(source), 0, "that is no trouble: all is read");
	no_watches = false;
	append("log", "e\n");
	tap_str(until("e "), "e ", "and on");
	const char *last;
	time_t end = time(NULL) + PATIENCE_S;
	do {
		sd_event_run(loop, 100000);
		seen = (struct seen){ 0 };
		append("log", "f\n");
		last = news();
	} while (strcmp(last, "f ") != 0 && time(NULL) < end);
	tap_str(last, "f ", "with watches again, it is woken");
	must(rename(at("log"), at("log.3")));
	append("log", "g\n");
	tap_str(news(), "old:g ", "by a rotation too");
	source_free(source);
	clean();
}

static void test_no_watches_at_start(void)
{
	no_watches = true;
	struct source *source = follow("var/log");

	news();
	must(mkdir(at("var"), 0700));
	append("var/log", "a\n");
	tap_str(until("a "), "old:a ", "no watch at the start: what comes is found");
	no_watches = false;
	source_free(source);
	clean();
}

#define HOUR "2026-11-22T10:"
#define LINE(time, text) HOUR time "Z mx postfix/smtpd[1]: " text "\n"

/* A log that was edited, or put back, is not read again, and what is written to it then is. */
static void test_edited(void)
{
	static const struct {
		const char *what, *command, *wanted;
	} edits[] = {
		{ "sed -i", "sed -i s/smtpd/smtps/ log", "" },
		{ "sed -i, and a line more", "sed -i s/smtpd/smtps/ log; echo '" HOUR "09:00Z mx p[1]: new' >>log", "old:new " },
		{ "sed -i, and the writer is still at what was deleted", "exec 3>>log; sed -i s/smtpd/smtps/ log; echo '" HOUR "09:00Z mx p[1]: new' >&3", "new " },
		{ "a copy put in its place", "cp log copy; mv copy log", "" },
		{ "a copy put in its place after a rotation", "cp log copy; mv log log.1; : >log; mv copy log", "" },
		{ "written anew in place", "sed s/smtpd/smtps/ log >copy; cat copy >log", "" },
		{ "the same text written anew in place", "cp log copy; cat copy >log", "" },
		{ "an older copy written anew in place", "head -n 3 log >copy; cat copy >log", "" },
		{ "emptied, and an older copy put in its place", "head -n 3 log >copy; : >log TURN cat copy >>log", "" },
		{ "its first lines alone left in place", "head -n 2 log >copy; cat copy >log", "" },
		{ "emptied, and its first lines put in its place", "head -n 2 log >copy; : >log TURN cat copy >>log", "" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		append("log", LINE("00:00", "one") LINE("03:00", "two") LINE("07:00", "three"));
		struct source *source = follow("log");
		news();
		append("log", LINE("08:00", "four, and longer than the others"));
		news();
		const char *turn = strstr(edits[i].command, "TURN");
		char first[200] = "";
		if (turn) {	/* it is read as it is at that moment */
			snprintf(first, sizeof(first), "%.*s", (int)(turn - edits[i].command), edits[i].command);
			shell_in(first);
			tap_str(news(), "", "%s: emptied", edits[i].what);
			source_position(source, &(struct source_position){ .form = 0 });	/* a checkpoint comes */
		}
		shell_in(turn ? turn + strlen("TURN") : edits[i].command);
		tap_str(news(), edits[i].wanted, "%s: nothing comes twice", edits[i].what);
		append("log", LINE("10:00", "five"));
		tap_str(news(), "five ", "%s: and it is followed on", edits[i].what);
		source_free(source);
		clean();
	}
}

/* Two files whose first lines were written within a millisecond, a while ago by their stamps: one is no edition of the other. */
static void test_begun_together(void)
{
	append("log", LINE("00:00.000100", "one") LINE("05:00", "two"));
	struct source *source = follow("log");
	tap_str(news(), "old:one old:two ", "a log");
	must(rename(at("log"), at("log.1")));
	append("log", LINE("00:00.000200", "three") LINE("04:00", "four"));
	tap_str(news(), "old:three old:four ", "the next one, which began in the same millisecond, is another");
	source_free(source);
	clean();
}

/* scan: a whole log, piece by piece */

static struct source_stats stats;

static int scan(int fd)
{
	static char bytes[BLOCK_BYTES];
	struct blocks *blocks;
	ssize_t n = blocks_open(&blocks, fd);

	seen = (struct seen){ 0 };
	stats = (struct source_stats){ 0 };
	if (n < 0)
		return (int)n;
	while ((n = blocks_next(blocks, bytes)) > 0)
		stats.lines += line_all(bytes, (size_t)n, true, see_line, &seen, &stats.cut_lines);
	stats.bytes = blocks_read(blocks);
	blocks_close(blocks);
	return (int)n;
}

static int scan_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd);
	int result = scan(fd);
	close(fd);
	return result;
}

static const char *scanned(const char *path, int wanted, const char *what)
{
	static char text[sizeof(seen.text)];

	tap_int(scan_path(path), wanted, "%s: result", what);
	memcpy(text, seen.text, sizeof(text));
	return text;
}

/* gz - append a gzip member of its own */
static void gz(const char *name, const char *text)
{
	gzFile file = gzopen(at(name), "a");

	gzwrite(file, text, (unsigned)strlen(text));
	gzclose(file);
}

static void test_scan(void)
{
	append("plain", "a\r\nb\n\nc");
	tap_str(scanned(at("plain"), 0, "plain"), "old:a old:b old: old:c ", "plain: all lines, the unfinished last one too");
	tap_int(stats.lines, 4, "plain: lines in the figures");
	tap_int(stats.bytes, 7, "plain: bytes in the figures");
	append("empty", "");
	tap_str(scanned(at("empty"), 0, "empty"), "", "empty: no line");
	append("short", "x");
	tap_str(scanned(at("short"), 0, "short"), "old:x ", "short: shorter than gzip's mark");
	scanned(folder, -EISDIR, "a folder");
}

static void test_scan_gzip(void)
{
	size_t size;
	char command[200];
	struct stat st;

	gz("log.gz", "a\nb");
	tap_str(scanned(at("log.gz"), 0, "gzip"), "old:a old:b ", "gzip: lines");
	gz("log.gz", "c\n");
	gz("log.gz", "");
	gz("log.gz", "d\n");
	tap_str(scanned(at("log.gz"), 0, "gzip members"), "old:a old:bc old:d ", "gzip members: one stream");
	must(rename(at("log.gz"), at("odd-name")));
	tap_str(scanned(at("odd-name"), 0, "gzip by content"), "old:a old:bc old:d ", "gzip by content: whatever its name");
	must(stat(at("odd-name"), &st));
	size = (size_t)st.st_size;
	write_bytes(at("odd-name"), O_APPEND, "\0\0\0\0\0\0\0", 7);
	tap_str(scanned(at("odd-name"), 0, "gzip padded with NULs"), "old:a old:bc old:d ", "gzip padded with NULs: lines");
	write_bytes(at("odd-name"), O_APPEND, "garbage", 7);
	scanned(at("odd-name"), -EBADMSG, "gzip and garbage");
	must(truncate(at("odd-name"), (off_t)size - 3));
	scanned(at("odd-name"), -EBADMSG, "gzip cut short");

	/* each cut of a single member is damage, and none is a crash */
	gz("one.gz", "the only line\n");
	must(stat(at("one.gz"), &st));
	unsigned wrong = 0;
	for (off_t cut = st.st_size - 1; cut >= 3; cut--) {
		must(truncate(at("one.gz"), cut));
		wrong += scan_path(at("one.gz")) != -EBADMSG;
	}
	tap_int(wrong, 0, "gzip cut anywhere behind its mark is damaged");

	snprintf(command, sizeof(command), "seq -f 'line %%.0f of many' 300000 | gzip -1 > %s", at("big.gz"));
	shell(command);
	scanned(at("big.gz"), 0, "large gzip");
	tap_int(stats.lines, 300000, "large gzip: all lines");
	scanned(at("big.gz"), 0, "large gzip again");
	tap_ok(strncmp(seen.text, "old:line 1 of many old:line 2 of many ", 38) == 0, "large gzip: the first lines");
	snprintf(command, sizeof(command), "gzip -d < %s > %s", at("big.gz"), at("big"));
	shell(command);
	scanned(at("big"), 0, "the same, plain");
	tap_int(stats.lines, 300000, "the same, plain: all lines");
}

static void test_scan_stream(const char *name, uint64_t lines)
{
	char command[160];

	/* a pipe that gives a byte first, then the rest: it cannot be read twice */
	snprintf(command, sizeof(command), "dd bs=1 count=1 if=%s 2>/dev/null; tail -c +2 %s", at(name), at(name));
	FILE *pipe = popen(command, "r");
	tap_int(scan(fileno(pipe)), 0, "a stream, %s: result", name);
	tap_int(stats.lines, lines, "a stream, %s: all lines", name);
	pclose(pipe);
}

static void test_peek(void)
{
	seen = (struct seen){ 0 };
	tap_int(source_peek(at("big"), see_line, &seen), 0, "peek");
	tap_ok(seen.lines > 0 && seen.lines < 300000, "peek: a few lines are enough");
	seen = (struct seen){ 0 };
	tap_int(source_peek(at("big.gz"), see_line, &seen), 0, "peek into gzip");
	tap_ok(seen.lines > 0 && seen.lines < 300000, "peek into gzip: a few lines are enough");
	tap_int(source_peek(at("missing"), see_line, &seen), -ENOENT, "peek: missing file");
	seen = (struct seen){ 0 };
	clean();
}

#define FLOOD_LINES 20000
#define PATIENCE_USEC 60000000

/* a line a write, the second half into a new file */
static void write_flood(const char *path, const char *rotated)
{
	int fd = -1;

	for (int i = 0; i < FLOOD_LINES; i++) {
		if (i % (FLOOD_LINES / 2) == 0) {
			close(fd);
			if (i > 0)
				must(rename(path, rotated));
			must(fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600));
		}
		must(dprintf(fd, "%d\n", i));
	}
	_exit(0);
}

static struct flood {
	struct source *source;
	int lines, misplaced;
} flood;

static void see_flood(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	(void)arg, (void)bytes, (void)backlog;
	flood.misplaced += atoi(record->message.at) != flood.lines++;
	if (flood.lines % 5000 < 1000)	/* now and then errors are counted */
		source_hurry(flood.source);
}

static void test_flood(void)
{
	int turned = 1;
	char path[128], rotated[128];

	strcpy(path, at("log"));
	strcpy(rotated, at("log.1"));
	append("log", "");
	news_gather_us = NEWS_GATHER_US;
	flood.source = follow_by("log", see_flood, NULL);
	settle();
	fflush(stdout);
	pid_t pid = fork();
	must(pid);
	if (pid == 0)
		write_flood(path, rotated);
	while (flood.lines < FLOOD_LINES && turned > 0)
		turned = sd_event_run(loop, PATIENCE_USEC);
	must(waitpid(pid, NULL, 0));
	settle();
	tap_int(flood.lines, FLOOD_LINES, "flood: every line once");
	tap_int(flood.misplaced, 0, "flood: in their order");
	source_free(flood.source);
	news_gather_us = 0;
	clean();
}

static int look_at_clock(sd_event_source *timer, uint64_t usec, void *lines)
{
	(void)timer, (void)usec;
	*(uint64_t *)lines = seen.lines;
	return 0;
}

/* while a log is read that has more and more to give, others have their turn */
static void test_manners(void)
{
	enum { LINES = 40000 };
	char *text = malloc(LINES * 32);
	sd_event_source *timer = NULL;
	uint64_t read_before = UINT64_MAX;
	size_t len = 0;

	for (unsigned i = 0; text && i < LINES; i++)
		len += (size_t)sprintf(text + len, "a line of a long backlog %u\n", i % 100);
	write_bytes(at("log"), O_APPEND, text, len);
	struct source *source = follow("log");
	must(sd_event_add_time(loop, &timer, CLOCK_MONOTONIC, 0, 0, look_at_clock, &read_before));
	settle();
	tap_int(seen.lines, LINES, "a long backlog is read");
	tap_ok(read_before < LINES / 2, "and a timer does not wait for its end (%llu lines)", (unsigned long long)read_before);
	sd_event_source_unref(timer);
	source_free(source);
	free(text);
	seen = (struct seen){ 0 };
	clean();
}

int main(void)
{
	strcpy(folder, "/tmp/mailward-source.XXXXXX");
	news_gather_us = 0;
	if (!mkdtemp(folder) || sd_event_new(&loop) < 0)
		return 1;
	test_backlog();
	test_export();
	test_rename();
	test_rename_order();
	test_rename_behind();
	test_copytruncate();
	test_link();
	test_absent();
	test_unreadable();
	test_many_rotations();
	test_copied_unseen();
	test_stays();
	test_crowd();
	test_overflow();
	test_two();
	test_long_line();
	test_random();
	test_between();
	test_edited();
	test_begun_together();
	test_no_descriptors();
	test_no_watches();
	test_no_watches_at_start();
	test_flood();
	test_manners();
	test_scan();
	test_scan_gzip();
	test_scan_stream("big", 300000);
	test_scan_stream("big.gz", 300000);
	test_peek();
	sd_event_unref(loop);
	must(rmdir(folder));
	return tap_done();
}
