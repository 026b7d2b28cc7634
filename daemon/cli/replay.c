/* replay - see replay.h. Owns the list of logs and the descriptor of the one that is read. */
#include "cli/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "source/blocks.h"
#include "source/crew.h"
#include "source/source_find.h"
#include "source/source_journal.h"
#include "source/source_sample.h"

void replay_begin(struct replay *replay, const char *command, const struct setup *setup, found_fn *fn, void *arg)
{
	*replay = (struct replay){
		.command = command, .setup = setup, .fn = fn, .arg = arg, .fd = -1, .threads = crew_threads(),
	};
}

int replay_threads(const struct cli *cli, unsigned *threads)
{
	const char *value = cli_given(cli, "threads");
	unsigned long count;
	char *end;

	*threads = crew_threads();
	if (!value)
		return EXIT_DONE;
	count = strtoul(value, &end, 10);
	*threads = (unsigned)count;
	if (*value >= '0' && *value <= '9' && !*end && count >= 1 && count <= CREW_THREADS_MAX)
		return EXIT_DONE;
	return cli_refuse(cli, "--threads %s: a number from 1 to %d would be right", value, CREW_THREADS_MAX);
}

void replay_end(struct replay *replay)
{
	for (size_t i = 0; i < replay->count; i++) {
		free(replay->logs[i].path);
		free(replay->logs[i].name);
		tail_free(replay->logs[i].tail);
	}
	free(replay->logs);
	crew_free(replay->crew);
	*replay = (struct replay){ .fd = -1 };
}

/* ---- which logs ---- */

/* Takes path, name and tail over. */
static bool add(struct replay *replay, char *path, char *name, const struct conf_source *journal, struct tail *tail)
{
	struct replay_log *logs = array_grow(replay->logs, replay->count, sizeof(*logs));

	if (logs)
		replay->logs = logs;
	if (!logs || !path || !name) {
		free(path);
		free(name);
		tail_free(tail);
		return false;
	}
	logs[replay->count] = (struct replay_log){ path, name, journal, tail, RECORD_NO_TIME, replay->count };
	replay->count++;
	return true;
}

bool replay_add(struct replay *replay, const char *path)
{
	return add(replay, strdup(path), strdup(strcmp(path, "-") == 0 ? "standard input" : path), NULL, NULL);
}

static bool add_journal(struct replay *replay, const struct conf_source *source)
{
	return add(replay, strdup(""), strdup("the journal"), source, NULL);
}

bool replay_add_sources(struct replay *replay, const struct conf *conf)
{
	bool good = true;

	for (size_t i = 0; good && i < conf->source_count; i++) {
		const struct conf_source *source = &conf->sources[i];

		if (source->file || source->journal)	/* a server's channel has no past */
			good = source->file ? replay_add(replay, source->file) : add_journal(replay, source);
	}
	return good;
}

/* A source_find_known_fn: one that is on the list already, or a copy of it that is being packed. */
static bool is_listed(void *arg, struct tail *tail)
{
	const struct replay *replay = arg;

	for (size_t i = 0; i < replay->count; i++) {
		const struct tail *other = replay->logs[i].tail;

		if (other && ((other->device == tail->device && other->mark.inode == tail->mark.inode) || tail_alike(other, tail)))
			return true;
	}
	return false;
}

/* What was opened stays what is read, whatever is rotated meanwhile. */
static bool add_tail(struct replay *replay, struct tail *tail)
{
	char path[32], name[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", tail->fd);
	len = readlink(path, name, sizeof(name) - 1);
	name[len < 0 ? 0 : len] = '\0';
	return add(replay, strdup(path), strdup(len < 0 ? path : name), NULL, tail);
}

bool replay_add_since(struct replay *replay, const struct conf *conf, int64_t since_ms)
{
	const struct source_find_when when = { .since_ns = since_ms * 1000000, .begin_ms = INT64_MIN };
	bool good = true;

	for (size_t i = 0; good && i < conf->source_count; i++) {
		const char *file = conf->sources[i].file;
		size_t before = replay->count;
		struct tail *tail;

		if (!file && !conf->sources[i].journal)
			continue;
		if (!file) {
			good = add_journal(replay, &conf->sources[i]);
			continue;
		}
		while (good && source_find_later(&tail, file, conf, &when, is_listed, replay) == 0 && tail)
			good = add_tail(replay, tail);
		if (good && replay->count == before)	/* to hear why it cannot be read */
			good = replay_add(replay, file);
	}
	return good;
}

/* ---- in which order ---- */

static void first_stamp(void *arg, const struct line *line)
{
	struct replay_log *log = arg;
	struct record record;

	if (log->first_ms != RECORD_NO_TIME)
		return;
	record_parse(&record, line->text);
	log->first_ms = record_time_ms(&record, (int64_t)time(NULL) * 1000);
}

static bool is_file(const struct replay_log *log)
{
	return !log->journal && strcmp(log->path, "-") != 0;
}

/* Standard input can be read only once: it stays where it was put. */
static int by_first_stamp(const void *left, const void *right)
{
	const struct replay_log *a = left, *b = right;

	if (a->first_ms != b->first_ms && a->first_ms != RECORD_NO_TIME && b->first_ms != RECORD_NO_TIME)
		return a->first_ms < b->first_ms ? -1 : 1;
	return a->given < b->given ? -1 : a->given > b->given;
}

static void sort_logs(struct replay *replay)
{
	for (size_t i = 0; replay->count > 1 && i < replay->count; i++)
		if (is_file(&replay->logs[i]))
			source_peek(replay->logs[i].path, first_stamp, &replay->logs[i]);
	if (replay->count)
		qsort(replay->logs, replay->count, sizeof(*replay->logs), by_first_stamp);
}

/* ---- on which clock ---- */

/* How often a new year begins in a log that does not say which. */
struct years {
	char stamp[32];		/* of the last line, cut */
	size_t len;
	unsigned begun;
};

static void count_years(void *arg, const struct line *line)
{
	struct years *years = arg;
	struct record record;

	record_parse(&record, line->text);
	if (record.form != STAMP_RFC3164 || record.stamp.len > sizeof(years->stamp))
		return;
	years->begun += years->len && feed_new_year((struct text){ years->stamp, years->len }, record.stamp);
	memcpy(years->stamp, record.stamp.at, record.stamp.len);
	years->len = record.stamp.len;
}

static struct feed feed_of(const struct replay *replay, const struct replay_log *log)
{
	struct feed feed = feed_new(replay->setup->matcher);
	struct years years = { .begun = 0 };

	feed.replay = true;
	if (is_file(log))
		source_sample(log->path, SOURCE_SAMPLES_FEW, count_years, &years);
	if (years.len) {	/* else they say themselves which year it is */
		years = (struct years){ .begun = 0 };
		source_sample(log->path, SOURCE_SAMPLES, count_years, &years);
	}
	feed_years(&feed, years.begun);
	return feed;
}

/* ---- line by line ---- */

/* A found_fn: what was found goes on. */
static void hand_on(void *arg, const struct found *found)
{
	struct replay *replay = arg;

	if (found->hit && found->hit->time_ms && (replay->first_ms == 0 || found->hit->time_ms < replay->first_ms))
		replay->first_ms = found->hit->time_ms;
	replay->fn(replay->arg, found);
}

__attribute__((always_inline))
static inline void hear(struct replay *replay, const struct record *record, size_t bytes, bool backlog)
{
	struct matcher *matcher = replay->setup->matcher;
	struct hit hit __attribute__((uninitialized));	/* spares zeroing, line by line, what is filled at once */
	bool is_hit = feed_record(&replay->feed, record, backlog, &hit);

	replay->bytes += bytes;
	replay->lines++;
	hand_on(replay, &(struct found){ record, is_hit ? &hit : NULL, backlog, match_met(matcher), match_account(matcher), 1, 0 });
}

static void on_record(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	hear(arg, record, bytes, backlog);
}

static void on_line(void *arg, const struct line *line)
{
	struct replay *replay = arg;
	struct record record __attribute__((uninitialized));

	if (export_record(&replay->export, line->text, line->bytes, &record))
		hear(replay, &record, line->text.len + 1, line->backlog);
	else
		replay->bytes += line->text.len + 1;
}

/* ---- block by block ---- */

static void look(struct replay *replay)
{
	off_t at = replay->fd < 0 ? -1 : lseek(replay->fd, 0, SEEK_CUR);

	if (replay->bar.live)
		bar_at(&replay->bar, at < 0 ? replay->bytes : replay->size_read + (uint64_t)at);
}

static void read_block(struct replay *replay, struct block *block)
{
	look(replay);
	replay->read.lines += line_all(block->bytes, block->len, true, on_line, replay, &replay->read.cut_lines);
}

static void on_block(struct replay *replay, struct block *block)
{
	if (!block_told_by(block, &replay->feed) || replay->export.state != EXPORT_NONE) {
		read_block(replay, block);
		block->anchor_ms = replay->feed.anchor_ms;
	} else {
		look(replay);
		replay->lines += block->lines;
		replay->bytes += block->text_bytes;
		replay->read.lines += block->lines;
		replay->read.cut_lines += block->cut_lines;
		block_tell(block, &replay->feed, hand_on, replay);
	}
}

/* A crew_fill_fn. */
static ssize_t fill(void *arg, char *bytes)
{
	return blocks_next(arg, bytes);
}

/* The first block is read here in any case: most logs have no other. */
static int read_blocks(struct replay *replay, struct blocks *blocks)
{
	struct block block;
	ssize_t n = block_init(&block);

	for (uint64_t count = 0; n >= 0 && (n = blocks_next(blocks, block.bytes)) > 0; count++) {
		block.len = (size_t)n;
		read_block(replay, &block);
		if (count || replay->threads < 2 || replay->wants == REPLAY_ALL)
			continue;
		if (!replay->crew)
			replay->crew = crew_new(replay->threads, replay->setup->matcher);
		if (!replay->crew)
			continue;
		if (crew_begin(replay->crew, fill, blocks, replay->wants == REPLAY_UNMET, replay->feed.anchor_ms) < 0)
			continue;
		for (struct block *next; (next = crew_next(replay->crew));)
			on_block(replay, next);
		n = crew_end(replay->crew);
		break;
	}
	replay->read.bytes += blocks_read(blocks);
	block_fini(&block);
	return n < 0 ? (int)n : 0;
}

/* ---- log by log ---- */

static const char *why_not(const struct replay_log *log, int err)
{
	if (log->journal && err == -ENOENT)
		return "there is none, or none that you may read (sudo, or the group systemd-journal, would be right)";
	return err == -EBADMSG ? "damaged or cut short: not all of it could be unpacked" : strerror(-err);
}

static int read_log(struct replay *replay, const struct replay_log *log)
{
	int err;

	if (log->journal)
		return source_journal_scan(&replay->setup->conf, log->journal, on_record, replay, &replay->read);
	replay->fd = is_file(log) ? open(log->path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (replay->fd < 0)
		return -errno;
	struct blocks *blocks = NULL;
	err = blocks_open(&blocks, replay->fd);
	if (err == 0)
		err = read_blocks(replay, blocks);
	blocks_close(blocks);
	off_t size = lseek(replay->fd, 0, SEEK_CUR);
	replay->size_read += size > 0 ? (uint64_t)size : 0;
	if (replay->fd != STDIN_FILENO)
		close(replay->fd);
	replay->fd = -1;
	return err;
}

/* 0: not known, of all of them. */
static uint64_t size_of(const struct replay *replay)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < replay->count; i++) {
		const struct replay_log *log = &replay->logs[i];
		struct stat st;

		if (log->journal || (is_file(log) ? stat(log->path, &st) : fstat(STDIN_FILENO, &st)) < 0 || !S_ISREG(st.st_mode))
			return 0;
		bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

void replay_run(struct replay *replay)
{
	replay->lines = replay->bytes = replay->size_read = 0;
	replay->first_ms = replay->latest_ms = 0;
	replay->limit_hits = match_limit_hits(replay->setup->matcher);
	replay->read = (struct source_stats){ 0 };
	sort_logs(replay);
	bar_begin(&replay->bar, size_of(replay));
	for (size_t i = 0; i < replay->count; i++) {
		char shown[4096];
		int err;

		replay->feed = feed_of(replay, &replay->logs[i]);
		replay->export.state = EXPORT_NEW;
		if (replay->on_log)
			replay->on_log(replay->arg, &replay->feed);
		err = read_log(replay, &replay->logs[i]);
		if (replay->feed.latest_ms > replay->latest_ms)
			replay->latest_ms = replay->feed.latest_ms;
		if (err < 0) {
			bar_hide(&replay->bar);
			fflush(stdout);
			fprintf(stderr, "mailward %s: %s: %s\n", replay->command,
				text_printable(shown, sizeof(shown), text_of(replay->logs[i].name)), why_not(&replay->logs[i], err));
			replay->failed = true;
		}
	}
	bar_hide(&replay->bar);
	replay->limit_hits = match_limit_hits(replay->setup->matcher) - replay->limit_hits;
}
