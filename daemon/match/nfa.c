/* nfa - see nfa.h
 *
 * Each node is built from its end to its begin, for a state leads to what follows it. A build function takes the
 * state that follows and returns the one where a match of its node begins; NFA_NONE, once returned, is passed on to
 * the end.
 *
 * (a) Whatever a pattern matches, the automaton does. Where it cannot say what the pattern says it says more: an
 *     assertion is left out, a bound of a repeat dropped, an address is any run of an address's bytes.
 * (b) Of an exact pattern it says the same, of matches within the first NFA_EXACT_BYTES. So it asserts nothing and gives
 *     everything back (an atomic part would match less than its states), every repeat is written out as copies, or
 *     as a loop where no such message reaches its bound; and its size is bounded, or it is not exact.
 * (c) What an exact pattern captures is told by where it begins. Each capture is part of every match, a run of bytes
 *     out of one set, and begins with a state of its own (begins). It ends where its bytes do: what follows cannot
 *     begin with one of them (follows_none_of), so a capture that begins there has one end only.
 * (d) States of an exact pattern before or at the begin of a capture are marked (before): as long as one of them is
 *     left, a match may still choose another address. They are those made last, since building goes backwards.
 * An exact pattern whose <addr> is written otherwise than REGEX_ADDR_TEXT would break (c): addr_plain. So would a new
 * kind of node that build() takes for empty: see expressible(). */
#include "match/nfa.h"

#include <stdlib.h>

#include "base/array.h"

#define EXACT_STATES_MAX 2500	/* of one pattern, with the copies of what is counted: (?:ab){3,16} */

/* What is being built. */
struct builder {
	struct nfa *nfa;
	const struct regex *regex;
	uint16_t *known;	/* [regex_node.set]: 1 + the index of these bytes among the automaton's sets; 0: not there yet */
	uint16_t pattern;
	bool exact;
	size_t captures;	/* the first state made that begins a capture; what is made later stands before it */
};

/* Add a state in front of next; NFA_NONE when there is no room, or next was it. */
static uint16_t add(struct builder *b, enum nfa_kind kind, uint16_t next)
{
	struct nfa *nfa = b->nfa;

	if (nfa->count == nfa->room) {
		size_t room = nfa->room ? 2 * nfa->room : (size_t)b->regex->count + 1;
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

static bool add_set(struct nfa *nfa, const struct byte_set *set, uint16_t *index)
{
	struct byte_set *sets = array_grow(nfa->sets, nfa->set_count, sizeof(*sets));

	if (!sets)
		return false;
	nfa->sets = sets;
	sets[nfa->set_count] = *set;
	*index = (uint16_t)nfa->set_count++;
	return true;
}

static bool find_set(struct nfa *nfa, const struct byte_set *set, uint16_t *index)
{
	for (size_t i = 0; i < nfa->set_count; i++) {
		if (memcmp(&nfa->sets[i], set, sizeof(*set)) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	}
	return add_set(nfa, set, index);
}

static uint16_t add_bytes(struct builder *b, const struct byte_set *set, uint16_t next)
{
	uint16_t state = add(b, NFA_BYTES, next);

	return state != NFA_NONE && find_set(b->nfa, set, &b->nfa->states[state].set) ? state : NFA_NONE;
}

/* The same for the bytes of a node, which are mostly known. */
static uint16_t add_node(struct builder *b, const struct regex_node *n, uint16_t next)
{
	uint16_t *known = &b->known[n->set], state;

	if (*known == 0) {
		struct byte_set set = regex_set(b->regex, n);

		if (!(n->set < REGEX_SETS ? add_set(b->nfa, &set, known) : find_set(b->nfa, &set, known)))
			return NFA_NONE;
		++*known;
	}
	state = add(b, NFA_BYTES, next);
	if (state != NFA_NONE)
		b->nfa->states[state].set = (uint16_t)(*known - 1);
	return state;
}

static uint16_t add_split(struct builder *b, uint16_t next, uint16_t other)
{
	uint16_t state = add(b, NFA_SPLIT, next);

	if (state == NFA_NONE || other == NFA_NONE)
		return NFA_NONE;
	b->nfa->states[state].other = other;
	return state;
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
		struct byte_set own = { 0 };

		if (regex->nodes[node].kind == REGEX_BYTES)
			own = regex_set(regex, &regex->nodes[node]);
		byte_set_add_all(set, &own);
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

/* It is a run of the set's bytes, or empty if it may be; first is where it begins, next what follows it. */
static void begin_capture(struct builder *b, uint8_t capture, uint16_t first, const struct byte_set *set, bool empty,
			  uint16_t next)
{
	unsigned looks = 0;

	b->exact = b->exact && follows_none_of(b->nfa, next, set, &looks) &&
		   find_set(b->nfa, set, &b->nfa->runs[b->pattern].of[capture]);
	if (first < b->captures)
		b->captures = first;
	if (!b->exact)
		return;
	const struct byte_set *begins = &b->nfa->sets[b->nfa->states[first].set];
	b->nfa->states[first].begins = capture + 1;
	b->nfa->runs[b->pattern].captures |= (uint16_t)(1U << capture);
	for (unsigned byte = 0; byte < 257; byte++)
		if (empty || (byte < 256 && byte_set_has(begins, (unsigned char)byte)))
			b->nfa->heads[byte] |= (uint16_t)(1U << capture);
}

/* An address is taken for any run of an address's bytes: one state instead of dozens; addr_parse() knows better. Its
 * first byte has a state of its own, to tell where it begins; it ends where its bytes do. */
static uint16_t build_addr(struct builder *b, const struct regex_node *n, uint16_t next)
{
	struct byte_set set = { 0 }, begins = { 0 };
	uint16_t again = add_split(b, next, next), more, first;

	bytes_of(b->regex, n->child, &set);
	regex_first(b->regex, n->child, &begins);
	more = add_bytes(b, &set, again);
	first = add_bytes(b, &begins, again);
	if (more == NFA_NONE || first == NFA_NONE)
		return NFA_NONE;
	b->nfa->states[again].next = more;
	begin_capture(b, CAPTURE_ADDR, first, &set, false, next);
	return first;
}

/* The repeat of one set's bytes that a node consists of, or NULL. */
static const struct regex_node *run_of(const struct regex *regex, const struct regex_node *n)
{
	while ((n->kind == REGEX_CAPTURE || n->kind == REGEX_CHOICE || n->kind == REGEX_SEQUENCE) && n->child &&
	       regex->nodes[n->child].next == REGEX_NONE)
		n = &regex->nodes[n->child];
	return n->kind == REGEX_REPEAT && n->max > 0 && regex->nodes[n->child].kind == REGEX_BYTES ? n : NULL;
}

/* The first byte of any other capture, too, has a state of its own, though it may be left out where the rest is. */
static uint16_t build_capture(struct builder *b, const struct regex_node *n, uint16_t next)
{
	const struct regex_node *run = b->exact ? run_of(b->regex, n) : NULL;

	if (n->capture == CAPTURE_ADDR)
		return build_addr(b, n, next);
	if (!run)
		return build_sequence(b, n->child, next);
	struct regex_node more = *run;
	struct byte_set set = regex_set(b->regex, &b->regex->nodes[run->child]);
	more.min = run->min ? run->min - 1 : 0;
	more.max = run->max < NFA_EXACT_BYTES ? run->max - 1 : REGEX_MANY;
	uint16_t first = add_node(b, &b->regex->nodes[run->child], build_repeat(b, &more, next));
	if (first == NFA_NONE)
		return NFA_NONE;
	begin_capture(b, n->capture, first, &set, run->min == 0, next);
	return run->min ? first : add_split(b, first, next);
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
		return add_node(b, n, next);
	case REGEX_REPEAT:
		return build_repeat(b, n, next);
	case REGEX_CHOICE:
		state = build(b, n->child, next);
		for (uint16_t c = b->regex->nodes[n->child].next; c; c = b->regex->nodes[c].next)
			state = add_split(b, state, build(b, c, next));
		return state;
	case REGEX_CAPTURE:
		return build_capture(b, n, next);
	case REGEX_SEQUENCE:
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
static bool is_sure(const struct regex *regex, uint16_t node, uint16_t capture)
{
	const struct regex_node *n = &regex->nodes[node];

	if (node == capture)
		return true;
	if (n->kind != REGEX_SEQUENCE && (n->kind != REGEX_CHOICE || regex->nodes[n->child].next))
		return false;
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		if (is_sure(regex, c, capture))
			return true;
	return false;
}

/* Nothing is asserted, all is counted, and what is captured is a run of bytes in every match. */
static bool expressible(const struct regex *regex)
{
	for (uint16_t i = 1; i < regex->count; i++) {
		const struct regex_node *n = &regex->nodes[i];
		bool run = n->kind == REGEX_CAPTURE &&
			   (n->capture == CAPTURE_ADDR ? regex->addr_plain : run_of(regex, n) != NULL);

		if (n->kind == REGEX_EMPTY || (n->kind == REGEX_CAPTURE && !(run && is_sure(regex, regex->root, i))))
			return false;
	}
	return !regex->atomic && states_of(regex, regex->root) < EXACT_STATES_MAX;
}

static bool make_holds(struct nfa *nfa)
{
	nfa->holds = calloc(nfa->set_count + 1, sizeof(*nfa->holds));
	for (size_t i = 0; nfa->holds && i < nfa->set_count; i++)
		for (unsigned byte = 0; byte < 256; byte++)
			nfa->holds[i][byte] = byte_set_has(&nfa->sets[i], (unsigned char)byte);
	return nfa->holds;
}

static bool add_pattern(struct nfa *nfa, const struct regex *regex, size_t pattern, bool exact, uint16_t *known)
{
	struct builder b = { .nfa = nfa, .regex = regex, .known = known, .pattern = (uint16_t)pattern, .captures = NFA_NONE };
	uint16_t match = add(&b, NFA_MATCH, 0), begin;

	memset(known + REGEX_SETS, 0, regex->set_count * sizeof(*known));
	b.exact = exact && expressible(regex);
	begin = match == NFA_NONE ? NFA_NONE : build(&b, regex->root, match);
	if (begin == NFA_NONE)
		return false;
	nfa->states[match].next = begin;
	if (!b.exact)
		return true;
	pattern_add(nfa->exact, pattern);
	for (size_t at = b.captures; at < nfa->count; at++)
		nfa->states[at].before = true;
	return true;
}

bool nfa_init(struct nfa *out, const struct regex *const *regexes, size_t count, bool exact)
{
	size_t sets = REGEX_SETS, i = 0;

	for (size_t k = 0; k < count; k++)
		if (sets < REGEX_SETS + regexes[k]->set_count)
			sets = REGEX_SETS + regexes[k]->set_count;
	uint16_t *known = calloc(sets, sizeof(*known));
	*out = (struct nfa){ .exact = calloc(count / 64 + 1, sizeof(*out->exact)), .runs = calloc(count + 1, sizeof(*out->runs)) };
	if (known && out->exact && out->runs)
		while (i < count && add_pattern(out, regexes[i], i, exact, known))
			i++;
	free(known);
	return i == count && (!exact || make_holds(out));
}

void nfa_fini(struct nfa *nfa)
{
	free(nfa->states);
	free(nfa->sets);
	free(nfa->exact);
	free(nfa->runs);
	free(nfa->holds);
	*nfa = (struct nfa){ 0 };
}
