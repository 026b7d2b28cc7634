/* filter_regex - see filter_regex.h
 *
 * One pass from left to right; what is the same in both languages is copied. Never runs an expression. */
#include "cli/import/filter_regex.h"

#include <stdio.h>

#include "cli/import/filter.h"

struct translation {
	struct filter_regex *out;
	struct text rest;
};

static bool refuse(struct translation *t, const char *why)
{
	if (!t->out->refused)
		t->out->refused = why;
	return false;
}

static bool put(struct translation *t, const char *at, size_t len)
{
	if (len > sizeof(t->out->text) - t->out->len)
		return refuse(t, "it is too long");
	memcpy(t->out->text + t->out->len, at, len);
	t->out->len += len;
	return true;
}

static bool puts_to(struct translation *t, const char *string)
{
	return put(t, string, strlen(string));
}

static void skip(struct translation *t, size_t len)
{
	t->rest.at += len;
	t->rest.len -= len;
}

static bool take(struct translation *t, const char *word)
{
	size_t len = strlen(word);

	if (t->rest.len < len || memcmp(t->rest.at, word, len) != 0)
		return false;
	skip(t, len);
	return true;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

/* Bytes that are the same here and there; control bytes are spelled out. */
static bool copy(struct translation *t, size_t len)
{
	bool fine = true;

	for (size_t i = 0; fine && i < len; i++) {
		char c = t->rest.at[i], spelled[5];

		snprintf(spelled, sizeof(spelled), "\\x%02x", (unsigned char)c);
		fine = is_control(c) ? puts_to(t, spelled) : put(t, &c, 1);
	}
	skip(t, len);
	return fine;
}

size_t filter_class_len(struct text text)
{
	size_t i = 1;

	if (i < text.len && text.at[i] == '^')
		i++;
	for (bool first = true; i < text.len; i++, first = false) {
		if (text.at[i] == ']' && !first)
			return i + 1;
		if (text.at[i] == '\\')
			i++;
	}
	return 0;
}

/* How long the group at the head of the text is, with its parentheses; 0: it is not closed. */
static size_t group_len(struct text text)
{
	unsigned depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\\') {
			i++;
		} else if (text.at[i] == '[') {
			size_t len = filter_class_len((struct text){ text.at + i, text.len - i });
			if (len == 0)
				return 0;
			i += len - 1;
		} else if (text.at[i] == '(') {
			depth++;
		} else if (text.at[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static bool put_addr(struct translation *t)
{
	return puts_to(t, "<addr>");
}

static bool is_one_of(struct text word, const char *const *words)
{
	for (; *words; words++)
		if (text_equal(word, text_of(*words)))
			return true;
	return false;
}

/* (?P<name>...): the address, or a plain group. */
static bool translate_named(struct translation *t)
{
	static const char *const hosts[] = { "host", "ip4", "ip6", "addr", "cidr", "dns", "subnet", "fid", NULL };
	const char *close = memchr(t->rest.at, '>', t->rest.len);
	struct text name = { t->rest.at + 4, close ? (size_t)(close - t->rest.at) - 4 : 0 };

	if (!close)
		return refuse(t, "a group's name is not closed");
	if (!is_one_of(name, hosts)) {
		skip(t, name.len + 5);
		return puts_to(t, "(?:");
	}
	size_t len = group_len(t->rest);
	if (len == 0)
		return refuse(t, "a group is not closed");
	skip(t, len);
	return put_addr(t);
}

static bool translate_group(struct translation *t)
{
	if (t->rest.len > 4 && memcmp(t->rest.at, "(?P<", 4) == 0)
		return translate_named(t);
	if (take(t, "(?P=") || take(t, "(?P>"))
		return refuse(t, "it refers back to what a group has matched");
	if (t->rest.len > 2 && memcmp(t->rest.at, "(?#", 3) == 0) {
		skip(t, group_len(t->rest));
		return true;
	}
	if (take(t, "(?i)") || take(t, "(?iu)"))
		return puts_to(t, "(?i)");
	if (take(t, "(?<"))	/* looks behind: for the lint to refuse */
		return puts_to(t, "(?<");
	if (take(t, "(?m)") || take(t, "(?s)") || take(t, "(?u)") || take(t, "(?:)"))
		return true;
	return copy(t, 1);
}

/* <HOST> and fail2ban's other tags; a < that begins none is itself. */
static bool translate_tag(struct translation *t)
{
	static const char *const hosts[] = { "HOST", "ADDR", "IP4", "IP6", "CIDR", "SUBNET", "DNS", NULL };
	const char *close = memchr(t->rest.at, '>', t->rest.len);
	struct text tag = { t->rest.at + 1, close ? (size_t)(close - t->rest.at) - 1 : 0 };

	if (close && is_one_of(tag, hosts)) {
		skip(t, tag.len + 2);
		return put_addr(t);
	}
	if (close && text_equal(tag, TEXT("SKIPLINES")))
		return refuse(t, "it wants several lines, and a rule reads one");
	if (close && (text_starts(tag, TEXT("F-NOFAIL")) || text_starts(tag, TEXT("F-MLFGAINED"))))
		return refuse(t, "it is no failure by itself, it only helps to read other lines");
	bool ends = text_starts(tag, TEXT("/F-"));
	if (!close || (!ends && !text_starts(tag, TEXT("F-")))) {
		skip(t, 1);
		return puts_to(t, "\\<");
	}
	skip(t, tag.len + 2);
	if (ends)
		return puts_to(t, ")");
	return puts_to(t, tag.at[tag.len - 1] == '/' ? "\\S+" : "(?:");
}

/* What the lint wants in front of an address: a run of digits or letters that ends somewhere. Behind anything else
 * a bound would prove nothing, so the repeat stays as it is. */
static bool translate_repeat(struct translation *t)
{
	if (take(t, "+"))
		return puts_to(t, "{1,255}");
	return !take(t, "*") || puts_to(t, "{0,255}");
}

static bool translate_escape(struct translation *t)
{
	if (take(t, "\\Z"))
		return puts_to(t, "<end>");
	if (take(t, "\\n"))
		return refuse(t, "it wants several lines, and a rule reads one");
	if (t->rest.len < 2 || is_control(t->rest.at[1]))
		return refuse(t, "a backslash has nothing to escape");
	bool word = t->rest.at[1] == 'd' || t->rest.at[1] == 'w';
	return copy(t, 2) && (!word || translate_repeat(t));
}

/* {3}, {3,5}, {3,} are the same; {,5} begins at 0; any other brace is itself. */
static bool translate_brace(struct translation *t)
{
	size_t i = 1;

	while (i < t->rest.len && ((t->rest.at[i] >= '0' && t->rest.at[i] <= '9') || t->rest.at[i] == ','))
		i++;
	if (i == 1 || i == t->rest.len || t->rest.at[i] != '}' || t->out->len == 0) {
		skip(t, 1);
		return puts_to(t, "\\{");
	}
	if (t->rest.at[1] == ',') {
		skip(t, 1);
		return puts_to(t, "{0") && copy(t, i);
	}
	return copy(t, i + 1);
}

static bool translate_class(struct translation *t)
{
	size_t len = filter_class_len(t->rest);
	bool inverted = t->rest.len > 1 && t->rest.at[1] == '^';

	if (len == 0)
		return refuse(t, "a class is not closed");
	return copy(t, len) && (inverted || translate_repeat(t));
}

static bool translate_piece(struct translation *t)
{
	switch (t->rest.at[0]) {
	case '\\':
		return translate_escape(t);
	case '[':
		return translate_class(t);
	case '(':
		return translate_group(t);
	case '<':
		return translate_tag(t);
	case '{':
		return translate_brace(t);
	case '$':
		skip(t, 1);
		return puts_to(t, "<end>");
	case FILTER_HEADER:
		return refuse(t, "the header is not at its beginning");
	default:
		return copy(t, 1);
	}
}

/* What stands before the message: the header is parsed already, the spaces behind it are gone, and a pattern that is
 * not anchored may begin anywhere. */
static bool translate_begin(struct translation *t)
{
	bool caseless = take(t, "(?i)");
	bool anchored = take(t, "^") || take(t, "\\A");
	bool grouped = take(t, "<F-MLFID>");

	if (t->rest.len && t->rest.at[0] == FILTER_HEADER) {
		skip(t, 1);
		t->out->header = true;
		anchored = true;
	}
	t->out->anchored = anchored;
	if (anchored)
		while (take(t, "\\s*") || take(t, "\\s+") || take(t, " ?") || take(t, " "))
			;
	return (!caseless || puts_to(t, "(?i)")) && (anchored || puts_to(t, "<text>")) && (!grouped || puts_to(t, "(?:"));
}

bool filter_regex_translate(struct filter_regex *out, struct text python)
{
	struct translation t = { out, python };

	*out = (struct filter_regex){ .len = 0 };
	if (!translate_begin(&t))
		return false;
	while (t.rest.len)
		if (!translate_piece(&t))
			return false;
	if (out->len && out->text[out->len - 1] == ' ') {	/* a pattern file drops it there */
		out->len--;
		return puts_to(&t, "[ ]");
	}
	return true;
}

static bool append(char *dst, size_t *len, struct text text)
{
	if (text.len > FILTER_REGEX_MAX - *len)
		return false;
	memcpy(dst + *len, text.at, text.len);
	*len += text.len;
	return true;
}

bool filter_regex_compose(char *dst, size_t *len, struct text prefregex, struct text failregex)
{
	const char *open = memmem(prefregex.at, prefregex.len, "<F-CONTENT>", 11);
	const char *close = memmem(prefregex.at, prefregex.len, "</F-CONTENT>", 12);

	*len = 0;
	if (!open || !close || close < open)
		return false;
	struct text before = { prefregex.at, (size_t)(open - prefregex.at) };
	struct text after = { close + 12, (size_t)(prefregex.at + prefregex.len - close) - 12 };
	bool anchored = text_starts(failregex, TEXT("^"));
	bool ends = after.len && failregex.len && failregex.at[failregex.len - 1] == '$' &&
		(failregex.len < 2 || failregex.at[failregex.len - 2] != '\\');

	failregex.at += anchored;
	failregex.len -= (size_t)anchored + ends;
	return append(dst, len, before) && (anchored || append(dst, len, TEXT(".*"))) &&
		append(dst, len, TEXT("(?:")) && append(dst, len, failregex) && append(dst, len, TEXT(")")) &&
		(ends || after.len == 0 || append(dst, len, TEXT(".*"))) && append(dst, len, after);
}
