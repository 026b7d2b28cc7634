/* reload - mailward reload: have the running daemon read its config and patterns again */
#include "cli/cli.h"
#include "cli/client.h"

static const char help[] =
	"usage: mailward reload [-c CONF]\n"
	"\n"
	"Has the running daemon read its config and patterns again. They are checked first: if anything is wrong, it is\n"
	"said, and nothing changes. Counts, bans and offsets carry over.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"  -h, --help          this text\n";

int cli_reload(int argc, char **argv)
{
	return client_show(argc, argv, "reload", help);
}
