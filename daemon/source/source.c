/* source - what all kinds of source have in common
 *
 * Owns the name and a reference to the loop. Logs a trouble once, when it begins. */
#include "source/source.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

int source_init(struct source *source, const struct source_ops *ops, sd_event *loop, char *name, record_fn *fn,
		void *arg)
{
	*source = (struct source){ .ops = ops, .loop = sd_event_ref(loop), .name = name, .fn = fn, .arg = arg };
	return name ? 0 : -ENOMEM;
}

void source_fini(struct source *source)
{
	sd_event_unref(source->loop);
	free(source->name);
}

void source_free(struct source *source)
{
	if (source)
		source->ops->free(source);
}

const char *source_name(const struct source *source)
{
	return source->name;
}

const struct source_stats *source_stats(const struct source *source)
{
	return &source->stats;
}

void source_position(struct source *source, struct source_position *position)
{
	*position = (struct source_position){ 0 };
	source->ops->position(source, position);
}

bool source_resume(struct source *source, const struct source_position *position, const struct clock_set *set)
{
	return source->ops->resume(source, position, set);
}

void source_look_ahead(struct source *source, const struct matcher *matcher, block_fn *all)
{
	source->matcher = matcher;
	source->all = all;
}

void source_hurry(struct source *source)
{
	if (source->ops->hurry)
		source->ops->hurry(source);
}

uint64_t source_left(struct source *source)
{
	return source->ops->left ? source->ops->left(source) : 0;
}

void source_shift(struct source *source, int64_t step_ms)
{
	if (source->ops->shift)
		source->ops->shift(source, step_ms);
}

static uint64_t now_usec(const struct source *source)
{
	uint64_t usec = 0;

	sd_event_now(source->loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

void source_set_trouble(struct source *source, int err)
{
	if (err != 0 && source->trouble == 0)
		source->trouble_usec = now_usec(source);
	if (err != 0 && err != source->trouble)
		log_warning("cannot read %s: %s", source->name,
			    err == -ENOTSUP ? "not a regular file" : strerror(-err));
	source->trouble = err;
}

uint64_t source_trouble_s(const struct source *source)
{
	return source->trouble ? (now_usec(source) - source->trouble_usec) / 1000000 : 0;
}
