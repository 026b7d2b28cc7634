/* follows - the sources of a config, each with the clock of its lines. Used by daemon.c and reload.c. */
#include "engine/follows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/daemon.h"

static void on_line(void *arg, const struct line *line)
{
	struct follow *follow = arg;

	engine_line(&follow->feed, line);
	daemon_changed(follow->daemon);
}

static void go_on(struct follow *follow, const struct follows *before)
{
	struct source_position positions[SOURCE_POSITIONS_MAX];

	for (size_t i = 0; before && i < before->count; i++) {
		const struct follow *old = &before->at[i];
		size_t count;

		if (strcmp(source_path(old->source), source_path(follow->source)) != 0)
			continue;
		follow->feed.last_ms = old->feed.last_ms;
		count = source_positions(old->source, positions);
		if (source_resume(follow->source, positions, count) < count)
			follow->feed.counted_ms = old->feed.last_ms;
	}
}

int follows_open(struct follows *follows, struct daemon *daemon, struct engine *engine, const struct conf *conf,
		 const struct follows *before)
{
	*follows = (struct follows){ .at = calloc(conf->source_count + 1, sizeof(*follows->at)) };
	if (!follows->at)
		return -ENOMEM;
	for (size_t i = 0; i < conf->source_count; i++) {
		struct follow *follow = &follows->at[follows->count];
		const char *path = conf->sources[i].file;
		int error;

		*follow = (struct follow){ .daemon = daemon, .feed = engine_feed(engine) };
		error = source_follow(&follow->source, daemon->loop, path, on_line, follow);
		if (error < 0) {
			log_error("cannot follow %s: %s", path, strerror(-error));
			follows_close(follows);
			return error;
		}
		follows->count++;
		go_on(follow, before);
		if (!source_stats(follow->source)->present)
			log_notice("%s is not there yet: waiting for it", path);
	}
	return 0;
}

void follows_close(struct follows *follows)
{
	for (size_t i = 0; i < follows->count; i++)
		source_free(follows->at[i].source);
	free(follows->at);
	*follows = (struct follows){ 0 };
}
