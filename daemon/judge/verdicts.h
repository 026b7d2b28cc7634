/* verdicts - how a ban or a delay comes to stand, and how it is told; what both ways of judging share */
#ifndef MAILWARD_VERDICTS_H
#define MAILWARD_VERDICTS_H

#include "judge/judge_state.h"

/* One error, on its way from the hit to the count. */
struct error {
	const struct hit *hit;
	const struct rule *rule;	/* the hit's */
	struct prefix prefix;		/* the counting unit of hit->addr */
	int64_t time_ms;
};

/* verdict_rule - what stands in place of a rule that is none: by the name that a ban is shown under */
uint16_t verdict_rule(const char *name);

/* verdict_event - a ban or delay as an event, without its reasons; verdict_reasons - a sum's, by the names of their rules */
struct event verdict_event(const struct judge *judge, const struct ban *ban);
size_t verdict_reasons(const struct judge *judge, const struct window_sum *sum, struct event_reason reasons[EVENT_REASONS]);

/* verdict_tell - sum: NULL where there are no reasons; fresh: nothing of the prefix was being dropped */
void verdict_tell(struct judge *judge, const struct ban *ban, const struct window_sum *sum, bool fresh);

/* verdict_ban - a ban from since_ms on, for seconds; enters it and counts it, does not tell it
 * *fresh: nothing of the prefix was being dropped at now_ms. Returns the entry, for what else is to be known of it. */
struct ban *verdict_ban(struct judge *judge, const struct prefix *prefix, int64_t since_ms, uint32_t seconds, uint32_t errors,
			uint16_t rule, int64_t now_ms, bool *fresh);

/* verdict_delay - a delay from since_ms on, unless a later one stands; tells it */
void verdict_delay(struct judge *judge, const struct error *error, const struct window_sum *sum, uint32_t errors, uint32_t seconds);

/* verdict_may_ban - has max_bans_per_minute room? If not, that is counted, and told once a minute */
bool verdict_may_ban(struct judge *judge, int64_t time_ms);

#endif
