/* regex - the shape of a regular expression: what can be proved about a pattern without running it
 *
 * Reads the part of PCRE2's language that pattern files may use into a tree; lint.c proves from it whom a rule can
 * blame, sieve.c makes the automaton of a program's patterns from it. Whatever is not understood here is refused, so
 * nothing unproved ever runs. Matches nothing itself: that is match.c's and PCRE2's. */
#ifndef MAILWARD_REGEX_H
#define MAILWARD_REGEX_H

#include "base/text.h"
#include "match/byte_set.h"

enum regex_kind {
	REGEX_EMPTY,		/* no width: assertions, lookahead (they only narrow what matches) */
	REGEX_END,		/* the end of the message */
	REGEX_BYTES,		/* one byte out of a set */
	REGEX_SEQUENCE,
	REGEX_CHOICE,
	REGEX_REPEAT,		/* its child, min to max times */
	REGEX_CAPTURE,		/* around its child */
};

/* What patterns may capture, each once. */
enum regex_capture {
	CAPTURE_ADDR, CAPTURE_COUNT, CAPTURE_SESSION, CAPTURE_ACCOUNT, CAPTURE_ALIAS, CAPTURE_QUEUE, CAPTURE_PASSWORD,
	CAPTURE_SENDER, CAPTURE_VIA,
	CAPTURES
};
extern const char *const regex_captures[CAPTURES];	/* their names */

/* What pattern files write as <addr>: it accepts all that addr_parse() does, and more. */
#define REGEX_V4 "\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}"
#define REGEX_ADDR_TEXT "(?<addr>(?:::[Ff]{4}:)?" REGEX_V4 "|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,37}(?:" REGEX_V4 ")?)"

#define REGEX_MANY UINT16_MAX	/* max of a repeat without an upper bound */
#define REGEX_NONE 0		/* no node; node 0 is not used */
#define REGEX_BYTES_MAX 8192	/* of an expanded pattern */

struct regex_node {
	enum regex_kind kind;
	uint16_t at, end;	/* where it stands in the text */
	uint16_t min, max;	/* REGEX_REPEAT */
	uint8_t capture;	/* REGEX_CAPTURE */
	uint16_t child, next;	/* first child; next of the same parent */
	struct byte_set set;	/* REGEX_BYTES */
};

struct regex {
	struct regex_node *nodes;
	uint16_t count, room, root;
	uint16_t captures[CAPTURES];	/* the node of each, or REGEX_NONE */
	bool addr_plain;	/* the address is written as REGEX_ADDR_TEXT */
	bool atomic;		/* has a part that gives nothing back: (?>...), a++ */
	const char *error;	/* why it was refused: static text */
	uint16_t error_at;
};

/* regex_parse - false: error and error_at say why. Owns: regex until regex_fini(), in either case. */
bool regex_parse(struct regex *regex, struct text text);
void regex_fini(struct regex *regex);

/* regex_nullable - can the node match the empty text? */
bool regex_nullable(const struct regex *regex, uint16_t node);

/* regex_first - add to *set the bytes a match of the node can begin with */
void regex_first(const struct regex *regex, uint16_t node, struct byte_set *set);

#endif
