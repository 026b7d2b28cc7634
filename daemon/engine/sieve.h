/* sieve - all patterns of a program as one automaton: which of them can match this message?
 *
 * One pass over the message, most often over its first bytes only: a line that no pattern can begin with is dropped
 * there. The answer is a superset (assertions and the bounds of repeats are left out), so PCRE2 has the last word and
 * finds the address. Deterministic states are made when a line first needs them and kept; how many are made per line
 * and in all is bounded, and a line past the bound is answered coarsely, never wrongly. */
#ifndef MAILWARD_SIEVE_H
#define MAILWARD_SIEVE_H

#include "engine/regex.h"

struct sieve;

/* sieve_new - for patterns 0..count-1, anchored at the message's first byte; regexes are not kept
 * NULL: out of memory, or far too many patterns. */
struct sieve *sieve_new(const struct regex *const *regexes, size_t count);
void sieve_free(struct sieve *sieve);

/* sieve_run - the patterns that can match, as a bit set of (count + 63) / 64 words, valid until the next run; or NULL: none
 * Cost: about a nanosecond a byte, until no pattern is left; a new state costs microseconds, at most one a line in
 * the long run. */
const uint64_t *sieve_run(struct sieve *sieve, struct text message);

/* sieve_states - how many states are kept now, and how many were ever made: for tests and the curious */
void sieve_states(const struct sieve *sieve, size_t *kept, uint64_t *made);

#endif
