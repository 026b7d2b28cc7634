/* weighed - judge = memory: an error weighs by who erred and what was tried
 *
 * Weights are counted in halves. An error is one (two halves), but
 *	6	a failed login or refused recipient for a name that nobody has, which strangers from burn_networks networks have
 *		tried within a week: a burnt name, and a ban at once
 *	3	the same for one that exists, and strangers from campaign_networks networks try; and in a domain in which all exist
 *	1/2	one for an account that is known from nearby, a bounce to a forged sender (<>), and the same name again within the
 *		window, three times running: a person tries one name again, a machine tries many
 *	0	an account's own, where it is at home; the same wrong password again; of a correspondent a recipient that nobody
 *		has, for every four of his mails that were delivered, and what else of his is refused, for every one
 * Two sums decide: of the window, against hard_error_limit, and of the long window, against long_limit (twice that, where no
 * line names an account). In the window alone count bounces, and a recipient that nobody has and that was tried from there
 * before, an old address in a list. Delays go by strikes: the same name again is a whole one, and so is the same password
 * again, three times within the window. Where accounts are at home, strangers behind the same address have wider limits, and
 * bans are short.
 *
 * Nothing is learned from who is banned or allowed. What is told of an address never weighs on another but by its network's
 * sum and its banned neighbours; a network with a customer or correspondents in it is never banned as a whole. */
#ifndef MAILWARD_WEIGHED_H
#define MAILWARD_WEIGHED_H

#include "judge/remote.h"
#include "judge/verdicts.h"
#include "judge/view.h"

/* weighed_learn - a login, an accepted or a delivered mail */
void weighed_learn(struct judge *judge, const struct hit *hit, enum rule_kind kind);

/* weighed_count - an error of somebody who is neither banned nor allowed, and that nothing else speaks against */
void weighed_count(struct judge *judge, const struct error *error);

/* weighed_remote - the same for one that another host has weighed */
void weighed_remote(struct judge *judge, const struct error *error, const struct remote *remote);

/* weighed_forget_names - which names there are, who tries them, who is at home where: all hashes are another key's */
void weighed_forget_names(struct judge *judge);

/* weighed_due - carry out the sentences whose stay is over */
void weighed_due(struct judge *judge, int64_t time_ms);

/* weighed_look - what judge_look() says besides; sum: what the windows hold */
void weighed_look(const struct judge *judge, const struct addr *addr, int64_t now_ms, const struct window_sum *sum,
		  struct judge_view *view);

/* weighed_is_banned - is the unit, or a hood around it, banned at that time from what the rule is about? */
bool weighed_is_banned(const struct judge *judge, const struct addr *addr, uint16_t rule, int64_t time_ms);

#endif
