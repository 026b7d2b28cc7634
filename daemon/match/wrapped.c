/* wrapped - see wrapped.h. Owns the one buffer for texts that are not in the line as they stand; never parses a header. */
#include "match/wrapped.h"

#include "match/stamp.h"

#define ID_DIGITS 12
#define NANO_LEN (sizeof("2026-11-22T10:00:00.123456789Z") - 1)
#define NAME_MAX_LEN 128
#define ESC '\033'

static char buffer[1 << 16];
static bool in_part;	/* the last record was not the end of its text */

static struct text skip(struct text text, size_t n)
{
	return (struct text){ text.at + n, text.len - n };
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- colours ---- */

/* Without "ESC[...m", in the buffer; text may be there already. */
static struct text bare(struct text text)
{
	size_t len = 0, i = 0;

	if (text.len > sizeof(buffer))
		text.len = sizeof(buffer);
	while (i < text.len) {
		size_t end = i + 2;

		if (text.at[i] == ESC && end <= text.len && text.at[i + 1] == '[') {
			while (end < text.len && (is_digit(text.at[end]) || text.at[end] == ';'))
				end++;
			if (end < text.len && text.at[end] == 'm') {
				i = end + 1;
				continue;
			}
		}
		buffer[len++] = text.at[i++];
	}
	return (struct text){ buffer, len };
}

static struct text without_colours(struct text text)
{
	return text.len && *text.at == ESC ? bare(text) : text;
}

/* ---- json-file ---- */

static int hex_value(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "003c" as UTF-8 to at; returns its length, 0 if it is none */
static size_t utf8_of(struct text digits, char *at)
{
	unsigned value = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = i < digits.len ? hex_value(digits.at[i]) : -1;

		if (digit < 0)
			return 0;
		value = value << 4 | (unsigned)digit;
	}
	if (value < 0x80) {
		at[0] = (char)value;
		return 1;
	}
	if (value < 0x800) {
		at[0] = (char)(0xc0 | value >> 6);
		at[1] = (char)(0x80 | (value & 0x3f));
		return 2;
	}
	at[0] = (char)(0xe0 | value >> 12);
	at[1] = (char)(0x80 | (value >> 6 & 0x3f));
	at[2] = (char)(0x80 | (value & 0x3f));
	return 3;
}

/* The string that text begins with, up to its closing quote, into the buffer; returns how much of text it took, 0: it has no
 * end. An escaped string is never shorter than what it stands for. */
static size_t unescape(struct text text, struct text *string)
{
	static const char names[] = "nrtbf", values[] = "\n\r\t\b\f";
	size_t len = 0, n;

	for (size_t i = 0; i < text.len && i < sizeof(buffer); i++) {
		if (text.at[i] == '"') {
			*string = (struct text){ buffer, len };
			return i + 1;
		}
		if (text.at[i] != '\\') {
			buffer[len++] = text.at[i];
			continue;
		}
		if (++i == text.len)
			return 0;
		const char *name = text.at[i] ? strchr(names, text.at[i]) : NULL;
		if (text.at[i] == 'u' && (n = utf8_of(skip(text, i + 1), buffer + len)) > 0) {
			len += n;
			i += 4;
		} else {
			buffer[len++] = name ? values[name - names] : text.at[i];
		}
	}
	return 0;
}

/* ..."time":"STAMP"} */
static bool time_at_end(struct text rest, struct text *stamp)
{
	static const struct text before = { "\"time\":", 7 };
	struct stamp unused;

	if (rest.len < before.len + 4 || rest.at[rest.len - 1] != '}' || rest.at[rest.len - 2] != '"')
		return false;
	rest.len -= 2;
	const char *quote = memrchr(rest.at, '"', rest.len);
	if (!quote || (size_t)(quote - rest.at) < before.len || memcmp(quote - before.len, before.at, before.len) != 0)
		return false;
	*stamp = (struct text){ quote + 1, rest.len - (size_t)(quote + 1 - rest.at) };
	return stamp_read(*stamp, &unused) == stamp->len && unused.form == STAMP_ISO8601;
}

static bool json_read(struct text line, struct wrapped *wrapped, bool *part)
{
	static const struct text begin = { "{\"log\":\"", 8 };
	size_t n;

	if (!text_starts(line, begin))
		return false;
	line = skip(line, begin.len);
	n = unescape(line, &wrapped->inner);
	if (n == 0 || !time_at_end(skip(line, n), &wrapped->stamp))
		return false;
	*part = wrapped->inner.len == 0 || wrapped->inner.at[wrapped->inner.len - 1] != '\n';
	wrapped->inner.len -= !*part;
	return true;
}

/* ---- stamps in front ---- */

/* "stdout F " behind the stamp, "stderr P:tag " */
static bool cri_read(struct text rest, struct wrapped *wrapped, bool *part)
{
	if (!text_starts(rest, TEXT("stdout ")) && !text_starts(rest, TEXT("stderr ")))
		return false;
	rest = skip(rest, sizeof("stdout ") - 1);
	if (rest.len < 2 || (*rest.at != 'F' && *rest.at != 'P'))
		return false;
	*part = *rest.at == 'P';
	const char *space = memchr(rest.at, ' ', rest.len);
	if (!space || (space != rest.at + 1 && rest.at[1] != ':'))
		return false;
	wrapped->inner = skip(rest, (size_t)(space - rest.at) + 1);
	return true;
}

static size_t rfc3339_read(struct text text)
{
	struct stamp unused;
	size_t n = text.len > 10 && is_digit(*text.at) && text.at[10] == 'T' ? stamp_read(text, &unused) : 0;

	return n < text.len && text.at[n] == ' ' ? n : 0;
}

static bool stamped_read(struct text line, struct wrapped *wrapped, bool *part)
{
	size_t n = rfc3339_read(line);
	struct stamp unused;

	if (n == 0)
		return false;
	wrapped->stamp = (struct text){ line.at, n };
	if (cri_read(skip(line, n + 1), wrapped, part))
		return true;
	wrapped->inner = skip(line, n + 1);
	return n == NANO_LEN && stamp_read(wrapped->inner, &unused) > 0;
}

/* "NAME   | " of docker compose */
static bool compose_read(struct text line, struct wrapped *wrapped)
{
	size_t n = 0;

	while (n < line.len && n < NAME_MAX_LEN && (is_digit(line.at[n]) || (line.at[n] >= 'a' && line.at[n] <= 'z') ||
						    (line.at[n] >= 'A' && line.at[n] <= 'Z') || (n && strchr("_.-", line.at[n]) && line.at[n])))
		n++;
	if (n == 0)
		return false;
	while (n < line.len && n < NAME_MAX_LEN && line.at[n] == ' ')
		n++;
	if (n + 1 >= line.len || line.at[n] != '|' || line.at[n + 1] != ' ')
		return false;
	wrapped->inner = skip(line, n + 2);
	n = rfc3339_read(wrapped->inner);
	if (n == NANO_LEN) {
		wrapped->stamp = (struct text){ wrapped->inner.at, n };
		wrapped->inner = skip(wrapped->inner, n + 1);
	}
	return true;
}

bool wrapped_read(struct text line, struct wrapped *wrapped)
{
	bool coloured = line.len && *line.at == ESC, part = false;

	*wrapped = (struct wrapped){ .stamp.len = 0 };
	line = without_colours(line);
	if (!json_read(line, wrapped, &part) && !stamped_read(line, wrapped, &part) && !compose_read(line, wrapped)) {
		*wrapped = (struct wrapped){ .inner = line };
		return coloured;
	}
	if (!coloured)	/* else it lies in the buffer, as the stamp does */
		wrapped->inner = without_colours(wrapped->inner);
	wrapped->continued = in_part;
	in_part = part;
	return true;
}

bool wrapped_is_container(struct text program)
{
	size_t n = 0;

	while (n < program.len && hex_value(program.at[n]) >= 0)
		n++;
	return (n == ID_DIGITS && n == program.len) || text_starts(program, TEXT("docker/"));
}

void wrapped_forget(void)
{
	in_part = false;
}
