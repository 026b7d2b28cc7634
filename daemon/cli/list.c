/* list - mailward list: who is banned or delayed now, for how long and why */
#include "cli/client.h"

const struct cli_command cli_list = {
	.name = "list",
	.about = "who is dropped now, for how long and why",
	.usage = "[-c CONF] [--json]",
	.help = "Lists the addresses that are dropped now, for how long still, and why.\n",
	.options = { CLI_SOCKET, CLI_JSON },
	.run = client_show,
};
