/* match - mailward match: which lines on standard input are errors, and whose
 *
 * Judges each line alone: no clock, no window, no session, no allow-list. What people write patterns with, and what
 * the corpus tests run. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/explain_line.h"
#include "cli/help.h"
#include "source/line.h"

static const char help[] =
	"usage: mailward match [-c CONF] [--plain|--json] | --explain [LINE...]\n"
	"\n"
	"Reads log lines on standard input and prints a line for each that counts as an error.\n"
	"\n"
	"  -c, --config CONF   config file (default " CONF_PATH_DEFAULT ", else built-in defaults)\n"
	"      --plain         <line number> <address> <rule> <weight>\n"
	"      --json          one JSON object a line\n"
	"      --explain       how each line (the arguments, or standard input) is read, and what each rule thought\n"
	"  -h, --help          this text\n";

enum form { FORM_TEXT, FORM_PLAIN, FORM_JSON, FORM_EXPLAIN };

struct matching {
	enum form form;
	struct rules rules;
	struct matcher *matcher;
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
	const struct rule *rule = match_rule_of(m->matcher, hit);
	char addr[ADDR_FMT_SIZE];
	struct json json;

	/* judged alone, a summary is no error: what it sums up may have been counted, line by line */
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
		explain_line(&m->rules, m->matcher, line->text);
		return;
	}
	record_parse(&record, line->text);
	if (match(m->matcher, &record, &hit))
		print_hit(m, &hit);
}

static int match_stream(struct matching *m, int fd)
{
	struct line_splitter splitter;
	int error = line_init(&splitter);
	ssize_t got = 0;

	while (error == 0) {
		size_t room;
		char *to = line_room(&splitter, &room);

		got = read(fd, to, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		line_feed(&splitter, (size_t)got, false, match_line, m);
	}
	if (error == 0)
		line_flush(&splitter, false, match_line, m);
	if (got < 0)
		error = -errno;
	if (error)
		fprintf(stderr, "mailward match: standard input: %s\n", strerror(-error));
	line_fini(&splitter);
	return error;
}

static int match_all(struct matching *m, int argc, char **argv)
{
	int error = 0;

	for (int i = 0; i < argc; i++)
		match_line(m, &(struct line){ .text = { argv[i], strlen(argv[i]) } });
	if (argc == 0)
		error = match_stream(m, STDIN_FILENO);
	if (match_limit_hits(m->matcher))
		fprintf(stderr, "mailward match: %" PRIu64 " lines skipped at a limit of the regular expressions\n",
			match_limit_hits(m->matcher));
	return fflush(stdout) == EOF || ferror(stdout) || error ? EXIT_INPUT : EXIT_DONE;
}

int cli_match(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "plain", no_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "explain", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct problems problems = { .out = stderr };
	struct matching m = { .form = FORM_TEXT };
	struct conf conf = { 0 };
	const char *path = NULL;
	int option, status = EXIT_INPUT;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case 'p': m.form = FORM_PLAIN; break;
		case 'j': m.form = FORM_JSON; break;
		case 'e': m.form = FORM_EXPLAIN; break;
		case 'h': return help_show(help);
		default: return help_refuse(help);
		}
	}
	if (m.form != FORM_EXPLAIN && optind < argc)
		return help_refuse(help);
	if (conf_load(&conf, path, &problems) && rules_load(&m.rules, &conf, &problems) &&
	    (m.matcher = match_new(&m.rules, &problems)) != NULL)
		status = match_all(&m, argc - optind, argv + optind);
	match_free(m.matcher);
	rules_fini(&m.rules);
	conf_fini(&conf);
	return status;
}
