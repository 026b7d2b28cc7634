/* status - mailward status: how the running daemon is */
#include "cli/client.h"

const struct cli_command cli_status = {
	.name = "status",
	.about = "what the running daemon follows, has counted and has banned",
	.usage = "[-c CONF] [--json]",
	.help = "Shows what the running daemon follows, has counted and has banned. Exit status 1: it runs, but reads nothing.\n",
	.options = { CLI_SOCKET, CLI_JSON },
	.run = client_show,
};
