/* options - see cli.h
 *
 * getopt_long(3) takes the arguments apart; what it would say of wrong ones, it would say in raw bytes. */
#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/cli.h"

enum { HELP = 256, FIRST };	/* what getopt_long() returns for --help, and for a command's first option; no letter */

const char *cli_given(const struct cli *cli, const char *name)
{
	const struct cli_option *option = cli->command->options;

	while (option->name && strcmp(option->name, name) != 0)
		option++;
	assert(option->name);
	return cli->values[option - cli->command->options];
}

const char *cli_next(const struct cli *cli, const char *name, size_t *cursor)
{
	while (*cursor < cli->word_count) {
		const struct cli_word *word = &cli->words[(*cursor)++];

		if (strcmp(word->option->name, name) == 0)
			return word->value;
	}
	return NULL;
}

static void put_option(const struct cli_option *option, int width)
{
	char left[64];
	char letter[] = "   ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c,", option->letter);
	snprintf(left, sizeof(left), "%s --%s%s%s", letter, option->name, option->value ? " " : "",
		 option->value ? option->value : "");
	printf("  %-*s%s\n", width, left, option->about);
}

int cli_help(const struct cli_command *command)
{
	size_t widest = strlen("help");

	for (const struct cli_option *o = command->options; o->name; o++) {
		size_t wide = strlen(o->name) + (o->value ? 1 + strlen(o->value) : 0);
		widest = wide > widest ? wide : widest;
	}
	printf("usage: mailward %s %s\n\n%s\n", command->name, command->usage, command->help);
	for (const struct cli_option *o = command->options; o->name; o++)
		put_option(o, (int)widest + 9);
	put_option(&(struct cli_option){ "help", 'h', NULL, "this text" }, (int)widest + 9);
	return EXIT_DONE;
}

int cli_refuse(const struct cli *cli, const char *fmt, ...)
{
	char raw[1024], shown[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	fprintf(stderr, "mailward %s: %s\nusage: mailward %s %s\n", cli->command->name,
		text_printable(shown, sizeof(shown), text_of(raw)), cli->command->name, cli->command->usage);
	return EXIT_USAGE;
}

/* Why getopt_long() returned this, and about which argument. */
static int refuse(const struct cli *cli, int got, char **argv)
{
	const char *about = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt != 0 && optopt < HELP)
		about = letter;
	if (got == ':')
		return cli_refuse(cli, "%s needs a value", about);
	return cli_refuse(cli, optopt < HELP ? "there is no option '%s'" : "'%s': the option takes no value", about);
}

static int carry_out(struct cli *cli, int argc, char **argv)
{
	struct option longs[CLI_OPTIONS_MAX + 2] = { { "help", no_argument, NULL, HELP } };
	char letters[2 * CLI_OPTIONS_MAX + 3] = ":h";
	const struct cli_command *command = cli->command;
	size_t used = strlen(letters);
	int got;

	for (int i = 0; command->options[i].name; i++) {
		const struct cli_option *option = &command->options[i];
		int has_value = option->value ? required_argument : no_argument;

		longs[i + 1] = (struct option){ option->name, has_value, NULL, FIRST + i };
		if (option->letter)
			letters[used++] = option->letter;
		if (option->letter && option->value)
			letters[used++] = ':';
	}
	while ((got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		int i = got - FIRST;

		if (got == 'h' || got == HELP)
			return cli_help(command);
		if (got == '?' || got == ':')
			return refuse(cli, got, argv);
		for (int j = 0; i < 0 && command->options[j].name; j++)
			if (command->options[j].letter == got)
				i = j;
		cli->values[i] = optarg ? optarg : "";
		if (command->options[i].value)	/* each has an argument of its own; of flags, one may hold many */
			cli->words[cli->word_count++] = (struct cli_word){ &command->options[i], cli->values[i] };
	}
	cli->operands = argv + optind;
	cli->count = argc - optind;
	if (cli->count > command->operands)
		return cli_refuse(cli, "unexpected '%s'", cli->operands[command->operands]);
	return command->run(cli);
}

int cli_options(const struct cli_command *command, int argc, char **argv)
{
	struct cli cli = { .command = command, .words = calloc((size_t)argc, sizeof(*cli.words)) };
	int status = cli.words ? carry_out(&cli, argc, argv) : EXIT_INPUT;

	free(cli.words);
	return status;
}
