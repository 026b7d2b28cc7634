/* ban - mailward ban: drop addresses or networks by hand */
#include <stdio.h>

#include "cli/client.h"
#include "service/control.h"

static int ban(const struct cli *cli)
{
	const char *length = cli_given(cli, "for"), *reason = cli_given(cli, "reason");
	char request[CONTROL_REQUEST_MAX], span[16], address[PREFIX_FMT_SIZE], word[CONTROL_REQUEST_MAX] = "";
	bool permanent = cli_given(cli, "permanent");
	uint32_t seconds = 0;
	int worst = EXIT_DONE;

	if (length && permanent)
		return cli_refuse(cli, "--for and --permanent exclude each other");
	if (length && (!duration_parse(text_of(length), &seconds) || seconds == 0))
		return cli_refuse(cli, "--for: '%s' is no duration, 10s 10m 1h or 30d would be right", length);
	if (!client_prefixes(cli))
		return EXIT_USAGE;
	/* A reason must not end the request's line, nor reach the daemon's log as it is. */
	if (reason)
		text_escape(word, sizeof(word), text_of(reason));
	for (int i = 0; i < cli->count && worst != EXIT_NO_DAEMON; i++) {
		client_prefix(cli, i, address);
		snprintf(span, sizeof(span), "%u", seconds);
		int len = snprintf(request, sizeof(request), "ban%s %s %s%s%s", cli_given(cli, "here") ? "-here" : "", address,
				   permanent ? "permanent" : span, *word ? " " : "", word);
		if ((size_t)len >= sizeof(request))
			return cli_refuse(cli, "the reason is too long, at most 400 characters would be right");
		int status = client_ask(cli, request);
		worst = status > worst ? status : worst;
	}
	return worst;
}

const struct cli_command cli_ban = {
	.name = "ban",
	.about = "drop addresses or networks by hand",
	.usage = "[-c CONF] ADDR[/LEN]... [--for TIME | --permanent] [--reason TEXT] [--here]",
	.help = "Drops addresses or networks for a while, or until \"mailward unban\"; replaces bans that they have already.\n"
		"The kernel lets go of a permanent one, too, once mailward has not run for ban_time_max.\n"
		"Each is answered for by itself, when the kernel drops it; status 1 if any is not.\n",
	.options = {
		CLI_SOCKET,
		{ "for", 'f', "TIME", "how long: 10s 10m 1h 30d (default: ban_time of the config)" },
		{ "permanent", 'p', NULL, "until unban: renewed before ban_time_max is over" },
		{ "reason", 'r', "TEXT", "a word for the daemon's log, and for \"mailward list\"" },
		{ "here", 0, NULL, "on this host alone, not in the whole fleet" },
	},
	.operands = CLI_ANY,
	.run = ban,
};
