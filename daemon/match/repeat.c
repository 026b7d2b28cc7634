/* repeat - see repeat.h. By position from the first byte, and to the end: a message that only begins so is a message. */
#include "match/repeat.h"

static struct text skip(struct text text, size_t n)
{
	return (struct text){ text.at + n, text.len - n };
}

/* The number that the text begins with, 1..9 digits, off *text; 0: there is none. */
static uint32_t number(struct text *text)
{
	uint32_t sum = 0;
	size_t n = 0;

	while (n < text->len && n < 10 && text->at[n] >= '0' && text->at[n] <= '9')
		sum = sum * 10 + (uint32_t)(text->at[n++] - '0');
	*text = skip(*text, n);
	return n < 10 ? sum : 0;
}

static bool take(struct text *text, struct text head)
{
	bool found = text_starts(*text, head);

	*text = skip(*text, found ? head.len : 0);
	return found;
}

/* The bracket is missing where the line was cut. */
uint32_t repeat_unwrap(struct text *message)
{
	struct text rest = *message;
	uint32_t count;

	if (!take(&rest, TEXT("message repeated ")) || !(count = number(&rest)) || !take(&rest, TEXT(" times: [")))
		return 0;
	while (rest.len > 0 && (*rest.at == ' ' || *rest.at == '\t'))
		rest = skip(rest, 1);
	if (rest.len > 0 && rest.at[rest.len - 1] == ']')
		rest.len--;
	*message = rest;
	return count;
}

/* "Last message 'the first 20 bytes' repeated " of syslog-ng: what stands behind it. */
static bool take_quoted(struct text *text)
{
	static const struct text begin = { "Last message '", 14 }, end = { "' repeated ", 11 };

	for (size_t n = begin.len; text_starts(*text, begin) && n < text->len && n <= begin.len + 20; n++)
		if (text_starts(skip(*text, n), end)) {
			*text = skip(*text, n + end.len);
			return true;
		}
	return false;
}

uint32_t repeat_again(struct text message)
{
	struct text rest = message;
	bool quoted = take_quoted(&rest), dashed = !quoted && take(&rest, TEXT("--- "));
	uint32_t count;

	if ((!quoted && !take(&rest, TEXT("last message repeated "))) || !(count = number(&rest)) || !take(&rest, TEXT(" time")))
		return 0;
	take(&rest, TEXT("s"));
	if (quoted)
		return text_starts(rest, TEXT(", suppressed by syslog-ng on ")) ? count : 0;
	return text_equal(rest, dashed ? TEXT(" ---") : TEXT("")) ? count : 0;
}
