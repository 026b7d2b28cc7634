/* main - argv to command table, nothing else */
#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/cli.h"

const struct cli_command *const cli_commands[] = {
	&cli_run, &cli_scan, &cli_whatif, &cli_report, &cli_match, &cli_check, &cli_status, &cli_top, &cli_list, &cli_ban, &cli_unban,
	&cli_allow, &cli_unallow, &cli_explain, &cli_forget, &cli_reload, &cli_events, &cli_notify, &cli_metrics, &cli_enforce, &cli_clear,
	&cli_import, &cli_fleet, &cli_completion, NULL,
};

static int help(FILE *out, int status)
{
	fputs("usage: mailward COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; cli_commands[i]; i++)
		fprintf(out, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->about);
	fputs("\nmailward COMMAND --help tells more; mailward --version tells the version.\n"
	      "Exit status: 0 done, 1 the input or the check failed, 2 usage, 3 no daemon.\n", out);
	return status;
}

/* Output that could not be written is not done. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "mailward: cannot write: %s\n", strerror(errno));
	return status == EXIT_DONE ? EXIT_INPUT : status;
}

int main(int argc, char **argv)
{
	const char *word = argc >= 2 ? argv[1] : "";
	bool asks = strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
	char shown[64];

	if (strcmp(word, "--version") == 0) {
		puts("mailward " MAILWARD_VERSION);
		return finish(EXIT_DONE);
	}
	if (asks && argc == 2)
		return finish(help(stdout, EXIT_DONE));
	if (asks)	/* "help COMMAND" */
		word = argv[2];
	for (size_t i = 0; cli_commands[i]; i++)
		if (strcmp(cli_commands[i]->name, word) == 0)
			return finish(asks ? cli_help(cli_commands[i]) : cli_options(cli_commands[i], argc - 1, argv + 1));
	if (argc >= 2)
		fprintf(stderr, "mailward: unknown %s '%s'\n\n", *word == '-' ? "option" : "command",
			text_escape(shown, sizeof(shown), text_of(word)));
	return help(stderr, EXIT_USAGE);
}
