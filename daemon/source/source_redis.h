/* source_redis - lines that a Redis server publishes on a channel, as mailcow's containers do: the courier brings them */
#ifndef MAILWARD_SOURCE_REDIS_H
#define MAILWARD_SOURCE_REDIS_H

#include "source/source.h"

/* source_redis_open - see source.h; named "redis NAME", by the section. Reads nothing: is told. */
int source_redis_open(struct source **out, sd_event *loop, const struct conf *conf, const struct conf_source *which, record_fn *fn,
		      void *arg);

/* source_redis_take - a message, any bytes; source_redis_there - NULL: the channel is listened to; else why it is not, for people */
void source_redis_take(struct source *source, struct text message);
void source_redis_there(struct source *source, const char *why);

#endif
