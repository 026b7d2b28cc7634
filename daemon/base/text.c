/* text - see text.h
 *
 * Writes into the caller's buffers only. */
#include "base/text.h"

#include <stdio.h>

#include "base/array.h"

/* Copy src to dst, replacing what a terminal could obey; whole replacements only, "..." where it is cut. */
static char *escape(char *dst, size_t size, struct text src, bool backslash)
{
	size_t used = 0, safe = 0;	/* safe: the last end of a replacement that leaves room for "..." */

	for (size_t i = 0; i < src.len; i++) {
		unsigned char c = (unsigned char)src.at[i];
		char form[5] = { (char)c };
		size_t len = 1;
		if ((c == '\\' && backslash) || c == '\t' || c == '\r' || c == '\n') {
			form[0] = '\\';
			form[1] = c == '\t' ? 't' : c == '\r' ? 'r' : c == '\n' ? 'n' : '\\';
			len = 2;
		} else if (c < 0x20 || c > 0x7e) {
			len = (size_t)snprintf(form, sizeof(form), "\\x%02x", c);
		}
		if (used + len + 1 > size) {
			memcpy(dst + safe, "...", 4);
			return dst;
		}
		memcpy(dst + used, form, len);
		used += len;
		if (used + 4 <= size)
			safe = used;
	}
	dst[used] = '\0';
	return dst;
}

char *text_escape(char *dst, size_t size, struct text src)
{
	return escape(dst, size, src, true);
}

char *text_printable(char *dst, size_t size, struct text src)
{
	return escape(dst, size, src, false);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a replacement stands for, and how long that is; of what is none, itself. */
static char original(struct text src, size_t *len)
{
	*len = 1;
	if (src.at[0] != '\\' || src.len < 2)
		return src.at[0];
	*len = 2;
	switch (src.at[1]) {
	case 't': return '\t';
	case 'r': return '\r';
	case 'n': return '\n';
	case '\\': return '\\';
	default: break;
	}
	if (src.at[1] == 'x' && src.len >= 4 && hex(src.at[2]) >= 0 && hex(src.at[3]) >= 0) {
		*len = 4;
		return (char)(hex(src.at[2]) << 4 | hex(src.at[3]));
	}
	*len = 1;
	return src.at[0];
}

char *text_unescape(char *dst, size_t size, struct text src)
{
	size_t used = 0;

	for (size_t i = 0, len; i < src.len; i += len) {
		char c = original((struct text){ src.at + i, src.len - i }, &len);

		if (c != '\0' && used + 1 < size)
			dst[used++] = c;
	}
	dst[used] = '\0';
	return dst;
}

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = { { 'w', 7 * 86400 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

bool duration_parse(struct text text, uint32_t *seconds)
{
	uint64_t total = 0;
	size_t next = 0;	/* units must get smaller: "1h30m", not "30m1h" */

	for (size_t i = 0; i < text.len; i++) {
		uint64_t value = 0;
		size_t begin = i;
		for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
			value = value * 10 + (uint64_t)(text.at[i] - '0');
			if (value > DURATION_MAX_S)
				return false;
		}
		if (i == begin)
			return false;
		size_t unit = COUNT(units) - 1;
		if (i < text.len) {
			for (unit = next; unit < COUNT(units) && units[unit].letter != text.at[i]; unit++)
				;
			if (unit == COUNT(units))
				return false;
		} else if (begin > 0) {
			return false;	/* "1h30": thirty what? */
		}
		next = unit + 1;
		total += value * units[unit].seconds;
		if (total > DURATION_MAX_S)
			return false;
	}
	if (text.len == 0)
		return false;
	*seconds = (uint32_t)total;
	return true;
}

char *duration_fmt(char *dst, size_t size, uint64_t seconds)
{
	size_t used = 0;

	if (seconds == 0) {
		snprintf(dst, size, "0s");
		return dst;
	}
	for (size_t unit = 1; unit < COUNT(units) && used < size; unit++) {	/* no weeks: "30d" reads better than "4w2d" */
		uint64_t value = seconds / units[unit].seconds;
		seconds %= units[unit].seconds;
		if (value)
			used += (size_t)snprintf(dst + used, size - used, "%llu%c", (unsigned long long)value, units[unit].letter);
	}
	return dst;
}

char *duration_short(char *dst, size_t size, uint64_t seconds)
{
	size_t unit = COUNT(units) - 1;

	while (unit > 1 && seconds >= 100 * (uint64_t)units[unit].seconds)
		unit--;
	snprintf(dst, size, "%llu%c", (unsigned long long)((seconds + units[unit].seconds / 2) / units[unit].seconds), units[unit].letter);
	return dst;
}

size_t text_cut(char *dst, size_t size, struct text src)
{
	size_t len = src.len <= size ? src.len : size - 3;

	if (len > 0)
		memcpy(dst, src.at, len);
	if (len == src.len)
		return len;
	memcpy(dst + len, "...", 3);
	return size;
}

uint32_t text_hash(struct text text)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 16777619U;
	return hash;
}
