/* main - argv to command table, nothing else */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct command {
	const char *name;
	cli_fn *run;
	const char *about;
} commands[] = {
	{ NULL, NULL, NULL },
};

static void usage(FILE *out)
{
	fputs("usage: mailward COMMAND [OPTION...]\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->about);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		puts("mailward " MAILWARD_VERSION);
		return EXIT_DONE;
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return EXIT_DONE;
	}
	for (const struct command *c = commands; argc >= 2 && c->name; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(argc - 1, argv + 1);
	usage(stderr);
	return EXIT_USAGE;
}
