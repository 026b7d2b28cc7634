/* sieve_jump - see sieve_jump.h
 *
 * What happens seldom: a jump is learned once for a state, and shortened when it fails too often. */
#include "match/sieve_jump.h"

void jump_learn(struct jump *jumps, dfa_step *from, const char *begin, const char *end, dfa_step to)
{
	struct jump *jump = &jumps[*from & DFA_STATE];
	size_t len = (size_t)(end - begin);

	if (len >= JUMP_BYTES_MIN && jump->to == 0 && (to & DFA_STATE) != (*from & DFA_STATE)) {
		memcpy(jump->bytes, begin, len);
		jump->len = (uint8_t)len;
		jump->to = (dfa_step)(to & ~DFA_RUNNERS);
		jump->worth = JUMP_CREDIT;
	}
	*from |= jump->to ? JUMP_THERE : JUMP_NEVER;
}

void jump_shorten(struct jump *jump, dfa_step *from, const char *at)
{
	size_t same = 0;

	while (same < jump->len && at[same] == jump->bytes[same])
		same++;
	*from = (dfa_step)(*from & ~JUMP_THERE);
	if (same >= JUMP_BYTES_MIN) {
		jump->len_max = (uint8_t)same;
		jump->to = 0;
	} else {
		*from |= JUMP_NEVER;
	}
}
