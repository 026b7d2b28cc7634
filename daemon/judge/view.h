/* view - what the judge knows of an address or a name, for people who ask: values, copied at one moment */
#ifndef MAILWARD_VIEW_H
#define MAILWARD_VIEW_H

#include "conf/conf.h"
#include "judge/event.h"

/* all that is known of one address; see judge_look() */
struct judge_view {
	struct prefix unit;		/* what the address is counted and banned under */
	bool allowed, banworthy;
	uint32_t errors;		/* in the window */
	struct event_reason reasons[EVENT_REASONS];
	size_t reason_count;
	/* of each [service NAME] that it has errors of, which are not in errors; long_errors with judge = memory alone */
	struct judge_view_service {
		const char *name;
		uint32_t errors, long_errors, soft_limit, limit, long_limit, window_s, long_window_s;
	} services[CONF_SERVICES_MAX];
	size_t service_count;
	bool running, around_running;	/* is there an own drop, one of a network around it? */
	struct event own, around;	/* then these say which; around: the one that lasts longest */
	uint32_t repeat;		/* bans that are remembered of it */
	uint32_t next_ban_s;		/* how long the next one would be */
	/* of judge = memory */
	uint32_t long_errors;		/* in the long window */
	uint32_t limit, long_limit;	/* of the two sums, as they are there */
	uint32_t guests;		/* accounts at home there */
	uint32_t mails;			/* delivered from there within a month */
	int64_t stay_ms;		/* when a sentence that waits is carried out; 0: none waits */
	bool customers_around;		/* a network around it has customers in it, so that it is never banned as a whole */
};

/* what was thought of the last error that counted; see judge_thought() */
#define THOUGHT_AGAIN 1U	/* the name again: half */
#define THOUGHT_SAME 2U		/* and the password, too: nothing */
#define THOUGHT_NEAR 4U		/* an account that is known from nearby: half */
#define THOUGHT_BOUNCE 8U	/* a bounce to a forged sender: half */
#define THOUGHT_CAMPAIGN 16U	/* a name that many strangers try */
#define THOUGHT_BURNT 32U	/* a name that nobody has, and that strangers try */
#define THOUGHT_GUEST 64U	/* where accounts are at home */
#define THOUGHT_BRIEF 128U	/* a recipient that nobody has, tried from there before: in the short window alone */
struct judge_thought {
	uint32_t halves;	/* what it weighs, in half errors */
	uint32_t networks;	/* that try the name */
	unsigned why;		/* THOUGHT_* */
};

/* what is known of a name; see judge_look_name() */
struct judge_name_view {
	bool exists, by_login;		/* by_login: somebody logged in under it; else mail was delivered */
	uint32_t networks;		/* of strangers who have tried it within a week, as far as they are told apart */
	bool burnt, campaign;
	uint32_t known_networks;	/* that it has logged in from within a month */
	enum { NAME_FROM_NOWHERE, NAME_STRANGER, NAME_NEAR, NAME_OWN } here;	/* what it is at addr */
	uint32_t bans;			/* running ones that rest on it */
};

#endif
