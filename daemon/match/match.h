/* match - which rule a record meets, and whose address it names; the only user of PCRE2
 *
 * The program tag selects the rules, their sieve (sieve.h) the few that can match; the first rule of the file order
 * that matches decides. Match, depth and heap limits always: a line that hits one is counted and skipped.
 * Allocates only for a program not met before, never logs per line. */
#ifndef MAILWARD_MATCH_H
#define MAILWARD_MATCH_H

#include "base/problems.h"
#include "match/account.h"
#include "match/clients.h"
#include "match/hit.h"
#include "match/record.h"
#include "match/rules.h"

struct matcher;

/* match_new - for all rules; NULL after reporting problems at file:line:column
 * What PCRE2 has to decide it compiles for the first line of that kind (with the JIT where it can be had); rules of the
 * postmaster's own at once, for he must hear of what is wrong. rules must outlive the matcher. */
struct matcher *match_new(const struct rules *rules, struct problems *problems);
void match_free(struct matcher *matcher);

/* match_new_all - the same, but every rule takes part, whatever its weight and tier, and is compiled at once: for check */
struct matcher *match_new_all(const struct rules *rules, struct problems *problems);

/* match_copy - one more that finds the same, for another thread; its sieves, its figures and its names' key are its own. NULL: no
 * memory. It has no clients, whose place is the first one's; that must outlive it. */
struct matcher *match_copy(const struct matcher *matcher);

/* match_same_names - do both hash names alike? */
bool match_same_names(const struct matcher *a, const struct matcher *b);

/* match - true: *hit says what
 * A rule of weight 0 still decides the lines it matches: they are nobody's, and the result is false, but for a
 * summary: that a session is over is news in any case.
 * A captured text that is no address ("unknown") is no match for the rule. */
bool match(struct matcher *matcher, const struct record *record, struct hit *hit);

/* match_pass - a record that is not to be matched, since it stands for others or goes on with another's text: it met what they met */
void match_pass(struct matcher *matcher);

/* match_met - what the record of the last match() met: a rule (also one that counts nothing), none of its program's, or
 * its program has none at all; MET_RULE after match_pass() */
enum match_met { MET_RULE, MET_NO_RULE, MET_NO_PROGRAM };
enum match_met match_met(const struct matcher *matcher);

/* match_account - the name that the record of the last match() is about, as it stands there: for people, see account.h
 * len 0: it names none. Holds as long as the record. */
struct text match_account(const struct matcher *matcher);

/* match_names - how names are hashed from now on, and what counts as one; key must outlive the matcher or the next call.
 * Before that they are hashed with a key of the matcher's own. */
void match_names(struct matcher *matcher, const struct name_key *key, const struct names_conf *conf);

/* match_clients - whose sessions they are; made when it is first asked for, NULL: no memory. Owned by the matcher. */
struct clients *match_clients(struct matcher *matcher);

/* match_rule_of - the rule that a hit names */
const struct rule *match_rule_of(const struct matcher *matcher, const struct hit *hit);

/* match_rule - does this rule match, whatever the record's program and the other rules? */
bool match_rule(struct matcher *matcher, const struct rule *rule, const struct record *record, struct hit *hit);

/* match_explain - run every rule of the record's program slowly, and say how far each came; for people
 * Returns how many rules belong to the program. */
enum attempt_end { ATTEMPT_DIFFERS, ATTEMPT_MATCHED, ATTEMPT_LIMIT, ATTEMPT_NO_ADDRESS };
struct attempt {
	const struct rule *rule;
	const struct pattern *pattern;	/* the one that came farthest */
	enum attempt_end end;
	size_t matched;			/* bytes of the message that were as the pattern wants them */
	size_t wanted;			/* ... and the offset in the regex that nothing fitted */
	struct text captured;		/* in the place of the address */
};
typedef void attempt_fn(void *arg, const struct attempt *attempt);
size_t match_explain(const struct rules *rules, const struct record *record, attempt_fn *fn, void *arg);

/* match_limit_hits - lines skipped so far because a limit of PCRE2 was reached, or there was no memory for it */
uint64_t match_limit_hits(const struct matcher *matcher);

/* match_limited - so many more were skipped by a copy */
void match_limited(struct matcher *matcher, uint64_t lines);

#endif
