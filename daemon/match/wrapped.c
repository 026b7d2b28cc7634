/* wrapped - see wrapped.h. Owns the one buffer for texts that are not in the line as they stand; never parses a header. */
#include "match/wrapped.h"

#include "match/json_text.h"
#include "match/stamp.h"

#define ID_DIGITS 12
#define NANO_LEN (sizeof("2026-11-22T10:00:00.123456789Z") - 1)
#define NAME_MAX_LEN 128
#define ESC '\033'

static _Thread_local char buffer[1 << 16];

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

static bool json_read(struct text line, struct wrapped *wrapped)
{
	static const struct text begin = { "{\"log\":\"", 8 };
	char *out = buffer;

	if (!text_starts(line, begin) || line.len > sizeof(buffer))
		return false;
	line = skip(line, begin.len - 1);
	if (!json_string(&line, &out, &wrapped->inner) || !time_at_end(line, &wrapped->stamp))
		return false;
	wrapped->part = wrapped->inner.len == 0 || wrapped->inner.at[wrapped->inner.len - 1] != '\n';
	wrapped->inner.len -= !wrapped->part;
	wrapped->stream = text_starts(line, TEXT(",\"stream\":\"stderr\"")) ? WRAPPED_STDERR : WRAPPED_STDOUT;
	return true;
}

/* ---- stamps in front ---- */

/* "stdout F " behind the stamp, "stderr P:tag " */
static bool cri_read(struct text rest, struct wrapped *wrapped)
{
	bool err = text_starts(rest, TEXT("stderr "));

	if (!err && !text_starts(rest, TEXT("stdout ")))
		return false;
	rest = skip(rest, sizeof("stdout ") - 1);
	if (rest.len < 2 || (*rest.at != 'F' && *rest.at != 'P'))
		return false;
	const char *space = memchr(rest.at, ' ', rest.len);
	if (!space || (space != rest.at + 1 && rest.at[1] != ':'))
		return false;
	wrapped->part = *rest.at == 'P';
	wrapped->stream = err ? WRAPPED_STDERR : WRAPPED_STDOUT;
	wrapped->inner = skip(rest, (size_t)(space - rest.at) + 1);
	return true;
}

static size_t rfc3339_read(struct text text)
{
	struct stamp unused;
	size_t n = text.len > 10 && is_digit(*text.at) && text.at[10] == 'T' ? stamp_read(text, &unused) : 0;

	return n < text.len && text.at[n] == ' ' ? n : 0;
}

static bool stamped_read(struct text line, struct wrapped *wrapped)
{
	size_t n = rfc3339_read(line);
	struct stamp unused;

	if (n == 0)
		return false;
	wrapped->stamp = (struct text){ line.at, n };
	if (cri_read(skip(line, n + 1), wrapped))
		return true;
	wrapped->inner = skip(line, n + 1);
	return n == NANO_LEN && stamp_read(wrapped->inner, &unused) > 0;
}

/* The text behind what names the container, with its stamp or without. */
static void behind_prefix(struct text text, struct wrapped *wrapped)
{
	size_t n = rfc3339_read(text);

	if (n == NANO_LEN)
		wrapped->stamp = (struct text){ text.at, n };
	wrapped->inner = skip(text, n == NANO_LEN ? n + 1 : 0);
}

/* "NAME   | " of docker compose */
static bool compose_read(struct text line, struct wrapped *wrapped)
{
	size_t n = 0;

	while (n < line.len && n < NAME_MAX_LEN && (is_digit(line.at[n]) || (line.at[n] >= 'a' && line.at[n] <= 'z') ||
						    (line.at[n] >= 'A' && line.at[n] <= 'Z') || (n && strchr("_.-@", line.at[n]) && line.at[n])))
		n++;
	if (n == 0)
		return false;
	while (n < line.len && n < NAME_MAX_LEN && line.at[n] == ' ')
		n++;
	if (n + 1 >= line.len || line.at[n] != '|' || line.at[n + 1] != ' ')
		return false;
	behind_prefix(skip(line, n + 2), wrapped);
	return true;
}

/* "[pod/NAME/CONTAINER] " of kubectl logs --prefix */
static bool pod_read(struct text line, struct wrapped *wrapped)
{
	const char *end;

	if (!text_starts(line, TEXT("[pod/")) || !(end = memchr(line.at, ' ', line.len)) || end[-1] != ']')
		return false;
	behind_prefix(skip(line, (size_t)(end - line.at) + 1), wrapped);
	return true;
}

bool wrapped_read(struct text line, struct wrapped *wrapped)
{
	bool coloured = line.len && *line.at == ESC;

	*wrapped = (struct wrapped){ .stamp.len = 0 };
	line = without_colours(line);
	if (!json_read(line, wrapped) && !stamped_read(line, wrapped) && !compose_read(line, wrapped) &&
	    !pod_read(line, wrapped)) {
		*wrapped = (struct wrapped){ .inner = line };
		return coloured;
	}
	if (!coloured)	/* else it lies in the buffer, as the stamp does */
		wrapped->inner = without_colours(wrapped->inner);
	return true;
}

bool wrapped_is_container(struct text program)
{
	size_t n = 0;

	while (n < program.len && (is_digit(program.at[n]) || (program.at[n] >= 'a' && program.at[n] <= 'f')))
		n++;
	return (n == ID_DIGITS && n == program.len) || text_starts(program, TEXT("docker/"));
}
