/* sieve_jump - the bytes that usually follow a state, taken as one step
 *
 * Log lines repeat themselves: where the bytes that followed a transition last time follow it again, all of them are
 * one step. Of 1,000,000 lines, without: 0 % errors 0.137 -> 0.147 s of processor time, 5 % 0.162 -> 0.195, 50 %
 * 0.327 -> 0.486. What a byte costs is the way to its row of the table; a jump compares 32 bytes with what lies in
 * one place.
 *
 * What holds of a jump: it belongs to a state, and its bytes lead from there to another state, over such as have
 * nothing to tell. So to jump is to step over all of them; where the bytes do not fit, one steps. It is in the hands
 * of whoever walks to end a path where a state speaks or a jump begins, and to forget all jumps with the states. */
#ifndef MAILWARD_SIEVE_JUMP_H
#define MAILWARD_SIEVE_JUMP_H

#include "match/dfa.h"

/* Of a transition, see DFA_RUNNERS */
#define JUMP_THERE 0x4000	/* its state has a jump that was worth it so far */
#define JUMP_NEVER 0x2000	/* jumping from here has not been worth it */
#define JUMP_PLAIN 0x1000	/* JUMP_NEVER, and the state is another one that neither speaks nor is dead */

#define JUMP_BYTES_MIN 8
#define JUMP_BYTES_MAX 32
#define JUMP_CREDIT 16		/* it may fail twice as often in a row before it is shortened */
struct jump {
	char bytes[JUMP_BYTES_MAX];
	dfa_step to;		/* 0: none */
	uint8_t len, len_max;	/* len_max 0: JUMP_BYTES_MAX */
	int8_t worth;		/* -JUMP_CREDIT..JUMP_CREDIT: one up where it fits, one down where not */
};

/* The bytes from a transition on, while they are walked one by one. */
struct path {
	dfa_step *from;		/* NULL: none */
	const char *at;
};

/* jump_learn - from a transition, the bytes begin..end led to another; remember it if it is long enough */
void jump_learn(struct jump *jumps, dfa_step *from, const char *begin, const char *end, dfa_step to);

/* jump_shorten - it failed once too often: from now on only as far as these bytes agree, if that is any use */
void jump_shorten(struct jump *jump, dfa_step *from, const char *at);

static inline void path_begin(struct path *path, dfa_step *from, const char *at)
{
	if (!path->from && !(*from & (JUMP_THERE | JUMP_NEVER)))
		*path = (struct path){ from, at };
}

static inline void path_end(struct jump *jumps, struct path *path, const char *at, dfa_step to)
{
	if (path->from)
		jump_learn(jumps, path->from, path->at, at, to);
	path->from = NULL;
}

/* path_end_if_long - where it can be no longer, or another jump begins */
static inline void path_end_if_long(struct jump *jumps, struct path *path, const char *at, dfa_step to)
{
	if (!path->from)
		return;
	const struct jump *jump = &jumps[*path->from & DFA_STATE];
	if ((to & JUMP_THERE) || (size_t)(at - path->at) == (jump->len_max ? jump->len_max : JUMP_BYTES_MAX))
		path_end(jumps, path, at, to);
}

/* len: at least 8 */
static inline bool same_bytes(const char *a, const char *b, size_t len)
{
	uint64_t x, y, differ = 0;

	for (size_t i = 0; i + 8 < len; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		differ |= x ^ y;
	}
	memcpy(&x, a + len - 8, 8);
	memcpy(&y, b + len - 8, 8);
	return (differ | (x ^ y)) == 0;
}

/* jump_from - where the remembered bytes follow, the transition behind them, and *at behind them; else NULL
 * from: has JUMP_THERE */
static inline dfa_step *jump_from(struct jump *jumps, dfa_step *from, const char **at, const char *end)
{
	struct jump *jump = &jumps[*from & DFA_STATE];

	if (end - *at < jump->len)
		return NULL;
	if (jump->to == 0) {		/* shortened for another transition into the state: learn it again */
		*from = (dfa_step)(*from & ~JUMP_THERE);
		return NULL;
	}
	if (same_bytes(*at, jump->bytes, jump->len)) {
		if (jump->worth < JUMP_CREDIT)
			jump->worth++;
		*at += jump->len;
		return &jump->to;
	}
	if (--jump->worth < -JUMP_CREDIT)
		jump_shorten(jump, from, *at);
	return NULL;
}

#endif
