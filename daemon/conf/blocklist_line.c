/* blocklist_line - see blocklist_line.h */
#include "conf/blocklist_line.h"

#include <ctype.h>

#include "base/array.h"
#include "conf/conf_value.h"

/* ---- words ---- */

static struct text next_word(struct text *rest)
{
	size_t skip = 0, len = 0;

	while (skip < rest->len && (rest->at[skip] == ' ' || rest->at[skip] == '\t'))
		skip++;
	while (skip + len < rest->len && rest->at[skip + len] != ' ' && rest->at[skip + len] != '\t')
		len++;
	struct text word = { rest->at + skip, len };
	*rest = (struct text){ rest->at + skip + len, rest->len - skip - len };
	return word;
}

static void keep(char *dst, size_t size, struct text word)
{
	size_t len = word.len < size ? word.len : size - 1;

	memcpy(dst, word.at, len);
	dst[len] = '\0';
}

void blocklist_line_add(struct blocklist_line *line, struct text words)
{
	for (struct text word; (word = next_word(&words)).len > 0;) {
		if (!line->pattern[0])
			keep(line->pattern, sizeof(line->pattern), word);
		else if (!line->action[0])
			keep(line->action, sizeof(line->action), word);
		else
			line->text = true;
	}
}

/* ---- which addresses ---- */

static bool only(struct text word, const char *set)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == '\0' || !strchr(set, word.at[i]))
			return false;
	return word.len > 0;
}

bool blocklist_is_address(struct text word)
{
	if (memchr(word.at, ':', word.len))
		return only(word, "0123456789abcdefABCDEF.:/*-[]");
	return only(word, "0123456789./*-[]") && word.at[0] != '-';
}

/* Domain, host, mail address, or one of Postfix's other keys; a word of a web page, say, is none of these. */
static bool is_name(struct text word)
{
	size_t odd = 0;

	if (word.at[0] == '[' || word.at[0] == '"' || memchr(word.at, '@', word.len) || text_equal(word, TEXT("<>")))
		return true;
	for (size_t i = 0; i < word.len; i++)
		odd += !isalnum((unsigned char)word.at[i]) && !strchr("-_.", word.at[i]) && (unsigned char)word.at[i] < 0x80;
	return odd == 0;
}

/* "198.51" is 198.51.0.0/16, "2001:db8" is 2001:db8::/32; false: no part is missing, or what is there is wrong.
 * stars: the number that stood behind, each for a part, the last one for all that are missing. */
static bool complete(struct text part, unsigned stars, struct prefix *prefix)
{
	char full[64];
	bool v6 = memchr(part.at, ':', part.len) || (part.len == 4 && !memchr(part.at, '.', part.len));	/* "2001" */
	unsigned parts = 1, all = v6 ? 8 : 4;
	struct addr addr;

	for (size_t i = 0; i < part.len; i++)
		parts += part.at[i] == (v6 ? ':' : '.');
	if (part.len > 45 || parts >= all || parts + stars > all)
		return false;
	snprintf(full, sizeof(full), "%.*s%s", (int)part.len, part.at, v6 ? "::" : &".0.0.0"[2 * (parts - 1)]);
	if (!addr_parse(text_of(full), &addr) || addr_is_v4(&addr) == v6)
		return false;
	*prefix = (struct prefix){ addr, (uint8_t)(v6 ? 16 * parts : 96 + 8 * parts) };
	return true;
}

/* "198.51.*.*" without the stars; *stars: how many there were. */
static struct text strip_stars(struct text word, unsigned *stars)
{
	for (*stars = 0; word.len > 2 && word.at[word.len - 1] == '*' && strchr(".:", word.at[word.len - 2]); ++*stars)
		word.len -= 2;
	return word;
}

/* What stands in [], which cidr_table(5) allows around an address. */
static struct text strip_brackets(struct text word, char *copy, size_t size)
{
	const char *close = word.len ? memchr(word.at, ']', word.len) : NULL;

	if (word.len == 0 || word.at[0] != '[' || !close || word.len > size)
		return word;
	size_t inner = (size_t)(close - word.at) - 1, rest = word.len - inner - 2;
	memcpy(copy, word.at + 1, inner);
	memcpy(copy + inner, close + 1, rest);
	return (struct text){ copy, inner + rest };
}

static enum blocklist_pattern address(struct text word, enum blocklist_form form, struct prefix *prefix,
				      char *wrong, size_t size)
{
	char copy[PATTERN_BYTES_MAX], right[PREFIX_FMT_SIZE];
	unsigned stars;

	if (form == BLOCKLIST_CIDR)
		word = strip_brackets(word, copy, sizeof(copy));
	if (form == BLOCKLIST_CIDR && text_equal(word, TEXT("::/0"))) {
		*prefix = (struct prefix){ 0 };
		return PATTERN_ADDRESS;
	}
	struct text head = strip_stars(word, &stars);
	if ((stars || form == BLOCKLIST_ACCESS) && complete(head, stars, prefix))
		return PATTERN_ADDRESS;
	const char *what = prefix_parse(word, true, prefix);
	if (!what)
		return PATTERN_ADDRESS;
	if (complete(head, stars, prefix) || !prefix_parse(word, false, prefix))
		snprintf(wrong, size, "is no network here, %s would be right", prefix_fmt(right, sizeof(right), prefix));
	else
		snprintf(wrong, size, "%s", what);
	return PATTERN_WRONG;
}

enum blocklist_pattern blocklist_pattern(struct text word, enum blocklist_form form, struct prefix *prefix,
					 char *wrong, size_t size)
{
	if (blocklist_is_address(word) && (word.at[0] != '[' || form == BLOCKLIST_CIDR))
		return address(word, form, prefix, wrong, size);
	if (form == BLOCKLIST_PLAIN) {
		snprintf(wrong, size, "is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right");
		return PATTERN_WRONG;
	}
	if (is_name(word))
		return PATTERN_NAME;
	snprintf(wrong, size, "is neither an address nor a name");
	return PATTERN_WRONG;
}

/* ---- what becomes of them ---- */

static const struct {
	const char *word;
	enum blocklist_verdict verdict;
} actions[] = {
	{ "REJECT", BLOCKLIST_DROP }, { "HANGUP", BLOCKLIST_DROP },
	{ "DEFER", BLOCKLIST_DEFER }, { "DEFER_IF_REJECT", BLOCKLIST_DEFER }, { "DEFER_IF_PERMIT", BLOCKLIST_DEFER },
	{ "OK", BLOCKLIST_EXCEPT }, { "RELAY", BLOCKLIST_EXCEPT }, { "DUNNO", BLOCKLIST_EXCEPT }, { "PERMIT", BLOCKLIST_EXCEPT },
	{ "DISCARD", BLOCKLIST_EXCEPT }, { "FILTER", BLOCKLIST_EXCEPT }, { "HOLD", BLOCKLIST_EXCEPT },
	{ "PREPEND", BLOCKLIST_EXCEPT }, { "REDIRECT", BLOCKLIST_EXCEPT }, { "BCC", BLOCKLIST_EXCEPT },
	{ "INFO", BLOCKLIST_EXCEPT }, { "WARN", BLOCKLIST_EXCEPT },
};

static enum blocklist_action code(struct text word, bool text, enum blocklist_verdict *verdict, char *wrong, size_t size)
{
	*verdict = BLOCKLIST_EXCEPT;
	if (!text)
		return ACTION_NUMBER;
	if (word.len == 3 && word.at[0] == '5')
		*verdict = BLOCKLIST_DROP;
	else if (word.len == 3 && word.at[0] == '4')
		*verdict = BLOCKLIST_DEFER;
	else
		snprintf(wrong, size, "is no reply code that refuses, 4xx or 5xx with a text would be right");
	return *verdict == BLOCKLIST_EXCEPT ? ACTION_WRONG : ACTION_KNOWN;
}

/* Postfix would take any other word for a restriction (reject_rbl_client, a class of the postmaster's own); a misspelt
 * REJECT among them would let an attacker in, and tell nobody. */
static enum blocklist_action restriction(struct text word, const char *upper, char *wrong, size_t size)
{
	const char *names[COUNT(actions)];

	for (size_t i = 0; i < COUNT(actions); i++)
		names[i] = actions[i].word;
	const char *meant = conf_similar(upper, names, COUNT(actions));
	if (meant)
		snprintf(wrong, size, "is no action, did you mean %s?", meant);
	else if (only(word, "abcdefghijklmnopqrstuvwxyz0123456789_-,"))
		return ACTION_RESTRICTION;
	else
		snprintf(wrong, size, "is no action, REJECT, OK, DUNNO or '550 text' would be right");
	return ACTION_WRONG;
}

enum blocklist_action blocklist_action(const struct blocklist_line *line, enum blocklist_verdict *verdict,
				       char *wrong, size_t size)
{
	struct text word = text_of(line->action);
	char upper[ACTION_BYTES_MAX];

	if (only(word, "0123456789"))
		return code(word, line->text, verdict, wrong, size);
	for (size_t i = 0; i <= word.len; i++)
		upper[i] = (char)toupper((unsigned char)word.at[i]);
	if (word.len > 1 && upper[word.len - 1] == ',')	/* "permit, ...": a list of restrictions begins */
		upper[word.len - 1] = '\0';
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(upper, actions[i].word) == 0) {
			*verdict = actions[i].verdict;
			return ACTION_KNOWN;
		}
	*verdict = BLOCKLIST_EXCEPT;
	return restriction(word, upper, wrong, size);
}
