/* clear - mailward clear: the firewall without mailward, when no daemon runs
 *
 * For whoever removes mailward, or does not want the bans that it left. What is remembered stays. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/clear.h"
#include "cli/cli.h"
#include "conf/conf.h"
#include "service/control.h"
#include "warden/nft.h"

int clear_table(const char **what)
{
	struct nft *nft;
	bool stands;
	int err = nft_open(&nft);

	if (err < 0)
		return err;
	err = nft_claim(nft, &stands, what);
	if (err == 0)
		err = nft_teardown(nft);
	nft_close(nft);
	return err;
}

static void count_one(void *arg, const struct wire_request *drop)
{
	(void)drop;
	(*(size_t *)arg)++;
}

int clear_standing(unsigned ipv6_prefix, size_t *count)
{
	struct nft *nft;
	int err = nft_open(&nft);

	*count = 0;
	if (err < 0)
		return err;
	err = nft_standing(nft, ipv6_prefix, count_one, count);
	nft_close(nft);
	return err;
}

static int clear(const struct cli *cli)
{
	struct problems quiet = { 0 };
	struct conf conf;
	const char *what = NULL;

	conf_load(&conf, cli_given(cli, "config"), &quiet);
	bool running = conf.socket && control_answers(conf.socket);
	conf_fini(&conf);
	if (running) {
		fputs("mailward clear: the daemon is running and would build its table again: stop it first (systemctl stop "
		      "mailward)\n", stderr);
		return EXIT_INPUT;
	}
	int err = clear_table(&what);
	if (err < 0 && err != -EPROTONOSUPPORT) {
		fprintf(stderr, "mailward clear: cannot remove the table inet mailward: %s%s\n", err == -EBUSY ? what : strerror(-err),
			err == -EPERM ? " (root may)" : "");
		return EXIT_INPUT;
	}
	puts("nobody is dropped: there is no table inet mailward any more");
	return EXIT_DONE;
}

const struct cli_command cli_clear = {
	.name = "clear",
	.about = "drop nobody any more, when the daemon does not run",
	.usage = "[-c CONF]",
	.help = "Removes the table inet mailward from the kernel, with all bans and blocklists in it, when no daemon runs.\n"
		"What is remembered stays: a daemon that starts bans again whoever has time left.\n",
	.options = { CLI_SOCKET },
	.run = clear,
};
