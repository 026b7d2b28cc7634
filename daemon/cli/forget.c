/* forget - mailward forget: a name or an address, as if it had never been heard of */
#include <stdio.h>
#include <string.h>

#include "cli/client.h"

static int forget(const struct cli *cli)
{
	char request[544];

	if (cli->count == 0)
		return cli_refuse(cli, "which name or address?");
	if (strlen(cli->operands[0]) > 512 || strpbrk(cli->operands[0], " \t\n"))
		return cli_refuse(cli, "a name without blanks, of at most 512 bytes, would be right");
	snprintf(request, sizeof(request), "forget %s", cli->operands[0]);
	return client_ask(cli, request);
}

const struct cli_command cli_forget = {
	.name = "forget",
	.about = "forget a name or an address",
	.usage = "[-c CONF] NAME | ADDR[/LEN]",
	.help = "Forgets what is remembered of a name (from where it logged in, that it exists, who tried it) or of an\n"
		"address (its errors, bans, mails, and who is at home there), or of all addresses in a network. What is dropped of it is\n"
		"released.\n",
	.options = { CLI_SOCKET },
	.operands = 1,
	.run = forget,
};
