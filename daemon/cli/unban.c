/* unban - mailward unban: stop dropping an address, a network, or everybody */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/help.h"

static const char help[] =
	"usage: mailward unban [-c CONF] ADDR[/LEN]\n"
	"       mailward unban [-c CONF] --all\n"
	"\n"
	"Stops dropping an address or a network at once.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"  -a, --all           everything that is banned or delayed\n"
	"  -h, --help          this text\n";

int cli_unban(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	char request[16 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];
	const char *conf_path = NULL;
	struct prefix prefix;
	bool all = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:ah", options, NULL)) != -1) {
		switch (option) {
		case 'c': conf_path = optarg; break;
		case 'a': all = true; break;
		case 'h': return help_show(help);
		default: return help_refuse(help);
		}
	}
	if (optind + !all < argc)
		return help_unexpected(help, argv[0], argv[optind + !all]);
	if (all)
		return client_ask(conf_path, "unban --all");
	if (optind == argc) {
		fprintf(stderr, "%s: which address, or --all?\n", argv[0]);
		return help_refuse(help);
	}
	if (!client_prefix(argv[0], argv[optind], &prefix))
		return help_refuse(help);
	snprintf(request, sizeof(request), "unban %s", prefix_fmt(address, sizeof(address), &prefix));
	return client_ask(conf_path, request);
}
