/* main - argv to command table, nothing else */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

static const struct command {
	const char *name;
	cli_fn *run;
	const char *about;
} commands[] = {
	{ "run", cli_run, "follow the mail log, drop attackers in the kernel" },
	{ "scan", cli_scan, "replay logs: what would have been banned" },
	{ "match", cli_match, "which lines on standard input are errors, and whose" },
	{ "check", cli_check, "is the config right, and every pattern" },
	{ "status", cli_status, "what the running daemon follows, has counted and has banned" },
	{ "list", cli_list, "who is dropped now, for how long and why" },
	{ "ban", cli_ban, "drop an address or a network by hand" },
	{ "unban", cli_unban, "stop dropping an address, a network, or everybody" },
	{ "explain", cli_explain, "all that is known of one address" },
	{ "reload", cli_reload, "read config and patterns again, counts and bans carry over" },
	{ "import", cli_import, "fail2ban filter files as pattern files" },
	{ NULL, NULL, NULL },
};

static int help(FILE *out, int status)
{
	fputs("usage: mailward COMMAND [OPTION...]\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->about);
	fputs("\nmailward COMMAND --help tells more; mailward --version tells the version.\n"
	      "Exit status: 0 done, 1 the input or the check failed, 2 usage, 3 no daemon.\n", out);
	return status;
}

/* finish - output that could not be written is not done */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "mailward: cannot write: %s\n", strerror(errno));
	return status == EXIT_DONE ? EXIT_INPUT : status;
}

int main(int argc, char **argv)
{
	static char name[64];
	const char *word = argc >= 2 ? argv[1] : "";

	if (strcmp(word, "--version") == 0) {
		puts("mailward " MAILWARD_VERSION);
		return finish(EXIT_DONE);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return finish(help(stdout, EXIT_DONE));
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, word) == 0) {
			snprintf(name, sizeof(name), "mailward %s", c->name);
			argv[1] = name;
			return finish(c->run(argc - 1, argv + 1));
		}
	if (argc >= 2) {
		text_escape(name, sizeof(name), (struct text){ word, strlen(word) });
		fprintf(stderr, "mailward: unknown %s '%s'\n\n", *word == '-' ? "option" : "command", name);
	}
	return help(stderr, EXIT_USAGE);
}
