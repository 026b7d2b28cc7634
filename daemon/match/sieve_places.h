/* sieve_places - the patterns of a sieve as places where a match may stand, each waiting for one byte (Thompson 1968)
 *
 * Made once, from the trees of regex.c; sieve.c makes states out of sets of places. Says of each pattern whether its
 * places are exact: whoever passes through them is a match, and <addr> and <count>
 * begin where its places say they do. Knows no
 * states and no messages. */
#ifndef MAILWARD_SIEVE_PLACES_H
#define MAILWARD_SIEVE_PLACES_H

#include "match/regex.h"

#define PLACES_NONE 60000	/* no place; there are fewer */

enum place_kind { PLACE_BYTES, PLACE_SPLIT, PLACE_END, PLACE_MATCH };

struct place {
	uint8_t kind;
	uint8_t begins;		/* PLACE_BYTES: the first byte of an exact pattern's capture: REGEX_ADDR or REGEX_COUNT; or 0 */
	bool before;		/* of an exact pattern: a capture may begin here or behind */
	uint16_t set;		/* PLACE_BYTES: index into sets */
	uint16_t next, other;	/* where it leads; other: of PLACE_SPLIT; next of PLACE_MATCH: where its pattern begins */
	uint16_t pattern;	/* ascending */
};

struct places {
	struct place *at;
	size_t count, room;
	struct byte_set *sets;
	size_t set_count, set_room;
	uint64_t *exact;	/* a set of patterns */
};

/* places_make - of patterns 0..count-1; false: no memory, or far too many. Owns: until places_free() in either case.
 * A pattern is exact for messages of at most PLACES_EXACT_BYTES: what a repeat may reach beyond is not counted. */
#define PLACES_EXACT_BYTES 255
bool places_make(struct places *places, const struct regex *const *regexes, size_t count);
void places_free(struct places *places);

static inline bool pattern_in(const uint64_t *set, size_t pattern)
{
	return set[pattern / 64] >> (pattern % 64) & 1;
}

static inline void pattern_add(uint64_t *set, size_t pattern)
{
	set[pattern / 64] |= UINT64_C(1) << (pattern % 64);
}

#endif
