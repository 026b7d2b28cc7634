/* nfa - patterns as one non-deterministic automaton (Thompson 1968): states that each wait for one byte
 *
 * Made once, from the trees of regex.c; dfa.c makes its states out of sets of these. Says of each pattern whether the
 * automaton is exact for it. Reads no messages. */
#ifndef MAILWARD_NFA_H
#define MAILWARD_NFA_H

#include "match/regex.h"

#define NFA_NONE 60000		/* no state; there are fewer */

enum nfa_kind { NFA_BYTES, NFA_SPLIT, NFA_END, NFA_MATCH };

struct nfa_state {
	uint8_t kind;
	uint8_t begins;		/* NFA_BYTES: 1 + the capture of an exact pattern whose first byte it is, or 0 */
	bool before;		/* of an exact pattern: a capture may begin here or behind */
	uint16_t set;		/* NFA_BYTES: index into sets */
	uint16_t next, other;	/* where it leads; other: of NFA_SPLIT; next of NFA_MATCH: where its pattern begins */
	uint16_t pattern;	/* ascending */
};

struct nfa {
	struct nfa_state *states;
	size_t count, room;
	struct byte_set *sets;	/* distinct */
	size_t set_count;
	uint64_t *exact;	/* a set of patterns */
	uint16_t heads[257];	/* [byte]: 1 << capture: one of an exact pattern may begin with it, or be empty in front of it; [256]: at the end */
	struct capture_runs {
		uint16_t captures;	/* 1 << capture, of those that it has */
		uint16_t of[CAPTURES];	/* what each may hold, index into sets */
	} *runs;		/* [pattern], of the exact ones */
	bool (*holds)[256];	/* the sets again, a byte for each, for a quick look; with exact alone */
};

/* nfa_init - of patterns 0..count-1; false: no memory, or far too many. Owns: *out until nfa_fini() in either case.
 * exact: where they can be, for what matches the first NFA_EXACT_BYTES of a message: what a repeat may reach beyond is not
 * counted. Else no repeat's bound is, and there are fewer states. */
#define NFA_EXACT_BYTES 255
bool nfa_init(struct nfa *out, const struct regex *const *regexes, size_t count, bool exact);
void nfa_fini(struct nfa *nfa);

static inline bool pattern_in(const uint64_t *set, size_t pattern)
{
	return set[pattern / 64] >> (pattern % 64) & 1;
}

static inline void pattern_add(uint64_t *set, size_t pattern)
{
	set[pattern / 64] |= UINT64_C(1) << (pattern % 64);
}

#endif
