/* regex - the shape of a regular expression: what can be proved about a pattern without running it
 *
 * Reads the part of PCRE2's language that pattern files may use into a tree; lint.c proves from it whom a rule can
 * blame, sieve.c makes the automaton of a program's patterns from it. Whatever is not understood here is refused, so
 * nothing unproved ever runs. Matches nothing itself: that is match.c's and PCRE2's. */
#ifndef MAILWARD_REGEX_H
#define MAILWARD_REGEX_H

#include "base/text.h"
#include "match/byte_set.h"

enum __attribute__((packed)) regex_kind {
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
#define REGEX_ADDR_BYTES_MAX 57	/* of what it accepts */

#define REGEX_MANY UINT16_MAX	/* max of a repeat without an upper bound */
#define REGEX_NONE 0		/* no node; node 0 is not used */
#define REGEX_BYTES_MAX 8192	/* of an expanded pattern */

struct regex_node {
	enum regex_kind kind;
	uint8_t capture;	/* REGEX_CAPTURE */
	uint16_t at, end;	/* where it stands in the text */
	uint16_t min, max;	/* REGEX_REPEAT */
	uint16_t set;		/* REGEX_BYTES: a byte, if there is just one; else REGEX_SETS and an index into the sets */
	uint16_t child, next;	/* first child; next of the same parent */
};
#define REGEX_SETS 256U

struct regex {
	struct regex_node *nodes;
	struct byte_set *sets;	/* distinct, none of just one byte */
	uint16_t count, room, root, set_count;
	uint16_t captures[CAPTURES];	/* the node of each, or REGEX_NONE */
	bool addr_plain;	/* the address is written as REGEX_ADDR_TEXT */
	bool atomic;		/* has a part that gives nothing back: (?>...), a++ */
	bool endless_twice;	/* a repeat without bound may stand inside another; false: none does */
	const char *error;	/* why it was refused: static text */
	uint16_t error_at;
};

/* regex_parse - false: error and error_at say why. Owns: regex until regex_fini(), in either case. */
bool regex_parse(struct regex *regex, struct text text);
void regex_fini(struct regex *regex);

/* regex_shrink - to the room that it needs, if it is to be kept */
void regex_shrink(struct regex *regex);

/* regex_set - the bytes of a node REGEX_BYTES */
static inline struct byte_set regex_set(const struct regex *regex, const struct regex_node *node)
{
	struct byte_set one = { 0 };

	if (node->set >= REGEX_SETS)
		return regex->sets[node->set - REGEX_SETS];
	byte_set_add(&one, (unsigned char)node->set);
	return one;
}

/* regex_nullable - can the node match the empty text? */
bool regex_nullable(const struct regex *regex, uint16_t node);

/* regex_first - add to *set the bytes a match of the node can begin with */
void regex_first(const struct regex *regex, uint16_t node, struct byte_set *set);

#endif
