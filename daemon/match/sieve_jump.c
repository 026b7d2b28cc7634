/* sieve_jump - see sieve_jump.h
 *
 * What happens seldom: a jump is learned once for a state, and shortened when it fails too often. */
#include "match/sieve_jump.h"

void jump_learn(const struct dfa *dfa, struct jump *jumps, dfa_step *from, const char *at, const char *end)
{
	struct jump *jump = &jumps[*from & DFA_STATE];
	size_t len = 0, len_max = jump->len_max ? jump->len_max : JUMP_BYTES_MAX;
	dfa_step to = *from;

	while (jump->to == 0 && at + len < end && len < len_max) {
		const struct dfa_state *state = &dfa->states[to & DFA_STATE];
		dfa_step next = dfa_row(dfa, to & DFA_STATE)[dfa->column[(unsigned char)at[len]]];

		if (next != DFA_UNKNOWN)
			to = next;
		else if (!state->keeps || (unsigned char)at[len] == state->waits_for)
			return;
		len++;
		if (to == DFA_DEAD || (to & (DFA_SPEAKS | JUMP_THERE)))
			break;
	}
	if (len >= JUMP_BYTES_MIN && (to & DFA_STATE) != (*from & DFA_STATE)) {
		memcpy(jump->bytes, at, len);
		jump->len = (uint8_t)len;
		jump->to = (dfa_step)(to & ~DFA_RUNNERS);
		jump->worth = JUMP_TRIED;
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
	} else if (jump->lost < JUMPS_LOST) {
		jump->lost++;
		jump->len_max = 0;
		jump->to = 0;
	} else {
		jump->worth = 0;
		*from |= JUMP_NEVER;
	}
}
