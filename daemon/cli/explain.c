/* explain - mailward explain: all that the daemon knows of one address */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/help.h"

static const char help[] =
	"usage: mailward explain [-c CONF] [--json] ADDR\n"
	"\n"
	"Says whether an address is dropped and why, what it has been counted for, and what would come next;\n"
	"and which line of which blocklist speaks of it.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"      --json          JSON lines\n"
	"  -h, --help          this text\n";

int cli_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	char request[32 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];
	const char *conf_path = NULL, *form = "";
	struct prefix prefix;
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c': conf_path = optarg; break;
		case 'j': form = " json"; break;
		case 'h': return help_show(help);
		default: return help_refuse(help);
		}
	}
	if (optind + 1 < argc)
		return help_unexpected(help, argv[0], argv[optind + 1]);
	if (optind == argc) {
		fprintf(stderr, "%s: which address?\n", argv[0]);
		return help_refuse(help);
	}
	if (!client_prefix(argv[0], argv[optind], &prefix))
		return help_refuse(help);
	snprintf(request, sizeof(request), "explain %s%s", prefix_fmt(address, sizeof(address), &prefix), form);
	return client_ask(conf_path, request);
}
