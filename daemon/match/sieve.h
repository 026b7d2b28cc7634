/* sieve - all patterns of a program as one automaton: which of them can match this message?
 *
 * One pass over the message, most often over its first bytes only: a line that no pattern can begin with is dropped
 * there. Of most patterns the answer is exact; where they assert, capture more than an address, or count what the
 * automaton cannot, it is a superset, and PCRE2 has the last word. Deterministic states are made when a line first
 * needs them and kept; how many are made per line and in all is bounded, and a line past the bound is answered
 * coarsely, never wrongly. */
#ifndef MAILWARD_SIEVE_H
#define MAILWARD_SIEVE_H

#include "match/regex.h"

struct sieve;

/* sieve_new - for patterns 0..count-1, anchored at the message's first byte; regexes are not kept
 * NULL: out of memory, or far too many patterns. */
struct sieve *sieve_new(const struct regex *const *regexes, size_t count);
void sieve_free(struct sieve *sieve);

struct sieve_answer {
	const uint64_t *may;	/* (count + 63) / 64 words: the patterns that can match; valid until the next run */
	bool exact;		/* all that can match in front of the first that sieve_proved() are told; else none is proved */
	const uint64_t *late;	/* not proved in spite of that; NULL: none */
	uint8_t places[CAPTURES];	/* 0, 1, or more: where one of an exact pattern may begin */
	const char *at[CAPTURES];	/* the last of them, in the message */
};

/* sieve_run - false: no pattern can match
 * prove: be exact where that is possible, and end as soon as the first exact match is sure to be the first of all;
 * else all patterns that can match are told.
 * Cost: about a nanosecond a byte, until no pattern is left; a new state costs microseconds, at most one a line in
 * the long run. */
bool sieve_run(struct sieve *sieve, struct text message, bool prove, struct sieve_answer *answer);

/* sieve_is_exact - does the automaton say all there is to say about the pattern? */
bool sieve_is_exact(const struct sieve *sieve, size_t pattern);

/* sieve_proved - does a pattern that can match do so for certain? */
bool sieve_proved(const struct sieve *sieve, size_t pattern, const struct sieve_answer *answer);

/* sieve_captures - what a proved pattern captured in the message
 * found: with at NULL, what the pattern has not; of an <addr> the rest of the message, for addr_read(): it may yet be none.
 * false: it is not sure where. */
bool sieve_captures(const struct sieve *sieve, size_t pattern, struct text message, const struct sieve_answer *answer,
		    struct text found[CAPTURES]);

/* sieve_states - how many states are kept now, and how many were ever made: for tests and the curious */
void sieve_states(const struct sieve *sieve, size_t *kept, uint64_t *made);

#endif
