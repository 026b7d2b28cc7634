/* match - mailward match: which lines on standard input are errors, and whose
 *
 * Judges each line alone, but for what says itself that it goes with the one before: no clock, no window, no session, no
 * allow-list. What people write patterns with, and what the corpus tests run. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/explain_line.h"
#include "match/export.h"
#include "match/feed.h"
#include "match/setup.h"
#include "source/line.h"

enum form { FORM_TEXT, FORM_PLAIN, FORM_JSON, FORM_EXPLAIN };

struct matching {
	enum form form;
	const struct setup *setup;
	struct feed feed;
	struct export export;
	uint64_t line;
};

static void print_text(uint64_t line, const char *addr, const struct rule *rule, uint32_t weight)
{
	printf("%6" PRIu64 "  %-15s  %-28s  ", line, addr, rule->name);
	if (!rule_counts(rule))
		printf("%s, counts for nothing\n", rule_kind_name(rule));
	else if (rule->observe)
		puts("observed, does not count");
	else if (weight == 0)
		puts("ends its session");
	else
		printf("counts %" PRIu32 "%s\n", weight, rule->session == SESSION_SUMMARY ?
		       " if nothing else of its session did" : "");
}

static void print_hit(const struct matching *m, const struct hit *hit)
{
	const struct rule *rule = match_rule_of(m->setup->matcher, hit);
	char addr[ADDR_FMT_SIZE];
	struct json json;

	/* Judged alone, a summary is no error: what it sums up may have been counted, line by line. */
	if (m->form != FORM_TEXT && (hit->weight == 0 || rule->session == SESSION_SUMMARY))
		return;
	addr_fmt(addr, sizeof(addr), &hit->addr);
	if (m->form == FORM_TEXT) {
		print_text(m->line, hit->nobody ? "-" : addr, rule, hit->weight);
	} else if (m->form == FORM_PLAIN) {
		printf("%" PRIu64 " %s %s %u\n", m->line, addr, rule->name, hit->weight);
	} else {
		json_begin(&json, stdout);
		json_uint(&json, "line", m->line);
		json_cstr(&json, "address", addr);
		json_cstr(&json, "rule", rule->name);
		json_uint(&json, "weight", hit->weight);
		json_end(&json);
	}
}

static void match_line(void *arg, const struct line *line)
{
	struct matching *m = arg;
	struct record record;
	struct hit hit;

	m->line++;
	if (m->form == FORM_EXPLAIN) {
		explain_line(&m->setup->rules, m->setup->matcher, line->text);
		return;
	}
	if (export_record(&m->export, line->text, line->bytes, &record) && feed_record(&m->feed, &record, true, &hit))
		print_hit(m, &hit);
}

static int match_stream(struct matching *m, int fd)
{
	struct line_splitter splitter;
	int err = line_init(&splitter);
	ssize_t got = 0;

	while (err == 0) {
		size_t room;
		char *to = line_room(&splitter, &room);

		got = read(fd, to, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		line_feed(&splitter, (size_t)got, false, match_line, m);
	}
	if (err == 0)
		line_flush(&splitter, false, match_line, m);
	if (got < 0)
		err = -errno;
	if (err)
		fprintf(stderr, "mailward match: standard input: %s\n", strerror(-err));
	line_fini(&splitter);
	return err;
}

static int match_all(struct matching *m, const struct cli *cli)
{
	int err = 0;

	for (int i = 0; i < cli->count; i++)
		match_line(m, &(struct line){ .text = text_of(cli->operands[i]) });
	if (cli->count == 0)
		err = match_stream(m, STDIN_FILENO);
	uint64_t skipped = match_limit_hits(m->setup->matcher);
	if (skipped)
		fprintf(stderr, "mailward match: %" PRIu64 " %s skipped at a limit of the regular expressions\n", skipped,
			plural(skipped, "line", "lines"));
	return fflush(stdout) == EOF || ferror(stdout) || err ? EXIT_INPUT : EXIT_DONE;
}

static int match_lines(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct matching m = { .form = cli_given(cli, "explain") ? FORM_EXPLAIN : cli_given(cli, "json") ? FORM_JSON :
				      cli_given(cli, "plain") ? FORM_PLAIN : FORM_TEXT };

	if (m.form != FORM_EXPLAIN && cli->count)
		return cli_refuse(cli, "unexpected '%s'", cli->operands[0]);
	struct setup *setup = setup_load(cli_given(cli, "config"), &problems);
	m.setup = setup;
	if (setup) {
		m.feed = feed_new(setup->matcher);
		m.feed.replay = true;
	}
	int status = setup ? match_all(&m, cli) : EXIT_INPUT;
	setup_free(setup);
	return status;
}

const struct cli_command cli_match = {
	.name = "match",
	.about = "which lines on standard input are errors, and whose",
	.usage = "[-c CONF] [--plain|--json] | --explain [LINE...]",
	.help = "Reads log lines on standard input and prints a line for each that counts as an error.\n",
	.options = {
		CLI_CONF,
		{ "plain", 0, NULL, "<line number> <address> <rule> <weight>" },
		CLI_JSON,
		{ "explain", 0, NULL, "how each line (the arguments, or standard input) is read, and what each rule thought" },
	},
	.operands = CLI_ANY,
	.run = match_lines,
};
