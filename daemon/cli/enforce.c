/* enforce - mailward enforce: out of the dry run, for good
 *
 * Writes the key into the config, has systemd restart the service, and waits until the daemon itself says that it
 * enforces. Never starts a service that does not run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cli/client.h"
#include "conf/conf.h"
#include "conf/conf_edit.h"
#include "service/control.h"

#define UNIT "mailward.service"
#define PATIENCE_MS 60000
#define TURN_MS 100

/* 0, or a negative errno; a unit that does not run stays as it is. */
static int restart(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int err = sd_booted() > 0 ? sd_bus_open_system(&bus) : -ENOSYS;

	if (err >= 0)
		err = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
					 "org.freedesktop.systemd1.Manager", "TryRestartUnit", &error, NULL, "ss", UNIT,
					 "replace");
	if (sd_bus_error_is_set(&error))
		fprintf(stderr, "mailward enforce: systemd does not restart " UNIT ": %s\n", error.message);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return err < 0 ? err : 0;
}

static bool enforces(const char *socket)
{
	char *answer = NULL;
	size_t len = 0;
	bool does = client_exchange(socket, "status json", &answer, &len) >= 0 && strstr(answer, "\"dry_run\":false");

	free(answer);
	return does;
}

static bool wait_for(const char *socket)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += TURN_MS) {
		if (enforces(socket))
			return true;
		usleep(TURN_MS * 1000);
	}
	return false;
}

static int take_effect(const char *socket)
{
	if (!control_answers(socket)) {
		puts("no daemon is running; from now on it enforces when it starts: systemctl enable --now mailward");
		return EXIT_NO_DAEMON;
	}
	if (!enforces(socket) && (restart() < 0 || !wait_for(socket))) {
		fputs("mailward enforce: the running daemon is still in its dry run: restart it, without --dry-run\n", stderr);
		return EXIT_INPUT;
	}
	puts("mailward enforces: attackers are dropped from now on (mailward list shows whom)");
	return EXIT_DONE;
}

static int enforce(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	int status = EXIT_INPUT;

	bool good = conf_load(&conf, cli_given(cli, "config"), &problems);
	if (good && conf.dry_run) {
		good = conf_edit(conf.path, "mailward", "dry_run", "no", &problems);
		if (good)
			printf("%s: dry_run = no\n", conf.path);
	}
	if (good) {
		fflush(stdout);
		status = take_effect(conf.socket);
	}
	conf_fini(&conf);
	return status;
}

const struct cli_command cli_enforce = {
	.name = "enforce",
	.about = "end the dry run for good: attackers are dropped from now on",
	.usage = "[-c CONF]",
	.help = "Ends the dry run in which a package starts mailward: writes dry_run = no into the config, has systemd restart\n"
		"the service, and waits until it enforces.\n",
	.options = { CLI_SOCKET },
	.run = enforce,
};
