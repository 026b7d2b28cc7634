/* help - the usage text of a command: shown when asked for, or as the answer to a wrong command line */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/help.h"

int help_show(const char *text)
{
	fputs(text, stdout);
	return EXIT_DONE;
}

int help_refuse(const char *text)
{
	fprintf(stderr, "%.*s\n", (int)strcspn(text, "\n"), text);
	return EXIT_USAGE;
}

int help_unexpected(const char *text, const char *command, const char *argument)
{
	char shown[128];

	text_escape(shown, sizeof(shown), (struct text){ argument, strlen(argument) });
	fprintf(stderr, "%s: unexpected '%s'\n", command, shown);
	return help_refuse(text);
}
