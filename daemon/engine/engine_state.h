/* engine_state - what the engine holds: engine.c works on it, checkpoint.c and carry.c keep it, explain.c looks */
#ifndef MAILWARD_ENGINE_STATE_H
#define MAILWARD_ENGINE_STATE_H

#include "engine/bans.h"
#include "engine/breaker.h"
#include "engine/engine.h"
#include "engine/judge.h"
#include "engine/networks.h"
#include "engine/session.h"
#include "engine/window.h"

struct engine {
	const struct conf *conf;
	const struct rules *rules;
	struct matcher *matcher;
	verdict_fn *verdict;
	void *arg;
	notice_fn *notice;
	int64_t (*now_ms)(void);
	struct window window;
	struct bans bans;
	struct networks networks;	/* with a network_limit of 0: no table */
	struct session_cache sessions;
	struct breaker breaker;
	struct ban_minute ban_minute;
	struct engine_stats stats;
	uint64_t *rule_errors;	/* weighted, by rule id */
};

/* engine_rule_name - of a rule id, or of what stands in its place */
const char *engine_rule_name(const struct engine *engine, uint16_t rule);

/* engine_notify - tell who wants to know */
void engine_notify(const struct engine *engine, const struct notice *notice);

#endif
