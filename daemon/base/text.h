/* text - a slice of bytes, and the few things every layer does with one
 *
 * Owns nothing: a struct text points into a buffer that somebody else keeps.
 * Never assumes a terminating NUL, UTF-8 or printable bytes: log text is
 * written by attackers. */
#ifndef MAILWARD_TEXT_H
#define MAILWARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *at;
	size_t len;
};

/* TEXT - the slice of a string literal */
#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })

/* text_of - the slice of a string */
static inline struct text text_of(const char *string)
{
	return (struct text){ string, strlen(string) };
}

/* plural - the word for this many */
static inline const char *plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool text_starts(struct text t, struct text head)
{
	return t.len >= head.len && memcmp(t.at, head.at, head.len) == 0;
}

/* text_cut - as much of it as there is room for; what does not fit ends in "..."
 * size: of dst, at least 3; no NUL is put. Returns the number of bytes. */
size_t text_cut(char *dst, size_t size, struct text src);

/* text_hash - FNV-1a; not keyed: for names of our own, or where a collision does no harm
 * It is stored: never another one. */
uint32_t text_hash(struct text text);

/* text_escape - write hostile bytes so that a terminal, a log or a test shows them harmlessly
 * Bytes outside 0x20..0x7e and the backslash become \\ \t \r \n \xNN; a result that does not fit ends in "...".
 * size: of dst, at least 4, with the NUL. Returns dst. */
char *text_escape(char *dst, size_t size, struct text src);

/* text_printable - the same with backslashes left alone: for whole messages whose parts may be escaped already */
char *text_printable(char *dst, size_t size, struct text src);

/* text_unescape - what text_escape() was given, as a text that ends in NUL; a NUL in it, and what does not fit, is left out. Returns dst */
char *text_unescape(char *dst, size_t size, struct text src);

/* duration_parse - "90", "10s", "10m", "1h", "30d", "2w" (or several: "1h30m") to seconds
 * Returns false for anything else, an empty text, or more than DURATION_MAX_S. */
#define DURATION_MAX_S (366U * 86400U * 10U)
bool duration_parse(struct text text, uint32_t *seconds);

/* duration_fmt - seconds to the shortest of these forms: "10s" "10m" "1h" "30d" "1h30m"
 * size: at least 24. Returns dst. */
char *duration_fmt(char *dst, size_t size, uint64_t seconds);

/* duration_short - the same to the nearest of one unit, where there is little room: "99s" "8h" "30d"; at most four characters up to
 * 999d. Returns dst. */
char *duration_short(char *dst, size_t size, uint64_t seconds);

#endif
