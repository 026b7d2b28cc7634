/* match - see match.h
 *
 * The program selects a group of patterns (remembered per program tag); the group's sieve says in one pass, which
 * most lines leave after a few bytes, which of them can match; PCRE2 runs on those alone. */
#include "match/match.h"

#include <stdlib.h>

#include "match/match_pcre.h"
#include "match/sieve.h"

#define GROUPS_MAX 128
#define CACHE_SLOTS 256			/* a power of two */
#define CACHED_PROGRAM_BYTES 44
#define JIT_STACK_BYTES (256U << 10)

struct compiled {
	const struct rule *rule;
	pcre2_code *code;
	bool names;			/* any of those */
	bool tried, jit;		/* machine code is made for the rule's first line: most rules never see one */
	uint32_t addr_group, count_group, session_group;	/* 0: none */
	uint32_t account_group, alias_group, queue_group, password_group, sender_group, via_group;
	uint32_t programs;		/* index in program_lists */
	struct text regex;
};

/* The patterns of all programs that the same "program" statements name. */
struct group {
	uint64_t *lists;		/* which of program_lists apply */
	uint32_t *patterns;		/* into compiled, in the rules' order */
	size_t count, words;
	struct sieve *sieve;		/* NULL: there was no memory for one, every pattern is tried */
};

struct cached_program {
	uint8_t len;			/* 0: free */
	char name[CACHED_PROGRAM_BYTES];
	uint16_t group;
};

struct matcher {
	const struct rules *rules;
	const struct name_key *key;		/* names are hashed with */
	struct name_key own_key;
	const struct names_conf *names;
	bool all;			/* for check: rules that are off take part too */
	struct compiled *compiled;
	size_t compiled_count;
	const struct text **program_lists;	/* distinct: rules below one "program" statement share theirs */
	size_t *program_list_counts;
	size_t list_count, list_words;
	struct group groups[GROUPS_MAX];
	size_t group_count;
	struct cached_program cache[CACHE_SLOTS];
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint64_t limit_hits;
};

/* ---- compiling ---- */

pcre2_code *pcre_compile(const struct rule *rule, const struct pattern *pattern, uint32_t options,
			 struct problems *problems)
{
	int error;
	PCRE2_SIZE offset;
	PCRE2_UCHAR text[256];
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern->regex.at, pattern->regex.len, PCRE_OPTIONS | options,
					 &error, &offset, NULL);

	if (code == NULL && problems) {
		pcre2_get_error_message(error, text, sizeof(text));
		problem_at(SPOT(problems, rule->file, pattern->line), pattern_column(pattern, offset), pattern->source,
			   "%s", (const char *)text);
	}
	return code;
}

static uint32_t group_named(const pcre2_code *code, const char *name)
{
	int group = pcre2_substring_number_from_name(code, (PCRE2_SPTR)name);

	return group > 0 ? (uint32_t)group : 0;
}

static void compile(struct matcher *m, const struct rule *rule, const struct pattern *pattern, struct problems *problems)
{
	struct compiled *c = &m->compiled[m->compiled_count];

	c->rule = rule;
	c->regex = pattern->regex;
	c->code = pcre_compile(rule, pattern, 0, problems);
	if (c->code == NULL)
		return;
	m->compiled_count++;
	c->addr_group = group_named(c->code, "addr");
	c->count_group = group_named(c->code, "count");
	c->session_group = group_named(c->code, "session");
	c->account_group = group_named(c->code, "account");
	c->alias_group = group_named(c->code, "alias");
	c->queue_group = group_named(c->code, "queue");
	c->password_group = group_named(c->code, "password");
	c->sender_group = group_named(c->code, "sender");
	c->via_group = group_named(c->code, "via");
	c->names = c->account_group || c->alias_group || c->queue_group || c->password_group || c->sender_group || c->via_group;
	for (c->programs = 0; c->programs < m->list_count; c->programs++)
		if (m->program_lists[c->programs] == rule->programs)
			return;
	m->program_lists[m->list_count] = rule->programs;
	m->program_list_counts[m->list_count++] = rule->program_count;
}

static void make_jit(struct compiled *c)
{
	size_t jit_bytes = 0;

	c->tried = true;
	if (pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) == 0)
		pcre2_pattern_info(c->code, PCRE2_INFO_JITSIZE, &jit_bytes);
	c->jit = jit_bytes > 0;
}

static bool prepare_pcre(struct matcher *m)
{
	m->data = pcre2_match_data_create(10, NULL);	/* the whole, and what may be captured */
	m->context = pcre_context_new();
	m->stack = pcre2_jit_stack_create(32U << 10, JIT_STACK_BYTES, NULL);
	if (m->context && m->stack)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m->data && m->context;
}

pcre2_match_context *pcre_context_new(void)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);

	if (context) {
		pcre2_set_match_limit(context, PCRE_MATCH_LIMIT);
		pcre2_set_depth_limit(context, PCRE_DEPTH_LIMIT);
		pcre2_set_heap_limit(context, PCRE_HEAP_LIMIT_KIB);
	}
	return context;
}

static const struct names_conf plain_names = { .delimiter = '+' };

void match_names(struct matcher *m, const struct name_key *key, const struct names_conf *conf)
{
	m->key = key;
	m->names = conf;
}

static struct matcher *new(const struct rules *rules, bool all, struct problems *problems)
{
	struct matcher *m = calloc(1, sizeof(*m));
	unsigned before = problems->count;
	size_t patterns = 1;

	for (size_t i = 0; i < rules->count; i++)
		patterns += rules->at[i].pattern_count;
	if (m == NULL || (m->compiled = calloc(patterns, sizeof(*m->compiled))) == NULL ||
	    (m->program_lists = calloc(patterns, sizeof(*m->program_lists))) == NULL ||
	    (m->program_list_counts = calloc(patterns, sizeof(*m->program_list_counts))) == NULL || !prepare_pcre(m)) {
		problem(SPOT(problems, "patterns", 0), "out of memory");
		match_free(m);
		return NULL;
	}
	m->rules = rules;
	name_key_make(&m->own_key);
	match_names(m, &m->own_key, &plain_names);
	m->all = all;
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];

		for (size_t p = 0; p < rule->pattern_count && (all || rule->on); p++)
			compile(m, rule, &rule->patterns[p], problems);
	}
	m->list_words = (m->list_count + 63) / 64;
	if (problems->count == before)
		return m;
	match_free(m);
	return NULL;
}

struct matcher *match_new(const struct rules *rules, struct problems *problems)
{
	return new(rules, false, problems);
}

struct matcher *match_new_all(const struct rules *rules, struct problems *problems)
{
	return new(rules, true, problems);
}

static void forget_groups(struct matcher *m)
{
	for (size_t i = 0; i < m->group_count; i++) {
		free(m->groups[i].lists);
		free(m->groups[i].patterns);
		sieve_free(m->groups[i].sieve);
	}
	memset(m->groups, 0, sizeof(m->groups));
	memset(m->cache, 0, sizeof(m->cache));
	m->group_count = 0;
}

void match_free(struct matcher *m)
{
	if (m == NULL)
		return;
	forget_groups(m);
	for (size_t i = 0; i < m->compiled_count; i++)
		pcre2_code_free(m->compiled[i].code);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	free(m->compiled);
	free(m->program_lists);
	free(m->program_list_counts);
	free(m);
}

/* ---- program to group ---- */

bool rule_of_program(const struct text *globs, size_t count, struct text program)
{
	for (size_t i = 0; i < count; i++)
		if (program.len ? glob_match(globs[i], program) : globs[i].len == 0)
			return true;
	return false;
}

static struct sieve *make_sieve(const struct matcher *m, const struct group *group)
{
	struct regex *regexes = calloc(group->count + 1, sizeof(*regexes));
	const struct regex **all = calloc(group->count + 1, sizeof(*all));
	struct sieve *sieve = NULL;
	bool parsed = regexes && all;

	for (size_t i = 0; parsed && i < group->count; i++) {
		parsed = regex_parse(&regexes[i], m->compiled[group->patterns[i]].regex);
		all[i] = &regexes[i];
	}
	if (parsed)
		sieve = sieve_new(all, group->count);
	for (size_t i = 0; regexes && i < group->count; i++)
		regex_fini(&regexes[i]);
	free(regexes);
	free(all);
	return sieve;
}

static bool fill_group(const struct matcher *m, struct group *group)
{
	for (int pass = 0; pass < 2; pass++) {
		group->count = 0;
		for (uint32_t i = 0; i < m->compiled_count; i++) {
			uint32_t list = m->compiled[i].programs;

			if (!(group->lists[list / 64] >> (list % 64) & 1))
				continue;
			if (pass)
				group->patterns[group->count] = i;
			group->count++;
		}
		if (pass == 0 && (group->patterns = calloc(group->count + 1, sizeof(*group->patterns))) == NULL)
			return false;
	}
	group->words = (group->count + 63) / 64;
	group->sieve = make_sieve(m, group);
	return true;
}

/* The group for a program not met before; when there is no room, all are forgotten: a bound, not a case to be fast. */
static struct group *resolve(struct matcher *m, struct text program)
{
	uint64_t *lists = calloc(m->list_words + 1, sizeof(*lists));

	if (lists == NULL)
		return NULL;
	for (size_t i = 0; i < m->list_count; i++)
		if (rule_of_program(m->program_lists[i], m->program_list_counts[i], program))
			lists[i / 64] |= UINT64_C(1) << (i % 64);
	for (size_t i = 0; i < m->group_count; i++) {
		if (memcmp(m->groups[i].lists, lists, m->list_words * sizeof(*lists)) == 0) {
			free(lists);
			return &m->groups[i];
		}
	}
	if (m->group_count == GROUPS_MAX)
		forget_groups(m);
	struct group *group = &m->groups[m->group_count++];
	group->lists = lists;
	if (fill_group(m, group))
		return group;
	forget_groups(m);
	return NULL;
}

static uint32_t session_number(struct text session)
{
	uint32_t hash = text_hash(session);

	return hash ^ hash >> 16;
}

/* The programs of one server differ in length, or in their last eight bytes. */
static uint32_t hash_program(struct text program)
{
	uint64_t tail = 0;

	memcpy(&tail, program.at + (program.len < 8 ? 0 : program.len - 8), program.len < 8 ? program.len : 8);
	return (uint32_t)(((tail ^ program.len) * 0x9e3779b97f4a7c15U) >> 32);
}

static const struct group *group_of(struct matcher *m, struct text program)
{
	if (program.len == 0 || program.len > CACHED_PROGRAM_BYTES)
		return resolve(m, program);
	struct cached_program *cached = &m->cache[hash_program(program) & (CACHE_SLOTS - 1)];
	if (cached->len == program.len && memcmp(cached->name, program.at, program.len) == 0)
		return &m->groups[cached->group];
	const struct group *group = resolve(m, program);
	if (group) {
		cached->len = (uint8_t)program.len;
		memcpy(cached->name, program.at, program.len);
		cached->group = (uint16_t)(group - m->groups);
	}
	return group;
}

/* ---- matching ---- */

/* What a group captured in the last match; len 0: nothing. */
static struct text captured(const struct matcher *m, uint32_t group, struct text subject)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data) + 2 * group;

	return group == 0 || at[0] == PCRE2_UNSET ? (struct text){ subject.at, 0 } :
		(struct text){ subject.at + at[0], at[1] - at[0] };
}

static bool has_captured(const struct matcher *m, uint32_t group)
{
	return pcre2_get_ovector_pointer(m->data)[2 * group] != PCRE2_UNSET;
}

static uint32_t count_of(struct text digits)
{
	uint32_t count = 0;

	for (size_t i = 0; i < digits.len; i++)
		count = count * 10 + (uint32_t)(digits.at[i] - '0');
	return digits.len ? count : 1;
}

static uint16_t weigh(const struct rule *rule, uint32_t count, uint32_t repeat)
{
	uint64_t weight = (uint64_t)rule->weight * count * repeat;

	if (rule->observe || !rule_counts(rule))
		return 0;
	return weight > HIT_WEIGHT_MAX ? HIT_WEIGHT_MAX : (uint16_t)weight;
}

static uint16_t teller_of(const struct rule *rule, struct text via)
{
	uint32_t hash = rule->teller ^ (via.len ? text_hash(via) : 0);
	uint16_t teller = (uint16_t)(hash ^ hash >> 16);

	return teller ? teller : 1;
}

/* What the last match captured of names, hashed. */
static void read_names(const struct matcher *m, const struct compiled *c, struct text text, struct hit *hit)
{
	struct text queue = captured(m, c->queue_group, text), password = captured(m, c->password_group, text);
	uint64_t local;
	uint32_t domain;

	hit->account = account_hash(m->key, m->names, captured(m, c->account_group, text), &hit->domain, &hit->local);
	hit->alias = c->alias_group ? account_hash(m->key, m->names, captured(m, c->alias_group, text), &domain, &local) : 0;
	hit->queue = queue.len ? name_hash(m->key, queue) : 0;
	hit->password = password.len ? (uint32_t)(name_hash(m->key, password) >> 32) | 1U << 31 : 0;
	hit->teller = teller_of(c->rule, captured(m, c->via_group, text));
	hit->null_sender = c->sender_group && has_captured(m, c->sender_group) && captured(m, c->sender_group, text).len == 0;
}

static void forget_names(const struct rule *rule, struct hit *hit)
{
	hit->teller = teller_of(rule, (struct text){ 0 });
	hit->account = hit->local = hit->alias = hit->queue = 0;
	hit->domain = hit->password = 0;
	hit->null_sender = false;
}

enum outcome { NO_MATCH, MATCH, LIMIT };

static enum outcome run(struct matcher *m, struct compiled *c, const struct record *record, struct hit *hit)
{
	struct text text = record->message;

	if (!c->tried)
		make_jit(c);
	int result = c->jit ?
		pcre2_jit_match(c->code, (PCRE2_SPTR)text.at, text.len, 0, 0, m->data, m->context) :
		pcre2_match(c->code, (PCRE2_SPTR)text.at, text.len, 0, 0, m->data, m->context);

	if (result == PCRE2_ERROR_NOMATCH)
		return NO_MATCH;
	if (result < 0) {
		m->limit_hits++;
		return LIMIT;
	}
	hit->nobody = c->addr_group == 0;
	if (hit->nobody)
		hit->addr = (struct addr){ 0 };
	else if (!addr_parse(captured(m, c->addr_group, text), &hit->addr))
		return NO_MATCH;
	struct text session = captured(m, c->session_group, text);
	hit->rule = c->rule->id;
	hit->weight = weigh(c->rule, count_of(captured(m, c->count_group, text)), record->repeat);
	hit->session = session.len ? session_number(session) : c->session_group ? 0 : record->pid;
	hit->known = c->rule->known;
	if (c->names)
		read_names(m, c, text, hit);
	else
		forget_names(c->rule, hit);
	return MATCH;
}

static size_t digits_span(struct text text)
{
	size_t n = 0;

	while (n < text.len && text.at[n] >= '0' && text.at[n] <= '9')
		n++;
	return n;
}

static struct text from(const struct record *record, const char *at)
{
	return (struct text){ at, (size_t)(record->message.at + record->message.len - at) };
}

/* The sieve has proved that the pattern matches; only its captures are left to read. false: it is not sure where they are */
static bool take(const struct compiled *c, const struct record *record, const struct sieve_answer *answer, struct hit *hit)
{
	uint32_t count = 1;

	if (answer->addr.places != 1 || (c->count_group && answer->count.places != 1))
		return false;
	if (!addr_read(from(record, answer->addr.at), &hit->addr))
		return false;
	if (c->count_group) {
		struct text digits = from(record, answer->count.at);
		count = count_of((struct text){ digits.at, digits_span(digits) });
	}
	hit->nobody = false;
	hit->rule = c->rule->id;
	hit->weight = weigh(c->rule, count, record->repeat);
	hit->session = record->pid;
	hit->known = c->rule->known;
	forget_names(c->rule, hit);
	return true;
}

/* The first pattern that matches, by the sieve's proof where it has one, else by PCRE2. */
static enum outcome first_match(struct matcher *m, const struct group *group, const struct record *record, bool prove,
				struct hit *hit)
{
	struct sieve_answer answer;

	if (!sieve_run(group->sieve, record->message, prove, &answer))
		return NO_MATCH;
	for (size_t word = 0; word < group->words; word++) {
		for (uint64_t left = answer.may[word]; left; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			struct compiled *c = &m->compiled[group->patterns[i]];
			enum outcome outcome;

			if (answer.exact && sieve_is_exact(group->sieve, i)) {
				if (take(c, record, &answer, hit))
					return MATCH;
				return first_match(m, group, record, false, hit);
			}
			outcome = run(m, c, record, hit);
			if (outcome != NO_MATCH)
				return outcome;
		}
	}
	return NO_MATCH;
}

static enum outcome try_all(struct matcher *m, const struct group *group, const struct record *record, struct hit *hit)
{
	enum outcome outcome = NO_MATCH;

	for (size_t i = 0; i < group->count && outcome == NO_MATCH; i++)
		outcome = run(m, &m->compiled[group->patterns[i]], record, hit);
	return outcome;
}

bool match(struct matcher *m, const struct record *record, struct hit *hit)
{
	const struct group *group = group_of(m, record->program);
	const struct rule *rule;
	enum outcome outcome;

	if (group == NULL)
		return false;
	outcome = group->sieve ? first_match(m, group, record, true, hit) : try_all(m, group, record, hit);
	if (outcome != MATCH)
		return false;
	rule = match_rule_of(m, hit);
	return rule->weight || rule->observe || rule->session == SESSION_SUMMARY || m->all;
}

const struct rule *match_rule_of(const struct matcher *m, const struct hit *hit)
{
	return &m->rules->at[hit->rule];
}

bool match_rule(struct matcher *m, const struct rule *rule, const struct record *record, struct hit *hit)
{
	for (size_t i = 0; i < m->compiled_count; i++)
		if (m->compiled[i].rule == rule && run(m, &m->compiled[i], record, hit) == MATCH)
			return true;
	return false;
}

uint64_t match_limit_hits(const struct matcher *m)
{
	return m->limit_hits;
}
