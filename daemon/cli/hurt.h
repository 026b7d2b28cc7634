/* hurt - of those that a replay would have dropped, who belongs here: customers and correspondents */
#ifndef MAILWARD_HURT_H
#define MAILWARD_HURT_H

#include <stdio.h>

#include "judge/judge.h"

struct hurt {
	struct hurt_one {
		struct prefix prefix;
		uint64_t seconds;	/* dropped in all */
		uint32_t bans, delays;
	} *at;
	size_t count, room;
	bool failed;			/* no memory: some are missing */
};

/* hurt_note - a verdict; hurt_merge - at the end: one entry a prefix, in their order; hurt_settle - then: keep those alone who
 * belong here, the longest first */
void hurt_note(struct hurt *hurt, const struct event *event);
void hurt_merge(struct hurt *hurt);
void hurt_settle(struct hurt *hurt, const struct judge *judge, int64_t now_ms);
void hurt_fini(struct hurt *hurt);

/* hurt_find - the entry of a prefix in merged ones, or NULL */
const struct hurt_one *hurt_find(const struct hurt *hurt, const struct prefix *prefix);

/* hurt_line - one of them, for people    hurt_text, hurt_json - a line each; as text at most HURT_SHOWN of them
 * judge: whose verdicts they are, by judge_word(); NULL: of the one in force, which needs no word */
#define HURT_SHOWN 20
void hurt_line(const struct hurt_one *one, FILE *out);
void hurt_text(const struct hurt *hurt, const char *judge, FILE *out);
void hurt_json(const struct hurt *hurt, const char *judge, FILE *out);

#endif
