/* import - mailward import: what fail2ban knows, in our formats
 *
 * Reads the command line and hands over to a Python program, share/import, which becomes this process: what it reads is
 * fail2ban's, in fail2ban's language. The only file that may exec, and no part of the daemon. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "cli/cli.h"
#include "conf/conf.h"

#define PYTHON "/usr/bin/python3"	/* the system's own, which sees the system's fail2ban */

/* The program itself, and the folder of the Python program beside the sources it was built in, or installed. */
static bool find(char *self, char *folder, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", self, size - 1);
	struct stat st;

	if (len <= 0)
		return false;
	self[len] = '\0';
	const char *build = NULL;
	for (const char *at = self; (at = strstr(at, "/build/")); at++)
		build = at;
	if (build && (size_t)snprintf(folder, size, "%.*s/share/import", (int)(build - self), self) < size &&
	    stat(folder, &st) == 0)
		return true;
	return (size_t)snprintf(folder, size, "%s/import", MAILWARD_DATADIR) < size;
}

/* What the daemon lets a ban last at most, for the program that asks it for bans; false: the config is wrong. */
static bool longest_ban(const char *conf_path, char *option, size_t size)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	bool fit = conf_load(&conf, conf_path, &problems);

	snprintf(option, size, "longest=%u", conf.policy.ban_time_max_s);
	conf_fini(&conf);
	return fit;
}

/* Returns only if there is no Python. */
static int become(char **words)
{
	execv(PYTHON, words);
	if (errno == ENOENT)
		execvp("python3", words);
	if (errno == ENOENT)
		fputs("mailward import: python3 is missing, with Debian \"apt install python3\" would be right\n", stderr);
	else
		fprintf(stderr, "mailward import: cannot start " PYTHON ": %s\n", strerror(errno));
	return EXIT_INPUT;
}

/* The options, each for one of the words. */
static const struct {
	const char *name, *word;
} passed[] = {
	{ "mode", "filter" }, { "program", "filter" }, { "to", "filter" },
	{ "config", "bans" }, { "jail", "bans" }, { "dry-run", "bans" },
};

/* EXIT_DONE if the command line is right. */
static int fits(const struct cli *cli)
{
	const char *word = cli->count ? cli->operands[0] : "";
	bool filter = strcmp(word, "filter") == 0, bans = strcmp(word, "bans") == 0, jails = strcmp(word, "fail2ban") == 0;

	if (!filter && !bans && !jails)
		return cli_refuse(cli, "'%s': one of the words filter, fail2ban and bans would be right", word);
	if (filter ? cli->count < 2 : bans ? cli->count != 2 : cli->count > 2)
		return cli_refuse(cli, filter ? "which FILE?" : bans ? "one FILE would be right" : "one DIR would be right");
	if (filter && cli->count > 2 && !cli_given(cli, "to"))
		return cli_refuse(cli, "several files make several pattern files, --to DIR would be right");
	for (size_t i = 0; i < COUNT(passed); i++)
		if (cli_given(cli, passed[i].name) && strcmp(word, passed[i].word) != 0)
			return cli_refuse(cli, "--%s is for import %s", passed[i].name, passed[i].word);
	return EXIT_DONE;
}

static int import(const struct cli *cli)
{
	/* -I: takes nothing from the environment; -B: writes nothing beside the program. */
	static char python[] = "python3", alone[] = "-IB", end[] = "--";
	char self[PATH_MAX], folder[PATH_MAX], given[COUNT(passed)][PATH_MAX], longest[32];
	size_t count = 0;
	int status = fits(cli);

	if (status != EXIT_DONE)
		return status;
	if (!find(self, folder, sizeof(folder))) {
		fprintf(stderr, "mailward import: cannot find itself: %s\n", strerror(errno));
		return EXIT_INPUT;
	}
	if (strcmp(cli->operands[0], "bans") == 0 && !longest_ban(cli_given(cli, "config"), longest, sizeof(longest)))
		return EXIT_INPUT;
	char **words = calloc((size_t)cli->count + COUNT(passed) + 8, sizeof(*words));
	if (!words)
		return EXIT_INPUT;
	words[count++] = python;
	words[count++] = alone;
	words[count++] = folder;
	words[count++] = self;
	words[count++] = cli->operands[0];
	for (size_t i = 0; i < COUNT(passed); i++) {
		const char *value = cli_given(cli, passed[i].name);

		if (value && (size_t)snprintf(given[i], sizeof(given[i]), "%s=%s", passed[i].name, value) < sizeof(given[i]))
			words[count++] = given[i];
		else if (value)
			status = cli_refuse(cli, "the value of --%s is too long", passed[i].name);
	}
	if (strcmp(cli->operands[0], "bans") == 0)
		words[count++] = longest;
	words[count++] = end;
	for (int i = 1; i < cli->count; i++)
		words[count++] = cli->operands[i];
	if (status == EXIT_DONE)
		status = become(words);
	free(words);
	return status;
}

const struct cli_command cli_import = {
	.name = "import",
	.about = "a fail2ban set-up, its filters or its bans, for mailward",
	.usage = "filter FILE... | fail2ban [DIR] | bans FILE",
	.help = "filter: prints a fail2ban filter file as a pattern file: each failregex that nobody can misuse as a rule,\n"
		"the others as comments with the reason, which is told on stderr, too. Several files go to --to DIR.\n"
		"fail2ban: reads a configuration (default /etc/fail2ban) and prints the mailward.conf that does the same for mail,\n"
		"with a comment for each line, and says what has no equivalent and what stays with fail2ban.\n"
		"bans: has the running daemon take over the bans that fail2ban's database holds, for the rest of their time.\n"
		"Exit status 1: something was not imported.\n",
	.options = {
		{ "mode", 0, "MODE", "filter: stands for <mode>, as in filter = name[mode=MODE] of a jail" },
		{ "program", 0, "GLOB", "filter: the programs whose lines these are, if the filter's _daemon does not tell" },
		{ "to", 0, "DIR", "filter: write NAME.pat there, over no file that exists" },
		{ "config", 'c', "CONF", "bans: config file whose daemon is asked" },
		{ "jail", 0, "NAME,...", "bans: of these jails (default: those of mail services; all: of all)" },
		{ "dry-run", 0, NULL, "bans: print the commands instead" },
	},
	.operands = CLI_ANY,
	.completes = { "filter fail2ban bans", ":files" },
	.run = import,
};
