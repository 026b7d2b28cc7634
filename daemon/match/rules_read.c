/* rules_read - see rules_read.h
 *
 * A line is a statement, and each statement a function; what the rules keep are slices of the text, and what is made
 * from it lies in their arena. Never compiles an expression, never looks at the config, never opens a file.
 *
 * What holds between two lines, whatever they said:
 * - rules->at holds each name once; a rule's id is its index, and neither changes: a local rule takes the place of
 *   the shipped one whole, so the order in which rules decide is that of their first appearance.
 * - r->rule is the rule that statements belong to, or NULL; then r->refused says whether that is the fault of a rule
 *   statement that was complained of already. What belongs to a refused rule is passed over in silence: one mistake
 *   is one message.
 * - Each expression that a rule keeps has been proved by lint.c, or a problem was counted. So nothing unproved is
 *   ever compiled, as long as callers use no rules after a problem.
 * - All of a rule's patterns were judged by the same kind: an outage may do without <addr>, so "kind outage" below a
 *   match is refused. */
#include "match/rules_read.h"

#include <errno.h>

#include "base/arena.h"
#include "base/array.h"
#include "match/lint.h"
#include "match/macros.h"
#include "match/regex.h"


struct reader {
	struct rules *rules;
	struct problems *problems;
	const char *path;
	bool local;
	unsigned line;
	struct text source;		/* the line */
	struct text rest;		/* of the line, not read yet */
	struct text service;
	struct macros macros;
	struct text *programs;		/* of the rules that follow */
	size_t program_count;
	struct rule *rule;		/* being read, or NULL */
	bool refused;			/* the rule's own statement was: what belongs to it is passed over */
};

#define COMPLAIN(r, spot, ...) \
	problem_at(SPOT((r)->problems, (r)->path, (r)->line), (unsigned)((spot) - (r)->source.at) + 1, (r)->source, __VA_ARGS__)

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct text skip_space(struct text text)
{
	while (text.len && is_space(text.at[0]))
		text.at++, text.len--;
	return text;
}

static struct text take_word(struct reader *r)
{
	struct text word = skip_space(r->rest);
	size_t len = 0;

	while (len < word.len && !is_space(word.at[len]))
		len++;
	r->rest = skip_space((struct text){ word.at + len, word.len - len });
	word.len = len;
	return word;
}

static bool name_ok(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!(name.at[i] >= 'a' && name.at[i] <= 'z') && !(name.at[i] >= '0' && name.at[i] <= '9') && name.at[i] != '-')
			return false;
	return name.len > 0 && name.len <= RULE_NAME_MAX / 2 - 1;
}

static struct text take_name(struct reader *r, const char *what)
{
	struct text name = take_word(r);

	if (!name_ok(name)) {
		COMPLAIN(r, name.at, "%s wants a name of lower-case letters, digits and hyphens, at most %d",
			 what, RULE_NAME_MAX / 2 - 1);
		name.len = 0;
	} else if (r->rest.len) {
		COMPLAIN(r, r->rest.at, "nothing may follow the name");
	}
	return name;
}

static char *keep(struct reader *r, struct text text)
{
	char *copy = arena_alloc(&r->rules->memory, text.len + 1);

	if (copy)
		memcpy(copy, text.at, text.len);
	else
		problem(SPOT(r->problems, r->path, r->line), "out of memory");
	return copy;
}

/* Room for one more element of an array; NULL after a complaint. */
static void *push(struct reader *r, void *array, size_t count, size_t element_bytes)
{
	void *moved = arena_push(&r->rules->memory, array, count, element_bytes);

	if (!moved)
		problem(SPOT(r->problems, r->path, r->line), "out of memory");
	return moved;
}

/* The rest of the line with its macros written out; anything but 0 was complained of. */
static int expand(struct reader *r, struct pattern *pattern)
{
	*pattern = (struct pattern){ .source = r->source, .line = r->line };
	int err = macros_expand(&r->macros, r->rest, pattern);

	if (err == -E2BIG)
		COMPLAIN(r, r->rest.at, "the expression is too long with its macros, at most %d bytes", REGEX_BYTES_MAX);
	else if (err)
		problem(SPOT(r->problems, r->path, r->line), "out of memory");
	return err;
}

/* ---- statements ---- */

static void read_service(struct reader *r)
{
	if (r->service.len)
		COMPLAIN(r, r->source.at, "the file has its service already");
	r->service = take_name(r, "service");
}

static void read_macro(struct reader *r)
{
	struct text name = take_word(r);
	struct pattern body;

	if (!name_ok(name)) {
		COMPLAIN(r, name.at, "macro wants a name of lower-case letters, digits and hyphens");
		return;
	}
	if (macros_find(&r->macros, name)) {
		COMPLAIN(r, name.at, "there is a macro of this name already");
		return;
	}
	if (r->rest.len == 0) {
		COMPLAIN(r, r->rest.at, "macro NAME wants a regular expression");
		return;
	}
	if (expand(r, &body) != -ENOMEM && macros_add(&r->macros, name, body.regex) != 0)
		problem(SPOT(r->problems, r->path, r->line), "out of memory");
}

static void read_program(struct reader *r)
{
	r->programs = NULL;
	r->program_count = 0;
	r->rule = NULL;
	r->refused = false;
	if (r->rest.len == 0)
		COMPLAIN(r, r->rest.at, "program wants the tags of programs, such as postfix*/smtpd");
	while (r->rest.len) {
		struct text glob = take_word(r);
		struct text *programs = push(r, r->programs, r->program_count, sizeof(*programs));

		if (!programs)
			return;
		if (text_equal(glob, TEXT("-")))
			glob.len = 0;
		programs[r->program_count++] = glob;
		r->programs = programs;
	}
}

static struct rule *rule_place(struct reader *r, struct text name, const char *at)
{
	struct rules *rules = r->rules;
	struct rule *old = rules_find(rules, name);

	if (old && (old->local || !r->local)) {
		COMPLAIN(r, at, "there is a rule of this name already, at %s:%u", old->file, old->line);
		return NULL;
	}
	if (old)
		return old;
	if (rules->count == RULES_MAX) {
		COMPLAIN(r, at, "too many rules, at most %d", RULES_MAX);
		return NULL;
	}
	struct rule *all = push(r, rules->at, rules->count, sizeof(*all));
	if (!all)
		return NULL;
	rules->at = all;
	return &all[rules->count++];
}

static void read_rule(struct reader *r)
{
	struct text name = take_name(r, "rule");
	char full[RULE_NAME_MAX + 1];

	r->rule = NULL;
	r->refused = true;
	if (name.len == 0)
		return;
	if (r->service.len == 0 || r->program_count == 0) {
		COMPLAIN(r, r->source.at, "a rule needs a service and a program above it");
		return;
	}
	int len = snprintf(full, sizeof(full), "%.*s/%.*s", (int)r->service.len, r->service.at, (int)name.len, name.at);
	struct rule *rule = rule_place(r, (struct text){ full, (size_t)len }, name.at);
	if (!rule)
		return;
	*rule = (struct rule){
		.name = keep(r, (struct text){ full, (size_t)len }),
		.file = r->path,
		.line = r->line,
		.local = r->local,
		.weight = 1,
		.programs = r->programs,
		.program_count = r->program_count,
		.id = (uint16_t)(rule - r->rules->at),
		.teller = (uint16_t)text_hash((struct text){ full, (size_t)len }),
	};
	r->rule = rule->name ? rule : NULL;
	r->refused = false;
}

static void read_about(struct reader *r)
{
	if (r->rest.len == 0)
		COMPLAIN(r, r->rest.at, "about wants a text");
	r->rule->about = keep(r, r->rest);
}

static void read_weight(struct reader *r)
{
	struct text word = take_word(r);
	unsigned weight = 0;

	for (size_t i = 0; i < word.len && weight <= RULE_WEIGHT_MAX; i++)
		weight = word.at[i] >= '0' && word.at[i] <= '9' ?
			weight * 10 + (unsigned)(word.at[i] - '0') : RULE_WEIGHT_MAX + 1;
	if (word.len == 0 || weight > RULE_WEIGHT_MAX || r->rest.len)
		COMPLAIN(r, word.at, "weight wants one number, 0 to %d", RULE_WEIGHT_MAX);
	r->rule->weight = weight;
}

/* The index of the one word that follows among words, or 0 after a complaint. */
static unsigned read_word_of(struct reader *r, const char *statement, const char *const *words, size_t count)
{
	struct text word = take_word(r);

	for (unsigned i = 0; i < count; i++)
		if (text_equal(word, text_of(words[i])) && r->rest.len == 0)
			return i;
	char list[80] = "";

	for (size_t i = 0, len = 0; i < count && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " %s", words[i]);
	COMPLAIN(r, word.at, "%s wants one of:%s", statement, list);
	return 0;
}

static void read_tier(struct reader *r)
{
	static const char *const words[] = { "normal", "strict", "observe" };

	r->rule->tier = (enum rule_tier)read_word_of(r, "tier", words, COUNT(words));
}

static void read_kind(struct reader *r)
{
	static const char *const words[] = { "error", "failed-login", "recipient", "success", "login", "accepted", "delivered", "client", "outage" };

	r->rule->kind = (enum rule_kind)read_word_of(r, "kind", words, COUNT(words));
	if (!rule_counts(r->rule) && r->rule->pattern_count)	/* which has been judged as if it were an error's */
		COMPLAIN(r, r->source.at, "the kind belongs above the rule's first match");
}

static void read_side(struct reader *r)
{
	static const char *const words[] = { "front", "back" };

	r->rule->back = read_word_of(r, "side", words, COUNT(words));
}

static void read_known(struct reader *r)
{
	static const char *const words[] = { "unsaid", "yes", "no" };

	r->rule->known = (uint8_t)read_word_of(r, "known", words, COUNT(words));
}

static void read_session(struct reader *r)
{
	static const char *const words[] = { "each", "once", "echo", "summary" };

	r->rule->session = (enum rule_session)read_word_of(r, "session", words, COUNT(words));
}

static void prove(struct reader *r, struct pattern *pattern)
{
	struct rules *rules = r->rules;
	struct regex *trees = array_grow(rules->trees, rules->tree_count, sizeof(*trees));

	if (!trees) {
		problem(SPOT(r->problems, r->path, r->line), "out of memory");
		return;
	}
	rules->trees = trees;
	pattern->tree = (uint32_t)rules->tree_count++;
	regex_parse(&trees[pattern->tree], pattern->regex);
	lint_pattern(r->path, pattern, &trees[pattern->tree], r->rule->kind, r->problems);
	regex_shrink(&trees[pattern->tree]);
}

static void read_match(struct reader *r)
{
	struct rule *rule = r->rule;
	struct pattern pattern;

	if (r->rest.len == 0) {
		COMPLAIN(r, r->rest.at, "match wants a regular expression");
		return;
	}
	int err = expand(r, &pattern);
	struct pattern *patterns = push(r, rule->patterns, rule->pattern_count, sizeof(*patterns));
	if (!patterns || err == -ENOMEM)
		return;
	rule->patterns = patterns;
	patterns[rule->pattern_count++] = pattern;
	if (!err)
		prove(r, &patterns[rule->pattern_count - 1]);
}

/* A program that the glob stands for: with nothing in the place of each '*'. */
static struct text sample_program(struct reader *r, struct text glob)
{
	char *made = keep(r, glob);
	size_t len = 0;

	for (size_t i = 0; made && i < glob.len; i++)
		if (glob.at[i] != '*')
			made[len++] = glob.at[i];
	return (struct text){ made ? made : "", len };
}

static void read_sample(struct reader *r, bool hit, struct text program)
{
	struct rule *rule = r->rule;
	struct sample sample = { .hit = hit, .line = r->line };

	sample.program = program.at ? program : sample_program(r, rule->programs[0]);
	if (hit) {
		struct text addr = take_word(r);

		sample.nobody = text_equal(addr, TEXT("-")) && rule_may_name_nobody(rule);
		if (!sample.nobody && !addr_parse(addr, &sample.addr)) {
			COMPLAIN(r, addr.at, "hit wants the address that is blamed, then the message");
			return;
		}
	}
	sample.message = r->rest;
	if (sample.message.len == 0) {
		COMPLAIN(r, r->rest.at, "%s wants a message", hit ? "hit ADDRESS" : "miss");
		return;
	}
	struct sample *samples = push(r, rule->samples, rule->sample_count, sizeof(*samples));
	if (!samples)
		return;
	rule->samples = samples;
	samples[rule->sample_count++] = sample;
}

/* hit, miss, hit@PROGRAM, miss@PROGRAM. False: it is something else. */
static bool read_sample_word(struct reader *r, struct text word)
{
	bool hit = text_starts(word, TEXT("hit"));
	struct text head = hit ? TEXT("hit") : TEXT("miss");
	struct text program = { NULL, 0 };

	if (!text_starts(word, head) || (word.len > head.len && word.at[head.len] != '@'))
		return false;
	if (word.len > head.len)
		program = (struct text){ word.at + head.len + 1, word.len - head.len - 1 };
	if (text_equal(program, TEXT("-")))
		program.len = 0;
	read_sample(r, hit, program);
	return true;
}

static const struct statement {
	struct text word;
	void (*read)(struct reader *);
	bool in_rule;
} statements[] = {
	{ TEXT("service"), read_service, false },
	{ TEXT("macro"), read_macro, false },
	{ TEXT("program"), read_program, false },
	{ TEXT("rule"), read_rule, false },
	{ TEXT("about"), read_about, true },
	{ TEXT("weight"), read_weight, true },
	{ TEXT("tier"), read_tier, true },
	{ TEXT("kind"), read_kind, true },
	{ TEXT("session"), read_session, true },
	{ TEXT("known"), read_known, true },
	{ TEXT("side"), read_side, true },
	{ TEXT("match"), read_match, true },
};

static void read_statement(struct reader *r)
{
	struct text word = take_word(r);
	bool sample = text_starts(word, TEXT("hit")) || text_starts(word, TEXT("miss"));
	size_t i = 0;

	while (i < COUNT(statements) && !text_equal(word, statements[i].word))
		i++;
	bool known = i < COUNT(statements);
	if (known && (!statements[i].in_rule || r->rule))
		statements[i].read(r);
	else if (r->refused && (known || sample))
		return;
	else if (known || (sample && !r->rule))
		COMPLAIN(r, word.at, "%.*s belongs below a rule", (int)word.len, word.at);
	else if (!sample || !read_sample_word(r, word))
		COMPLAIN(r, word.at, "no such statement; there are: service macro program rule about weight tier kind "
			 "session known side match hit miss");
}

static void finish_rules(const struct reader *r)
{
	for (size_t i = 0; i < r->rules->count; i++) {
		const struct rule *rule = &r->rules->at[i];

		if (rule->file != r->path)
			continue;
		if (rule->pattern_count == 0)
			problem(SPOT(r->problems, r->path, rule->line), "%s has no match statement", rule->name);
		if (!rule->about)
			problem(SPOT(r->problems, r->path, rule->line), "%s has no about statement", rule->name);
	}
}

void rules_read_text(struct rules *rules, const char *path, struct text file, bool local, struct problems *problems)
{
	struct reader r = {
		.rules = rules, .problems = problems, .path = path, .local = local, .macros.memory = &rules->memory,
	};
	unsigned before = problems->count;

	while (file.len) {
		const char *lf = memchr(file.at, '\n', file.len);
		size_t len = lf ? (size_t)(lf - file.at) : file.len;

		r.line++;
		r.source = (struct text){ file.at, len };
		file.at += len + (lf != NULL);
		file.len -= len + (lf != NULL);
		while (r.source.len && (is_space(r.source.at[r.source.len - 1]) || r.source.at[r.source.len - 1] == '\r'))
			r.source.len--;
		r.rest = skip_space(r.source);
		if (r.rest.len && r.rest.at[0] != '#')
			read_statement(&r);
	}
	if (problems->count == before)
		finish_rules(&r);
}
