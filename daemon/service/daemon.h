/* daemon - the engine process at work: sources, control socket and signals on one loop
 *
 * Owns what lives as long as the process runs; decides nothing itself. */
#ifndef MAILWARD_DAEMON_H
#define MAILWARD_DAEMON_H

#include "match/setup.h"

/* struct daemon_how - how it is to run */
struct daemon_how {
	bool json;		/* a dry run's events as JSON lines */
	bool keeps;		/* what it learns, in the state folder; a dry run may, or may only look on */
	int courier_fd;		/* the engine's end of the courier's socket, taken over; -1: there is none */
	bool leftover;		/* a dry run: an earlier run's bans stand in the kernel, or may */
};

/* daemon_run - follow the sources until SIGTERM or SIGINT
 * setup: taken over. warden_fd: the engine's end of the wire, taken over; -1 in a dry run.
 * Returns 0, or non-zero after logging the reason: -errno, or 1 when the warden was lost. */
int daemon_run(struct setup *setup, int warden_fd, const struct daemon_how *how);

#endif
