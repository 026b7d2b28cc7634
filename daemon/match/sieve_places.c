/* sieve_places - see sieve_places.h
 *
 * Each node is built from its end to its begin, for a place leads to what follows it. */
#include "match/sieve_places.h"

#include <stdlib.h>

#define EXACT_PLACES_MAX 2500	/* of one pattern, with the copies of what is counted: (?:ab){3,16} */

/* What is being built. */
struct builder {
	struct places *places;
	const struct regex *regex;
	uint16_t pattern;
	bool exact;
	size_t captures;	/* the first place made that begins a capture; what is made later stands before it */
};

/* Add a place in front of next; PLACES_NONE when there is no room, which is sticky. */
static uint16_t add(struct builder *b, enum place_kind kind, uint16_t next)
{
	struct places *p = b->places;

	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 1024;
		struct place *at = room > 2 * PLACES_NONE ? NULL : reallocarray(p->at, room, sizeof(*at));

		if (at == NULL)
			return PLACES_NONE;
		p->at = at;
		p->room = room;
	}
	if (p->count >= PLACES_NONE || next == PLACES_NONE)
		return PLACES_NONE;
	p->at[p->count] = (struct place){ .kind = (uint8_t)kind, .next = next, .pattern = b->pattern };
	return (uint16_t)p->count++;
}

static bool find_set(struct places *p, const struct byte_set *set, uint16_t *index)
{
	for (size_t i = 0; i < p->set_count; i++) {
		if (memcmp(&p->sets[i], set, sizeof(*set)) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	}
	if (p->set_count == p->set_room) {
		size_t room = p->set_room ? 2 * p->set_room : 64;
		struct byte_set *sets = reallocarray(p->sets, room, sizeof(*sets));

		if (sets == NULL)
			return false;
		p->sets = sets;
		p->set_room = room;
	}
	p->sets[p->set_count] = *set;
	*index = (uint16_t)p->set_count++;
	return true;
}

static uint16_t add_bytes(struct builder *b, const struct byte_set *set, uint16_t next)
{
	uint16_t place = add(b, PLACE_BYTES, next);

	return place != PLACES_NONE && find_set(b->places, set, &b->places->at[place].set) ? place : PLACES_NONE;
}

static uint16_t add_split(struct builder *b, uint16_t next, uint16_t other)
{
	uint16_t place = add(b, PLACE_SPLIT, next);

	if (place == PLACES_NONE || other == PLACES_NONE)
		return PLACES_NONE;
	b->places->at[place].other = other;
	return place;
}

static void begin_capture(struct builder *b, uint16_t first, enum regex_kind capture)
{
	b->places->at[first].begins = b->exact ? (uint8_t)capture : 0;
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
	uint16_t body = again == PLACES_NONE ? PLACES_NONE : build(b, child, again);

	if (body == PLACES_NONE)
		return PLACES_NONE;
	b->places->at[again].next = body;
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
	if (n->max < PLACES_EXACT_BYTES) {
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
		for (int i = 0; i < 4; i++)
			set->bits[i] |= regex->nodes[node].set.bits[i];
		bytes_of(regex, regex->nodes[node].child, set);
	}
}

#define LOOK_MAX 64

/* Is what follows at next sure to begin with a byte that is not in set, or to be the message's end? */
static bool follows_none_of(const struct places *p, uint16_t next, const struct byte_set *set, unsigned *looks)
{
	const struct place *place = &p->at[next];
	const struct byte_set *own = &p->sets[place->set];

	if (++*looks > LOOK_MAX)
		return false;
	if (place->kind == PLACE_SPLIT)
		return follows_none_of(p, place->next, set, looks) && follows_none_of(p, place->other, set, looks);
	if (place->kind == PLACE_BYTES)
		return !((own->bits[0] & set->bits[0]) | (own->bits[1] & set->bits[1]) |
			 (own->bits[2] & set->bits[2]) | (own->bits[3] & set->bits[3]));
	return place->kind == PLACE_END;
}

/* An address is taken for any run of an address's bytes: one state instead of dozens; addr_parse() knows better. Its
 * first byte has a place of its own, to tell where it begins; it ends where its bytes do. */
static uint16_t build_addr(struct builder *b, const struct regex_node *n, uint16_t next)
{
	struct byte_set set = { 0 }, begins = { 0 };
	uint16_t again = add_split(b, next, next), more, first;
	unsigned looks = 0;

	bytes_of(b->regex, n->child, &set);
	regex_first(b->regex, n->child, &begins);
	more = add_bytes(b, &set, again);
	first = add_bytes(b, &begins, again);
	if (more == PLACES_NONE || first == PLACES_NONE)
		return PLACES_NONE;
	b->exact = b->exact && follows_none_of(b->places, next, &set, &looks);
	b->places->at[again].next = more;
	begin_capture(b, first, REGEX_ADDR);
	return first;
}

/* The count's first digit, too, has a place of its own, and it ends where its digits do. */
static uint16_t build_count(struct builder *b, const struct regex_node *n, uint16_t next)
{
	uint16_t first = build_sequence(b, n->child, next);
	struct byte_set set = { 0 };
	unsigned looks = 0;

	if (first == PLACES_NONE)
		return PLACES_NONE;
	bytes_of(b->regex, n->child, &set);
	b->exact = b->exact && b->places->at[first].kind == PLACE_BYTES && follows_none_of(b->places, next, &set, &looks);
	begin_capture(b, first, REGEX_COUNT);
	return first;
}

/* Returns the place where a match of the node begins, if what follows it begins at next. */
static uint16_t build(struct builder *b, uint16_t node, uint16_t next)
{
	const struct regex_node *n = &b->regex->nodes[node];
	uint16_t place;

	switch (n->kind) {
	case REGEX_EMPTY:
		return next;
	case REGEX_END:
		b->exact = b->exact && next != PLACES_NONE && b->places->at[next].kind == PLACE_MATCH;
		return add(b, PLACE_END, next);
	case REGEX_BYTES:
		return add_bytes(b, &n->set, next);
	case REGEX_REPEAT:
		return build_repeat(b, n, next);
	case REGEX_CHOICE:
		place = build(b, n->child, next);
		for (uint16_t c = b->regex->nodes[n->child].next; c; c = b->regex->nodes[c].next)
			place = add_split(b, place, build(b, c, next));
		return place;
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

static unsigned places_of(const struct regex *regex, uint16_t node);

/* ... that a repeat makes, counted by copies or, where it may as well be boundless, by a loop */
static unsigned places_of_repeat(const struct regex *regex, const struct regex_node *n)
{
	uint64_t places = places_of(regex, n->child) + 1;

	places *= n->max < PLACES_EXACT_BYTES ? n->max : n->min <= 1 ? 1 : n->min + 1U;
	return places < EXACT_PLACES_MAX ? (unsigned)places : EXACT_PLACES_MAX;
}

/* How many places does the node make in an exact pattern? Too many are EXACT_PLACES_MAX. */
static unsigned places_of(const struct regex *regex, uint16_t node)
{
	const struct regex_node *n = &regex->nodes[node];
	unsigned places = n->kind == REGEX_SEQUENCE ? 0 : 1;

	if (n->kind == REGEX_REPEAT)
		return places_of_repeat(regex, n);
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		places += places_of(regex, c) + (n->kind == REGEX_CHOICE && regex->nodes[c].next);
	return places < EXACT_PLACES_MAX ? places : EXACT_PLACES_MAX;
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
	       places_of(regex, regex->root) < EXACT_PLACES_MAX;
}

bool places_make(struct places *p, const struct regex *const *regexes, size_t count)
{
	*p = (struct places){ .exact = calloc(count / 64 + 1, sizeof(*p->exact)) };
	for (size_t i = 0; p->exact && i < count; i++) {
		struct builder b = { .places = p, .regex = regexes[i], .pattern = (uint16_t)i, .captures = PLACES_NONE };
		uint16_t match = add(&b, PLACE_MATCH, 0), begin;

		b.exact = expressible(b.regex);
		begin = match == PLACES_NONE ? PLACES_NONE : build(&b, b.regex->root, match);
		if (begin == PLACES_NONE)
			return false;
		p->at[match].next = begin;
		if (!b.exact)
			continue;
		pattern_add(p->exact, i);
		for (size_t at = b.captures; at < p->count; at++)
			p->at[at].before = true;
	}
	return p->exact != NULL;
}

void places_free(struct places *p)
{
	free(p->at);
	free(p->sets);
	free(p->exact);
	*p = (struct places){ 0 };
}
