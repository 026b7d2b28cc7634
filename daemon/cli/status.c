/* status - mailward status: how the running daemon is */
#include "cli/cli.h"
#include "cli/client.h"

static const char help[] =
	"usage: mailward status [-c CONF] [--json]\n"
	"\n"
	"Shows what the running daemon follows, has counted and has banned.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"      --json          one JSON object a line\n"
	"  -h, --help          this text\n";

int cli_status(int argc, char **argv)
{
	return client_show(argc, argv, "status", help);
}
