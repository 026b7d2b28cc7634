/* filter_globs - see filter_globs.h
 *
 * The expression is multiplied out; what is not literal becomes "*". Bounded in number and length. */
#include "cli/import/filter_globs.h"

#include <stdio.h>

#include "cli/import/filter_regex.h"

#define GLOBS_MAX 48
#define GLOB_BYTES_MAX 64

struct globs {
	char at[GLOBS_MAX][GLOB_BYTES_MAX];
	unsigned count;
};

static bool globs_choice(struct text *rest, struct globs *out, unsigned depth);

/* Every glob of a followed by every one of b. */
static bool globs_join(struct globs *a, const struct globs *b)
{
	struct globs joined = { .count = 0 };

	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned j = 0; j < b->count; j++) {
			size_t la = strlen(a->at[i]), lb = strlen(b->at[j]);
			const char *tail = b->at[j];

			if (joined.count == GLOBS_MAX || la + lb >= GLOB_BYTES_MAX)
				return false;
			if (la && a->at[i][la - 1] == '*' && *tail == '*')
				tail++;
			snprintf(joined.at[joined.count++], GLOB_BYTES_MAX, "%.*s%.*s", (int)la, a->at[i], (int)lb, tail);
		}
	}
	*a = joined;
	return true;
}

static bool globs_add(struct globs *to, const struct globs *from)
{
	for (unsigned i = 0; i < from->count; i++) {
		bool there = false;
		for (unsigned j = 0; j < to->count; j++)
			there = there || strcmp(to->at[j], from->at[i]) == 0;
		if (there)
			continue;
		if (to->count == GLOBS_MAX)
			return false;
		memcpy(to->at[to->count++], from->at[i], GLOB_BYTES_MAX);
	}
	return true;
}

static struct globs globs_of(const char *text, size_t len)
{
	struct globs one = { .count = 1 };

	memcpy(one.at[0], text, len);
	return one;
}

static bool globs_atom(struct text *rest, struct globs *out, unsigned depth)
{
	char c = rest->at[0];
	size_t len = 1;

	if (c == '(') {
		rest->at++, rest->len--;
		if (text_starts(*rest, TEXT("?:")))
			rest->at += 2, rest->len -= 2;
		else if (text_starts(*rest, TEXT("?")))
			return false;
		if (!globs_choice(rest, out, depth + 1) || rest->len == 0 || rest->at[0] != ')')
			return false;
	} else if (c == '[') {
		len = filter_class_len(*rest);
		*out = globs_of("*", 1);
	} else if (c == '.') {
		*out = globs_of("*", 1);
	} else if (c == '\\' && rest->len > 1) {
		bool literal = rest->at[1] && strchr("/.-_+ ", rest->at[1]);
		*out = literal ? globs_of(rest->at + 1, 1) : globs_of("*", 1);
		len = 2;
	} else if (strchr("*+?{}|)^$<> \\", c)) {
		return false;
	} else {
		*out = globs_of(rest->at, 1);
	}
	if (len == 0)
		return false;
	rest->at += len;
	rest->len -= len;
	return true;
}

static bool globs_piece(struct text *rest, struct globs *out, unsigned depth)
{
	static const struct globs nothing = { .count = 1 };

	if (!globs_atom(rest, out, depth))
		return false;
	char c = rest->len ? rest->at[0] : '\0';
	if (c == '?') {
		rest->at++, rest->len--;
		return globs_add(out, &nothing);
	}
	if (c == '*' || c == '+') {
		rest->at++, rest->len--;
		*out = globs_of("*", 1);
	}
	return c != '{';
}

static bool globs_choice(struct text *rest, struct globs *out, unsigned depth)
{
	*out = (struct globs){ .count = 0 };
	if (depth > 4)
		return false;
	for (;;) {
		struct globs branch = { .count = 1 }, piece;

		while (rest->len && rest->at[0] != '|' && rest->at[0] != ')')
			if (!globs_piece(rest, &piece, depth) || !globs_join(&branch, &piece))
				return false;
		if (!globs_add(out, &branch))
			return false;
		if (rest->len == 0 || rest->at[0] != '|')
			return true;
		rest->at++, rest->len--;
	}
}

bool filter_globs(char *dst, size_t size, struct text regex)
{
	struct globs globs;
	size_t len = 0;

	if (!globs_choice(&regex, &globs, 0) || regex.len)
		return false;
	dst[0] = '\0';
	for (unsigned i = 0; i < globs.count; i++) {
		if (globs.at[i][0] == '\0')
			continue;
		int wrote = snprintf(dst + len, size - len, "%s%s", len ? " " : "", globs.at[i]);
		if (wrote < 0 || (size_t)wrote >= size - len)
			return false;
		len += (size_t)wrote;
	}
	return len > 0;
}
