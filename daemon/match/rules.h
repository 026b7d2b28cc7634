/* rules - the pattern files as data: what to look for, in which program, with what weight
 *
 * What a patterns/NAME.pat says once read, its macros expanded and the config's weights applied: rules, their
 * expressions, their samples. Everything lies in one arena. rules_load() fills it; nothing changes it afterwards. */
#ifndef MAILWARD_RULES_H
#define MAILWARD_RULES_H

#include "base/addr.h"

enum rule_kind {
	RULE_ERROR,
	RULE_FAILED_LOGIN,	/* an error, too; see breaker.h for what it tells besides */
	RULE_RECIPIENT,		/* an error, too: mail for a name that nobody has */
	RULE_SUCCESS,		/* counts for nothing, and so do those below */
	RULE_LOGIN,		/* the same, and the address is a customer's */
	RULE_ACCEPTED,		/* mail was accepted under a queue id */
	RULE_DELIVERED,		/* mail was delivered here; names no address: the name exists, and whose queue id it was is a correspondent */
	RULE_CLIENT,		/* says only whose session or queue id it is, see clients.h */
	RULE_OUTAGE,		/* the server itself is at fault; may name no address: then it speaks of itself alone */
};
enum rule_tier { TIER_NORMAL, TIER_STRICT, TIER_OBSERVE };
enum rule_session {
	SESSION_EACH,		/* each line counts */
	SESSION_ONCE,		/* once a session (same process id and address) */
	SESSION_ECHO,		/* only if no other rule leads the session: it repeats what other lines say */
	SESSION_SUMMARY,	/* the same, and it ends the session; alone, without the session's other lines, it proves nothing */
};

struct sample {
	bool hit;
	bool nobody;		/* a hit without an address, of a rule about outages */
	struct addr addr;	/* of a hit */
	struct text program;	/* without one of its own: made from the first of the rule's globs */
	struct text message;
	unsigned line;
};

struct rule {
	char *name;		/* "postfix/user-unknown" */
	char *about;
	const char *file;
	unsigned line;
	bool local;		/* of the postmaster's own folder */
	enum rule_kind kind;
	enum rule_tier tier;
	enum rule_session session;
	bool back;		/* of a failed login: told by what stands behind the server that the client talks to */
	uint16_t teller;	/* a hash of its name, never 0 */
	uint8_t known;		/* enum hit_known: that a line of it tells of the account */
	uint32_t weight;	/* after the config: 0 = off */
	bool observe;		/* reported, never counted */
	bool on;		/* false: of the strict tier, which the config does not want; weight is then 0 */
	struct text *programs;	/* globs, '*' matches any run of bytes; an empty one stands for lines without a program */
	size_t program_count;
	struct pattern {
		struct text regex;	/* macros expanded, anchored by match.c */
		struct text source;	/* its line as written, for messages */
		unsigned line;
		uint16_t captures;	/* a bit for each enum regex_capture that it has */
		struct origin {		/* where a run of the regex comes from, see pattern_column() */
			uint16_t at;	/* offset in the regex */
			uint16_t column;
			bool macro;	/* all of the run comes from the macro used at column */
		} *origins;
		size_t origin_count;
		uint32_t tree;		/* index in the rules' trees, while there are any */
	} *patterns;
	size_t pattern_count;
	struct sample *samples;
	size_t sample_count;
	uint16_t id;		/* index in struct rules */
};

struct regex;

struct rules {
	struct rule *at;	/* in file order; a rule overridden in /etc/mailward/patterns stands once */
	size_t count;		/* at most RULES_MAX */
	struct arena *memory;	/* what the loader keeps */
	struct regex *trees;	/* of all patterns, while they are being proved */
	size_t tree_count;
};

#define RULES_MAX 4000
#define RULE_NAME_MAX 64	/* service and rule, with the slash */
#define RULE_WEIGHT_MAX 100

void rules_fini(struct rules *rules);

/* rules_forget_trees - once nothing is to be proved any more: they are as large as all the rest */
void rules_forget_trees(struct rules *rules);

/* rules_find - the rule of this name, or NULL */
struct rule *rules_find(const struct rules *rules, struct text name);

/* rule_counts - does a line of it count as an error? */
static inline bool rule_counts(const struct rule *rule)
{
	return rule->kind <= RULE_RECIPIENT;
}

/* rule_may_name_nobody - may a pattern of it name no address? An error's or a login's, if it has the <queue> under which
 * another line does. */
static inline bool rule_may_name_nobody(const struct rule *rule)
{
	return rule->kind == RULE_OUTAGE || rule->kind == RULE_DELIVERED || rule->kind == RULE_LOGIN || rule_counts(rule);
}

/* rule_kind_name - "a login", for people */
const char *rule_kind_name(const struct rule *rule);

/* rule_of_program - does a line of this program belong to the rule? program: len 0 for a line without one */
bool rule_of_program(const struct rule *rule, struct text program);

/* globs_meet - may there be a program for both? Looks at what stands before the first and behind the last star only. */
bool globs_meet(struct text a, struct text b);

/* glob_match - Cost: O(glob x program) at worst */
bool glob_match(struct text glob, struct text program);

/* pattern_column - the column (1..) of the pattern's source line that an offset of its regex comes from */
unsigned pattern_column(const struct pattern *pattern, size_t offset);

#endif
