/* scan - mailward scan: replay logs on their own clock and say what would have been banned
 *
 * Needs no privilege, touches no firewall and no daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "cli/beside.h"
#include "cli/cli.h"
#include "cli/replay.h"
#include "cli/unread.h"
#include "judge/judge.h"
#include "service/report.h"
#include "source/line.h"

struct scan {
	struct setup *setup;
	struct judge *judge;
	struct replay replay;
	struct beside beside;
	struct unread unread;
	struct ranges own;		/* this machine's addresses and gateways, to say so */
	bool json;
};

static void on_event(void *arg, const struct event *event)
{
	struct scan *scan = arg;

	beside_note(&scan->beside, event);
	if (event->beside)
		return;
	bar_aside(&scan->replay.bar);
	if (scan->json) {
		report_json(stdout, event, event->time_ms);
		return;
	}
	report_text(stdout, event, true);
	if (event->kind == VERDICT_BAN && ranges_touch(&scan->own, &event->prefix))
		puts("                     (that is this machine or its gateway: here it would never be banned)");
}

/* A found_fn. */
static void on_found(void *arg, const struct found *found)
{
	struct scan *scan = arg;

	if (found->hit)
		judge_hit(scan->judge, found->hit);
	unread_note(&scan->unread, found);
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
	double lines_per_s = elapsed_s > 0 ? (double)scan->replay.lines / elapsed_s : 0;

	printf("\n%" PRIu64 " %s, %.1f MB, read in %.2f s (%.0f lines a second)\n", scan->replay.lines,
	       plural(scan->replay.lines, "line", "lines"), (double)scan->replay.bytes / 1e6, elapsed_s, lines_per_s);
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
	if (scan->replay.read.cut_lines)
		printf("%7" PRIu64 "  %s longer than %d bytes: cut\n", scan->replay.read.cut_lines,
		       plural(scan->replay.read.cut_lines, "line", "lines"), LINE_BYTES_MAX);
	if (scan->replay.limit_hits)
		printf("%7" PRIu64 "  %s skipped at a limit of the regular expressions\n", scan->replay.limit_hits,
		       plural(scan->replay.limit_hits, "line", "lines"));
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
	json_uint(&json, "lines", scan->replay.lines);
	json_uint(&json, "bytes", scan->replay.bytes);
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

static int scan_logs(struct scan *scan)
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
	replay_run(&scan->replay);
	elapsed_s = monotonic_s() - start_s;
	beside_settle(&scan->beside, scan->judge, scan->replay.latest_ms);
	if (scan->json)
		print_summary_json(scan, elapsed_s);
	else
		print_summary_text(scan, elapsed_s);
	bool failed = scan->replay.failed || fflush(stdout) == EOF || ferror(stdout);
	judge_free(scan->judge);
	beside_fini(&scan->beside);
	ranges_fini(&scan->own);
	return failed ? EXIT_INPUT : EXIT_DONE;
}

static int scan(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct scan scan = { .json = cli_given(cli, "json") };
	bool good = true;

	replay_begin(&scan.replay, "scan", NULL, on_found, &scan);
	scan.replay.wants = REPLAY_UNMET;
	if (replay_threads(cli, &scan.replay.threads) != EXIT_DONE)
		return EXIT_USAGE;
	scan.setup = setup_load(cli_given(cli, "config"), &problems);
	if (!scan.setup)
		return EXIT_INPUT;
	scan.replay.setup = scan.setup;
	for (int i = 0; good && i < cli->count; i++)
		good = replay_add(&scan.replay, cli->operands[i]);
	if (cli->count == 0)
		good = replay_add_sources(&scan.replay, &scan.setup->conf);
	int status = good ? scan_logs(&scan) : EXIT_INPUT;
	replay_end(&scan.replay);
	setup_free(scan.setup);
	return status;
}

const struct cli_command cli_scan = {
	.name = "scan",
	.about = "replay logs: what would have been banned",
	.usage = "[-c CONF] [--threads N] [--json] [FILE...]",
	.help = "Replays mail logs on their own clock and prints what would have been banned, then a summary.\n"
		"FILE may be packed (gzip, xz, bzip2, zstd); - is standard input; without FILE the config's sources are read.\n"
		"Only the config's allow-list applies: a log may come from another machine, so this one's own addresses are\n"
		"not added to it.\n",
	.options = { CLI_CONF, CLI_THREADS, CLI_JSON },
	.operands = CLI_ANY,
	.completes = { ":files", ":files" },
	.run = scan,
};
