/* ban - mailward ban: drop an address or a network by hand */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/help.h"
#include "service/control.h"

static const char help[] =
	"usage: mailward ban [-c CONF] ADDR[/LEN] [--for TIME] [--reason TEXT]\n"
	"\n"
	"Drops an address or a network for a while; replaces a ban that it has already.\n"
	"\n"
	"  -c, --config CONF   config file whose socket is asked\n"
	"  -f, --for TIME      how long: 10s 10m 1h 30d (default: ban_time of the config)\n"
	"  -r, --reason TEXT   a word for the daemon's log\n"
	"  -h, --help          this text\n";

static int ban(const char *command, const char *conf_path, const char *arg, uint32_t seconds, const char *reason)
{
	char request[CONTROL_REQUEST_MAX], address[PREFIX_FMT_SIZE], word[CONTROL_REQUEST_MAX];
	struct prefix prefix;

	if (!client_prefix(command, arg, &prefix))
		return help_refuse(help);
	/* a reason must not end the request's line, nor reach the daemon's log as it is */
	text_escape(word, sizeof(word), (struct text){ reason, strlen(reason) });
	int len = snprintf(request, sizeof(request), "ban %s %u%s%s", prefix_fmt(address, sizeof(address), &prefix), seconds,
			   *word ? " " : "", word);
	if ((size_t)len >= sizeof(request)) {
		fprintf(stderr, "%s: the reason is too long, at most 400 characters would be right\n", command);
		return help_refuse(help);
	}
	return client_ask(conf_path, request);
}

int cli_ban(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "for", required_argument, NULL, 'f' },
		{ "reason", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *conf_path = NULL, *reason = "";
	uint32_t seconds = 0;
	int option;

	while ((option = getopt_long(argc, argv, "c:f:r:h", options, NULL)) != -1) {
		switch (option) {
		case 'c': conf_path = optarg; break;
		case 'f':
			if (!duration_parse((struct text){ optarg, strlen(optarg) }, &seconds) || seconds == 0) {
				fprintf(stderr, "%s: --for: no duration, 10s 10m 1h or 30d would be right\n", argv[0]);
				return help_refuse(help);
			}
			break;
		case 'r': reason = optarg; break;
		case 'h': return help_show(help);
		default: return help_refuse(help);
		}
	}
	if (optind == argc) {
		fprintf(stderr, "%s: which address?\n", argv[0]);
		return help_refuse(help);
	}
	if (optind + 1 < argc)
		return help_unexpected(help, argv[0], argv[optind + 1]);
	return ban(argv[0], conf_path, argv[optind], seconds, reason);
}
