/* inside - what is remembered of all that lies in a network, for who asks about it as one */
#ifndef MAILWARD_INSIDE_H
#define MAILWARD_INSIDE_H

#include "judge/judge.h"

/* judge_inside - what is going on in a network, itself left out; changes nothing. running: gets each delay and ban that is on at
 * now_ms, in no order. Cost: a walk over all bans and addresses. */
struct inside {
	uint64_t errors;		/* in the window, of all addresses in it */
	uint32_t erring;		/* addresses that they are of */
	uint32_t bans, delays;		/* that run */
};
void judge_inside(const struct judge *judge, const struct prefix *network, int64_t now_ms, struct inside *inside, event_fn *running,
		  void *arg);

/* judge_over - the delay or ban of a network, or of one around it, that runs at now_ms; of several, the one that lasts longest
 * false: there is none */
bool judge_over(const struct judge *judge, const struct prefix *network, int64_t now_ms, struct event *over);

/* judge_forget_inside - judge_forget() of everything in a network, of it as a whole too
 * Returns how many addresses and networks in it there was something to forget of, or -ENOMEM: nothing is forgotten. Cost: a walk
 * over all that is remembered. */
int judge_forget_inside(struct judge *judge, const struct prefix *network, int64_t now_ms);

#endif
