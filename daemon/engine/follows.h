/* follows - the sources of a config, each with the clock of its lines */
#ifndef MAILWARD_FOLLOWS_H
#define MAILWARD_FOLLOWS_H

#include <systemd/sd-event.h>

#include "engine/engine.h"
#include "engine/source.h"

struct daemon;

struct follows {
	struct follow {
		struct source *source;
		struct feed feed;
		struct daemon *daemon;	/* told after each line */
	} *at;			/* in the config's order */
	size_t count;
};

/* follows_open - open all sources of conf, feeding engine
 * before: those that are followed already, or NULL: a source of the same path goes on where that one stands.
 * Nothing is read before the loop turns. Returns 0 or -errno, logged; then nothing is open. */
int follows_open(struct follows *follows, struct daemon *daemon, struct engine *engine, const struct conf *conf,
		 const struct follows *before);
void follows_close(struct follows *follows);

#endif
