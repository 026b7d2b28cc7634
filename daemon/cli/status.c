/* status - mailward status: how the running daemon is */
#include <stdio.h>

#include "cli/client.h"

/* For a monitoring plugin nobody at home is a finding, too, and told where all findings are. */
static int check(const struct cli *cli)
{
	int status = client_ask(cli, "status check");

	if (status != EXIT_NO_DAEMON)
		return status;
	puts("MAILWARD CRITICAL - the daemon does not answer");
	return CLIENT_CRITICAL;
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
		"--check is for monitoring: one line; exit status 0 when all is well, 1 for a warning, 2 when it is critical.\n",
	.options = { CLI_SOCKET, CLI_JSON, { "check", 0, NULL, "one line for a monitoring plugin" } },
	.run = status,
};
