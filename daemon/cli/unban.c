/* unban - mailward unban: stop dropping addresses, networks, or everybody */
#include <stdio.h>

#include "cli/client.h"
#include "cli/listing.h"

static int unban(const struct cli *cli)
{
	const char *here = cli_given(cli, "here") ? "-here" : "";
	char request[24 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];
	struct prefix prefix;
	bool all = cli_given(cli, "all");
	int worst = EXIT_DONE;

	if (all && cli->count)
		return cli_refuse(cli, "unexpected '%s'", cli->operands[0]);
	if (all)
		return client_ask(cli, *here ? "unban-here --all" : "unban --all");
	if (!client_prefixes(cli))
		return EXIT_USAGE;
	for (int i = 0; i < cli->count && worst != EXIT_NO_DAEMON; i++) {
		client_prefix(cli, i, address);
		snprintf(request, sizeof(request), "unban%s %s", here, address);
		int status = client_ask(cli, request);
		if (status != EXIT_NO_DAEMON && !prefix_parse(text_of(address), true, &prefix))
			listing_unban(cli, &prefix, status == EXIT_DONE ? stdout : stderr);
		worst = status > worst ? status : worst;
	}
	return worst;
}

const struct cli_command cli_unban = {
	.name = "unban",
	.about = "stop dropping addresses, networks, or everybody",
	.usage = "[-c CONF] ADDR[/LEN]... | --all [--here]",
	.help = "Stops dropping addresses or networks at once, with every network around them that is banned, and says what\n"
		"that was. What a blocklist drops stays so. Status 1 if any was not banned, or is dropped still.\n",
	.options = { CLI_SOCKET, { "all", 'a', NULL, "everything that is banned or delayed" },
		     { "here", 0, NULL, "on this host alone, not in the whole fleet" } },
	.operands = CLI_ANY,
	.completes = { CLI_DROPPED, CLI_DROPPED },
	.run = unban,
};
