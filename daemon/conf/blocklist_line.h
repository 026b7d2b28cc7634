/* blocklist_line - one line of a blocklist: which addresses it means, and what becomes of them
 *
 * Knows Postfix's actions and the ways to write a network. Never sees a file. */
#ifndef MAILWARD_BLOCKLIST_LINE_H
#define MAILWARD_BLOCKLIST_LINE_H

#include "base/addr.h"

enum blocklist_form { BLOCKLIST_PLAIN, BLOCKLIST_ACCESS, BLOCKLIST_CIDR };

enum blocklist_verdict {
	BLOCKLIST_DROP,
	BLOCKLIST_EXCEPT,	/* OK, DUNNO, FILTER ...: whatever does not refuse */
	BLOCKLIST_DEFER,	/* DEFER, 4xx: a client that comes again may be let in, so it is not dropped */
	BLOCKLIST_VERDICTS,
};

#define PATTERN_BYTES_MAX 256	/* a longer one is no address; what is cut off a name does not matter */
#define ACTION_BYTES_MAX 64

/* a line taken apart, continuation lines added */
struct blocklist_line {
	unsigned number;
	char pattern[PATTERN_BYTES_MAX];	/* the first word */
	char action[ACTION_BYTES_MAX];		/* the second */
	bool text;				/* there is a third */
};

/* blocklist_line_add - take the words of one more physical line */
void blocklist_line_add(struct blocklist_line *line, struct text words);

/* blocklist_is_address - is this written like an address, rightly or wrongly? */
bool blocklist_is_address(struct text word);

enum blocklist_pattern { PATTERN_ADDRESS, PATTERN_NAME, PATTERN_WRONG };

/* blocklist_pattern - which addresses? Length 0 is all of IPv6 alone.
 * WRONG: what it is and what would be right is in wrong, of size bytes. */
enum blocklist_pattern blocklist_pattern(struct text word, enum blocklist_form form, struct prefix *prefix,
					 char *wrong, size_t size);

enum blocklist_action { ACTION_KNOWN, ACTION_NUMBER, ACTION_RESTRICTION, ACTION_WRONG };

/* blocklist_action - what becomes of them? *verdict is set unless WRONG
 * NUMBER: a number alone, which Postfix takes for OK. RESTRICTION: not an action of Postfix's own. WRONG: as above. */
enum blocklist_action blocklist_action(const struct blocklist_line *line, enum blocklist_verdict *verdict,
				       char *wrong, size_t size);

#endif
