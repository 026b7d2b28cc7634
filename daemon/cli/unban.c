/* unban - mailward unban: stop dropping an address, a network, or everybody */
#include <stdio.h>

#include "cli/client.h"

static int unban(const struct cli *cli)
{
	char request[16 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];
	bool all = cli_given(cli, "all");

	if (all && cli->count)
		return cli_refuse(cli, "unexpected '%s'", cli->operands[0]);
	if (!all && !client_prefix(cli, address))
		return EXIT_USAGE;
	snprintf(request, sizeof(request), "unban %s", all ? "--all" : address);
	return client_ask(cli, request);
}

const struct cli_command cli_unban = {
	.name = "unban",
	.about = "stop dropping an address, a network, or everybody",
	.usage = "[-c CONF] ADDR[/LEN] | --all",
	.help = "Stops dropping an address or a network at once.\n",
	.options = { CLI_SOCKET, { "all", 'a', NULL, "everything that is banned or delayed" } },
	.operands = 1,
	.run = unban,
};
