/* allow - mailward allow, unallow: addresses that are never dropped, until further notice */
#include <stdio.h>

#include "cli/client.h"
#include "service/control.h"

/* The same request for each of the addresses; the worst status of them. */
static int ask_each(const struct cli *cli, const char *word, const char *rest)
{
	char request[CONTROL_REQUEST_MAX], address[PREFIX_FMT_SIZE];
	int worst = EXIT_DONE;

	if (!client_prefixes(cli))
		return EXIT_USAGE;
	for (int i = 0; i < cli->count && worst != EXIT_NO_DAEMON; i++) {
		client_prefix(cli, i, address);
		int len = snprintf(request, sizeof(request), "%s %s%s", word, address, rest);
		if ((size_t)len >= sizeof(request))
			return cli_refuse(cli, "the reason is too long, at most 400 characters would be right");
		int status = client_ask(cli, request);
		worst = status > worst ? status : worst;
	}
	return worst;
}

static int allow(const struct cli *cli)
{
	const char *length = cli_given(cli, "for"), *reason = cli_given(cli, "reason");
	char word[CONTROL_REQUEST_MAX] = "", rest[CONTROL_REQUEST_MAX + 16];
	uint32_t seconds = 0;

	if (length && (!duration_parse(text_of(length), &seconds) || seconds == 0))
		return cli_refuse(cli, "--for: '%s' is no duration, 10s 10m 1h or 30d would be right", length);
	if (reason)
		text_escape(word, sizeof(word), text_of(reason));
	snprintf(rest, sizeof(rest), " %u%s%s", seconds, *word ? " " : "", word);
	return ask_each(cli, cli_given(cli, "here") ? "allow-here" : "allow", rest);
}

static int unallow(const struct cli *cli)
{
	return ask_each(cli, "unallow", "");
}

const struct cli_command cli_allow = {
	.name = "allow",
	.about = "never drop these addresses, until further notice",
	.usage = "[-c CONF] ADDR[/LEN]... [--for TIME] [--reason TEXT] [--here]",
	.help = "Allows addresses, and IPv6 networks up to a /64, as if they stood under [allow] in the config: what is against them\n"
		"ends, which is said, nothing they do counts, no blocklist drops them; networks banned by hand stay so, but for them. For a time, or until \"mailward unallow\"; over restarts, too.\n"
		"The other hosts of a fleet let go of them, and go on counting: each allows for itself.\n",
	.options = {
		CLI_SOCKET,
		{ "for", 'f', "TIME", "how long: 10s 10m 1h 30d (default: until unallow)" },
		{ "reason", 'r', "TEXT", "a word for the daemon's log, and for \"mailward list\"" },
		{ "here", 0, NULL, "the other hosts of the fleet do not let go of them" },
	},
	.operands = CLI_ANY,
	.completes = { CLI_DROPPED, CLI_DROPPED },
	.run = allow,
};

const struct cli_command cli_unallow = {
	.name = "unallow",
	.about = "end what \"allow\" has begun",
	.usage = "[-c CONF] ADDR[/LEN]...",
	.help = "Addresses that \"mailward allow\" has allowed are like all others again; what the config allows stays so.\n",
	.options = { CLI_SOCKET },
	.operands = CLI_ANY,
	.completes = { CLI_ALLOWED, CLI_ALLOWED },
	.run = unallow,
};
