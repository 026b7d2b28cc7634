/* nfa - see nfa.h
 *
 * Each node is built from its end to its begin, for a state leads to what follows it. A build function takes the
 * state that follows and returns the one where a match of its node begins; NFA_NONE, once returned, is passed on to
 * the end.
 *
 * (a) Whatever a pattern matches, the automaton does. Where it cannot say what the pattern says it says more: an
 *     assertion is left out, a bound of a repeat dropped, an address is any run of an address's bytes.
 * (b) Of an exact pattern it says the same, for messages of at most NFA_EXACT_BYTES. So it asserts nothing and gives
 *     everything back (an atomic part would match less than its states), every repeat is written out as copies, or
 *     as a loop where no such message reaches its bound; and its size is bounded, or it is not exact.
 * (c) What an exact pattern captures is told by where it begins. <addr> and <count> are part of every match and
 *     begin with a state of their own (begins). They end where their bytes do: what follows cannot begin with one of
 *     them (follows_none_of), so a capture that begins there has one end only. Other captures are not told, so never
 *     exact.
 * (d) States of an exact pattern before or at the begin of a capture are marked (before): as long as one of them is
 *     left, a match may still choose another address. They are those made last, since building goes backwards.
 * An exact pattern whose <addr> is written otherwise than REGEX_ADDR_TEXT would break (c): addr_plain, count_plain.
 * So would a new kind of node that build() takes for empty: see expressible(). */
#include "match/nfa.h"

#include <stdlib.h>

#define EXACT_STATES_MAX 2500	/* of one pattern, with the copies of what is counted: (?:ab){3,16} */

/* What is being built. */
struct builder {
	struct nfa *nfa;
	const struct regex *regex;
	uint16_t pattern;
	bool exact;
	size_t captures;	/* the first state made that begins a capture; what is made later stands before it */
};

/* Add a state in front of next; NFA_NONE when there is no room, or next was it. */
static uint16_t add(struct builder *b, enum nfa_kind kind, uint16_t next)
{
	struct nfa *nfa = b->nfa;

	if (nfa->count == nfa->room) {
		size_t room = nfa->room ? 2 * nfa->room : 1024;
		struct nfa_state *at = room > 2 * NFA_NONE ? NULL : reallocarray(nfa->states, room, sizeof(*at));

		if (!at)
			return NFA_NONE;
		nfa->states = at;
		nfa->room = room;
	}
	if (nfa->count >= NFA_NONE || next == NFA_NONE)
		return NFA_NONE;
	nfa->states[nfa->count] = (struct nfa_state){ .kind = (uint8_t)kind, .next = next, .pattern = b->pattern };
	return (uint16_t)nfa->count++;
}

static bool find_set(struct nfa *nfa, const struct byte_set *set, uint16_t *index)
{
	for (size_t i = 0; i < nfa->set_count; i++) {
		if (memcmp(&nfa->sets[i], set, sizeof(*set)) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	}
	struct byte_set *sets = reallocarray(nfa->sets, nfa->set_count + 1, sizeof(*sets));
	if (!sets)
		return false;
	nfa->sets = sets;
	sets[nfa->set_count] = *set;
	*index = (uint16_t)nfa->set_count++;
	return true;
}

static uint16_t add_bytes(struct builder *b, const struct byte_set *set, uint16_t next)
{
	uint16_t state = add(b, NFA_BYTES, next);

	return state != NFA_NONE && find_set(b->nfa, set, &b->nfa->states[state].set) ? state : NFA_NONE;
}

static uint16_t add_split(struct builder *b, uint16_t next, uint16_t other)
{
	uint16_t state = add(b, NFA_SPLIT, next);

	if (state == NFA_NONE || other == NFA_NONE)
		return NFA_NONE;
	b->nfa->states[state].other = other;
	return state;
}

static void begin_capture(struct builder *b, uint16_t first, enum regex_kind capture)
{
	b->nfa->states[first].begins = b->exact ? (uint8_t)capture : 0;
	if (first < b->captures)
		b->captures = first;
}

static uint16_t build(struct builder *b, uint16_t node, uint16_t next);

/* The children of a sequence, from the last to the first. */
static uint16_t build_sequence(struct builder *b, uint16_t child, uint16_t next)
{
	if (child == REGEX_NONE)
		return next;
	next = build_sequence(b, b->regex->nodes[child].next, next);
	return build(b, child, next);
}

/* Any number of times; with min, at least once. */
static uint16_t build_loop(struct builder *b, uint16_t child, bool min, uint16_t next)
{
	uint16_t again = add_split(b, next, next);
	uint16_t body = again == NFA_NONE ? NFA_NONE : build(b, child, again);

	if (body == NFA_NONE)
		return NFA_NONE;
	b->nfa->states[again].next = body;
	return min ? body : again;
}

static uint16_t build_repeat(struct builder *b, const struct regex_node *n, uint16_t next)
{
	unsigned copies = n->min;

	if (n->max == 0)
		return next;
	if (n->max == 1) {
		uint16_t once = build(b, n->child, next);

		return n->min ? once : add_split(b, once, next);
	}
	if (!b->exact)		/* the bounds are PCRE2's */
		return build_loop(b, n->child, n->min > 0, next);
	if (n->max < NFA_EXACT_BYTES) {
		for (uint16_t end = next; copies < n->max; copies++)
			next = add_split(b, build(b, n->child, next), end);
	} else if (n->min <= 1) {
		return build_loop(b, n->child, n->min, next);
	} else {
		next = build_loop(b, n->child, false, next);
	}
	for (copies = n->min; copies > 0; copies--)
		next = build(b, n->child, next);
	return next;
}

/* All bytes that can stand anywhere in a match of the node and of those after it. */
static void bytes_of(const struct regex *regex, uint16_t node, struct byte_set *set)
{
	for (; node != REGEX_NONE; node = regex->nodes[node].next) {
		byte_set_add_all(set, &regex->nodes[node].set);
		bytes_of(regex, regex->nodes[node].child, set);
	}
}

#define LOOK_MAX 64

/* Is what follows at next sure to begin with a byte that is not in set, or to be the message's end? */
static bool follows_none_of(const struct nfa *nfa, uint16_t next, const struct byte_set *set, unsigned *looks)
{
	const struct nfa_state *state = &nfa->states[next];

	if (++*looks > LOOK_MAX)
		return false;
	if (state->kind == NFA_SPLIT)
		return follows_none_of(nfa, state->next, set, looks) && follows_none_of(nfa, state->other, set, looks);
	if (state->kind == NFA_BYTES)
		return !byte_set_meets(&nfa->sets[state->set], set);
	return state->kind == NFA_END;
}

/* An address is taken for any run of an address's bytes: one state instead of dozens; addr_parse() knows better. Its
 * first byte has a state of its own, to tell where it begins; it ends where its bytes do. */
static uint16_t build_addr(struct builder *b, const struct regex_node *n, uint16_t next)
{
	struct byte_set set = { 0 }, begins = { 0 };
	uint16_t again = add_split(b, next, next), more, first;
	unsigned looks = 0;

	bytes_of(b->regex, n->child, &set);
	regex_first(b->regex, n->child, &begins);
	more = add_bytes(b, &set, again);
	first = add_bytes(b, &begins, again);
	if (more == NFA_NONE || first == NFA_NONE)
		return NFA_NONE;
	b->exact = b->exact && follows_none_of(b->nfa, next, &set, &looks);
	b->nfa->states[again].next = more;
	begin_capture(b, first, REGEX_ADDR);
	return first;
}

/* The count's first digit, too, has a state of its own, and it ends where its digits do. */
static uint16_t build_count(struct builder *b, const struct regex_node *n, uint16_t next)
{
	uint16_t first = build_sequence(b, n->child, next);
	struct byte_set set = { 0 };
	unsigned looks = 0;

	if (first == NFA_NONE)
		return NFA_NONE;
	bytes_of(b->regex, n->child, &set);
	b->exact = b->exact && b->nfa->states[first].kind == NFA_BYTES && follows_none_of(b->nfa, next, &set, &looks);
	begin_capture(b, first, REGEX_COUNT);
	return first;
}

/* Returns the state where a match of the node begins, if what follows it begins at next. */
static uint16_t build(struct builder *b, uint16_t node, uint16_t next)
{
	const struct regex_node *n = &b->regex->nodes[node];
	uint16_t state;

	switch (n->kind) {
	case REGEX_EMPTY:
		return next;
	case REGEX_END:
		b->exact = b->exact && next != NFA_NONE && b->nfa->states[next].kind == NFA_MATCH;
		return add(b, NFA_END, next);
	case REGEX_BYTES:
		return add_bytes(b, &n->set, next);
	case REGEX_REPEAT:
		return build_repeat(b, n, next);
	case REGEX_CHOICE:
		state = build(b, n->child, next);
		for (uint16_t c = b->regex->nodes[n->child].next; c; c = b->regex->nodes[c].next)
			state = add_split(b, state, build(b, c, next));
		return state;
	case REGEX_ADDR:
		return build_addr(b, n, next);
	case REGEX_COUNT:
		return build_count(b, n, next);
	case REGEX_SEQUENCE:
	case REGEX_OTHER:
		return build_sequence(b, n->child, next);
	}
	return next;
}

/* ---- which patterns can be exact ---- */

static unsigned states_of(const struct regex *regex, uint16_t node);

/* Those of a repeat: its copies or, where no message reaches its bound, a loop. */
static unsigned states_of_repeat(const struct regex *regex, const struct regex_node *n)
{
	uint64_t states = states_of(regex, n->child) + 1;

	states *= n->max < NFA_EXACT_BYTES ? n->max : n->min <= 1 ? 1 : n->min + 1U;
	return states < EXACT_STATES_MAX ? (unsigned)states : EXACT_STATES_MAX;
}

/* The number of states that the node makes in an exact pattern; too many are EXACT_STATES_MAX. */
static unsigned states_of(const struct regex *regex, uint16_t node)
{
	const struct regex_node *n = &regex->nodes[node];
	unsigned states = n->kind == REGEX_SEQUENCE ? 0 : 1;

	if (n->kind == REGEX_REPEAT)
		return states_of_repeat(regex, n);
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		states += states_of(regex, c) + (n->kind == REGEX_CHOICE && regex->nodes[c].next);
	return states < EXACT_STATES_MAX ? states : EXACT_STATES_MAX;
}

/* Is the capture part of every match? */
static bool is_sure(const struct regex *regex, uint16_t node, enum regex_kind capture)
{
	const struct regex_node *n = &regex->nodes[node];

	if (n->kind == capture)
		return true;
	if (n->kind != REGEX_SEQUENCE && (n->kind != REGEX_CHOICE || regex->nodes[n->child].next))
		return false;
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		if (is_sure(regex, c, capture))
			return true;
	return false;
}

/* Nothing is asserted, all is counted, and what is captured is so in every match. */
static bool expressible(const struct regex *regex)
{
	for (uint16_t i = 1; i < regex->count; i++) {
		const struct regex_node *n = &regex->nodes[i];

		if (n->kind == REGEX_EMPTY || n->kind == REGEX_OTHER ||
		    (n->kind == REGEX_COUNT && !(regex->count_plain && is_sure(regex, regex->root, REGEX_COUNT))))
			return false;
	}
	return !regex->atomic && regex->addr_plain && is_sure(regex, regex->root, REGEX_ADDR) &&
	       states_of(regex, regex->root) < EXACT_STATES_MAX;
}

bool nfa_init(struct nfa *out, const struct regex *const *regexes, size_t count)
{
	*out = (struct nfa){ .exact = calloc(count / 64 + 1, sizeof(*out->exact)) };
	for (size_t i = 0; out->exact && i < count; i++) {
		struct builder b = { .nfa = out, .regex = regexes[i], .pattern = (uint16_t)i, .captures = NFA_NONE };
		uint16_t match = add(&b, NFA_MATCH, 0), begin;

		b.exact = expressible(b.regex);
		begin = match == NFA_NONE ? NFA_NONE : build(&b, b.regex->root, match);
		if (begin == NFA_NONE)
			return false;
		out->states[match].next = begin;
		if (!b.exact)
			continue;
		pattern_add(out->exact, i);
		for (size_t at = b.captures; at < out->count; at++)
			out->states[at].before = true;
	}
	return out->exact != NULL;
}

void nfa_fini(struct nfa *nfa)
{
	free(nfa->states);
	free(nfa->sets);
	free(nfa->exact);
	*nfa = (struct nfa){ 0 };
}
