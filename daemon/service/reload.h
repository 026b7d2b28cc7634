/* reload - a new config and new rules under a running daemon: all of it, or nothing */
#ifndef MAILWARD_RELOAD_H
#define MAILWARD_RELOAD_H

#include "service/daemon_state.h"

/* reload - load config and patterns anew and put them in place of the old ones
 * Anything wrong: every problem is written to out, one a line, and nothing changes. Counts, bans and offsets carry over.
 * Returns whether the new ones are in place. */
bool reload(struct daemon *daemon, FILE *out);

#endif
