/* run - mailward run: the daemon, in the foreground
 *
 * Reads everything first, then parts the two wings: the warden is forked before the engine opens a log, and keeps the
 * only power there is. Nothing is started when anything is wrong with the config or a pattern. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "service/control.h"
#include "service/daemon.h"
#include "warden/warden.h"

static const char help[] =
	"usage: mailward run [-c CONF] [--dry-run [--json]] [-v]\n"
	"\n"
	"Follows the mail log and drops attackers in the kernel, until SIGTERM.\n"
	"\n"
	"  -c, --config CONF   config file (default " CONF_PATH_DEFAULT ", else built-in defaults)\n"
	"  -n, --dry-run       print what would be done; touch no firewall, need no privilege\n"
	"      --json          with --dry-run: one JSON object a line\n"
	"  -v, --verbose       say more\n"
	"  -h, --help          this text\n";

/* the kernel may not know that a table has an owner: then a second daemon would take it from the first */
static bool is_running(const struct setup *setup)
{
	if (!control_answers(setup->conf.socket))
		return false;
	log_error("another mailward is running: it answers on %s", setup->conf.socket);
	return true;
}

static int run(struct setup *setup, bool dry_run, bool json)
{
	int fd = -1;
	pid_t pid;

	if (!dry_run && !setup->conf.dry_run) {
		if (is_running(setup)) {
			setup_free(setup);
			return EXIT_INPUT;
		}
		int error = warden_start(&setup->conf, &fd, &pid);

		if (error < 0) {
			log_error("the firewall cannot be used: %s%s", strerror(-error), error == -EPERM ?
				  " (CAP_NET_ADMIN is needed; --dry-run works without)" : "");
			setup_free(setup);
			return EXIT_INPUT;
		}
	}
	return daemon_run(setup, fd, json) != 0 ? EXIT_INPUT : EXIT_DONE;
}

int cli_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct problems problems = { .out = stderr };
	const char *path = NULL;
	bool dry_run = false, json = false;
	struct setup *setup;
	int option;

	while ((option = getopt_long(argc, argv, "c:nvh", options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case 'n': dry_run = true; break;
		case 'j': json = true; break;
		case 'v': log_verbose = true; break;
		case 'h': return help_show(help);
		default: return help_refuse(help);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mailward run: unexpected '%s'\n", argv[optind]);
		return help_refuse(help);
	}
	setup = setup_load(path, &problems);
	if (setup)
		conf_allow_own(&setup->conf);
	return setup ? run(setup, dry_run, json) : EXIT_INPUT;
}
