/* daemon - the engine process at work: sources, control socket and signals on one loop
 *
 * Owns what lives as long as the process runs; decides nothing itself. */
#ifndef MAILWARD_DAEMON_H
#define MAILWARD_DAEMON_H

#include "match/setup.h"

/* daemon_run - follow the sources until SIGTERM or SIGINT
 * setup: taken over. warden_fd: the engine's end of the wire, taken over; -1 in a dry run.
 * Returns 0, or non-zero after logging the reason: -errno, or 1 when the warden was lost. */
int daemon_run(struct setup *setup, int warden_fd, bool json);

#endif
