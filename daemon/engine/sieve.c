/* sieve - see sieve.h
 *
 * Thompson's construction over the tree of regex.c, determinised as lines come (Thompson 1968; Aho, Sethi, Ullman
 * 3.7). A state is the set of places in the patterns where a match may stand after the bytes so far. Bytes that no
 * pattern tells apart share a column of the transition table. */
#include "engine/sieve.h"

#include <stdlib.h>

#define NODES_MAX 60000
#define STATES_MAX 4096		/* then all are forgotten */
#define PLACES_MAX (1U << 20)	/* kept in all states together */
#define CREDIT_MAX 4096		/* states that may be made at once; each line earns one */

enum { UNKNOWN, DEAD, START };	/* states; the first is no state */

/* A transition: the next state, with flags. Two bytes, since what a byte costs is the way to the cache. */
typedef uint16_t step_t;
#define TELLS 0x8000		/* the state has matches to tell */
#define JUMPS 0x4000		/* see struct jump */
#define STEPS 0x2000		/* jumping from here has not been worth it */
#define STATE 0x1fff

/* Log lines repeat themselves: where the bytes that followed a state last time follow it again, all of them are one step.
 * Learned where the path tells nothing on its way; given up, for that transition, where it fails too often. */
#define JUMP_BYTES 8
struct jump {
	char bytes[JUMP_BYTES];
	step_t to;		/* 0: none */
	int16_t worth;
};
#define JUMP_CREDIT 16

enum place_kind { PLACE_BYTES, PLACE_SPLIT, PLACE_END, PLACE_MATCH };

struct place {
	uint8_t kind;
	uint16_t set;		/* PLACE_BYTES: index into sets */
	uint16_t next, other;	/* where it leads; other: of PLACE_SPLIT */
	uint16_t pattern;
};

struct state {
	uint32_t first, count;	/* its places, all PLACE_BYTES, ascending, in kept */
	uint32_t hash;
	uint16_t chain;		/* next state of the same bucket */
	bool waits;		/* all bytes but one are the same to it */
	uint8_t waits_for;	/* that one */
};

struct sieve {
	struct place *places;
	size_t place_count, place_room;
	struct byte_set *sets;
	size_t set_count, set_room;
	uint8_t column[256];	/* of a byte in the transition table */
	uint8_t sample[256];	/* a byte of each column */
	size_t columns;
	unsigned shift;		/* a row has 1 << shift columns */
	size_t words;		/* of a set of patterns */

	struct state *states;
	struct jump *jumps;	/* [state] */
	step_t start;		/* into START */
	step_t *steps;	/* [state][column] */
	uint64_t *tells;	/* [state][2][words]: matches on arrival, matches if the message ends here */
	uint16_t *kept;
	uint16_t *buckets;
	size_t state_count, kept_count;
	uint32_t credit;
	uint64_t made;

	uint64_t *marks;	/* a set of places: the state being made */
	uint16_t *stack;
	uint64_t *result;
};

#define BUCKETS 4096		/* a power of two */

/* ---- from trees to places ---- */

/* Add a place in front of next; NODES_MAX when there is no room, which is sticky. */
static uint16_t add(struct sieve *s, enum place_kind kind, uint16_t next, uint16_t pattern)
{
	if (s->place_count == s->place_room) {
		size_t room = s->place_room ? 2 * s->place_room : 1024;
		struct place *places = room > 2 * NODES_MAX ? NULL : reallocarray(s->places, room, sizeof(*places));

		if (places == NULL)
			return NODES_MAX;
		s->places = places;
		s->place_room = room;
	}
	if (s->place_count >= NODES_MAX || next == NODES_MAX)
		return NODES_MAX;
	s->places[s->place_count] = (struct place){ .kind = (uint8_t)kind, .next = next, .pattern = pattern };
	return (uint16_t)s->place_count++;
}

static bool find_set(struct sieve *s, const struct byte_set *set, uint16_t *index)
{
	for (size_t i = 0; i < s->set_count; i++) {
		if (memcmp(&s->sets[i], set, sizeof(*set)) == 0) {
			*index = (uint16_t)i;
			return true;
		}
	}
	if (s->set_count == s->set_room) {
		size_t room = s->set_room ? 2 * s->set_room : 64;
		struct byte_set *sets = reallocarray(s->sets, room, sizeof(*sets));

		if (sets == NULL)
			return false;
		s->sets = sets;
		s->set_room = room;
	}
	s->sets[s->set_count] = *set;
	*index = (uint16_t)s->set_count++;
	return true;
}

static uint16_t add_split(struct sieve *s, uint16_t next, uint16_t other, uint16_t pattern)
{
	uint16_t place = add(s, PLACE_SPLIT, next, pattern);

	if (place == NODES_MAX || other == NODES_MAX)
		return NODES_MAX;
	s->places[place].other = other;
	return place;
}

static uint16_t build(struct sieve *s, const struct regex *regex, uint16_t node, uint16_t next, uint16_t pattern);

/* The children of a sequence, from the last to the first. */
static uint16_t build_sequence(struct sieve *s, const struct regex *regex, uint16_t child, uint16_t next, uint16_t pattern)
{
	if (child == REGEX_NONE)
		return next;
	next = build_sequence(s, regex, regex->nodes[child].next, next, pattern);
	return build(s, regex, child, next, pattern);
}

static uint16_t build_repeat(struct sieve *s, const struct regex *regex, const struct regex_node *n, uint16_t next, uint16_t pattern)
{
	if (n->max == 0)
		return next;
	if (n->max == 1) {
		uint16_t once = build(s, regex, n->child, next, pattern);

		return n->min ? once : add_split(s, once, next, pattern);
	}
	uint16_t again = add_split(s, next, next, pattern);	/* the bounds are PCRE2's */
	if (again == NODES_MAX)
		return NODES_MAX;
	uint16_t body = build(s, regex, n->child, again, pattern);
	if (body == NODES_MAX)
		return NODES_MAX;
	s->places[again].next = body;
	return n->min ? body : again;
}

/* All bytes that can stand anywhere in a match of the node and of those after it. */
static void add_bytes(const struct regex *regex, uint16_t node, struct byte_set *set)
{
	for (; node != REGEX_NONE; node = regex->nodes[node].next) {
		for (int i = 0; i < 4; i++)
			set->bits[i] |= regex->nodes[node].set.bits[i];
		add_bytes(regex, regex->nodes[node].child, set);
	}
}

/* An address is taken for any run of an address's bytes: one state instead of dozens; PCRE2 and addr_parse() know better. */
static uint16_t build_addr(struct sieve *s, const struct regex *regex, const struct regex_node *n, uint16_t next, uint16_t pattern)
{
	struct byte_set set = { 0 };
	uint16_t again = add_split(s, next, next, pattern), byte = add(s, PLACE_BYTES, again, pattern);

	add_bytes(regex, n->child, &set);
	if (byte == NODES_MAX || !find_set(s, &set, &s->places[byte].set))
		return NODES_MAX;
	s->places[again].next = byte;
	return byte;
}

/* Returns the place where a match of the node begins, if what follows it begins at next. */
static uint16_t build(struct sieve *s, const struct regex *regex, uint16_t node, uint16_t next, uint16_t pattern)
{
	const struct regex_node *n = &regex->nodes[node];
	uint16_t place;

	switch (n->kind) {
	case REGEX_EMPTY:
		return next;
	case REGEX_END:
		return add(s, PLACE_END, next, pattern);
	case REGEX_BYTES:
		place = add(s, PLACE_BYTES, next, pattern);
		return place != NODES_MAX && find_set(s, &n->set, &s->places[place].set) ? place : NODES_MAX;
	case REGEX_REPEAT:
		return build_repeat(s, regex, n, next, pattern);
	case REGEX_CHOICE:
		place = build(s, regex, n->child, next, pattern);
		for (uint16_t c = regex->nodes[n->child].next; c; c = regex->nodes[c].next)
			place = add_split(s, place, build(s, regex, c, next, pattern), pattern);
		return place;
	case REGEX_ADDR:
		return build_addr(s, regex, n, next, pattern);
	case REGEX_SEQUENCE:
	case REGEX_COUNT:
	case REGEX_SESSION:
		return build_sequence(s, regex, n->child, next, pattern);
	}
	return next;
}

/* Split the bytes into classes that no set tells apart. */
static void find_columns(struct sieve *s)
{
	s->columns = 1;
	for (size_t i = 0; i < s->set_count; i++) {
		uint8_t inside[256] = { 0 };	/* column to the column of its part inside the set, 0: none yet */
		bool outside[256] = { false };	/* the column has a part outside */

		for (unsigned b = 0; b < 256; b++)
			if (!byte_in(&s->sets[i], (unsigned char)b))
				outside[s->column[b]] = true;
		for (unsigned b = 0; b < 256; b++) {
			uint8_t column = s->column[b];

			if (!byte_in(&s->sets[i], (unsigned char)b) || !outside[column])
				continue;
			if (inside[column] == 0)
				inside[column] = (uint8_t)s->columns++;
			s->column[b] = inside[column];
		}
	}
	for (unsigned b = 256; b-- > 0;)
		s->sample[s->column[b]] = (uint8_t)b;
}

/* ---- states ---- */

static step_t *row_of(const struct sieve *s, size_t state)
{
	return &s->steps[state << s->shift];
}

static uint64_t *tells(const struct sieve *s, size_t state)
{
	return &s->tells[state * 2 * s->words];
}

static void add_pattern(uint64_t *set, uint16_t pattern)
{
	set[pattern / 64] |= UINT64_C(1) << (pattern % 64);
}

/* Mark all places that need no byte to be reached; note the matches among them for the state being made. */
static void reach(struct sieve *s, uint16_t from, uint64_t *matches, uint64_t *matches_at_end)
{
	size_t depth = 0;

	s->stack[depth++] = from;
	while (depth) {
		uint16_t at = s->stack[--depth];
		const struct place *place = &s->places[at];

		if (s->marks[at / 64] >> (at % 64) & 1)
			continue;
		s->marks[at / 64] |= UINT64_C(1) << (at % 64);
		if (place->kind == PLACE_MATCH)
			add_pattern(matches, place->pattern);
		else if (place->kind == PLACE_END)
			add_pattern(matches_at_end, place->pattern);
		else if (place->kind == PLACE_SPLIT) {
			s->stack[depth++] = place->other;
			s->stack[depth++] = place->next;
		}
	}
}

/* Move the marked places to the end of kept, ascending, without the patterns that have matched; clears the marks. */
static uint32_t keep_places(struct sieve *s, const uint64_t *matches, uint32_t *hash)
{
	uint32_t count = 0;

	*hash = 2166136261U;
	for (size_t word = 0; word * 64 < s->place_count; word++) {
		for (; s->marks[word]; s->marks[word] &= s->marks[word] - 1) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(s->marks[word]);
			uint16_t pattern = s->places[at].pattern;

			if (s->places[at].kind != PLACE_BYTES || matches[pattern / 64] >> (pattern % 64) & 1)
				continue;
			s->kept[s->kept_count + count++] = (uint16_t)at;
			*hash = (*hash ^ (uint32_t)at) * 16777619U;
		}
	}
	return count;
}

/* Where only .* and its like are left, and all that follows them begins with the same byte, the next such byte can
 * be searched for instead of stepping through what is between. */
static void find_wait(const struct sieve *s, struct state *state)
{
	struct byte_set all = { 0 };

	for (uint32_t i = 0; i < state->count; i++) {
		const struct byte_set *set = &s->sets[s->places[s->kept[state->first + i]].set];

		for (int word = 0; word < 4 && byte_count(set) < 256; word++)
			all.bits[word] |= set->bits[word];
	}
	state->waits = byte_count(&all) == 1;
	state->waits_for = byte_only(&all);
}

/* The state of the marked places, which is made if it is new; its matches stand in the tells of the free state. */
static uint16_t settle(struct sieve *s)
{
	struct state *new = &s->states[s->state_count];
	uint64_t *told = tells(s, s->state_count);

	new->first = (uint32_t)s->kept_count;
	new->count = keep_places(s, told, &new->hash);
	uint16_t *bucket = &s->buckets[(new->hash ^ new->hash >> 15) & (BUCKETS - 1)];
	for (uint16_t i = *bucket; i; i = s->states[i].chain) {
		const struct state *old = &s->states[i];

		if (old->hash == new->hash && old->count == new->count &&
		    memcmp(&s->kept[old->first], &s->kept[new->first], new->count * sizeof(*s->kept)) == 0 &&
		    memcmp(tells(s, i), told, 2 * s->words * sizeof(*told)) == 0)
			return i;
	}
	new->chain = *bucket;
	*bucket = (uint16_t)s->state_count;
	s->kept_count += new->count;
	find_wait(s, new);
	memset(row_of(s, s->state_count), 0, s->columns * sizeof(*s->steps));
	s->made++;
	return (uint16_t)s->state_count++;
}

static bool any(const uint64_t *set, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (set[i])
			return true;
	return false;
}

/* Forget all states but the first two, which hold for good: dead, and start. */
static void forget(struct sieve *s)
{
	memset(s->buckets, 0, BUCKETS * sizeof(*s->buckets));
	memset(s->jumps, 0, (STATES_MAX + 1) * sizeof(*s->jumps));
	s->state_count = START;
	s->kept_count = 0;
	memset(tells(s, START), 0, 2 * s->words * sizeof(*s->tells));
	for (size_t i = 0; i < s->place_count; i++)
		if (s->places[i].kind == PLACE_MATCH && s->places[i].next != NODES_MAX)	/* it knows where its pattern begins */
			reach(s, s->places[i].next, tells(s, START), tells(s, START) + s->words);
	s->start = (step_t)(settle(s) | (any(tells(s, START), s->words) ? TELLS : 0));
}

/* The transition for a byte not met in this state before; 0 when no state may be made. */
static step_t make_step(struct sieve *s, uint16_t from, size_t column)
{
	uint64_t *told = tells(s, s->state_count);

	if (s->credit == 0 || s->state_count == STATES_MAX || s->kept_count + s->place_count > PLACES_MAX)
		return 0;
	memset(told, 0, 2 * s->words * sizeof(*told));
	for (uint32_t i = 0; i < s->states[from].count; i++) {
		const struct place *place = &s->places[s->kept[s->states[from].first + i]];

		if (byte_in(&s->sets[place->set], s->sample[column]))
			reach(s, place->next, told, told + s->words);
	}
	size_t before = s->state_count;
	uint16_t to = any(s->marks, (s->place_count + 63) / 64) ? settle(s) : DEAD;
	s->credit -= s->state_count > before;
	step_t step = to;
	if (to != DEAD && any(tells(s, to), s->words))
		step |= TELLS;
	row_of(s, from)[column] = step;
	return step;
}

/* ---- running ---- */

static void tell(struct sieve *s, const uint64_t *set)
{
	for (size_t i = 0; i < s->words; i++)
		s->result[i] |= set[i];
}

/* No more states may be made: every pattern that is still in the running can match. */
static void tell_coarsely(struct sieve *s, uint16_t state)
{
	for (uint32_t i = 0; i < s->states[state].count; i++)
		add_pattern(s->result, s->places[s->kept[s->states[state].first + i]].pattern);
}

/* The path of JUMP_BYTES bytes from a transition on, while it is walked byte by byte. */
struct path {
	step_t *from;		/* NULL: none */
	const char *at;
};

static void begin_path(struct path *path, step_t *from, const char *at)
{
	if (!path->from && !(*from & (JUMPS | STEPS)))
		*path = (struct path){ from, at };
}

static void end_path(struct sieve *s, struct path *path, step_t to)
{
	struct jump *jump = &s->jumps[*path->from & STATE];

	if (jump->to == 0) {
		memcpy(jump->bytes, path->at, JUMP_BYTES);
		jump->to = (step_t)(to & ~(JUMPS | STEPS));
		jump->worth = JUMP_CREDIT;
	}
	*path->from |= JUMPS;
	path->from = NULL;
}

/* Where the remembered bytes follow, the transition behind them; else NULL. */
static step_t *jump_from(struct sieve *s, step_t *from, const char *at)
{
	struct jump *jump = &s->jumps[*from & STATE];

	if (memcmp(at, jump->bytes, JUMP_BYTES) == 0) {
		if (jump->worth < JUMP_CREDIT)
			jump->worth++;
		return &jump->to;
	}
	if (--jump->worth < -JUMP_CREDIT)
		*from = (step_t)((*from & ~JUMPS) | STEPS);
	return NULL;
}

/* Step over bytes that change nothing, from one that did not; returns the last of them. */
static const char *stay(const struct sieve *s, size_t state, const char *at, const char *end)
{
	const step_t *row = row_of(s, state);

	if (s->states[state].waits) {
		at = memchr(at, s->states[state].waits_for, (size_t)(end - at));
		return (at ? at : end) - 1;
	}
	while (at + 1 < end && (row[s->column[(unsigned char)at[1]]] & STATE) == state)
		at++;
	return at;
}

const uint64_t *sieve_run(struct sieve *s, struct text message)
{
	const char *at = message.at, *end = at + message.len;
	struct path path = { NULL, NULL };
	step_t *step = &s->start, *next;
	size_t state;

	if (s->state_count == STATES_MAX || s->kept_count + s->place_count > PLACES_MAX)
		forget(s);
	s->credit += s->credit < CREDIT_MAX;
	memset(s->result, 0, s->words * sizeof(*s->result));
	for (;; step = next) {
		state = *step & STATE;
		if (*step & TELLS) {
			tell(s, tells(s, state));
			path.from = NULL;
		}
		if (path.from && at - path.at == JUMP_BYTES)
			end_path(s, &path, *step);
		if ((*step & JUMPS) && end - at >= JUMP_BYTES && (next = jump_from(s, step, at)) != NULL) {
			path.from = NULL;
			at += JUMP_BYTES;
			continue;
		}
		if (at == end) {
			tell(s, tells(s, state) + s->words);
			break;
		}
		begin_path(&path, step, at);
		next = row_of(s, state) + s->column[(unsigned char)*at];
		if (*next == UNKNOWN && make_step(s, (uint16_t)state, s->column[(unsigned char)*at]) == UNKNOWN) {
			tell_coarsely(s, (uint16_t)state);
			break;
		}
		if ((*next & STATE) == DEAD)
			break;
		if ((*next & STATE) == state && !(*next & TELLS) && !path.from)
			at = stay(s, state, at, end);
		at++;
	}
	return any(s->result, s->words) ? s->result : NULL;
}

void sieve_states(const struct sieve *s, size_t *kept, uint64_t *made)
{
	*kept = s->state_count - START;
	*made = s->made;
}

/* ---- life ---- */

static bool make_places(struct sieve *s, const struct regex *const *regexes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t match = add(s, PLACE_MATCH, 0, (uint16_t)i);
		uint16_t begin = match == NODES_MAX ? NODES_MAX : build(s, regexes[i], regexes[i]->root, match, (uint16_t)i);

		if (begin == NODES_MAX)
			return false;
		s->places[match].next = begin;
	}
	return true;
}

struct sieve *sieve_new(const struct regex *const *regexes, size_t count)
{
	struct sieve *s = calloc(1, sizeof(*s));

	if (s == NULL || count == 0 || !make_places(s, regexes, count)) {
		sieve_free(s);
		return NULL;
	}
	find_columns(s);
	while ((size_t)1 << s->shift < s->columns)
		s->shift++;
	s->words = (count + 63) / 64;
	s->states = calloc(STATES_MAX + 1, sizeof(*s->states));
	s->jumps = calloc(STATES_MAX + 1, sizeof(*s->jumps));
	s->steps = calloc((STATES_MAX + 1U) << s->shift, sizeof(*s->steps));
	s->tells = calloc((STATES_MAX + 1) * 2 * s->words, sizeof(*s->tells));
	s->kept = calloc(PLACES_MAX + s->place_count, sizeof(*s->kept));
	s->buckets = calloc(BUCKETS, sizeof(*s->buckets));
	s->marks = calloc(s->place_count / 64 + 1, sizeof(*s->marks));
	s->stack = calloc(2 * s->place_count + 2, sizeof(*s->stack));
	s->result = calloc(s->words, sizeof(*s->result));
	if (!s->states || !s->jumps || !s->steps || !s->tells || !s->kept || !s->buckets || !s->marks || !s->stack || !s->result) {
		sieve_free(s);
		return NULL;
	}
	s->credit = CREDIT_MAX;
	forget(s);
	return s;
}

void sieve_free(struct sieve *s)
{
	if (s == NULL)
		return;
	free(s->places);
	free(s->sets);
	free(s->states);
	free(s->jumps);
	free(s->steps);
	free(s->tells);
	free(s->kept);
	free(s->buckets);
	free(s->marks);
	free(s->stack);
	free(s->result);
	free(s);
}
