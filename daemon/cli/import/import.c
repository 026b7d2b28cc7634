/* import - mailward import: what other programs know, in our formats; so far fail2ban's filter files
 *
 * Prints a pattern file. Trusts nothing: a rule that could be made to blame somebody else, or that cannot be
 * translated, is printed as a comment with the reason. Reads files, writes none, needs no daemon. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/import/filter.h"
#include "cli/import/filter_globs.h"
#include "cli/import/filter_regex.h"
#include "match/match.h"
#include "match/rules_load.h"
#include "match/rules_read.h"

#define PROGRAMS_MAX 1024
#define CANDIDATE "(rule)"

struct import {
	struct problems problems;
	struct filter filter;
	const char *path;
	char service[RULE_NAME_MAX / 2];
	char programs[PROGRAMS_MAX];	/* of lines with a syslog header */
	bool programs_known;
	const char *current;		/* the last program statement printed */
	struct text prefregex;
	char *ignore;			/* lookaheads for all of ignoreregex */
	size_t ignore_len;
	unsigned rules, refused;
};

/* ---- the names a pattern file wants ---- */

static void service_name(struct import *im)
{
	const char *slash = strrchr(im->path, '/');
	size_t len = 0;

	for (const char *c = slash ? slash + 1 : im->path; *c && *c != '.' && len + 1 < sizeof(im->service); c++) {
		char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
		bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
		im->service[len++] = fits ? lower : '-';
	}
	if (len == 0)
		memcpy(im->service, "imported", sizeof("imported"));
}

static void take_daemon(void *arg, const struct filter_line *line)
{
	struct import *im = arg;

	im->programs_known = filter_globs(im->programs, sizeof(im->programs), line->text);
	if (!im->programs_known)
		problem_warning(&line->spot, "_daemon: no program tags can be made of this; --program GLOB names them");
}

static void find_programs(struct import *im, const char *program)
{
	if (program) {
		snprintf(im->programs, sizeof(im->programs), "%s", program);
		im->programs_known = true;
	} else {
		filter_each(&im->filter, "_daemon", take_daemon, im);
	}
	if (!im->programs_known)
		snprintf(im->programs, sizeof(im->programs), "%s", im->service);
}

/* ---- one rule ---- */

/* The filter was written by somebody else: no byte of it reaches the terminal, or begins a line of ours, as it is. */
static void put_shown(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar(text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?');
}

static void put_place(const struct filter_line *line)
{
	put_shown(text_of(line->spot.file));
	printf(":%u", line->spot.line);
}

/* What a problem said, as comments; its file, line and column, which are the candidate's, left out. */
static void print_reason(const struct filter_line *line, struct text said)
{
	for (bool first = true; said.len; first = false) {
		const char *lf = memchr(said.at, '\n', said.len);
		struct text reason = { said.at, lf ? (size_t)(lf - said.at) : said.len };
		size_t whole = reason.len + (lf != NULL);

		if (text_starts(reason, TEXT(CANDIDATE))) {
			const char *colon = memmem(reason.at, reason.len, ": ", 2);
			size_t cut = colon ? (size_t)(colon - reason.at) + 2 : 0;
			reason = (struct text){ reason.at + cut, reason.len - cut };
		}
		fputs("#    ", stdout);
		put_shown(reason);
		putchar('\n');
		if (first)
			problem_warning(&line->spot, "not imported: %.*s", (int)reason.len, reason.at);
		said = (struct text){ said.at + whole, said.len - whole };
	}
}

static bool is_addr(const struct filter_regex *regex, size_t i)
{
	return text_starts((struct text){ regex->text + i, regex->len - i }, TEXT("<addr>"));
}

/* (?:IPv6:<IP6>|<IP4>) has two addresses, a pattern one: a match line for each, in which the others' branches are dead. */
static void put_matches(const struct import *im, const struct filter_regex *regex, const char *indent, FILE *out)
{
	size_t count = 0, which = 0;

	do {
		size_t met = 0;

		fprintf(out, "%smatch   %.*s", indent, (int)im->ignore_len, im->ignore ? im->ignore : "");
		for (size_t i = 0; i < regex->len; i++) {
			bool addr = is_addr(regex, i);
			if (addr && met++ != which)
				fputs("(?!)", out);
			else if (addr)
				fputs("<addr>", out);
			else
				fputc(regex->text[i], out);
			i += addr ? sizeof("<addr>") - 2 : 0;
		}
		fputc('\n', out);
		count = met;
	} while (++which < count);
}

static void print_rule(struct import *im, const struct filter_line *line, const struct filter_regex *regex, const char *mark)
{
	bool tagged = regex->header || (!regex->anchored && im->programs_known);
	const char *program = tagged ? im->programs : "-";

	if (!im->current || strcmp(im->current, program) != 0)
		printf("\nprogram %s\n", program);
	im->current = program;
	printf("\n%srule failregex-%u\n%s    about   ", mark, im->rules, mark);
	put_place(line);
	putchar('\n');
	put_matches(im, regex, *mark ? "#     " : "    ", stdout);
}

/* Would mailward check take it? *said: why not; the caller frees it. */
static bool try_rule(const struct import *im, const struct filter_regex *regex, char **said, size_t *size)
{
	struct problems problems = { .out = open_memstream(said, size) };
	struct rules rules = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	struct matcher *matcher = NULL;

	if (!problems.out || !file)
		abort();
	fputs("service x\nprogram x\nrule x\nabout x\n", file);
	put_matches(im, regex, "", file);
	fclose(file);
	rules_read_text(&rules, CANDIDATE, (struct text){ text, len }, false, &problems);
	if (problems.count == 0)
		matcher = match_new_all(&rules, &problems);
	match_free(matcher);
	rules_fini(&rules);
	free(text);
	fclose(problems.out);
	return problems.count == 0;
}

static void refuse(struct import *im, const struct filter_line *line, const char *why)
{
	im->refused++;
	fputs("\n# ", stdout);
	put_place(line);
	printf(" cannot be translated: %s\n#    ", why);
	put_shown(line->text);
	putchar('\n');
	problem_warning(&line->spot, "not imported: %s", why);
}

static void import_failregex(void *arg, const struct filter_line *line)
{
	struct import *im = arg;
	static struct filter_regex regex;	/* large, and used one at a time */
	static char composed[FILTER_REGEX_MAX];
	struct text python = line->text;
	char *said = NULL;
	size_t size = 0;

	im->rules++;
	if (im->prefregex.len) {
		python = (struct text){ composed, 0 };
		if (!filter_regex_compose(composed, &python.len, im->prefregex, line->text)) {
			refuse(im, line, "prefregex has no <F-CONTENT> to put it into, or is too long");
			return;
		}
	}
	if (!filter_regex_translate(&regex, python)) {
		refuse(im, line, regex.refused);
		return;
	}
	bool fine = try_rule(im, &regex, &said, &size);
	print_rule(im, line, &regex, fine ? "" : "# ");
	if (!fine) {
		im->refused++;
		print_reason(line, (struct text){ said, size });
	}
	free(said);
}

/* ---- the file ---- */

static void take_prefregex(void *arg, const struct filter_line *line)
{
	struct import *im = arg;

	im->prefregex = line->text;
}

static void ignore_put(struct import *im, const char *at, size_t len)
{
	char *grown = realloc(im->ignore, im->ignore_len + len);

	if (!grown)
		abort();
	memcpy(grown + im->ignore_len, at, len);
	im->ignore = grown;
	im->ignore_len += len;
}

/* A line that an ignoreregex matches is no failure: nothing may match from the message's first byte. */
static void take_ignoreregex(void *arg, const struct filter_line *line)
{
	struct import *im = arg;
	static struct filter_regex regex;

	if (!filter_regex_translate(&regex, line->text)) {
		refuse(im, line, regex.refused);
		return;
	}
	ignore_put(im, "(?!", 3);
	for (size_t i = 0; i < regex.len; i++) {	/* an address there blames nobody */
		bool addr = is_addr(&regex, i);
		ignore_put(im, addr ? "\\S+" : regex.text + i, addr ? 3 : 1);
		i += addr ? sizeof("<addr>") - 2 : 0;
	}
	ignore_put(im, ")", 1);
}

static int import_filter(struct import *im, const char *mode, const char *program)
{
	bool read;

	im->filter.problems = &im->problems;
	read = filter_read(&im->filter, im->path, mode);
	if (read) {
		service_name(im);
		fputs("# Imported from ", stdout);
		put_shown(text_of(im->path));
		printf(". Read each rule, weigh it, and give it a hit: \"hit ADDRESS MESSAGE\".\n\nservice %s\n", im->service);
		find_programs(im, program);
		filter_each(&im->filter, "prefregex", take_prefregex, im);
		im->refused += filter_each(&im->filter, "ignoreregex", take_ignoreregex, im);
		im->refused += filter_each(&im->filter, "failregex", import_failregex, im);
		if (im->rules == 0)
			problem(SPOT(&im->problems, im->path, 0), "has no failregex that could be read");
	}
	filter_fini(&im->filter);
	free(im->ignore);
	return read && im->refused == 0 && im->problems.count == 0 ? EXIT_DONE : EXIT_INPUT;
}

static int import(const struct cli *cli)
{
	struct import im = { .problems = { .out = stderr } };

	if (cli->count != 2 || strcmp(cli->operands[0], "filter") != 0)
		return cli_refuse(cli, "the word filter and one FILE would be right");
	im.path = cli->operands[1];
	return import_filter(&im, cli_given(cli, "mode"), cli_given(cli, "program"));
}

const struct cli_command cli_import = {
	.name = "import",
	.about = "fail2ban filter files as pattern files",
	.usage = "filter [--mode MODE] [--program GLOB] FILE",
	.help = "Prints a fail2ban filter file as a pattern file: each failregex that nobody can misuse as a rule, the others as\n"
		"comments with the reason, which is told on stderr, too. Give each rule a hit, a line that it must match, before\n"
		"you put the file into " RULES_LOCAL_DIR ": mailward check asks for one. Exit status 1: something was not imported.\n",
	.options = {
		{ "mode", 0, "MODE", "stands for <mode>, as in filter = name[mode=MODE] of a jail" },
		{ "program", 0, "GLOB", "the programs whose lines these are, if the filter's _daemon does not tell" },
	},
	.operands = 2,
	.run = import,
};
