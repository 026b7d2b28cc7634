/* dfa - see dfa.h
 *
 * What holds of each state that is kept, and of each step between two:
 * (a) The state's NFA states are all in which a match may stand after the bytes that led here, and which wait for a
 *     byte; only those of patterns that have matched already are left out. So what a state tells, on arrival or at
 *     the end of the message, is every pattern that matches here and was not told before: never fewer, and of an exact
 *     pattern never more.
 * (b) Two states differ in their NFA states or in what they tell. So a step out of one is right whichever way led to
 *     it, and a step once made is right for good.
 * (c) Of an exact pattern that has matched, those NFA states are kept from which its capture could still begin
 *     elsewhere. A state decides only when none of these are left, nor any of a pattern before it: no byte to come
 *     changes which pattern is first, nor what it captured.
 * (d) Bounded: at most DFA_STATES_MAX states and DFA_KEPT_MAX members are kept; a state is made for a credit, and
 *     each message earns one. A hostile log costs one state a line in the long run, some microseconds.
 * The order of the NFA states is that of the patterns: nfa.c makes them one after the other. (c) rests on it. */
#include "match/dfa.h"

#include <stdlib.h>
#include <string.h>

#define STAYS_MAX 255
#define BUCKETS 4096		/* a power of two */

/* Split the bytes into classes that no set tells apart. */
static void find_columns(struct dfa *dfa)
{
	dfa->columns = 1;
	for (size_t i = 0; i < dfa->nfa.set_count; i++) {
		uint16_t parts[256][2] = { 0 };	/* what becomes of a column outside and inside the set, plus 1 */

		dfa->columns = 0;
		for (unsigned b = 0; b < 256; b++) {
			uint16_t *part = &parts[dfa->column[b]][byte_set_has(&dfa->nfa.sets[i], (unsigned char)b)];

			if (!*part)
				*part = (uint16_t)++dfa->columns;
			dfa->column[b] = (uint8_t)(*part - 1);
		}
	}
}

/* Mark all NFA states that need no byte to be reached; note the matches among them for the state being made. */
static void reach(struct dfa *dfa, uint16_t from, uint64_t *matches, uint64_t *matches_at_end)
{
	size_t depth = 0;

	dfa->stack[depth++] = from;
	while (depth) {
		uint16_t at = dfa->stack[--depth];
		const struct nfa_state *state = &dfa->nfa.states[at];

		if (dfa->marks[at / 64] >> (at % 64) & 1)
			continue;
		dfa->marks[at / 64] |= UINT64_C(1) << (at % 64);
		if (state->kind == NFA_MATCH)
			pattern_add(matches, state->pattern);
		else if (state->kind == NFA_END)
			pattern_add(matches_at_end, state->pattern);
		else if (state->kind == NFA_SPLIT) {
			dfa->stack[depth++] = state->other;
			dfa->stack[depth++] = state->next;
		}
	}
}

/* Move the marked NFA states that wait for a byte to the end of kept, ascending; clears the marks. Of patterns that
 * have matched only those are kept that may yet find another address: which one it is depends on what PCRE2 prefers. */
static uint32_t keep(struct dfa *dfa, const uint64_t *matches, uint32_t *hash)
{
	uint32_t count = 0;

	*hash = 2166136261U;
	for (size_t word = 0; word * 64 < dfa->nfa.count; word++) {
		for (; dfa->marks[word]; dfa->marks[word] &= dfa->marks[word] - 1) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(dfa->marks[word]);
			const struct nfa_state *state = &dfa->nfa.states[at];

			if (state->kind != NFA_BYTES || (pattern_in(matches, state->pattern) && !state->before))
				continue;
			dfa->kept[dfa->kept_count + count++] = (uint16_t)at;
			*hash = (*hash ^ (uint32_t)at) * 16777619U;
		}
	}
	return count;
}

/* Where only .* and its like are left, and all that follows them begins with the same byte, the next such byte can
 * be searched for instead of stepping through what is between. */
static void find_wait(const struct dfa *dfa, struct dfa_state *state)
{
	struct byte_set all = { 0 };

	for (uint32_t i = 0; i < state->count; i++) {
		const struct byte_set *set = &dfa->nfa.sets[dfa_nfa_state(dfa, state, i)->set];

		if (!byte_set_is_full(set))
			byte_set_add_all(&all, set);
	}
	state->waits = byte_set_is_one(&all);
	state->waits_for = byte_set_only(&all);
	state->keeps = false;
}

/* The first pattern of a set, or SIZE_MAX. */
static size_t first_pattern(const uint64_t *set, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (set[i])
			return i * 64 + (size_t)__builtin_ctzll(set[i]);
	return SIZE_MAX;
}

/* Matches of later patterns need not be known once an exact one has matched that nothing can precede any more. */
static uint16_t flags_of(const struct dfa *dfa, const struct dfa_state *state, const uint64_t *told)
{
	size_t first = first_pattern(told, dfa->words);
	unsigned flags = first == SIZE_MAX ? 0 : DFA_TELLS;

	for (uint32_t i = 0; i < state->count; i++) {
		uint8_t begins = dfa_nfa_state(dfa, state, i)->begins;

		flags |= begins ? (unsigned)DFA_BEGINS << (begins - 1U) : 0;
	}
	if (first != SIZE_MAX && pattern_in(dfa->nfa.exact, first) &&
	    (state->count == 0 || dfa_nfa_state(dfa, state, 0)->pattern > first) &&
	    first_pattern(told + dfa->words, dfa->words) >= first)
		flags |= DFA_DECIDES;
	return (uint16_t)flags;
}

/* The state of the marked NFA states, which is made if it is new; its matches stand in the tells of the free state. */
static uint16_t settle(struct dfa *dfa)
{
	struct dfa_state *new = &dfa->states[dfa->state_count];
	uint64_t *told = dfa_tells(dfa, dfa->state_count);

	new->first = (uint32_t)dfa->kept_count;
	new->count = keep(dfa, told, &new->hash);
	uint16_t *bucket = &dfa->buckets[(new->hash ^ new->hash >> 15) & (BUCKETS - 1)];
	for (uint16_t i = *bucket; i; i = dfa->states[i].chain) {
		const struct dfa_state *old = &dfa->states[i];

		if (old->hash == new->hash && old->count == new->count &&
		    memcmp(&dfa->kept[old->first], &dfa->kept[new->first], new->count * sizeof(*dfa->kept)) == 0 &&
		    memcmp(dfa_tells(dfa, i), told, 2 * dfa->words * sizeof(*told)) == 0)
			return i;
	}
	new->stays = 0;
	new->chain = *bucket;
	*bucket = (uint16_t)dfa->state_count;
	dfa->kept_count += new->count;
	find_wait(dfa, new);
	new->flags = flags_of(dfa, new, told);
	memset(dfa_row(dfa, dfa->state_count), 0, dfa->columns * sizeof(*dfa->steps));
	dfa->made++;
	return (uint16_t)dfa->state_count++;
}

static dfa_step step_to(const struct dfa *dfa, uint16_t state)
{
	return (dfa_step)(state | (dfa->states[state].flags ? DFA_SPEAKS : 0));
}

void dfa_forget(struct dfa *dfa)
{
	uint64_t *told = dfa_tells(dfa, DFA_START);

	memset(dfa->buckets, 0, BUCKETS * sizeof(*dfa->buckets));
	dfa->state_count = DFA_START;
	dfa->kept_count = 0;
	dfa->stay_count = 0;
	memset(told, 0, 2 * dfa->words * sizeof(*told));
	for (size_t i = 0; i < dfa->nfa.count; i++)
		if (dfa->nfa.states[i].kind == NFA_MATCH)	/* which knows where its pattern begins */
			reach(dfa, dfa->nfa.states[i].next, told, told + dfa->words);
	dfa->start = step_to(dfa, settle(dfa));
}

static bool any_marked(const struct dfa *dfa)
{
	for (size_t i = 0; i * 64 < dfa->nfa.count; i++)
		if (dfa->marks[i])
			return true;
	return false;
}

/* The bytes of a column lead from the state back to it. */
static void mark_stay(struct dfa *dfa, uint16_t state, size_t column)
{
	struct dfa_state *at = &dfa->states[state];

	if (at->stays == 0) {
		if (dfa->stay_count == STAYS_MAX)
			return;
		memset(dfa->stays[dfa->stay_count++], 0, sizeof(dfa->stays[0]));
		at->stays = (uint8_t)dfa->stay_count;
	}
	for (unsigned b = 0; b < 256; b++)
		if (dfa->column[b] == column)
			dfa->stays[at->stays - 1][b] = true;
}

dfa_step dfa_make_step(struct dfa *dfa, uint16_t from, unsigned char byte)
{
	uint64_t *told = dfa_tells(dfa, dfa->state_count);

	if (dfa->credit == 0 || dfa_is_full(dfa))
		return DFA_UNKNOWN;
	memset(told, 0, 2 * dfa->words * sizeof(*told));
	for (uint32_t i = 0; i < dfa->states[from].count; i++) {
		const struct nfa_state *waiting = dfa_nfa_state(dfa, &dfa->states[from], i);

		if (byte_set_has(&dfa->nfa.sets[waiting->set], byte))
			reach(dfa, waiting->next, told, told + dfa->words);
	}
	size_t before = dfa->state_count;
	uint16_t to = any_marked(dfa) ? settle(dfa) : DFA_DEAD;
	dfa->credit -= dfa->state_count > before;
	if (to == from) {
		mark_stay(dfa, from, dfa->column[byte]);
		dfa->states[from].keeps |= dfa->states[from].waits && byte != dfa->states[from].waits_for;
	}
	return dfa_row(dfa, from)[dfa->column[byte]] = step_to(dfa, to);
}

bool dfa_init(struct dfa *out, const struct regex *const *regexes, size_t count)
{
	*out = (struct dfa){ .words = (count + 63) / 64, .credit = DFA_CREDIT_MAX };
	if (count == 0 || !nfa_init(&out->nfa, regexes, count, true))
		return false;
	find_columns(out);
	while ((size_t)1 << out->shift < out->columns)
		out->shift++;
	out->states = calloc(DFA_STATES_MAX + 1, sizeof(*out->states));
	out->steps = calloc((DFA_STATES_MAX + 1U) << out->shift, sizeof(*out->steps));
	out->tells = calloc((DFA_STATES_MAX + 1) * 2 * out->words, sizeof(*out->tells));
	out->stays = calloc(STAYS_MAX, sizeof(*out->stays));
	out->kept = calloc(DFA_KEPT_MAX + out->nfa.count, sizeof(*out->kept));
	out->buckets = calloc(BUCKETS, sizeof(*out->buckets));
	out->marks = calloc(out->nfa.count / 64 + 1, sizeof(*out->marks));
	out->stack = calloc(2 * out->nfa.count + 2, sizeof(*out->stack));
	if (!out->states || !out->steps || !out->tells || !out->stays || !out->kept || !out->buckets || !out->marks ||
	    !out->stack)
		return false;
	dfa_forget(out);
	return true;
}

void dfa_fini(struct dfa *dfa)
{
	nfa_fini(&dfa->nfa);
	free(dfa->states);
	free(dfa->steps);
	free(dfa->tells);
	free(dfa->stays);
	free(dfa->kept);
	free(dfa->buckets);
	free(dfa->marks);
	free(dfa->stack);
}
