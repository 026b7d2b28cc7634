/* clocks - the wall clock was set: what the daemon remembers moves along, so that it keeps its distance from now
 *
 * Times are kept by the wall clock, for people and for the store; a step back would make all of it lie in the future, where
 * nobody can be released and nobody counts, a step forward would end everything at once. */
#ifndef MAILWARD_CLOCKS_H
#define MAILWARD_CLOCKS_H

#include "service/daemon_state.h"

/* clocks_watch - be told when the clock is set, before any line that comes after it is read. 0 or -errno */
int clocks_watch(struct daemon *daemon);
void clocks_close(struct daemon *daemon);

/* clocks_check - was it set? Then all that is remembered is moved */
void clocks_check(struct daemon *daemon);

#endif
