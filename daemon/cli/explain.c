/* explain - mailward explain: all that the daemon knows of one address, or of one name */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/listing.h"

#define NAME_BYTES_MAX 512

/* A name is sent as it is, in one word. */
static int explain_name(const struct cli *cli)
{
	char request[NAME_BYTES_MAX + 64 + ADDR_FMT_SIZE], text[ADDR_FMT_SIZE] = "";
	const char *name = cli->operands[0];
	struct addr addr;

	if (strlen(name) > NAME_BYTES_MAX || strpbrk(name, " \t\n"))
		return cli_refuse(cli, "a name without blanks, of at most %d bytes, would be right", NAME_BYTES_MAX);
	if (cli->count > 1 && !addr_parse(text_of(cli->operands[1]), &addr))
		return cli_refuse(cli, "'%s' is not an IP address", cli->operands[1]);
	if (cli->count > 1)
		addr_fmt(text, sizeof(text), &addr);
	snprintf(request, sizeof(request), "name %s %s %s", cli_given(cli, "json") ? "json" : "text", name, text);
	return client_ask(cli, request);
}

static int explain(const struct cli *cli)
{
	char request[32 + PREFIX_FMT_SIZE], address[PREFIX_FMT_SIZE];
	struct prefix prefix;

	/* what has no digit at all, or an @, is no address that was mistyped */
	if (cli->count && prefix_parse(text_of(cli->operands[0]), true, &prefix) &&
	    (strchr(cli->operands[0], '@') || !strpbrk(cli->operands[0], "0123456789:")))
		return explain_name(cli);
	if (cli->count > 1)
		return cli_refuse(cli, "unexpected '%s'", cli->operands[1]);
	if (!client_prefixes(cli) || !client_prefix(cli, 0, address))
		return EXIT_USAGE;
	snprintf(request, sizeof(request), "explain %s%s", address, cli_given(cli, "json") ? " json" : "");
	int status = client_ask(cli, request);
	if (status == EXIT_DONE && !prefix_parse(text_of(address), true, &prefix))
		listing_explain(cli, &prefix);
	return status;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.about = "all that is known of one address, a network, or of a name",
	.usage = "[-c CONF] [--json] ADDR[/LEN] | NAME [ADDR]",
	.help = "Says whether an address is dropped and why, what it has been counted for, what the kernel has dropped of it,\n"
		"what would come next, and which line of which blocklist speaks of it; of a network also who in it is banned, and its errors\n"
		"together. Of a name, an account or a recipient: whether it exists,\n"
		"who tries it, and what it is seen from an address.\n",
	.options = { CLI_SOCKET, CLI_JSON },
	.operands = 2,
	.completes = { CLI_DROPPED },
	.run = explain,
};
