/* sieve - see sieve.h
 *
 * The places of sieve_places.c, determinised as lines come (Aho, Sethi, Ullman 3.7). A state is the set of places where
 * a match may stand after the bytes so far. Bytes that no pattern tells apart share a column of the transition table. */
#include "match/sieve.h"

#include <stdlib.h>

#include "base/addr.h"
#include "match/sieve_places.h"

#define STATES_MAX 4000		/* then all are forgotten */
#define KEPT_MAX (1U << 20)	/* places in all states together */
#define CREDIT_MAX 4096		/* states that may be made at once; each line earns one */

enum { UNKNOWN, DEAD, START };	/* states; the first is no state */

/* A transition: the next state, with flags. Two bytes, since what a byte costs is the way to the cache. */
typedef uint16_t step_t;
#define SPEAKS 0x8000		/* the state has something to tell on arrival: see its flags */
#define JUMPS 0x4000		/* see struct jump */
#define STEPS 0x2000		/* jumping from here has not been worth it */
#define PLAIN 0x1000		/* STEPS, and none of: SPEAKS, dead, the same state again */
#define STATE 0x0fff

/* Log lines repeat themselves: where the bytes that followed a transition last time follow it again, all of them are one
 * step. Learned up to where a state speaks or waits; shortened to what is always the same, or given up, where it fails
 * too often. */
#define JUMP_BYTES_MIN 8
#define JUMP_BYTES_MAX 32
struct jump {
	char bytes[JUMP_BYTES_MAX];
	step_t to;		/* 0: none */
	uint8_t len, len_max;	/* len_max 0: JUMP_BYTES_MAX */
	int8_t worth;
};
#define JUMP_CREDIT 16

/* What a state tells. */
enum {
	TELLS = 1,		/* patterns have matched */
	BEGINS_ADDR = 2,	/* an address of an exact pattern can begin here */
	BEGINS_COUNT = 4,
	DECIDES = 8,		/* the first pattern that has matched is exact, and none before it is left */
};

struct state {
	uint32_t first, count;	/* its places, all PLACE_BYTES, ascending, in kept */
	uint32_t hash;
	uint16_t chain;		/* next state of the same bucket */
	uint8_t flags;
	bool waits;		/* all bytes but one are the same to it */
	uint8_t waits_for;	/* that one */
	uint8_t stays;		/* 1 + where in sieve.stays the bytes are marked that lead back to it; 0: none yet */
};

struct sieve {
	struct places places;
	uint8_t column[256];	/* of a byte in the transition table */
	uint8_t sample[256];	/* a byte of each column */
	size_t columns;
	unsigned shift;		/* a row has 1 << shift columns */
	size_t words;		/* of a set of patterns */

	struct state *states;
	struct jump *jumps;	/* [state] */
	step_t start;		/* into START */
	step_t *steps;		/* [state][column] */
	uint64_t *tells;	/* [state][2][words]: matches on arrival, matches if the message ends here */
	uint16_t *kept;
	uint16_t *buckets;
	size_t state_count, kept_count;
	uint32_t credit;
	uint64_t made;

	uint64_t *marks;	/* a set of places: the state being made */
	uint16_t *stack;
	uint64_t *result;
	uint8_t (*stays)[256];
	size_t stay_count;
};

#define STAYS_MAX 255

#define BUCKETS 4096		/* a power of two */

/* Split the bytes into classes that no set tells apart. */
static void find_columns(struct sieve *s)
{
	s->columns = 1;
	for (size_t i = 0; i < s->places.set_count; i++) {
		uint8_t inside[256] = { 0 };	/* column to the column of its part inside the set, 0: none yet */
		bool outside[256] = { false };	/* the column has a part outside */

		for (unsigned b = 0; b < 256; b++)
			if (!byte_in(&s->places.sets[i], (unsigned char)b))
				outside[s->column[b]] = true;
		for (unsigned b = 0; b < 256; b++) {
			uint8_t column = s->column[b];

			if (!byte_in(&s->places.sets[i], (unsigned char)b) || !outside[column])
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

/* Mark all places that need no byte to be reached; note the matches among them for the state being made. */
static void reach(struct sieve *s, uint16_t from, uint64_t *matches, uint64_t *matches_at_end)
{
	size_t depth = 0;

	s->stack[depth++] = from;
	while (depth) {
		uint16_t at = s->stack[--depth];
		const struct place *place = &s->places.at[at];

		if (s->marks[at / 64] >> (at % 64) & 1)
			continue;
		s->marks[at / 64] |= UINT64_C(1) << (at % 64);
		if (place->kind == PLACE_MATCH)
			pattern_add(matches, place->pattern);
		else if (place->kind == PLACE_END)
			pattern_add(matches_at_end, place->pattern);
		else if (place->kind == PLACE_SPLIT) {
			s->stack[depth++] = place->other;
			s->stack[depth++] = place->next;
		}
	}
}

/* Move the marked places to the end of kept, ascending; clears the marks. Of patterns that have matched only those are
 * kept that may yet find another address: which one it is depends on what PCRE2 prefers. */
static uint32_t keep_places(struct sieve *s, const uint64_t *matches, uint32_t *hash)
{
	uint32_t count = 0;

	*hash = 2166136261U;
	for (size_t word = 0; word * 64 < s->places.count; word++) {
		for (; s->marks[word]; s->marks[word] &= s->marks[word] - 1) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(s->marks[word]);
			const struct place *place = &s->places.at[at];

			if (place->kind != PLACE_BYTES || (pattern_in(matches, place->pattern) && !place->before))
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
		const struct byte_set *set = &s->places.sets[s->places.at[s->kept[state->first + i]].set];

		for (int word = 0; word < 4 && byte_count(set) < 256; word++)
			all.bits[word] |= set->bits[word];
	}
	state->waits = byte_count(&all) == 1;
	state->waits_for = byte_only(&all);
}

static bool any(const uint64_t *set, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (set[i])
			return true;
	return false;
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
static uint8_t flags_of(const struct sieve *s, const struct state *state, const uint64_t *told)
{
	size_t first = first_pattern(told, s->words);
	uint8_t flags = first == SIZE_MAX ? 0 : TELLS;

	for (uint32_t i = 0; i < state->count; i++) {
		uint8_t begins = s->places.at[s->kept[state->first + i]].begins;

		flags |= begins == REGEX_ADDR ? BEGINS_ADDR : begins == REGEX_COUNT ? BEGINS_COUNT : 0;
	}
	if (first != SIZE_MAX && pattern_in(s->places.exact, first) &&
	    (state->count == 0 || s->places.at[s->kept[state->first]].pattern > first) &&
	    first_pattern(told + s->words, s->words) >= first)
		flags |= DECIDES;
	return flags;
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
	new->stays = 0;
	new->chain = *bucket;
	*bucket = (uint16_t)s->state_count;
	s->kept_count += new->count;
	find_wait(s, new);
	new->flags = flags_of(s, new, told);
	memset(row_of(s, s->state_count), 0, s->columns * sizeof(*s->steps));
	s->made++;
	return (uint16_t)s->state_count++;
}

static step_t step_to(const struct sieve *s, uint16_t state)
{
	return (step_t)(state | (s->states[state].flags ? SPEAKS : 0));
}

/* Forget all states but the first two, which hold for good: dead, and start. */
static void forget(struct sieve *s)
{
	memset(s->buckets, 0, BUCKETS * sizeof(*s->buckets));
	memset(s->jumps, 0, (STATES_MAX + 1) * sizeof(*s->jumps));
	s->state_count = START;
	s->kept_count = 0;
	s->stay_count = 0;
	memset(tells(s, START), 0, 2 * s->words * sizeof(*s->tells));
	for (size_t i = 0; i < s->places.count; i++)
		if (s->places.at[i].kind == PLACE_MATCH && s->places.at[i].next != PLACES_NONE)	/* it knows where its pattern begins */
			reach(s, s->places.at[i].next, tells(s, START), tells(s, START) + s->words);
	s->start = step_to(s, settle(s));
}

/* The bytes of a column lead from the state back to it. */
static void mark_stay(struct sieve *s, uint16_t state, size_t column)
{
	struct state *at = &s->states[state];

	if (at->stays == 0) {
		if (s->stay_count == STAYS_MAX)
			return;
		memset(s->stays[s->stay_count++], 0, sizeof(s->stays[0]));
		at->stays = (uint8_t)s->stay_count;
	}
	for (unsigned b = 0; b < 256; b++)
		s->stays[at->stays - 1][b] |= s->column[b] == column;
}

/* The transition for a byte not met in this state before; 0 when no state may be made. */
static step_t make_step(struct sieve *s, uint16_t from, size_t column)
{
	uint64_t *told = tells(s, s->state_count);

	if (s->credit == 0 || s->state_count == STATES_MAX || s->kept_count + s->places.count > KEPT_MAX)
		return 0;
	memset(told, 0, 2 * s->words * sizeof(*told));
	for (uint32_t i = 0; i < s->states[from].count; i++) {
		const struct place *place = &s->places.at[s->kept[s->states[from].first + i]];

		if (byte_in(&s->places.sets[place->set], s->sample[column]))
			reach(s, place->next, told, told + s->words);
	}
	size_t before = s->state_count;
	uint16_t to = any(s->marks, (s->places.count + 63) / 64) ? settle(s) : DEAD;
	s->credit -= s->state_count > before;
	if (to == from)
		mark_stay(s, from, column);
	row_of(s, from)[column] = step_to(s, to);
	return row_of(s, from)[column];
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
		pattern_add(s->result, s->places.at[s->kept[s->states[state].first + i]].pattern);
}

/* The bytes from a transition on, while they are walked one by one. */
struct path {
	step_t *from;		/* NULL: none */
	const char *at;
};

static size_t jump_len_max(const struct jump *jump)
{
	return jump->len_max ? jump->len_max : JUMP_BYTES_MAX;
}

static void begin_path(struct path *path, step_t *from, const char *at)
{
	if (!path->from && !(*from & (JUMPS | STEPS)))
		*path = (struct path){ from, at };
}

/* The path ended here, or died: remember it if it is long enough. */
static void learn(struct sieve *s, struct path *path, const char *at, step_t to)
{
	struct jump *jump = &s->jumps[*path->from & STATE];
	size_t len = (size_t)(at - path->at);

	if (len >= JUMP_BYTES_MIN && jump->to == 0 && (to & STATE) != (*path->from & STATE)) {
		memcpy(jump->bytes, path->at, len);
		jump->len = (uint8_t)len;
		jump->to = (step_t)(to & ~(JUMPS | STEPS | PLAIN));
		jump->worth = JUMP_CREDIT;
	}
	*path->from |= jump->to ? JUMPS : STEPS;
	path->from = NULL;
}

static inline void end_path(struct sieve *s, struct path *path, const char *at, step_t to)
{
	if (path->from)
		learn(s, path, at, to);
}

static bool same_bytes(const char *a, const char *b, size_t len)
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

/* It failed once too often: from now on only as far as this message agrees, if that is any use. */
static void shorten(struct jump *jump, step_t *from, const char *at)
{
	size_t same = 0;

	while (same < jump->len && at[same] == jump->bytes[same])
		same++;
	*from = (step_t)(*from & ~JUMPS);
	if (same >= JUMP_BYTES_MIN) {
		jump->len_max = (uint8_t)same;
		jump->to = 0;
	} else {
		*from |= STEPS;
	}
}

/* Where the remembered bytes follow, the transition behind them; else NULL. */
static step_t *jump_from(struct sieve *s, step_t *from, const char **at, const char *end)
{
	struct jump *jump = &s->jumps[*from & STATE];

	if (end - *at < jump->len)
		return NULL;
	if (jump->to == 0) {		/* shortened for another transition into the state: learn it again */
		*from = (step_t)(*from & ~JUMPS);
		return NULL;
	}
	if (same_bytes(*at, jump->bytes, jump->len)) {
		if (jump->worth < JUMP_CREDIT)
			jump->worth++;
		*at += jump->len;
		return &jump->to;
	}
	if (--jump->worth < -JUMP_CREDIT)
		shorten(jump, from, *at);
	return NULL;
}

/* Step over bytes that change nothing, from one that did not; returns the last of them. */
static const char *stay(const struct sieve *s, size_t state, const char *at, const char *end)
{
	const struct state *here = &s->states[state];

	if (here->waits && (unsigned char)*at != here->waits_for) {
		at = memchr(at + 1, here->waits_for, (size_t)(end - at) - 1);
		return (at ? at : end) - 1;
	}
	if (here->stays == 0)
		return at;
	const uint8_t *stays = s->stays[here->stays - 1];
	at++;
	while (end - at >= 4) {
		if (!stays[(unsigned char)at[0]])
			return at - 1;
		if (!stays[(unsigned char)at[1]])
			return at;
		if (!stays[(unsigned char)at[2]])
			return at + 1;
		if (!stays[(unsigned char)at[3]])
			return at + 2;
		at += 4;
	}
	while (at < end && stays[(unsigned char)*at])
		at++;
	return at - 1;
}

static void note(struct sieve_capture *capture, const char *at)
{
	capture->at = at;
	capture->places++;
}

bool sieve_run(struct sieve *s, struct text message, bool prove, struct sieve_answer *answer)
{
	const char *at = message.at, *end = at + message.len;
	struct path path = { NULL, NULL };
	step_t *step = &s->start, *next;
	size_t state;

	if (s->state_count == STATES_MAX || s->kept_count + s->places.count > KEPT_MAX)
		forget(s);
	s->credit += s->credit < CREDIT_MAX;
	memset(s->result, 0, s->words * sizeof(*s->result));
	answer->may = s->result;
	answer->exact = prove && message.len <= PLACES_EXACT_BYTES;
	answer->addr.places = answer->count.places = 0;
	for (;; step = next) {
		state = *step & STATE;
		if (*step & SPEAKS) {
			uint8_t flags = s->states[state].flags;

			end_path(s, &path, at, *step);
			if (flags & TELLS)
				tell(s, tells(s, state));
			if ((flags & DECIDES) && answer->exact)
				break;
			/* also where none begins, at a dot: the place that the match went through must be among those told */
			if ((flags & BEGINS_ADDR) && at < end && addr_may_hold(*at))
				note(&answer->addr, at);
			if ((flags & BEGINS_COUNT) && at < end && *at >= '0' && *at <= '9')
				note(&answer->count, at);
		}
		if (path.from && ((*step & JUMPS) || (size_t)(at - path.at) == jump_len_max(&s->jumps[*path.from & STATE])))
			end_path(s, &path, at, *step);
		if ((*step & JUMPS) && (next = jump_from(s, step, &at, end)) != NULL) {
			if (*next == DEAD)
				break;
			continue;
		}
		if (at == end) {
			tell(s, tells(s, state) + s->words);
			break;
		}
		begin_path(&path, step, at);
		next = row_of(s, state) + s->column[(unsigned char)*at];
		if (path.from == NULL) {
			while ((*next & PLAIN) && at + 1 < end) {
				state = *next & STATE;
				next = row_of(s, state) + s->column[(unsigned char)*++at];
			}
		}
		if (*next == UNKNOWN && make_step(s, (uint16_t)state, s->column[(unsigned char)*at]) == UNKNOWN) {
			tell_coarsely(s, (uint16_t)state);
			answer->exact = false;
			break;
		}
		if ((*next & STATE) == DEAD) {
			end_path(s, &path, at + 1, DEAD);
			break;
		}
		if ((*next & (STATE | SPEAKS)) == state) {
			end_path(s, &path, at, *step);
			at = stay(s, state, at, end);
		} else if ((*next & (STEPS | SPEAKS)) == STEPS) {
			*next |= PLAIN;
		}
		at++;
	}
	return any(s->result, s->words);
}

bool sieve_is_exact(const struct sieve *s, size_t pattern)
{
	return pattern_in(s->places.exact, pattern);
}

void sieve_states(const struct sieve *s, size_t *kept, uint64_t *made)
{
	*kept = s->state_count - START;
	*made = s->made;
}

/* ---- life ---- */

struct sieve *sieve_new(const struct regex *const *regexes, size_t count)
{
	struct sieve *s = calloc(1, sizeof(*s));

	if (s == NULL || count == 0 || !places_make(&s->places, regexes, count)) {
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
	s->kept = calloc(KEPT_MAX + s->places.count, sizeof(*s->kept));
	s->buckets = calloc(BUCKETS, sizeof(*s->buckets));
	s->marks = calloc(s->places.count / 64 + 1, sizeof(*s->marks));
	s->stack = calloc(2 * s->places.count + 2, sizeof(*s->stack));
	s->result = calloc(s->words, sizeof(*s->result));
	s->stays = calloc(STAYS_MAX, sizeof(*s->stays));
	if (!s->states || !s->jumps || !s->steps || !s->tells || !s->kept || !s->buckets || !s->marks || !s->stack || !s->result ||
	    !s->stays) {
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
	places_free(&s->places);
	free(s->states);
	free(s->jumps);
	free(s->steps);
	free(s->tells);
	free(s->kept);
	free(s->buckets);
	free(s->marks);
	free(s->stack);
	free(s->result);
	free(s->stays);
	free(s);
}
