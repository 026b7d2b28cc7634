/* judge_state - what the judge holds; private to its room: others ask judge.h and memory.h */
#ifndef MAILWARD_JUDGE_STATE_H
#define MAILWARD_JUDGE_STATE_H

#include "conf/conf.h"
#include "judge/bans.h"
#include "judge/breaker.h"
#include "judge/correspondents.h"
#include "judge/customers.h"
#include "judge/event.h"
#include "judge/figures.h"
#include "judge/ladder.h"
#include "judge/names.h"
#include "judge/networks.h"
#include "judge/session.h"
#include "judge/stays.h"
#include "judge/sums.h"
#include "judge/told.h"
#include "judge/view.h"
#include "judge/window.h"
#include "match/account.h"

struct judge {
	const struct conf *conf;
	const struct rules *rules;
	event_fn *tell;
	void *arg;
	/* of [service NAME]s: the class of each rule, by its id, and the policy of each class, the first of which is conf's */
	uint8_t *class_of;		/* NULL: there are none */
	struct policy policies[1 + CONF_SERVICES_MAX];
	struct window window;
	struct bans bans;
	struct networks networks;	/* with a network_limit of 0: no table */
	struct session_cache sessions;
	struct told told;
	struct breaker breaker;
	/* of judge = memory */
	struct customers customers;
	struct names names;
	struct correspondents correspondents;
	struct sums sums;
	struct stays stays;
	struct ban_minute ban_minute;
	int64_t instead_ms;		/* when that ended which the latest verdict takes the place of */
	bool mild;			/* what is counted now brings about no ban, delays alone */
	int64_t latest_ms;		/* the latest time that it has heard of, 0: none */
	struct figures figures;
	struct judge_thought thought;	/* of the last error that counted */
	struct name_key name_key;	/* what names are hashed with; made at the first start, and kept */
	/* of judge_dry_run: the other judge, and its conf; NULL: there is none */
	struct judge *beside;
	struct conf beside_conf;
	struct judge_tries tries;
	uint64_t *rule_errors;		/* weighted, by rule id */
	int64_t *rule_last_ms;		/* the latest time of each rule's hits, 0: none is known */
	int64_t *rule_met_saved;	/* the minute of it that was saved last */
	uint64_t *rule_saved;		/* what of it was saved last; UINT64_MAX: nothing */
};

/* judge_class - what the errors of a rule are counted as; judge_policy - by what they are judged. rule: an id, or what stands
 * in place of one */
static inline unsigned judge_class(const struct judge *judge, uint16_t rule)
{
	return judge->class_of && rule < judge->rules->count ? judge->class_of[rule] : 0;
}

static inline const struct policy *judge_policy(const struct judge *judge, uint16_t rule)
{
	return judge->class_of ? &judge->policies[judge_class(judge, rule)] : &judge->conf->policy;
}

/* judge_ports - from whose ports a ban for a rule drops: as in struct wire_request */
static inline uint8_t judge_ports(const struct judge *judge, uint16_t rule)
{
	unsigned class = judge_class(judge, rule);

	return class > 0 && judge->conf->services[class - 1].port_count > 0 ? (uint8_t)class : 0;
}

/* judge_bars - may he who is banned so not do what the rule is about? Else his errors there count. */
static inline bool judge_bars(const struct judge *judge, const struct ban *ban, uint16_t rule)
{
	return ban->only == 0 || ban->only == judge_ports(judge, rule);
}

/* judge_hear_time - something has happened then */
static inline void judge_hear_time(struct judge *judge, int64_t time_ms)
{
	if (time_ms > judge->latest_ms)
		judge->latest_ms = time_ms;
}

#endif
