/* test_ahead - a long backlog that several threads read: each line once, in its order and as it stands there when its turn comes,
 * whatever is done to the file meanwhile */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "match/match.h"
#include "source/block.h"
#include "source/crew.h"
#include "source/news.h"
#include "source/source_file.h"
#include "tap.h"

#define LINES 120000U		/* some 18 MB */
#define SEEN_MAX (3 * LINES)

static char folder[64];
static sd_event *loop;
static struct matcher *matcher;

static struct seen {
	uint32_t numbers[SEEN_MAX];
	size_t count;
	unsigned blocks;
	bool refuses;
	bool differ;		/* a block's lines from its figures */
} seen;

static const char *at(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void shell(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && { %s; }", folder, command);
	must(system(text) == 0, command);
}

/* ---- the log: each line has a number and a length of its own ---- */

static size_t fill_of(uint32_t number)
{
	return 60 + number * 7919U % 120;
}

static void write_line(FILE *file, uint32_t number, size_t fill)
{
	static char filler[400000];

	if (!*filler)
		memset(filler, 'x', sizeof(filler));
	fprintf(file, "2026-11-22T10:00:00.000000+01:00 mx t[1]: N%08u ", number);
	fwrite(filler, 1, fill, file);
	fputs(number % 5 ? "\n" : "\r\n", file);
}

static void write_lines(const char *name, uint32_t from, uint32_t to, bool some_are_long)
{
	FILE *file = fopen(at(name), "a");

	must(file, name);
	for (uint32_t number = from; number < to; number++)
		write_line(file, number, some_are_long && number % 9001 == 0 ? 65000 + number * 31U % 300000 : fill_of(number));
	fclose(file);
}

static void see_text(struct text message)
{
	unsigned number;
	char text[10] = "";

	memcpy(text, message.at, message.len < 9 ? message.len : 9);
	if (sscanf(text, "N%08u", &number) == 1 && seen.count < SEEN_MAX)
		seen.numbers[seen.count++] = number;
}

static void see(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	(void)arg, (void)bytes, (void)backlog;
	see_text(record->message);
}

static void see_line(void *arg, const struct line *line)
{
	struct record record;

	(void)arg;
	record_parse(&record, line->text);
	see_text(record.message);
}

static bool see_all(void *arg, struct block *block)
{
	uint64_t cut = 0;

	if (seen.refuses)
		return false;
	seen.blocks++;
	seen.differ |= line_all(block->bytes, block->len, true, see_line, arg, &cut) != block->lines || cut != block->cut_lines;
	return true;
}

/* each number from..to-1 once, in this order */
static bool seen_is(uint32_t from, uint32_t to)
{
	bool good = seen.count == to - from;

	for (size_t i = 0; good && i < seen.count; i++)
		good = seen.numbers[i] == from + i;
	if (!good)
		printf("# %zu of %u lines\n", seen.count, to - from);
	return good;
}

/* ---- the source ---- */

static struct source *follow(const char *name, const struct source_position *from)
{
	static struct conf_source named[2];
	static struct conf confs[2];
	static char paths[2][128];
	static unsigned next;
	unsigned i = next++ % 2;
	struct source *source;

	snprintf(paths[i], sizeof(paths[i]), "%s", at(name));
	named[i] = (struct conf_source){ .file = paths[i] };
	confs[i] = (struct conf){ .sources = &named[i], .source_count = 1 };
	must(source_file_open(&source, loop, &confs[i], &named[i], see, NULL) == 0, name);
	source_look_ahead(source, matcher, see_all);
	if (from)
		must(source_resume(source, from, &(struct clock_set){ 0 }), "resume");
	return source;
}

static void turn(unsigned times)
{
	while (times-- > 0)
		must(sd_event_run(loop, 0) >= 0, "loop");
}

static void settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

static unsigned threads(void)
{
	DIR *listing = opendir("/proc/self/task");
	unsigned count = 0;

	must(listing, "/proc/self/task");
	for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
		count += *entry->d_name != '.';
	closedir(listing);
	return count;
}

static void clean(void)
{
	shell("rm -f *");
	seen = (struct seen){ .count = 0 };
}

/* ---- */

static void test_all(void)
{
	struct stat st;

	write_lines("log", 0, LINES, true);
	must(stat(at("log"), &st) == 0, "stat");
	struct source *source = follow("log", NULL);
	settle();
	tap_ok(seen_is(0, LINES), "each line once, in its order");
	tap_ok(seen.blocks > 10 || crew_threads() < 2, "most are read ahead (%u blocks)", seen.blocks);
	tap_ok(!seen.differ, "... with as many lines as they say");
	tap_int(source_stats(source)->lines, LINES, "all lines in the figures");
	tap_int(source_stats(source)->bytes, st.st_size, "and their bytes");
	tap_ok(source_stats(source)->cut_lines > 5, "and those that are too long");
	tap_ok(source_stats(source)->caught_up, "it has caught up");
	tap_int(threads(), 1, "the threads have ended");
	source_free(source);
	clean();
}

static void test_refused(void)
{
	write_lines("log", 0, LINES, false);
	seen.refuses = true;
	struct source *source = follow("log", NULL);
	settle();
	tap_ok(seen_is(0, LINES), "blocks that nobody wants come line by line");
	source_free(source);
	clean();
}

/* Wherever it stops, another goes on there. */
static void test_resumed(void)
{
	struct source_position position;
	bool kept = true;

	write_lines("log", 0, LINES, true);
	struct source *source = follow("log", NULL);
	for (unsigned times = 1; times < 12; times++) {
		turn(times);
		source_position(source, &position);
		source_free(source);
		kept &= threads() == 1;
		source = follow("log", &position);
	}
	settle();
	tap_ok(seen_is(0, LINES), "a position between two turns is behind the last line that was handed on");
	tap_ok(kept, "a source that ends ends its threads");
	source_free(source);
	clean();
}

/* What is there when its turn comes counts, not what was read ahead. */
static void test_overwritten(void)
{
	uint64_t offset = 0;
	struct source *source;
	uint32_t number = 0;
	int fd;

	write_lines("log", 0, LINES, false);
	source = follow("log", NULL);
	turn(8);
	while (number < seen.count + 3000) {
		offset += sizeof("2026-11-22T10:00:00.000000+01:00 mx t[1]: N00000000 ") - 1 + fill_of(number) + (number % 5 ? 1 : 2);
		number++;
	}
	fd = open(at("log"), O_WRONLY);
	must(fd >= 0 && pwrite(fd, "2026-11-22T10:00:00.000000+01:00 mx t[1]: N99999999 ", 52, (off_t)offset) == 52, "pwrite");
	close(fd);
	settle();
	tap_ok(seen.count == LINES && seen.numbers[number] == 99999999, "a line is what it is when it is read");
	seen.numbers[number] = number;
	tap_ok(seen_is(0, LINES), "and the others are");
	source_free(source);
	clean();
}

static void test_disturbed(const char *command, const char *how)
{
	write_lines("log", 0, LINES, false);
	struct source *source = follow("log", NULL);

	turn(9);
	shell(command);
	write_lines("log", LINES, LINES + 200, false);
	turn(4);
	write_lines("log", LINES + 200, 2 * LINES, false);
	settle();
	tap_ok(seen_is(0, 2 * LINES), "%s meanwhile", how);
	source_free(source);
	tap_int(threads(), 1, "... the threads have ended");
	clean();
}

static void test_two(void)
{
	write_lines("a", 0, LINES, false);
	write_lines("b", 0, LINES, false);
	struct source *a = follow("a", NULL), *b = follow("b", NULL);
	unsigned most = 0, now;

	for (unsigned i = 0; i < 40; i++) {
		turn(1);
		now = threads();
		most = now > most ? now : most;
	}
	tap_ok(most <= 1 + crew_threads(), "two logs: the threads are one's at a time (%u)", most);
	settle();
	tap_int(source_stats(a)->lines, LINES, "all lines of the one");
	tap_int(source_stats(b)->lines, LINES, "and of the other");
	tap_int(seen.count, 2 * LINES, "all were handed on");
	tap_int(threads(), 1, "the threads have ended");
	source_free(a);
	source_free(b);
	clean();
}

/* A log that ends where a buffer does leaves nothing behind: another one may have the threads. */
static void test_even(void)
{
	FILE *file;

	file = fopen(at("log"), "w");
	must(file, "log");
	for (uint32_t i = 0; i < (16U << 20) / 128; i++)
		fprintf(file, "2026-11-22T10:00:00.000000+01:00 mx t[1]: N%08u %75s\n", i, "");
	fclose(file);
	struct source *source = follow("log", NULL);
	settle();
	tap_ok(seen_is(0, (16U << 20) / 128), "a log of whole buffers");
	write_lines("other", 0, LINES, false);
	seen = (struct seen){ .count = 0 };
	struct source *other = follow("other", NULL);
	settle();
	tap_ok(seen_is(0, LINES) && (seen.blocks > 10 || crew_threads() < 2), "and another log behind it (%u blocks)", seen.blocks);
	source_free(other);
	source_free(source);
	clean();
}

int main(void)
{
	struct problems problems = { .out = stderr };
	struct rules none = { .count = 0 };

	strcpy(folder, "/tmp/mailward-ahead.XXXXXX");
	news_gather_us = 0;
	must(mkdtemp(folder) && sd_event_new(&loop) >= 0 && (matcher = match_new(&none, &problems)), "begin");
	test_all();
	test_refused();
	test_resumed();
	test_overwritten();
	test_disturbed("true", "it grows");
	test_disturbed("mv log log.1", "it is renamed");
	test_disturbed("cp log log.1 && : >log", "it is copied and emptied");
	test_disturbed("gzip -c1 log >log.1.gz && : >log", "it is packed and emptied");
	test_two();
	test_even();
	match_free(matcher);
	sd_event_unref(loop);
	must(rmdir(folder) == 0, folder);
	return tap_done();
}
