/* scan - mailward scan: replay logs on their own clock and say what would have been banned
 *
 * Needs no privilege, touches no firewall and no daemon. Files are read in the order of their first stamps, so that
 * "mail.log*" does what is meant; several logs of the same days each keep their own clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "cli/beside.h"
#include "cli/cli.h"
#include "cli/unread.h"
#include "judge/judge.h"
#include "match/export.h"
#include "match/feed.h"
#include "match/setup.h"
#include "service/report.h"
#include "source/source_journal.h"
#include "source/source_scan.h"

struct scan {
	struct setup *setup;
	struct judge *judge;
	struct feed feed;	/* of the log that is being read */
	struct export export;	/* the same */
	struct source_stats read;
	struct beside beside;
	struct unread unread;
	int64_t latest_ms;	/* when the latest line counted */
	struct ranges own;		/* this machine's addresses and gateways, to say so */
	bool json;
	bool failed;
};

static void on_event(void *arg, const struct event *event)
{
	struct scan *scan = arg;

	beside_note(&scan->beside, event);
	if (event->beside)
		return;
	if (scan->json) {
		report_json(stdout, event, event->time_ms);
		return;
	}
	report_text(stdout, event, true);
	if (event->kind == VERDICT_BAN && ranges_touch(&scan->own, &event->prefix))
		puts("                     (that is this machine or its gateway: here it would never be banned)");
}

static void on_record(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	struct scan *scan = arg;
	struct hit hit;

	judge_read(scan->judge, 1, bytes);
	if (feed_record(&scan->feed, record, backlog, &hit))
		judge_hit(scan->judge, &hit);
	unread_note(&scan->unread, record, match_met(scan->setup->matcher));
}

static void on_line(void *arg, const struct line *line)
{
	struct scan *scan = arg;
	struct record record;

	if (export_record(&scan->export, line->text, line->bytes, &record))
		on_record(scan, &record, line->text.len + 1, line->backlog);
	else
		judge_read(scan->judge, 0, line->text.len + 1);
}

/* A log and when it begins, to put rotated ones in order. */
struct log {
	const char *path;	/* or "the journal" */
	const struct conf_source *journal;
	int64_t first_ms;
	size_t given;		/* position on the command line */
};

static void first_stamp(void *arg, const struct line *line)
{
	struct log *log = arg;
	struct record record;

	if (log->first_ms != RECORD_NO_TIME)
		return;
	record_parse(&record, line->text);
	log->first_ms = record_time_ms(&record, (int64_t)time(NULL) * 1000);
}

/* Standard input can be read only once: it stays where it was put. */
static int by_first_stamp(const void *left, const void *right)
{
	const struct log *a = left, *b = right;

	if (a->first_ms != b->first_ms && a->first_ms != RECORD_NO_TIME && b->first_ms != RECORD_NO_TIME)
		return a->first_ms < b->first_ms ? -1 : 1;
	return a->given < b->given ? -1 : a->given > b->given;
}

static void sort_logs(struct log *logs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		logs[i].first_ms = RECORD_NO_TIME;
		logs[i].given = i;
		if (count > 1 && !logs[i].journal && strcmp(logs[i].path, "-") != 0)
			source_peek(logs[i].path, first_stamp, &logs[i]);
	}
	qsort(logs, count, sizeof(*logs), by_first_stamp);
}

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

static struct feed feed_of(const struct scan *scan, const struct log *log)
{
	struct feed feed = feed_new(scan->setup->matcher);
	struct years years = { .begun = 0 };

	feed.replay = true;
	if (!log->journal && strcmp(log->path, "-") != 0)
		source_sample(log->path, count_years, &years);
	feed_years(&feed, years.begun);
	return feed;
}

static const char *why_not(const struct log *log, int err)
{
	if (log->journal && err == -ENOENT)
		return "there is none, or none that you may read (sudo, or the group systemd-journal, would be right)";
	return err == -EBADMSG ? "damaged or cut short: not all of it could be unpacked" : strerror(-err);
}

static void read_logs(struct scan *scan, struct log *logs, size_t count)
{
	sort_logs(logs, count);
	for (size_t i = 0; i < count; i++) {
		char shown[4096];
		int err;

		scan->feed = feed_of(scan, &logs[i]);
		scan->export.state = EXPORT_NEW;
		err = logs[i].journal ? source_journal_scan(&scan->setup->conf, logs[i].journal, on_record, scan, &scan->read)
				      : source_scan(logs[i].path, on_line, scan, &scan->read);
		if (scan->feed.latest_ms > scan->latest_ms)
			scan->latest_ms = scan->feed.latest_ms;
		if (err < 0) {
			fflush(stdout);
			fprintf(stderr, "mailward scan: %s: %s\n", text_printable(shown, sizeof(shown), text_of(logs[i].path)),
				why_not(&logs[i], err));
			scan->failed = true;
		}
	}
}

struct top {
	const struct rule *rule;
	uint64_t errors;
};

static int by_errors(const void *left, const void *right)
{
	const struct top *a = left, *b = right;

	return a->errors > b->errors ? -1 : a->errors < b->errors;
}

static void print_rules(const struct scan *scan)
{
	struct top *top = calloc(scan->setup->rules.count + 1, sizeof(*top));
	size_t count = 0;

	for (size_t i = 0; top && i < scan->setup->rules.count; i++) {
		uint64_t errors = judge_rule_errors(scan->judge, &scan->setup->rules.at[i]);

		if (errors)
			top[count++] = (struct top){ &scan->setup->rules.at[i], errors };
	}
	if (count) {
		qsort(top, count, sizeof(*top), by_errors);
		puts("\nWhat counted:");
	}
	for (size_t i = 0; i < count; i++)
		printf("  %7" PRIu64 "  %-28s %s\n", top[i].errors, top[i].rule->name, top[i].rule->about);
	free(top);
}

static void print_summary_text(struct scan *scan, double elapsed_s)
{
	const struct figures *stats = judge_figures(scan->judge);
	uint64_t tries;
	double lines_per_s = elapsed_s > 0 ? (double)stats->lines / elapsed_s : 0;

	printf("\n%" PRIu64 " %s, %.1f MB, read in %.2f s (%.0f lines a second)\n", stats->lines,
	       plural(stats->lines, "line", "lines"), (double)stats->bytes / 1e6, elapsed_s, lines_per_s);
	printf("%7" PRIu64 "  %s by %" PRIu64 " %s\n", stats->errors, plural(stats->errors, "error", "errors"),
	       stats->addresses, plural(stats->addresses, "address", "addresses"));
	printf("%7" PRIu64 "  %s (the soft limit: %u errors in the window)\n", stats->delays,
	       plural(stats->delays, "delay", "delays"), scan->setup->conf.policy.soft_error_limit);
	printf("%7" PRIu64 "  %s (the hard limit: %u)\n", stats->bans, plural(stats->bans, "ban", "bans"),
	       scan->setup->conf.policy.hard_error_limit);
	if (stats->evidence)
		printf("%7" PRIu64 "  more %s from addresses already banned: these a ban would have spared you\n",
		       stats->evidence, plural(stats->evidence, "error", "errors"));
	if (stats->allowed)
		printf("%7" PRIu64 "  %s from allowed addresses: not counted\n", stats->allowed,
		       plural(stats->allowed, "error", "errors"));
	if (stats->observed)
		printf("%7" PRIu64 "  %s only observed (warn_if_reject and the like)\n", stats->observed,
		       plural(stats->observed, "error", "errors"));
	if (stats->uncounted)
		printf("%7" PRIu64 "  failed %s during outages of the server's own: not counted\n", stats->uncounted,
		       plural(stats->uncounted, "login", "logins"));
	if (stats->withheld)
		printf("%7" PRIu64 "  more %s withheld by max_bans_per_minute\n", stats->withheld, plural(stats->withheld, "ban", "bans"));
	if (scan->read.cut_lines)
		printf("%7" PRIu64 "  %s longer than %d bytes: cut\n", scan->read.cut_lines,
		       plural(scan->read.cut_lines, "line", "lines"), LINE_BYTES_MAX);
	if (match_limit_hits(scan->setup->matcher))
		printf("%7" PRIu64 "  %s skipped at a limit of the regular expressions\n", match_limit_hits(scan->setup->matcher),
		       plural(match_limit_hits(scan->setup->matcher), "line", "lines"));
	tries = stats->errors + stats->evidence;
	if (tries)
		printf("%6.1f%%  of the tries got through, %.1f%% were spared by a ban\n", 100.0 * (double)stats->errors / (double)tries,
		       100.0 * (double)stats->evidence / (double)tries);
	hurt_text(&scan->beside.drops[0], NULL, stdout);
	beside_text(&scan->beside, stdout);
	print_rules(scan);
	unread_text(&scan->unread, stdout);
}

static void print_summary_json(struct scan *scan, double elapsed_s)
{
	const struct figures *stats = judge_figures(scan->judge);
	struct json json;

	hurt_json(&scan->beside.drops[0], NULL, stdout);
	beside_json(&scan->beside, stdout);
	json_begin(&json, stdout);
	json_cstr(&json, "event", "summary");
	json_uint(&json, "lines", stats->lines);
	json_uint(&json, "bytes", stats->bytes);
	json_uint(&json, "errors", stats->errors);
	json_uint(&json, "addresses", stats->addresses);
	json_uint(&json, "delays", stats->delays);
	json_uint(&json, "bans", stats->bans);
	json_uint(&json, "evidence", stats->evidence);
	json_uint(&json, "hurt", scan->beside.drops[0].count);
	unread_json(&scan->unread, &json);
	json_fixed(&json, "elapsed", elapsed_s, 3);
	json_end(&json);
}

static double monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int scan_logs(struct scan *scan, struct log *logs, size_t count)
{
	double start_s = monotonic_s(), elapsed_s;

	scan->judge = judge_new(&scan->setup->conf, &scan->setup->rules, on_event, scan);
	if (!scan->judge) {
		fprintf(stderr, "mailward scan: %s\n", strerror(ENOMEM));
		return EXIT_INPUT;
	}
	judge_replay(scan->judge);
	match_names(scan->setup->matcher, judge_name_key(scan->judge), &scan->setup->conf.names);
	if (!scan->json)
		ranges_add_own(&scan->own);
	read_logs(scan, logs, count);
	elapsed_s = monotonic_s() - start_s;
	beside_settle(&scan->beside, scan->judge, scan->latest_ms);
	if (scan->json)
		print_summary_json(scan, elapsed_s);
	else
		print_summary_text(scan, elapsed_s);
	if (fflush(stdout) == EOF || ferror(stdout))
		scan->failed = true;
	judge_free(scan->judge);
	beside_fini(&scan->beside);
	ranges_fini(&scan->own);
	return scan->failed ? EXIT_INPUT : EXIT_DONE;
}

/* The logs named, or else the sources that the config follows. Owns: the array is the caller's. */
static struct log *logs_named(const struct conf *conf, const struct cli *cli, size_t *count)
{
	struct log *logs = calloc((size_t)cli->count + conf->source_count + 1, sizeof(*logs));

	*count = 0;
	for (int i = 0; logs && i < cli->count; i++)
		logs[(*count)++].path = cli->operands[i];
	for (size_t i = 0; logs && cli->count == 0 && i < conf->source_count; i++)
		logs[(*count)++] = conf->sources[i].file ? (struct log){ .path = conf->sources[i].file } :
				   (struct log){ .path = "the journal", .journal = &conf->sources[i] };
	return logs;
}

static int scan(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct scan scan = { .json = cli_given(cli, "json") };
	size_t count;

	scan.setup = setup_load(cli_given(cli, "config"), &problems);
	if (!scan.setup)
		return EXIT_INPUT;
	struct log *logs = logs_named(&scan.setup->conf, cli, &count);
	int status = logs && count ? scan_logs(&scan, logs, count) : EXIT_INPUT;
	free(logs);
	setup_free(scan.setup);
	return status;
}

const struct cli_command cli_scan = {
	.name = "scan",
	.about = "replay logs: what would have been banned",
	.usage = "[-c CONF] [--json] [FILE...]",
	.help = "Replays mail logs on their own clock and prints what would have been banned, then a summary.\n"
		"FILE may be packed (gzip, xz, bzip2, zstd); - is standard input; without FILE the config's sources are read.\n"
		"Only the config's allow-list applies: a log may come from another machine, so this one's own addresses are\n"
		"not added to it.\n",
	.options = { CLI_CONF, CLI_JSON },
	.operands = CLI_ANY,
	.completes = { ":files", ":files" },
	.run = scan,
};
