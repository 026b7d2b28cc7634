/* daemon - the engine at work: sources, control socket and signals on one loop
 *
 * Owns what lives as long as the process runs; decides nothing itself. */
#ifndef MAILWARD_DAEMON_H
#define MAILWARD_DAEMON_H

#include <systemd/sd-event.h>

#include "engine/control.h"
#include "engine/enforce.h"
#include "engine/engine.h"
#include "engine/source.h"

struct daemon {
	const struct conf *conf;
	const struct rules *rules;
	struct matcher *matcher;
	bool dry_run, json;		/* json: a dry run's events as JSON lines */
	sd_event *loop;
	struct engine *engine;
	struct enforce *enforce;	/* NULL in a dry run */
	struct checkpoint *checkpoint;	/* NULL in a dry run, and when there is no state folder */
	struct control *control;	/* NULL when a dry run could not have one */
	struct follow {
		struct daemon *daemon;
		struct source *source;
		struct feed feed;
	} *follows;			/* one a source, in the config's order */
	size_t follow_count;
	int64_t started_ms;
	int64_t log_second;		/* the ban lines of our own log are limited a second */
	unsigned logged, unlogged;
};

/* daemon_run - follow the sources until SIGTERM or SIGINT
 * daemon: conf, rules, matcher, dry_run and json filled in, the rest zero. warden_fd: the engine's end of the wire,
 * taken over; -1 in a dry run. Returns 0, or -errno after logging why. */
int daemon_run(struct daemon *daemon, int warden_fd);

#endif
