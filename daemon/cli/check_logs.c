/* check_logs - see check_logs.h. Reads with the rights of whoever started it; nothing it finds is kept. */
#include "cli/check_logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/report.h"
#include "source/line.h"
#include "source/source_journal.h"

#define PRIVATE_MAX 16	/* addresses of one log; more are not told apart */

/* Who of the private addresses failed how often. */
struct failing {
	struct prefix prefix[PRIVATE_MAX];
	uint32_t errors[PRIVATE_MAX];
	size_t count;
	uint32_t all;		/* errors of anybody */
};

static void note(struct failing *failing, const struct hit *hit, const struct rule *rule)
{
	size_t i = 0;

	if (hit->nobody || !rule_counts(rule))
		return;
	failing->all++;
	if (!addr_is_private(&hit->addr))
		return;
	while (i < failing->count && addr_cmp(&failing->prefix[i].addr, &hit->addr) != 0)
		i++;
	if (i == PRIVATE_MAX)
		return;
	if (i == failing->count)
		failing->prefix[failing->count++] = (struct prefix){ hit->addr, 128 };
	failing->errors[i]++;
}

/* Whose lines a log has at its end, of those that some rule knows. */
#define PROGRAMS_MAX 16
#define PROGRAM_BYTES 64
struct speaking {
	char program[PROGRAMS_MAX][PROGRAM_BYTES];
	size_t count;
};

static void note_program(struct speaking *speaking, struct text program)
{
	size_t i = 0;

	while (i < speaking->count && !text_equal(program, text_of(speaking->program[i])))
		i++;
	if (i == PROGRAMS_MAX || i < speaking->count || program.len >= PROGRAM_BYTES)
		return;
	snprintf(speaking->program[speaking->count++], PROGRAM_BYTES, "%.*s", (int)program.len, program.at);
}

/* The end of the file, or NULL; *len: of what was read. Owns: the caller frees. */
static char *read_end(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (bytes = malloc(CHECK_LOG_BYTES)) != NULL)
		n = pread(fd, bytes, CHECK_LOG_BYTES, st.st_size > CHECK_LOG_BYTES ? st.st_size - CHECK_LOG_BYTES : 0);
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	*len = (size_t)n;
	return bytes;
}

static void look_through(const char *path, struct matcher *matcher, struct failing *failing, struct speaking *speaking)
{
	size_t len;
	char *bytes = read_end(path, &len), *at = bytes, *end;

	while (bytes && (end = memchr(at, '\n', len - (size_t)(at - bytes))) != NULL) {
		struct text line = { at, (size_t)(end - at) };
		struct record record;
		struct hit hit;

		if (line.len > LINE_BYTES_MAX)
			line.len = LINE_BYTES_MAX;
		record_parse(&record, line);
		if (match(matcher, &record, &hit)) {
			note(failing, &hit, match_rule_of(matcher, &hit));
			note_program(speaking, record.program);
		}
		at = end + 1;
	}
	free(bytes);
}

static void tell_private(const struct conf *conf, const char *path, const struct failing *failing)
{
	for (size_t i = 0; i < failing->count; i++) {
		char shown[PREFIX_FMT_SIZE], hint[PRIVATE_HINT_SIZE];

		if (failing->errors[i] < conf->policy.soft_error_limit || ranges_touch(&conf->allow, &failing->prefix[i]))
			continue;
		printf("%s: %u of the last %u errors are %s's%s\n", path, failing->errors[i], failing->all,
		       prefix_fmt(shown, sizeof(shown), &failing->prefix[i]),
		       private_hint(hint, sizeof(hint), &failing->prefix[i]));
	}
}

/* Is it where syslog writes the mail server's lines, as far as its name says? */
static bool is_maillog(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && (strncmp(name, "/mail", 5) == 0 || strcmp(name, "/syslog") == 0 || strcmp(name, "/messages") == 0);
}

/* Nobody writes it, and the journal has what it should have. */
static void check_stale(const struct conf *conf, const struct conf_source *source, struct problems *problems)
{
	static const struct conf_source journal = { .journal = true };
	int64_t latest_ms = 0, written_ms = 0;
	struct stat st;
	char silent[24], ago[24];

	if (!is_maillog(source->file) || source_journal_latest(&journal, &latest_ms) < 0)
		return;
	if (stat(source->file, &st) == 0)
		written_ms = (int64_t)st.st_mtime * 1000;
	if (latest_ms - written_ms < CHECK_STALE_S * 1000)
		return;
	duration_fmt(silent, sizeof(silent), (uint64_t)(clock_now_ms() - written_ms) / 1000);
	duration_fmt(ago, sizeof(ago), (uint64_t)(clock_now_ms() - latest_ms) / 1000);
	if (written_ms)
		problem(SPOT(problems, conf->path ? conf->path : "built-in defaults", source->line),
			"%s has had nothing written to it for %s, while the journal has lines of the mail server that are %s old, "
			"a [source] with journal = yes would be right", source->file, silent, ago);
	else
		problem(SPOT(problems, conf->path ? conf->path : "built-in defaults", source->line),
			"there is no %s, while the journal has lines of the mail server that are %s old, "
			"a [source] with journal = yes would be right", source->file, ago);
}

/* Does the list, of words or NULL for all, have it? */
static bool lists(const char *list, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = list; at && (at = strstr(at, word)) != NULL; at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return !list;
}

/* Syslog has from the journal what it writes to a file: whose lines are in both, about as late, counts twice. */
static void check_twice(const struct conf *conf, const struct conf_source *source, const struct conf_source *journal,
			const struct speaking *speaking, struct problems *problems)
{
	struct stat st;
	int64_t latest_ms, apart_ms;

	if (stat(source->file, &st) < 0)
		return;
	for (size_t i = 0; i < speaking->count; i++) {
		struct conf_source one = *journal;
		char program[PROGRAM_BYTES];

		snprintf(program, sizeof(program), "%s", speaking->program[i]);
		one.identifiers = program;
		if (!lists(journal->identifiers, program) || source_journal_latest(&one, &latest_ms) < 0)
			continue;
		apart_ms = latest_ms - (int64_t)st.st_mtime * 1000;
		if (apart_ms > CHECK_STALE_S * 1000 || apart_ms < -CHECK_STALE_S * 1000)
			continue;
		problem(SPOT(problems, conf->path, journal->line), "[source %s] has what %s says, and %s of [source %s] has it, too: it would count "
			"twice; one of the two would be right, or unit here to choose what the file has not", journal->name, program, source->file,
			source->name);
		return;
	}
}

void check_logs(const struct conf *conf, struct matcher *matcher, struct problems *problems)
{
	const struct conf_source *journal = NULL;

	for (size_t i = 0; i < conf->source_count; i++)
		if (conf->sources[i].journal)
			journal = &conf->sources[i];
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *source = &conf->sources[i];
		struct failing failing = { .count = 0 };
		struct speaking speaking = { .count = 0 };

		if (!source->file)
			continue;
		look_through(source->file, matcher, &failing, &speaking);
		tell_private(conf, source->file, &failing);
		if (journal)
			check_twice(conf, source, journal, &speaking, problems);
		else
			check_stale(conf, source, problems);
	}
}
