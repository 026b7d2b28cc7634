/* dfa - the deterministic automaton of a program's patterns, made as lines need it (Aho, Sethi, Ullman 3.7)
 *
 * A state is the set of NFA states where a match may stand after the bytes so far, and what has matched on the way
 * into it. Made when a line first needs one, and kept; how many there are and how many a line may add is bounded.
 * sieve.c runs it, and marks steps with three bits of its own. */
#ifndef MAILWARD_DFA_H
#define MAILWARD_DFA_H

#include "match/nfa.h"

enum { DFA_UNKNOWN, DFA_DEAD, DFA_START };	/* states; the first is no state */

/* A transition: the next state, with flags. Two bytes, since what a byte costs is the way to the cache. */
typedef uint16_t dfa_step;
#define DFA_SPEAKS 0x8000	/* the state has something to tell on arrival: see its flags */
#define DFA_RUNNERS 0x7000	/* of whoever runs it */
#define DFA_STATE 0x0fff

/* What a state tells. */
enum {
	DFA_TELLS = 1,		/* patterns have matched */
	DFA_DECIDES = 2,	/* the first pattern that has matched is exact, and none before it is left */
	DFA_BEGINS = 4,		/* << capture: one of an exact pattern can begin here */
};

struct dfa_state {
	uint32_t first, count;	/* its NFA states, all NFA_BYTES, ascending, in kept */
	uint32_t hash;
	uint16_t chain;		/* next state of the same bucket */
	uint16_t flags;
	bool waits;		/* all bytes but one are the same to it */
	uint8_t waits_for;	/* that one */
	bool keeps;		/* it waits, and the other bytes are known to lead back to it */
	uint8_t stays;		/* 1 + where in dfa.stays the bytes are marked that lead back to it; 0: none yet */
};

#define DFA_STATES_MAX 4000
#define DFA_KEPT_MAX (1U << 20)	/* NFA states in all states together */
#define DFA_CREDIT_MAX 4096	/* states that may be made at once; each message earns one */

struct dfa {
	struct nfa nfa;
	uint8_t column[256];	/* of a byte in the transition table: bytes that no pattern tells apart share one */
	size_t columns;
	unsigned shift;		/* a row has 1 << shift columns */
	size_t words;		/* of a set of patterns */

	struct dfa_state *states;
	dfa_step start;		/* into DFA_START */
	dfa_step *steps;	/* [state][column] */
	uint64_t *tells;	/* [state][2][words]: matches on arrival, matches if the message ends here */
	bool (*stays)[256];
	uint16_t *kept;
	uint16_t *buckets;
	size_t state_count, kept_count, stay_count;
	uint32_t credit;	/* states that may still be made */
	uint64_t made;

	uint64_t *marks;	/* a set of NFA states: the state being made */
	uint16_t *stack;
};

/* dfa_init - false: no memory, or far too many patterns. Owns: *out until dfa_fini(), in either case. */
bool dfa_init(struct dfa *out, const struct regex *const *regexes, size_t count);
void dfa_fini(struct dfa *dfa);

/* dfa_is_full - no more states can be made until all are forgotten */
static inline bool dfa_is_full(const struct dfa *dfa)
{
	return dfa->state_count == DFA_STATES_MAX || dfa->kept_count + dfa->nfa.count > DFA_KEPT_MAX;
}

/* dfa_forget - all states; the one to start from is made anew */
void dfa_forget(struct dfa *dfa);

/* dfa_earn - before each message */
static inline void dfa_earn(struct dfa *dfa)
{
	dfa->credit += dfa->credit < DFA_CREDIT_MAX;
}

/* dfa_make_step - the transition for a byte not met in this state before; DFA_UNKNOWN when no state may be made */
dfa_step dfa_make_step(struct dfa *dfa, uint16_t from, unsigned char byte);

static inline dfa_step *dfa_row(const struct dfa *dfa, size_t state)
{
	return &dfa->steps[state << dfa->shift];
}

static inline uint64_t *dfa_tells(const struct dfa *dfa, size_t state)
{
	return &dfa->tells[state * 2 * dfa->words];
}

/* dfa_nfa_state - the i-th NFA state of a state */
static inline const struct nfa_state *dfa_nfa_state(const struct dfa *dfa, const struct dfa_state *state, uint32_t i)
{
	return &dfa->nfa.states[dfa->kept[state->first + i]];
}

#endif
