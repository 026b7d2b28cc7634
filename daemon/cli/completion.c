/* completion - mailward completion: what a shell may offer for a command line that is being typed
 *
 * Made from the same tables as the help, at the moment of asking, so that it cannot lag behind. The scripts of the
 * shells (etc/completion/) only ask. Never says what is wrong: nobody reads it in the middle of a line. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "conf/conf.h"

static void offer(const char *word, const char *about, const char *typed)
{
	if (strncmp(word, typed, strlen(typed)) == 0)
		printf("%s\t%s\n", word, about);
}

static const struct cli_command *command_of(const char *word)
{
	for (size_t i = 0; cli_commands[i]; i++)
		if (strcmp(cli_commands[i]->name, word) == 0)
			return cli_commands[i];
	return NULL;
}

static void offer_commands(const char *typed)
{
	for (size_t i = 0; cli_commands[i]; i++)
		offer(cli_commands[i]->name, cli_commands[i]->about, typed);
}

static void offer_options(const struct cli_command *command, const char *typed)
{
	char word[64];

	for (const struct cli_option *option = command->options; option->name; option++) {
		snprintf(word, sizeof(word), "--%s", option->name);
		offer(word, option->about, typed);
	}
	offer("--help", "what it does", typed);
}

/* The option that this word is; NULL: none. */
static const struct cli_option *option_of(const struct cli_command *command, const char *word)
{
	for (const struct cli_option *option = command->options; option->name; option++) {
		bool letter = option->letter && word[0] == '-' && word[1] == option->letter && word[2] == '\0';
		bool name = strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0;

		if (letter || name)
			return option;
	}
	return NULL;
}

/* A value is called what it is: CONF and FILE are files, DIR is a folder; of others nothing is known. */
static void offer_values(const struct cli_option *option)
{
	if (strcmp(option->value, "CONF") == 0 || strcmp(option->value, "FILE") == 0)
		puts(":files");
	else if (strcmp(option->value, "DIR") == 0)
		puts(":dirs");
}

/* The addresses that are dropped now, or allowed, if there is a daemon and we may ask it. */
static void offer_listed(bool allowed, const char *conf_path, const char *typed)
{
	static const char allow[] = "{\"event\":\"allow\"", key[] = "\"address\":\"";
	struct problems quiet = { 0 };
	struct conf conf;
	char *answer = NULL, *rest = NULL;
	size_t len = 0;

	conf_load(&conf, conf_path, &quiet);
	if (conf.socket && client_exchange(conf.socket, "list json", &answer, &len) >= 0)
		for (char *line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			char *at = strstr(line, key), *end = at ? strchr(at + strlen(key), '"') : NULL;

			if (!end || (strncmp(line, allow, strlen(allow)) == 0) != allowed)
				continue;
			*end = '\0';
			offer(at + strlen(key), allowed ? "is allowed now" : "is dropped now", typed);
		}
	free(answer);
	conf_fini(&conf);
}

/* what: as cli_command.completes has it */
static void offer_operands(const char *what, const char *conf_path, const char *typed)
{
	char words[64], *save = NULL;

	if (!what)
		return;
	if (strcmp(what, CLI_DROPPED) == 0 || strcmp(what, CLI_ALLOWED) == 0) {
		offer_listed(strcmp(what, CLI_ALLOWED) == 0, conf_path, typed);
		return;
	}
	snprintf(words, sizeof(words), "%s", what);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (*word == ':')
			puts(word);
		else
			offer(word, "", typed);
	}
}

/* words: behind the command's name; the last is being typed. */
static void offer_for(const struct cli_command *command, char **words, int count)
{
	const char *typed = words[count - 1], *conf_path = NULL;
	const struct cli_option *open = NULL;	/* its value comes next */
	int operands = 0;

	for (int i = 0; i < count - 1; i++) {
		if (strcmp(words[i], "=") == 0)		/* bash takes "--config=x" apart */
			continue;
		if (open) {
			conf_path = strcmp(open->name, "config") == 0 ? words[i] : conf_path;
			open = NULL;
			continue;
		}
		open = option_of(command, words[i]);
		operands += !open && *words[i] != '-';
		if (open && !open->value)
			open = NULL;
	}
	if (open)
		offer_values(open);
	else if (*typed == '-')
		offer_options(command, typed);
	else if (operands < command->operands)
		offer_operands(command->completes[operands > 0], conf_path, typed);
}

static int completion(const struct cli *cli)
{
	const struct cli_command *command = cli->count > 1 ? command_of(cli->operands[0]) : NULL;

	if (cli->count == 0)
		return cli_refuse(cli, "-- and the words of a command line behind \"mailward\" would be right");
	if (cli->count == 1 || (cli->count == 2 && strcmp(cli->operands[0], "help") == 0))
		offer_commands(cli->operands[cli->count - 1]);
	else if (command)
		offer_for(command, cli->operands + 1, cli->count - 1);
	return EXIT_DONE;
}

const struct cli_command cli_completion = {
	.name = "completion",
	.about = "what a shell offers when Tab is pressed",
	.usage = "-- [WORD...] WORD",
	.help = "Prints what the last word of a command line may become, one a line with a tab and what it is; \":files\"\n"
		"and \":dirs\" stand for what only the shell knows. The scripts of bash, zsh and fish ask it.\n",
	.operands = CLI_ANY,
	.run = completion,
};
