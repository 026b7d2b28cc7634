/* rules - the pattern files as data: what to look for, in which program, with what weight
 *
 * Reads patterns/NAME.pat (the format is described in patterns/README.md), expands macros, applies the
 * config's weights, keeps each rule's samples. Knows nothing of PCRE2: match.c compiles what stands here.
 * Immutable after load. */
#ifndef MAILWARD_RULES_H
#define MAILWARD_RULES_H

#include "base/conf.h"

enum rule_kind { RULE_ERROR, RULE_SUCCESS };
enum rule_tier { TIER_NORMAL, TIER_STRICT, TIER_OBSERVE };
enum rule_session {
	SESSION_EACH,		/* each line counts */
	SESSION_ONCE,		/* once a session (same process id and address) */
	SESSION_ECHO,		/* only if nothing else of that session has counted: it repeats what other lines say */
};

struct sample {
	bool hit;
	struct addr addr;	/* of a hit */
	char *program;		/* NULL: the first of the rule's programs */
	char *message;
	unsigned line;
};

struct rule {
	char *name;		/* "postfix/user-unknown" */
	char *about;
	const char *file;
	unsigned line;
	enum rule_kind kind;
	enum rule_tier tier;
	enum rule_session session;
	uint32_t weight;	/* after the config: 0 = off */
	bool observe;		/* reported, never counted */
	char **programs;	/* globs: "postfix*" "/smtpd"; '*' matches any run of bytes without... see README */
	size_t program_count;
	struct pattern {
		char *regex;	/* macros expanded, anchored by match.c */
		struct text source;	/* as written, for messages */
		unsigned line, column;
	} *patterns;
	size_t pattern_count;
	struct sample *samples;
	size_t sample_count;
	uint16_t id;		/* index in struct rules */
};

struct rules {
	struct rule *at;	/* in file order; a rule overridden in /etc/mailward/patterns stands once */
	size_t count;		/* at most RULES_MAX */
	void *memory;		/* what the loader keeps */
};

#define RULES_MAX 4000

/* rules_dir - the folder of shipped patterns: conf->patterns, else the patterns/ beside the build tree this
 * binary runs from, else /usr/share/mailward/patterns (PREFIX-dependent). Returns a heap string or NULL. */
char *rules_dir(const struct conf *conf);

/* rules_load - read every *.pat of the shipped folder, then of /etc/mailward/patterns (same name: wins)
 * Returns true when nothing was wrong; else every problem was reported. Owns: *rules until rules_fini(). */
bool rules_load(struct rules *rules, const struct conf *conf, struct problems *problems);
void rules_fini(struct rules *rules);

#endif
