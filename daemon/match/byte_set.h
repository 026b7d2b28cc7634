/* byte_set - a set of bytes, 256 bits */
#ifndef MAILWARD_BYTE_SET_H
#define MAILWARD_BYTE_SET_H

#include <stdbool.h>
#include <stdint.h>

struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, unsigned char byte)
{
	return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned char byte)
{
	set->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

/* byte_set_add_range - first to last, both 0..255 */
static inline void byte_set_add_range(struct byte_set *set, int first, int last)
{
	for (int i = first / 64; i <= last / 64; i++) {
		uint64_t from = i == first / 64 ? UINT64_MAX << first % 64 : UINT64_MAX;
		uint64_t to = i == last / 64 ? UINT64_MAX >> (63 - last % 64) : UINT64_MAX;

		set->bits[i] |= from & to;
	}
}

/* byte_set_add_all - what is in other */
static inline void byte_set_add_all(struct byte_set *set, const struct byte_set *other)
{
	for (int i = 0; i < 4; i++)
		set->bits[i] |= other->bits[i];
}

static inline void byte_set_drop_all(struct byte_set *set, const struct byte_set *other)
{
	for (int i = 0; i < 4; i++)
		set->bits[i] &= ~other->bits[i];
}

static inline void byte_set_invert(struct byte_set *set)
{
	for (int i = 0; i < 4; i++)
		set->bits[i] = ~set->bits[i];
}

/* byte_set_is_few - does it hold at most so many bytes? */
static inline bool byte_set_is_few(const struct byte_set *set, unsigned most)
{
	for (int i = 0; i < 4; i++)
		for (uint64_t left = set->bits[i]; left; left &= left - 1)
			if (most-- == 0)
				return false;
	return true;
}

static inline bool byte_set_is_full(const struct byte_set *set)
{
	return (set->bits[0] & set->bits[1] & set->bits[2] & set->bits[3]) == UINT64_MAX;
}

/* byte_set_is_one - does it hold just one byte? */
static inline bool byte_set_is_one(const struct byte_set *set)
{
	return (set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]) && byte_set_is_few(set, 1);
}

/* byte_set_only - the byte of a set that holds just one; else the first */
static inline unsigned char byte_set_only(const struct byte_set *set)
{
	for (unsigned i = 0; i < 4; i++)
		if (set->bits[i])
			return (unsigned char)(64 * i + (unsigned)__builtin_ctzll(set->bits[i]));
	return 0;
}

/* byte_set_meets - is any byte in both? */
static inline bool byte_set_meets(const struct byte_set *a, const struct byte_set *b)
{
	return (a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1]) | (a->bits[2] & b->bits[2]) | (a->bits[3] & b->bits[3]);
}

/* byte_set_holds - is every byte of other in set? */
static inline bool byte_set_holds(const struct byte_set *set, const struct byte_set *other)
{
	return !((other->bits[0] & ~set->bits[0]) | (other->bits[1] & ~set->bits[1]) |
		 (other->bits[2] & ~set->bits[2]) | (other->bits[3] & ~set->bits[3]));
}

#endif
