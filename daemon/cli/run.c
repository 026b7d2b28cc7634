/* run - mailward run: the daemon, in the foreground
 *
 * Reads everything first, then parts the two wings: the warden is forked before the engine opens a log, and keeps the
 * only power there is. Nothing is started when anything is wrong with the config or a pattern. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/clear.h"
#include "cli/cli.h"
#include "courier/courier.h"
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

/* A dry run drops nobody: what an earlier run has put into the kernel goes. Who only looks on leaves it, and says so; so does
 * who has not the power. Returns whether anything stands, or may. */
static bool stands_still(const struct conf *conf, bool looks)
{
	const char *what = NULL;
	size_t count;
	int err = clear_standing(conf->policy.ipv6_prefix, &count);

	if (err == 0 && count == 0 && looks)
		return false;
	if (looks || err == -EPERM) {
		if (err == 0)
			log_warning("%zu %s in the kernel, of an earlier run or of a daemon that is running: this dry run leaves %s alone", count,
				    plural(count, "ban stands", "bans stand"), plural(count, "it", "them"));
		else if (!looks)
			log_warning("whether bans of an earlier run stand in the kernel cannot be seen (CAP_NET_ADMIN is needed)");
		return true;
	}
	if (err == 0)
		err = clear_table(&what);
	if (err < 0 && err != -EPROTONOSUPPORT)
		log_warning("what an earlier run has put into the kernel cannot be removed: %s", what && err == -EBUSY ? what : strerror(-err));
	else if (count > 0)
		log_notice("%zu %s of an earlier run %s gone from the kernel: this is a dry run", count, plural(count, "ban", "bans"),
			   plural(count, "is", "are"));
	return err < 0 && err != -EPROTONOSUPPORT;
}

/* *fd: -1, if none is wanted. false: logged, and the setup is freed. */
static bool start_courier(struct setup *setup, int *fd)
{
	*fd = -1;
	if (!courier_wanted(&setup->conf) || courier_start(&setup->conf, fd) == 0)
		return true;
	setup_free(setup);
	return false;
}

/* looks: to be asked for beside whatever runs; a dry run of the config's is the service's own, and keeps what it learns. */
static int start_dry(struct setup *setup, bool looks, bool json)
{
	struct daemon_how how = { .json = json };
	bool runs;

	if (setup->conf.fleet.server_count)
		log_notice("a dry run takes no part in the fleet");
	setup->conf.fleet.server_count = 0;
	if (!start_courier(setup, &how.courier_fd))
		return EXIT_INPUT;

	control_hold(setup->conf.socket);
	runs = control_answers(setup->conf.socket);
	how.keeps = !looks && !runs;
	how.leftover = stands_still(&setup->conf, looks || runs);
	return daemon_run(setup, -1, &how) != 0 ? EXIT_INPUT : EXIT_DONE;
}

static int start(struct setup *setup)
{
	pid_t pid;
	bool running = is_running(setup);
	int fd, courier, err = running ? 0 : warden_start(&setup->conf, &fd, &pid);

	if (err < 0)
		log_error("the firewall cannot be used: %s%s", strerror(-err), err == -EPERM ?
			  " (CAP_NET_ADMIN is needed; --dry-run works without)" : "");
	if (running || err < 0) {
		setup_free(setup);
		return EXIT_INPUT;
	}
	if (!start_courier(setup, &courier)) {
		close(fd);
		return EXIT_INPUT;
	}
	return daemon_run(setup, fd, &(struct daemon_how){ .keeps = true, .courier_fd = courier }) != 0 ? EXIT_INPUT : EXIT_DONE;
}

static int run(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct setup *setup;
	bool looks = cli_given(cli, "dry-run"), json = cli_given(cli, "json");

	log_verbose = cli_given(cli, "verbose");
	setup = setup_load(cli_given(cli, "config"), &problems);
	if (!setup)
		return EXIT_INPUT;
	malloc_trim(0);		/* what the automata were built with; the warden would inherit it */
	conf_allow_own(&setup->conf);
	if (json && !looks && !setup->conf.dry_run) {
		setup_free(setup);
		return cli_refuse(cli, "--json is for a dry run: --dry-run --json, or beside a running daemon \"mailward events --json\", "
				  "would be right");
	}
	return looks || setup->conf.dry_run ? start_dry(setup, looks, json) : start(setup);
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
