/* status - mailward status: how the running daemon is */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"

/* For a monitoring plugin nobody at home is a finding, too, and told where all findings are; who may not ask, or cannot read
 * whom to ask, has found nothing. */
static int check(const struct cli *cli)
{
	char *answer = NULL, *path = NULL;
	size_t len = 0;
	int err = client_receive(cli, "status check", &path, &answer, &len), status;

	status = err >= 0 ? client_said(path, (struct text){ answer, len }) : client_refused(cli, path, err);
	free(answer);
	if (err < 0 && status == EXIT_INPUT) {
		printf("MAILWARD UNKNOWN - the daemon cannot be asked: %s\n", !path || err == -ENOENT || err == -ECONNREFUSED ?
		       "the configuration is wrong" : strerror(-err));
		status = CLIENT_UNKNOWN;
	} else if (status == EXIT_NO_DAEMON) {
		puts("MAILWARD CRITICAL - the daemon does not answer");
		status = CLIENT_CRITICAL;
	}
	free(path);
	return status;
}

static int status(const struct cli *cli)
{
	if (cli_given(cli, "check") && cli_given(cli, "json"))
		return cli_refuse(cli, "--check is one line, --json several");
	return cli_given(cli, "check") ? check(cli) : client_show(cli);
}

const struct cli_command cli_status = {
	.name = "status",
	.about = "what the running daemon follows, has counted and has banned",
	.usage = "[-c CONF] [--json | --check]",
	.help = "Shows what the running daemon follows, has counted and has banned, and what is wrong.\n"
		"Exit status 1: it runs, but reads nothing.\n"
		"--check is for monitoring: one line; exit status 0 when all is well, 1 for a warning, 2 when it is critical or no\n"
		"daemon answers, 3 when whoever asks may not, or the configuration is wrong.\n",
	.options = { CLI_SOCKET, CLI_JSON, { "check", 0, NULL, "one line for a monitoring plugin" } },
	.run = status,
};
