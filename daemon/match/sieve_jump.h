/* sieve_jump - the bytes that usually follow a state, taken as one step
 *
 * Log lines repeat themselves: where the bytes that followed a transition before follow it again, all of them are one step.
 * What a byte costs is the way to its row of the table; a jump compares 32 bytes with what lies in one place. Of a log with
 * 5 % errors 260 instructions a line are spared, of one with 30 % 470.
 *
 * What holds of a jump: it belongs to a state, and its bytes lead from there to another state, over such as have nothing to
 * tell. So to jump is to step over all of them; where the bytes do not fit, one steps. Which bytes are remembered decides no
 * more than how long it takes: those that fit a third of the time or more stay, others give way to what comes next, and after
 * some of these a state is left alone, so that a log that never repeats itself costs no more than its steps. It is in the
 * hands of whoever walks to forget all jumps with the states. */
#ifndef MAILWARD_SIEVE_JUMP_H
#define MAILWARD_SIEVE_JUMP_H

#include "match/dfa.h"

/* Of a transition, see DFA_RUNNERS */
#define JUMP_THERE 0x4000	/* its state has a jump that was worth it so far */
#define JUMP_NEVER 0x2000	/* jumping from here has not been worth it */
#define JUMP_PLAIN 0x1000	/* JUMP_NEVER, and the state is another one that neither speaks nor is dead */

#define JUMP_BYTES_MIN 8
#define JUMP_BYTES_MAX 32
#define JUMP_CREDIT 48		/* misses in a row that a jump which has often fitted may have */
#define JUMP_TRIED 8		/* those that a new one may have */
#define JUMP_FITS 3		/* misses that one fit makes up for: what it spares is many times what they cost */
#define JUMPS_LOST 8		/* new ones for a state, before it is left alone */
struct jump {
	char bytes[JUMP_BYTES_MAX];
	dfa_step to;		/* 0: none */
	uint8_t len, len_max;	/* len_max 0: JUMP_BYTES_MAX */
	uint8_t worth;		/* 0..JUMP_CREDIT misses before it is shortened, or another is learned */
	uint8_t lost;		/* 0..JUMPS_LOST */
};

/* jump_learn - remember the bytes that follow a transition which has neither JUMP_THERE nor JUMP_NEVER, if there are enough of them
 * Either flag is set then; neither while a state on the way is yet to be made. Cost: JUMP_BYTES_MAX bytes. */
void jump_learn(const struct dfa *dfa, struct jump *jumps, dfa_step *from, const char *at, const char *end);

/* jump_shorten - it failed once too often: from now on only as far as these bytes agree, if that is any use */
void jump_shorten(struct jump *jump, dfa_step *from, const char *at);

/* len: JUMP_BYTES_MIN..JUMP_BYTES_MAX; two pieces that may overlap, so that nothing is read behind */
static inline bool same_bytes(const char *a, const char *b, size_t len)
{
	typedef uint64_t halves __attribute__((vector_size(16)));
	halves x, y, differ;

	if (len >= sizeof(x)) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		differ = x ^ y;
		memcpy(&x, a + len - sizeof(x), sizeof(x));
		memcpy(&y, b + len - sizeof(y), sizeof(y));
		differ |= x ^ y;
	} else {
		memcpy(&x, a, 8);
		memcpy((char *)&x + 8, a + len - 8, 8);
		memcpy(&y, b, 8);
		memcpy((char *)&y + 8, b + len - 8, 8);
		differ = x ^ y;
	}
	return (differ[0] | differ[1]) == 0;
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
		if (jump->worth <= JUMP_CREDIT - JUMP_FITS)
			jump->worth += JUMP_FITS;
		*at += jump->len;
		return &jump->to;
	}
	if (jump->worth-- == 0)
		jump_shorten(jump, from, *at);
	return NULL;
}

#endif
