/* list - mailward list: who is banned or delayed now, for how long and why */
#include "cli/cli.h"
#include "cli/client.h"

static const char help[] =
	"usage: mailward list [-c CONF] [--json]\n"
	"\n"
	"Lists the addresses that are dropped now, for how long still, and why.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"      --json          one JSON object a line\n"
	"  -h, --help          this text\n";

int cli_list(int argc, char **argv)
{
	return client_show(argc, argv, "list", help);
}
