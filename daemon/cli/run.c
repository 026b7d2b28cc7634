/* run - mailward run: the daemon, in the foreground
 *
 * Reads everything first, then parts the two wings: the warden is forked before the engine opens a log, and keeps the
 * only power there is. Nothing is started when anything is wrong with the config or a pattern. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "service/control.h"
#include "service/daemon.h"
#include "warden/warden.h"

/* The kernel may not know that a table has an owner: then a second daemon would take it from the first. Of those that are
 * started together, one goes on from here at a time. */
static bool is_running(const struct setup *setup)
{
	control_hold(setup->conf.socket);
	if (!control_answers(setup->conf.socket))
		return false;
	log_error("another mailward is running: it answers on %s", setup->conf.socket);
	return true;
}

static int start(struct setup *setup, bool dry_run, bool json)
{
	int fd = -1, err = 0;
	pid_t pid;

	if (!dry_run && !setup->conf.dry_run) {
		bool running = is_running(setup);
		err = running ? 0 : warden_start(&setup->conf, &fd, &pid);
		if (err < 0)
			log_error("the firewall cannot be used: %s%s", strerror(-err), err == -EPERM ?
				  " (CAP_NET_ADMIN is needed; --dry-run works without)" : "");
		if (running || err < 0) {
			setup_free(setup);
			return EXIT_INPUT;
		}
	}
	return daemon_run(setup, fd, json) != 0 ? EXIT_INPUT : EXIT_DONE;
}

static int run(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct setup *setup;

	log_verbose = cli_given(cli, "verbose");
	setup = setup_load(cli_given(cli, "config"), &problems);
	if (!setup)
		return EXIT_INPUT;
	conf_allow_own(&setup->conf);
	return start(setup, cli_given(cli, "dry-run"), cli_given(cli, "json"));
}

const struct cli_command cli_run = {
	.name = "run",
	.about = "follow the mail log, drop attackers in the kernel",
	.usage = "[-c CONF] [--dry-run [--json]] [-v]",
	.help = "Follows the mail log and drops attackers in the kernel, until SIGTERM.\n",
	.options = {
		CLI_CONF,
		{ "dry-run", 'n', NULL, "print what would be done; touch no firewall, need no privilege" },
		{ "json", 0, NULL, "with --dry-run: one JSON object a line" },
		{ "verbose", 'v', NULL, "say more" },
	},
	.run = run,
};
