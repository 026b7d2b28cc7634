/* judge - the flow: a hit becomes an error, a count, a verdict
 *
 * Owns all that is remembered of addresses; knows neither text nor files nor the kernel nor the time: hits come in by
 * judge_hit(), each with its time, and what is decided goes out through the function given at the start. */
#ifndef MAILWARD_JUDGE_H
#define MAILWARD_JUDGE_H

#include "conf/conf.h"
#include "judge/event.h"
#include "judge/figures.h"
#include "judge/remote.h"
#include "judge/view.h"
#include "match/account.h"
#include "match/hit.h"
#include "match/rules.h"

struct judge;

/* judge_new - conf and rules must outlive it; NULL: out of memory
 * tell: gets each event at once, in order, with arg. Under judge_dry_run there are two judges in it, who hear the same
 * and know nothing of each other; the verdicts of the one not in force come after the other's, with event->beside set. */
struct judge *judge_new(const struct conf *conf, const struct rules *rules, event_fn *tell, void *arg);
void judge_free(struct judge *judge);

/* judge_replay - the same hits get the same answers, each time: its hashes are keyed alike; for a judge that keeps nothing
 * Before the first hit. Who knows the key can make names that collide, which hurts nobody in a replay. */
void judge_replay(struct judge *judge);

/* judge_hit - the whole flow for one hit of these rules; hits may come out of order, see window.h */
void judge_hit(struct judge *judge, const struct hit *hit);

/* judge_remote - the same for what another host's judge has counted or learned: it is added as it is. false: nobody here is
 * the worse for it, since the address is banned already, or allowed */
bool judge_remote(struct judge *judge, const struct remote *remote);

/* judge_join - a ban by another host: kind, prefix, time_ms, until_ms, errors, rule. Of two that overlap the later end holds, and
 * they are one; what is news is told. -EPERM: an allowed address lies inside; -EALREADY: one that lasts as long runs
 * judge_part - a release by another host: what began up to time_ms ends, as by judge_release(). -ENOENT: nothing did */
int judge_join(struct judge *judge, const struct event *event);
int judge_part(struct judge *judge, const struct prefix *prefix, int64_t time_ms, int64_t now_ms);

/* judge_read - so much was read, hits or not: for the figures */
void judge_read(struct judge *judge, uint64_t lines, uint64_t bytes);

/* judge_ban, judge_release - the operator's own; a ban replaces what was there
 * seconds: 1..DURATION_MAX_S. -EPERM: all of it is allowed (who is in it is not dropped, see event_ended_by()); -ENOENT: no such ban.
 * Both are told; a release also forgets the address's errors and history. */
int judge_ban(struct judge *judge, const struct prefix *prefix, uint32_t seconds, int64_t now_ms);
int judge_release(struct judge *judge, const struct prefix *prefix, int64_t now_ms);

/* judge_release_around - release the prefix and every network over it; released: which they were, narrow ones first
 * Returns how many, at most JUDGE_AROUND_MAX. */
#define JUDGE_AROUND_MAX 129
size_t judge_release_around(struct judge *judge, const struct prefix *prefix, int64_t now_ms, struct prefix released[JUDGE_AROUND_MAX]);

/* judge_allow_changed - the allow-list of its conf is another: the judge beside goes by it, too */
void judge_allow_changed(struct judge *judge);

/* judge_note - what became of a drop that was told: error: 0: it is in force; EPERM, EINVAL: it never will be, and is taken back
 * by and by; any other errno: not yet. Told to nobody.
 * judge_retry - call fn for those that are not in force yet, at most max of them, from *cursor on, which becomes 0 at the end
 * judge_refused - by which errno is a running one not in force? 0: it is; -1: there is none
 * judge_take_back - one that never was in force */
void judge_note(struct judge *judge, const struct prefix *prefix, int error);
size_t judge_retry(struct judge *judge, int64_t now_ms, uint32_t *cursor, size_t max, event_fn *fn, void *arg);
int judge_refused(const struct judge *judge, const struct prefix *prefix, int64_t now_ms);
void judge_take_back(struct judge *judge, const struct prefix *prefix, int64_t now_ms);

/* judge_adopt - a delay or ban that somebody else knows of, where the judge knows of none: kind, prefix, time_ms, until_ms,
 * errors, rule; told to nobody. What is allowed is left alone. true: it is the judge's now */
bool judge_adopt(struct judge *judge, const struct event *event);

/* judge_active - call fn for each delay and ban that is running at now_ms, as when it was told, without its reasons */
void judge_active(const struct judge *judge, int64_t now_ms, event_fn *fn, void *arg);
/* judge_active_next - the same of the next slots of the bans' table only, from *cursor on, which is 0 at first; false: that
 * was all. For who has other work in between: what changes meanwhile is told as it was or as it is, or twice */
bool judge_active_next(const struct judge *judge, uint32_t *cursor, uint32_t slots, int64_t now_ms, event_fn *fn,
		       void *arg);

/* judge_outages - call fn for each service whose failed logins count for nobody now, as NOTICE_OUTAGE */
void judge_outages(const struct judge *judge, int64_t now_ms, event_fn *fn, void *arg);

/* judge_outage_failing - call fn for each customer who is pardoned for an outage, while it is told as NOTICE_OUTAGE
 * judge_pardon - one who is pardoned for an outage on another host: his failed logins count for nobody here, either */
typedef void judge_customer_fn(void *arg, const struct prefix *customer);
void judge_outage_failing(const struct judge *judge, const struct event *outage, judge_customer_fn *fn, void *arg);
void judge_pardon(struct judge *judge, const struct prefix *customer, int64_t now_ms);

/* judge_look - all that is known of one address, changing nothing */
void judge_look(const struct judge *judge, const struct addr *addr, int64_t now_ms, struct judge_view *view);

/* judge_name_key - what the names in its hits must be hashed with; another after memory_load_row() */
const struct name_key *judge_name_key(const struct judge *judge);

/* judge_share_names - from now on names are hashed with that key; what was known of them under another is forgotten
 * After memory_load_end(), before the first hit. true: it is another key */
bool judge_share_names(struct judge *judge, const struct name_key *key);

/* judge_look_name - what is known of a name; addr: seen from there, or NULL */
void judge_look_name(const struct judge *judge, uint64_t name, const struct addr *addr, int64_t now_ms, struct judge_name_view *view);

/* judge_belongs - has anybody logged in, or was mail delivered, from there within a month? */
bool judge_belongs(const struct judge *judge, const struct prefix *prefix, int64_t now_ms);

/* judge_forget_name - a name, as if it had never been heard of; a ban that rests on it goes on, and no longer knows on what.
 * Cost: all bans and addresses. judge_forget - the same of an address: its errors, bans,
 * mails and who is at home there. What is dropped of it is released. */
void judge_forget_name(struct judge *judge, uint64_t name);
void judge_forget(struct judge *judge, const struct prefix *prefix, int64_t now_ms);

/* judge_beside - the judge not in force, for what it would have done; NULL: without judge_dry_run there is none
 * judge_word - the word for it in [policy] judge */
const struct judge *judge_beside(const struct judge *judge);
const char *judge_word(const struct judge *judge);

/* judge_tries - how each of the two did; all zero without judge_dry_run */
struct judge_tries judge_tries(const struct judge *judge);

const struct figures *judge_figures(const struct judge *judge);
/* judge_thought - of the last hit that was counted as an error; valid until the next hit */
const struct judge_thought *judge_thought(const struct judge *judge);
/* judge_rule_last_ms - when the rule was last met by a line that has a time; 0: not since the start */
int64_t judge_rule_last_ms(const struct judge *judge, const struct rule *rule);
/* judge_rule_errors - weighted errors counted under a rule so far */
uint64_t judge_rule_errors(const struct judge *judge, const struct rule *rule);
/* judge_addresses - how many addresses the window tracks now */
uint32_t judge_addresses(const struct judge *judge);

#endif
