/* explain - mailward explain: all that the daemon knows of one address */
#include <stdio.h>

#include "cli/client.h"

static int explain(const struct cli *cli)
{
	char request[32 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];

	if (!client_prefix(cli, address))
		return EXIT_USAGE;
	snprintf(request, sizeof(request), "explain %s%s", address, cli_given(cli, "json") ? " json" : "");
	return client_ask(cli, request);
}

const struct cli_command cli_explain = {
	.name = "explain",
	.about = "all that is known of one address",
	.usage = "[-c CONF] [--json] ADDR",
	.help = "Says whether an address is dropped and why, what it has been counted for, and what would come next;\n"
		"and which line of which blocklist speaks of it.\n",
	.options = { CLI_SOCKET, CLI_JSON },
	.operands = 1,
	.run = explain,
};
