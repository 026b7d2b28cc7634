/* blocklist - see blocklist.h
 *
 * Reads a file twice: once to see its form, once to take its lines. What they say is blocklist_line.c's, what comes of
 * all of them together blocklist_resolve.c's. */
#include "conf/blocklist.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/reach.h"
#include "conf/blocklist_line.h"
#include "conf/conf_read.h"

struct reader {
	struct blocklist *list;
	struct conf_lines lines;
	struct problems problems;	/* the file's own: a wrong file is wrong in every line */
	struct blocklist_line ahead;	/* the first line of the next rule, if its number is not 0 */
	bool telling;			/* not while the form is looked for */
	size_t restrictions;		/* told of once */
};

static const char *const form_names[] = { "plain", "access(5)", "cidr_table(5)" };

const char *blocklist_form_name(enum blocklist_form form)
{
	return form_names[form];
}

/* "file:line: 'word' is ..." */
__attribute__((format(printf, 4, 5)))
static void wrong(struct reader *reader, unsigned line, const char *word, const char *fmt, ...)
{
	char what[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	problem(SPOT(&reader->problems, reader->lines.spot.file, line), "'%.100s' %s", word, what);
}

/* ---- logical lines, as Postfix reads them ---- */

static bool starts_with_blank(struct text text)
{
	return text.len && (text.at[0] == ' ' || text.at[0] == '\t');
}

/* A line and those that continue it: they begin with a blank, whatever comments stand between. */
static bool next_rule(struct reader *reader, struct blocklist_line *rule)
{
	struct text text;

	*rule = reader->ahead;
	reader->ahead.number = 0;
	while (conf_lines_next(&reader->lines, &text)) {
		struct text content = conf_content(text, "");
		if (content.len == 0 || content.at[0] == '#' || (content.at[0] == ';' && !reader->telling))
			continue;
		if (rule->number && starts_with_blank(text)) {
			blocklist_line_add(rule, content);
			continue;
		}
		struct blocklist_line *begun = rule->number ? &reader->ahead : rule;
		begun->number = reader->lines.spot.line;
		begun->pattern[0] = begun->action[0] = '\0';
		begun->text = false;
		blocklist_line_add(begun, content);
		if (starts_with_blank(text) && reader->telling)
			wrong(reader, begun->number, begun->pattern, "stands after a blank, which would continue the line above, but there is none");
		if (begun != rule)
			return true;
	}
	return rule->number != 0;
}

/* ---- the form ---- */

static bool is_condition(const struct blocklist_line *rule)
{
	return rule->pattern[0] == '!' || strcmp(rule->pattern, "if") == 0 || strcmp(rule->pattern, "endif") == 0;
}

/* What this line alone tells of the form: in a plain list that is indented, the next address looks like an action. */
static enum blocklist_form form_of(const struct blocklist_line *rule)
{
	struct text action = text_of(rule->action), pattern = text_of(rule->pattern);

	if (is_condition(rule))
		return BLOCKLIST_CIDR;
	if (action.len == 0 || action.at[0] == ';' || action.at[0] == '#' ||
	    (blocklist_is_address(action) && strpbrk(rule->action, ".:")))
		return BLOCKLIST_PLAIN;
	return blocklist_is_address(pattern) && strchr(rule->pattern, '/') ? BLOCKLIST_CIDR : BLOCKLIST_ACCESS;
}

static void recognise(struct reader *reader)
{
	struct blocklist *list = reader->list;
	struct problems loud = reader->problems;
	struct blocklist_line rule;

	reader->problems.out = NULL;	/* What is wrong is said when the lines are taken. */
	while (next_rule(reader, &rule)) {
		enum blocklist_form form = form_of(&rule);
		if (form > list->form) {
			list->form = form;
			list->form_line = rule.number;
		}
	}
	reader->problems = loud;
	conf_lines_rewind(&reader->lines);
}

/* ---- the lines ---- */

static bool entry_add(struct reader *reader, unsigned line, const struct prefix *prefix, enum blocklist_verdict verdict)
{
	struct blocklist *list = reader->list;
	struct blocklist_entry *at = array_grow(list->at, list->count, sizeof(*at));

	if (!at) {
		problem(SPOT(&reader->problems, reader->lines.spot.file, line), "out of memory");
		return false;
	}
	list->at = at;
	list->at[list->count++] = (struct blocklist_entry){ .prefix = *prefix, .verdict = (uint8_t)verdict, .line = line };
	return true;
}

/* ::/0, which Postfix takes for IPv6 alone: everything but ::ffff:0:0/96, in the 96 prefixes that it takes. */
static bool add_all_of_ipv6(struct reader *reader, unsigned line, enum blocklist_verdict verdict)
{
	static const struct addr mapped = { { [10] = 0xff, [11] = 0xff } };
	bool good = true;

	for (unsigned len = 1; len <= 96 && good; len++) {
		struct addr sibling = mapped;
		sibling.bytes[(len - 1) / 8] ^= (uint8_t)(0x80 >> (len - 1) % 8);
		good = entry_add(reader, line, &(struct prefix){ addr_mask(&sibling, len), (uint8_t)len }, verdict);
	}
	return good;
}

static bool is_too_wide(const struct prefix *prefix)
{
	return prefix->len < (addr_is_v4(&prefix->addr) ? BLOCKLIST_V4_LEN_MIN : BLOCKLIST_V6_LEN_MIN);
}

/* Which addresses a line is about; WRONG was reported. */
static enum blocklist_pattern pattern_of(struct reader *reader, unsigned line, const char *word, struct prefix *prefix)
{
	const struct blocklist *list = reader->list;
	char why[256];
	enum blocklist_pattern pattern = blocklist_pattern(text_of(word), list->form, prefix, why, sizeof(why));

	if (pattern == PATTERN_WRONG && list->form == BLOCKLIST_CIDR && list->form_line != line)
		wrong(reader, line, word, "%s (line %u makes this a cidr_table)", why, list->form_line);
	else if (pattern == PATTERN_WRONG)
		wrong(reader, line, word, "%s", why);
	return pattern;
}

/* False: no memory to go on. */
static bool take(struct reader *reader, unsigned line, const char *word, const struct prefix *prefix,
		 enum blocklist_verdict verdict)
{
	if (verdict == BLOCKLIST_DROP && is_too_wide(prefix)) {
		wrong(reader, line, word, "is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error");
		return true;
	}
	reader->list->lines[verdict]++;
	return prefix->len ? entry_add(reader, line, prefix, verdict) : add_all_of_ipv6(reader, line, verdict);
}

static void take_plain(struct reader *reader)
{
	char word[PATTERN_BYTES_MAX];
	struct prefix prefix;
	struct text text;
	bool good = true;

	while (good && conf_lines_next(&reader->lines, &text)) {
		struct text content = conf_content(text, CONF_COMMENTS);
		if (content.len == 0)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)content.len, content.at);
		if (pattern_of(reader, reader->lines.spot.line, word, &prefix) == PATTERN_ADDRESS)
			good = take(reader, reader->lines.spot.line, word, &prefix, BLOCKLIST_DROP);
	}
}

/* What a rule's action means; false: it means nothing, which was reported. */
static bool verdict_of(struct reader *reader, const struct blocklist_line *rule, enum blocklist_verdict *verdict)
{
	struct spot spot = { &reader->problems, reader->lines.spot.file, rule->number };
	char why[256];

	if (!rule->action[0]) {
		wrong(reader, rule->number, rule->pattern, "has no action: '%.100s REJECT' would be right (line %u tells that "
		      "this is no plain list)", rule->pattern, reader->list->form_line);
		return false;
	}
	switch (blocklist_action(rule, verdict, why, sizeof(why))) {
	case ACTION_WRONG:
		wrong(reader, rule->number, rule->action, "%s", why);
		return false;
	case ACTION_NUMBER:
		if (strlen(rule->action) == 3)
			problem_warning(&spot, "'%s' without a text means OK to Postfix: nothing is dropped, '550 text' would be",
					rule->action);
		break;
	case ACTION_RESTRICTION:
		if (reader->restrictions++ == 0)
			problem_warning(&spot, "'%s' is taken for a restriction of Postfix's: nothing is dropped by this line and "
					"its like", rule->action);
		break;
	case ACTION_KNOWN:
		break;
	}
	return true;
}

static void take_rules(struct reader *reader)
{
	enum blocklist_verdict verdict;
	struct blocklist_line rule;
	struct prefix prefix;
	bool good = true;

	reader->telling = true;
	while (good && next_rule(reader, &rule)) {
		if (is_condition(&rule)) {
			wrong(reader, rule.number, rule.pattern, "cannot be used here: patterns without '!', 'if' and 'endif' would be right");
			continue;
		}
		enum blocklist_pattern pattern = pattern_of(reader, rule.number, rule.pattern, &prefix);
		reader->list->names += pattern == PATTERN_NAME;	/* Its action is its own business. */
		if (pattern == PATTERN_ADDRESS && verdict_of(reader, &rule, &verdict))
			good = take(reader, rule.number, rule.pattern, &prefix, verdict);
	}
}

/* A pipe would keep us waiting, and a device would never end. */
static bool is_file(const char *path, struct problems *problems)
{
	struct stat st;
	bool other = reach_stat(path, &st) == 0 && !S_ISREG(st.st_mode);

	if (other)
		problem(SPOT(problems, path, 0), "cannot be read: it is no plain file");
	return !other;
}

bool blocklist_read(struct blocklist *list, const char *path, struct problems *problems)
{
	struct reader reader = { .list = list, .problems = { .out = problems->out, .limit = BLOCKLIST_MESSAGES_MAX } };
	unsigned *wrong = &reader.problems.count;

	*list = (struct blocklist){ 0 };
	if (is_file(path, &reader.problems) && conf_lines_open(&reader.lines, path, &reader.problems, NULL)) {
		recognise(&reader);
		if (list->form == BLOCKLIST_PLAIN)
			take_plain(&reader);
		else
			take_rules(&reader);
		conf_lines_close(&reader.lines);
	}
	problems->count += *wrong;
	if (*wrong > BLOCKLIST_MESSAGES_MAX)
		problem_warning(SPOT(problems, path, 0), "%u more lines are wrong", *wrong - BLOCKLIST_MESSAGES_MAX);
	return *wrong == 0;
}

void blocklist_fini(struct blocklist *list)
{
	free(list->at);
	*list = (struct blocklist){ 0 };
}
