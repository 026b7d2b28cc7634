/* judge_state - what the judge holds; private to its room: others ask judge.h and memory.h */
#ifndef MAILWARD_JUDGE_STATE_H
#define MAILWARD_JUDGE_STATE_H

#include "conf/conf.h"
#include "judge/bans.h"
#include "judge/breaker.h"
#include "judge/event.h"
#include "judge/figures.h"
#include "judge/ladder.h"
#include "judge/networks.h"
#include "judge/session.h"
#include "judge/window.h"

struct judge {
	const struct conf *conf;
	const struct rules *rules;
	event_fn *tell;
	void *arg;
	struct window window;
	struct bans bans;
	struct networks networks;	/* with a network_limit of 0: no table */
	struct session_cache sessions;
	struct breaker breaker;
	struct ban_minute ban_minute;
	struct figures figures;
	uint64_t *rule_errors;		/* weighted, by rule id */
	uint64_t *rule_saved;		/* what of it was saved last; UINT64_MAX: nothing */
};

#endif
