/* judge_state - what the engine holds: judge.c works on it, checkpoint.c and carry.c keep it, explain.c looks */
#ifndef MAILWARD_JUDGE_STATE_H
#define MAILWARD_JUDGE_STATE_H

#include "judge/bans.h"
#include "judge/breaker.h"
#include "judge/judge.h"
#include "judge/ladder.h"
#include "judge/networks.h"
#include "judge/session.h"
#include "judge/window.h"

struct judge {
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
	struct judge_stats stats;
	uint64_t *rule_errors;	/* weighted, by rule id */
};

/* judge_rule_name - of a rule id, or of what stands in its place */
const char *judge_rule_name(const struct judge *judge, uint16_t rule);

/* judge_notify - tell who wants to know */
void judge_notify(const struct judge *judge, const struct notice *notice);

#endif
