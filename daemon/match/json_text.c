/* json_text - see json_text.h. Owns nothing, allocates nothing; strict where a client's text could end, lenient elsewhere. */
#include "match/json_text.h"

static struct text skip(struct text text, size_t n)
{
	return (struct text){ text.at + n, text.len - n };
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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

/* What is escaped is never shorter than what it stands for. */
bool json_string(struct text *text, char **out, struct text *string)
{
	static const char names[] = "nrtbf", values[] = "\n\r\t\b\f";
	char *to = *out;
	size_t n;

	if (text->len == 0 || *text->at != '"')
		return false;
	for (size_t i = 1; i < text->len; i++) {
		if (text->at[i] == '"') {
			*string = (struct text){ *out, (size_t)(to - *out) };
			*text = skip(*text, i + 1);
			*out = to;
			return true;
		}
		if (text->at[i] != '\\') {
			*to++ = text->at[i];
			continue;
		}
		if (++i == text->len)
			break;
		const char *name = text->at[i] ? strchr(names, text->at[i]) : NULL;
		if (text->at[i] == 'u' && (n = utf8_of(skip(*text, i + 1), to)) > 0) {
			to += n;
			i += 4;
		} else {
			*to++ = name ? values[name - names] : text->at[i];
		}
	}
	return false;
}

bool json_bytes(struct text *text, char **out, struct text *string)
{
	char *to = *out;
	unsigned value = 0;
	bool digits = false;

	if (text->len == 0 || *text->at != '[')
		return false;
	for (size_t i = 1; i < text->len; i++) {
		char c = text->at[i];

		if (c >= '0' && c <= '9' && value < 256) {
			value = value * 10 + (unsigned)(c - '0');
			digits = true;
		} else if ((c == ',' || c == ']') && value < 256) {
			if (digits)
				*to++ = (char)value;
			value = 0;
			digits = false;
			if (c == ',')
				continue;
			*string = (struct text){ *out, (size_t)(to - *out) };
			*text = skip(*text, i + 1);
			*out = to;
			return true;
		} else if (c != ' ') {
			break;
		}
	}
	return false;
}

bool json_skip(struct text *text)
{
	size_t depth = 0, i;
	bool quoted = false;

	for (i = 0; i < text->len; i++) {
		char c = text->at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == ',' || c == '}' || c == ']') && depth == 0)
			break;
		else if (c == '}' || c == ']')
			depth--;
	}
	if (i >= text->len)
		return false;
	*text = skip(*text, i);
	return true;
}
