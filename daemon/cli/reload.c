/* reload - mailward reload: have the running daemon read its config and patterns again */
#include <stdio.h>

#include "cli/client.h"
#include "cli/listing.h"

static int reload(const struct cli *cli)
{
	int status = client_ask(cli, "reload");

	if (status == EXIT_DONE)
		listing_problems(cli, stdout);
	return status;
}

const struct cli_command cli_reload = {
	.name = "reload",
	.about = "read config and patterns again, counts and bans carry over",
	.usage = "[-c CONF]",
	.help = "Has the running daemon read its config and patterns again. They are checked first: if anything is wrong, it is\n"
		"said, and nothing changes. Counts, bans and offsets carry over.\n",
	.options = { CLI_SOCKET },
	.run = reload,
};
