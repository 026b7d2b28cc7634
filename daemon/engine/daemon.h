/* daemon - the engine at work: sources, control socket and signals on one loop
 *
 * Owns what lives as long as the process runs; decides nothing itself. */
#ifndef MAILWARD_DAEMON_H
#define MAILWARD_DAEMON_H

#include <systemd/sd-event.h>

#include "engine/control.h"
#include "engine/enforce.h"
#include "engine/engine.h"
#include "engine/follows.h"
#include "engine/list_watch.h"
#include "engine/setup.h"

struct daemon {
	struct setup *setup;
	bool dry_run, json;		/* json: a dry run's events as JSON lines */
	sd_event *loop;
	struct engine *engine;
	struct follows follows;
	struct enforce *enforce;	/* NULL in a dry run */
	struct list_watch *lists;	/* NULL in a dry run, and when there are none */
	struct checkpoint *checkpoint;	/* NULL in a dry run, and when there is no state folder */
	struct control *control;	/* NULL when a dry run could not have one */
	int64_t started_ms;
	int64_t log_second;		/* the ban lines of our own log are limited a second */
	unsigned logged, unlogged;
};

/* daemon_run - follow the sources until SIGTERM or SIGINT
 * setup: taken over. warden_fd: the engine's end of the wire, taken over; -1 in a dry run.
 * Returns 0, or what is not 0 after logging why: -errno, or 1 when the warden was lost. */
int daemon_run(struct setup *setup, int warden_fd, bool json);

/* daemon_verdict - the verdict_fn of the daemon's engine: to the warden, or printed in a dry run */
void daemon_verdict(void *daemon, const struct verdict *verdict);

/* daemon_changed - something was read or decided that the next checkpoint must hold */
void daemon_changed(struct daemon *daemon);

#endif
