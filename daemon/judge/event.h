/* event - what the judge tells: its verdicts about a prefix, and what else people should know
 *
 * One value for all of them, and one function that gets them, in order, at once. The verdicts are what the warden is
 * asked for; the notices are for people alone. */
#ifndef MAILWARD_EVENT_H
#define MAILWARD_EVENT_H

#include "base/ranges.h"

enum event_kind {
	VERDICT_DELAY, VERDICT_BAN, VERDICT_RELEASE,
	NOTICE_OUTAGE,		/* the breaker of a service is open: failed logins count for nobody */
	NOTICE_OUTAGE_OVER,
	NOTICE_WITHHELD,	/* max_bans_per_minute is reached */
	EVENT_KINDS,
};

/* What a ban comes of. */
enum event_because {
	BECAUSE_WINDOW,		/* errors within the window */
	BECAUSE_LONG_WINDOW,	/* errors within the long window */
	BECAUSE_BURNT_NAME,	/* a name that nobody has, and that strangers from networks networks have tried */
	BECAUSE_NEIGHBOURS,	/* neighbours were banned */
	BECAUSE_NETWORK_SUM,	/* errors of all its addresses together, within the network window */
	BECAUSE_KINDS,
};

#define EVENT_REASONS 4
struct event {
	enum event_kind kind;
	int64_t time_ms;		/* of a verdict: of the error that tipped the scale */
	/* of a verdict; a release knows its prefix and rule alone */
	struct prefix prefix;
	int64_t until_ms;		/* when the drop ends */
	int64_t instead_ms;		/* when the one ended, or would have, that it takes the place of; 0: of none */
	uint32_t errors;		/* the weighted sum in the window */
	uint32_t window_s;
	uint32_t neighbours;		/* of a network: how many of its addresses were banned within window_s; else 0 */
	enum event_because because;
	uint32_t networks;		/* that try the burnt name */
	bool fresh;			/* neither delay nor ban of it was running */
	const char *beside;		/* of judge_dry_run: the judge not in force that says so; NULL: it is in force */
	int refused;			/* 0, or the errno by which it is not in force */
	uint8_t only;			/* as in struct wire_request: the service from whose ports it drops; 0: from all */
	const char *only_service;	/* its name, or NULL */
	const char *said;		/* by the operator whose it is, as its reason; NULL: nothing */
	bool permanent;			/* the operator's, renewed until he ends it */
	const char *rule;		/* of the last error; "manual" for the operator's own, "network" for a network's */
	struct event_reason {		/* the sum by rule, heaviest first, at most EVENT_REASONS */
		const char *rule;
		uint32_t errors;
	} reasons[EVENT_REASONS];
	size_t reason_count;
	/* of an outage */
	const char *service;
	int why;			/* enum breaker_why */
	int64_t since_ms;
	uint32_t customers;		/* that have failed, where they are the reason */
	uint64_t uncounted;		/* failed logins so far */
	/* of bans withheld */
	uint32_t limit;
};

typedef void event_fn(void *arg, const struct event *event);

static inline bool event_is_verdict(const struct event *event)
{
	return event->kind <= VERDICT_RELEASE;
}

/* event_ended_by - does an allow-list end a drop? One that was decided here ends as soon as anybody in it is allowed; the
 * operator's own of a network stands, for the kernel lets through who is allowed in it. */
static inline bool event_ended_by(const struct event *event, const struct ranges *allow)
{
	return event->errors ? ranges_touch(allow, &event->prefix) : ranges_cover(allow, &event->prefix);
}

/* event_rest_ms - how much of a drop is left at now_ms; what begins later than now is no longer for it. 0: it is over */
static inline int64_t event_rest_ms(const struct event *event, int64_t now_ms)
{
	int64_t from_ms = now_ms > event->time_ms ? now_ms : event->time_ms;

	return event->until_ms > from_ms ? event->until_ms - from_ms : 0;
}

/* event_ends - a drop that was told so late that it is over, but took the place of one that is not: what runs is to end */
static inline bool event_ends(const struct event *event, int64_t now_ms)
{
	return event->kind <= VERDICT_BAN && event->until_ms <= now_ms && event->instead_ms > now_ms;
}

#endif
