/* sieve - see sieve.h
 *
 * Runs the automaton of dfa.c over a message. What holds in front of each byte:
 * - The state is that of all bytes before it. Each shortcut leads where single steps would: a jump (sieve_jump.h), a
 *   run of bytes that change nothing, a search for the one byte that a state waits for.
 * - Told so far is every pattern that matched in front of it (dfa.c, (a)): no pattern that matches is ever lost, and
 *   where no more states may be made, all that are still in the running are told.
 * - Noted is every byte at which an exact pattern's capture could begin. If there was one only, it is the capture of
 *   whichever exact pattern matched: its own begin is among those noted. Of two, PCRE2 would prefer one; it is asked.
 * - Late are the patterns that matched behind the bytes that the copies of a repeat were counted for only: those an exact
 *   one may match, or not.
 * A run ends early only where a state decides, so answer.exact means: of the first exact match all is known, and
 * nothing of those behind it. What would break this: a state that speaks but is stepped over (a jump must end there),
 * a shortcut that leaves out a byte to be noted. */
#include "match/sieve.h"

#include <stdlib.h>

#include "match/dfa.h"
#include "match/sieve_jump.h"

struct sieve {
	struct dfa dfa;
	struct jump *jumps;	/* [state] */
	uint64_t *result, *late;
	const char *limit;	/* of this message: what is told behind it is late */
};

static void tell(struct sieve *s, const uint64_t *set, const char *at)
{
	for (size_t i = 0; at > s->limit && i < s->dfa.words; i++)
		s->late[i] |= set[i] & ~s->result[i];
	for (size_t i = 0; i < s->dfa.words; i++)
		s->result[i] |= set[i];
}

/* No more states may be made: every pattern that is still in the running can match. */
static void tell_coarsely(struct sieve *s, size_t state)
{
	const struct dfa_state *here = &s->dfa.states[state];

	for (uint32_t i = 0; i < here->count; i++)
		pattern_add(s->result, dfa_nfa_state(&s->dfa, here, i)->pattern);
}

static bool any(const struct sieve *s)
{
	for (size_t i = 0; i < s->dfa.words; i++)
		if (s->result[i])
			return true;
	return false;
}

/* Take down what a state tells. False: it decides, and the answer may be exact. */
static inline bool hear(struct sieve *s, size_t state, const char *at, const char *end, struct sieve_answer *answer)
{
	unsigned flags = s->dfa.states[state].flags;

	if (flags & DFA_TELLS)
		tell(s, dfa_tells(&s->dfa, state), at);
	if ((flags & DFA_DECIDES) && answer->exact && at <= s->limit)
		return false;
	flags = flags / DFA_BEGINS & s->dfa.nfa.heads[at < end ? (unsigned char)*at : 256];
	for (; flags; flags &= flags - 1) {
		unsigned capture = (unsigned)__builtin_ctz(flags);

		answer->at[capture] = at;
		answer->places[capture] = answer->places[capture] ? 2 : 1;
	}
	return true;
}

/* Behind the bytes that hold says yes of. */
static inline const char *span(const bool *hold, const char *at, const char *end)
{
	for (; end - at >= 4; at += 4) {
		if (!hold[(unsigned char)at[0]])
			return at;
		if (!hold[(unsigned char)at[1]])
			return at + 1;
		if (!hold[(unsigned char)at[2]])
			return at + 2;
		if (!hold[(unsigned char)at[3]])
			return at + 3;
	}
	while (at < end && hold[(unsigned char)*at])
		at++;
	return at;
}

/* Step over bytes that change nothing, from one that did not; returns the last of them. */
static const char *stay(const struct dfa *dfa, size_t state, const char *at, const char *end)
{
	const struct dfa_state *here = &dfa->states[state];

	if (here->waits && (unsigned char)*at != here->waits_for) {
		at = memchr(at + 1, here->waits_for, (size_t)(end - at) - 1);
		return (at ? at : end) - 1;
	}
	if (here->stays == 0)
		return at;
	return span(dfa->stays[here->stays - 1], at + 1, end) - 1;
}

/* Each turn of the loop stands in front of a byte: step is the transition that led there, state where it led. */
bool sieve_run(struct sieve *s, struct text message, bool prove, struct sieve_answer *answer)
{
	struct dfa *dfa = &s->dfa;
	const char *at = message.at, *end = at + message.len;
	dfa_step *step = &dfa->start, *next;
	size_t state;

	if (dfa_is_full(dfa)) {
		dfa_forget(dfa);
		memset(s->jumps, 0, (DFA_STATES_MAX + 1) * sizeof(*s->jumps));
	}
	dfa_earn(dfa);
	for (size_t i = 0; i < dfa->words; i++)
		s->result[i] = 0;
	answer->may = s->result;
	answer->exact = prove;
	answer->late = NULL;
	s->limit = end;
	if (message.len > NFA_EXACT_BYTES) {
		s->limit = at + NFA_EXACT_BYTES;
		answer->late = s->late;
		memset(s->late, 0, dfa->words * sizeof(*s->late));
	}
	memset(answer->places, 0, sizeof(answer->places));
	for (;; step = next) {
		/* 1. What the state has to tell. */
		state = *step & DFA_STATE;
		if ((*step & DFA_SPEAKS) && !hear(s, state, at, end, answer))
			break;
		/* 2. Many bytes, if they are the usual ones. */
		if (!(*step & (JUMP_THERE | JUMP_NEVER)))
			jump_learn(dfa, s->jumps, step, at, end);
		if ((*step & JUMP_THERE) && (next = jump_from(s->jumps, step, &at, end))) {
			if (*next == DFA_DEAD)
				break;
			continue;
		}
		/* 3. No byte. */
		if (at == end) {
			tell(s, dfa_tells(dfa, state) + dfa->words, at);
			break;
		}
		/* 4. One byte; or several, while there is nothing to see on the way. */
		next = dfa_row(dfa, state) + dfa->column[(unsigned char)*at];
		while ((*next & JUMP_PLAIN) && at + 1 < end) {
			state = *next & DFA_STATE;
			next = dfa_row(dfa, state) + dfa->column[(unsigned char)*++at];
		}
		if (*next == DFA_UNKNOWN && dfa_make_step(dfa, (uint16_t)state, (unsigned char)*at) == DFA_UNKNOWN) {
			tell_coarsely(s, state);
			answer->exact = false;
			break;
		}
		if (*next == DFA_DEAD)
			break;
		if ((*next & (DFA_STATE | DFA_SPEAKS)) == state)
			at = stay(dfa, state, at, end);
		else if ((*next & (JUMP_NEVER | DFA_SPEAKS)) == JUMP_NEVER)
			*next |= JUMP_PLAIN;
		at++;
	}
	return any(s);
}

bool sieve_proved(const struct sieve *s, size_t pattern, const struct sieve_answer *answer)
{
	return answer->exact && sieve_is_exact(s, pattern) && !(answer->late && pattern_in(answer->late, pattern));
}

bool sieve_is_exact(const struct sieve *s, size_t pattern)
{
	return pattern_in(s->dfa.nfa.exact, pattern);
}

bool sieve_captures(const struct sieve *s, size_t pattern, struct text message, const struct sieve_answer *answer,
		    struct text found[CAPTURES])
{
	const struct capture_runs *runs = &s->dfa.nfa.runs[pattern];
	const char *end = message.at + message.len;

	memset(found, 0, CAPTURES * sizeof(*found));
	for (unsigned left = runs->captures; left; left &= left - 1) {
		unsigned capture = (unsigned)__builtin_ctz(left);
		const char *begin = answer->at[capture], *behind = end;

		if (answer->places[capture] != 1)
			return false;
		if (capture != CAPTURE_ADDR)
			behind = span(s->dfa.nfa.holds[runs->of[capture]], begin, end);
		found[capture] = (struct text){ begin, (size_t)(behind - begin) };
	}
	return true;
}

void sieve_states(const struct sieve *s, size_t *kept, uint64_t *made)
{
	*kept = s->dfa.state_count - DFA_START;
	*made = s->dfa.made;
}

struct sieve *sieve_new(const struct regex *const *regexes, size_t count)
{
	struct sieve *s = calloc(1, sizeof(*s));

	if (s && dfa_init(&s->dfa, regexes, count) && (s->jumps = calloc(DFA_STATES_MAX + 1, sizeof(*s->jumps))) &&
	    (s->result = calloc(s->dfa.words, sizeof(*s->result))) && (s->late = calloc(s->dfa.words, sizeof(*s->late))))
		return s;
	sieve_free(s);
	return NULL;
}

void sieve_free(struct sieve *s)
{
	if (!s)
		return;
	dfa_fini(&s->dfa);
	free(s->jumps);
	free(s->result);
	free(s->late);
	free(s);
}
