/* ban - mailward ban: drop an address or a network by hand */
#include <stdio.h>

#include "cli/client.h"
#include "service/control.h"

static int ban(const struct cli *cli)
{
	const char *length = cli_given(cli, "for"), *reason = cli_given(cli, "reason");
	char request[CONTROL_REQUEST_MAX], address[PREFIX_FMT_SIZE], word[CONTROL_REQUEST_MAX] = "";
	uint32_t seconds = 0;

	if (length && (!duration_parse(text_of(length), &seconds) || seconds == 0))
		return cli_refuse(cli, "--for: '%s' is no duration, 10s 10m 1h or 30d would be right", length);
	if (!client_prefix(cli, address))
		return EXIT_USAGE;
	/* A reason must not end the request's line, nor reach the daemon's log as it is. */
	if (reason)
		text_escape(word, sizeof(word), text_of(reason));
	int len = snprintf(request, sizeof(request), "ban %s %u%s%s", address, seconds, *word ? " " : "", word);
	if ((size_t)len >= sizeof(request))
		return cli_refuse(cli, "the reason is too long, at most 400 characters would be right");
	return client_ask(cli, request);
}

const struct cli_command cli_ban = {
	.name = "ban",
	.about = "drop an address or a network by hand",
	.usage = "[-c CONF] ADDR[/LEN] [--for TIME] [--reason TEXT]",
	.help = "Drops an address or a network for a while; replaces a ban that it has already.\n",
	.options = {
		CLI_SOCKET,
		{ "for", 'f', "TIME", "how long: 10s 10m 1h 30d (default: ban_time of the config)" },
		{ "reason", 'r', "TEXT", "a word for the daemon's log" },
	},
	.operands = 1,
	.run = ban,
};
