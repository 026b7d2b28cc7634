/* engine_state - what the engine holds; seen by engine.c, which works on it, and by checkpoint.c, which keeps it */
#ifndef MAILWARD_ENGINE_STATE_H
#define MAILWARD_ENGINE_STATE_H

#include "engine/bans.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/window.h"

struct engine {
	const struct conf *conf;
	const struct rules *rules;
	struct matcher *matcher;
	verdict_fn *verdict;
	void *arg;
	int64_t (*now_ms)(void);
	struct window window;
	struct bans bans;
	struct session_cache sessions;
	struct engine_stats stats;
	uint64_t *rule_errors;	/* weighted, by rule id */
};

#endif
