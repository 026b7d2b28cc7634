/* match - see match.h
 *
 * The program selects a group of patterns (remembered per program tag); the group's sieve says in one pass, which most
 * lines leave after a few bytes, which of them can match; PCRE2 runs on those alone, in the rules' order. The sieve only
 * ever leaves out what cannot match, and where it claims a match it has proved it (sieve.c): so the first rule that
 * matches decides, as if each had been tried. Without a sieve, each is. */
#include "match/match.h"

#include <stdlib.h>

#include "match/match_pcre.h"
#include "match/sieve.h"

#define GROUPS_MAX 128
#define CACHE_SLOTS 256			/* a power of two */
#define CACHED_PROGRAM_BYTES 47
#define CACHED_TAGS 16			/* a power of two */
#define JIT_STACK_BYTES (256U << 10)

struct compiled {
	const struct rule *rule;
	const struct pattern *pattern;
	pcre2_code *code;		/* NULL: the automaton has proved all that was asked so far, as it does of most rules */
	bool tried, jit;		/* machine code, which is made for the first line */
	bool nobody, own_session;	/* it captures no address; a session, which is then not the process id's */
	bool names;			/* any of CAPTURE_ACCOUNT and those behind it is captured */
	uint32_t groups[CAPTURES];	/* in code, of each capture; 0: none */
};

/* The patterns of all programs that meet the same ones. */
struct group {
	uint32_t *patterns;		/* into compiled, in the rules' order */
	size_t count, words;
	struct sieve *sieve;		/* NULL: there was no memory for one, every pattern is tried */
};

struct cached_program {
	const struct group *group;	/* NULL: free */
	uint8_t len;
	char name[CACHED_PROGRAM_BYTES];
};

/* The same by a record's tag, without a look at the name. */
struct cached_tag {
	const struct group *group;
	uint32_t tag;			/* 0: free */
};

struct matcher {
	const struct rules *rules;
	const struct name_key *key;		/* names are hashed with */
	struct name_key own_key;
	const struct names_conf *names;
	bool all;			/* for check: rules that are off take part too */
	struct compiled *compiled;
	size_t compiled_count;
	struct group groups[GROUPS_MAX];
	size_t group_count;
	struct cached_program cache[CACHE_SLOTS];
	struct cached_tag tags[CACHED_TAGS];
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint64_t limit_hits;
	enum match_met met;
	struct clients *clients;	/* NULL: none was asked for yet */
	struct text account;		/* as the last match() found it in its record */
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

	if (!code && problems) {
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

/* False: PCRE2 does not take it, which was reported if problems is not NULL. */
static bool compile(struct compiled *c, struct problems *problems)
{
	c->code = pcre_compile(c->rule, c->pattern, 0, problems);
	for (size_t i = 0; i < CAPTURES && c->code; i++)
		c->groups[i] = group_named(c->code, regex_captures[i]);
	return c->code;
}

/* Of shipped rules the tests say that PCRE2 takes them, of one's own it must be said at once. */
static void add_pattern(struct matcher *m, const struct rule *rule, const struct pattern *pattern, struct problems *problems)
{
	struct compiled *c = &m->compiled[m->compiled_count];

	*c = (struct compiled){
		.rule = rule, .pattern = pattern, .nobody = !(pattern->captures & 1U << CAPTURE_ADDR),
		.own_session = pattern->captures & 1U << CAPTURE_SESSION, .names = pattern->captures >> CAPTURE_ACCOUNT,
	};
	if ((!m->all && !rule->local) || compile(c, problems))
		m->compiled_count++;
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
	if (!m || !(m->compiled = calloc(patterns, sizeof(*m->compiled))) || !prepare_pcre(m)) {
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
			add_pattern(m, rule, &rule->patterns[p], problems);
	}
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

struct matcher *match_copy(const struct matcher *matcher)
{
	struct matcher *m = calloc(1, sizeof(*m));
	bool good = m && (m->compiled = calloc(matcher->compiled_count + 1, sizeof(*m->compiled))) && prepare_pcre(m);

	if (m) {
		m->rules = matcher->rules;
		m->own_key = *matcher->key;
		match_names(m, &m->own_key, matcher->names);
		m->all = matcher->all;
	}
	if (good) {
		m->compiled_count = matcher->compiled_count;
		for (size_t i = 0; i < m->compiled_count; i++) {
			m->compiled[i] = matcher->compiled[i];
			m->compiled[i].code = NULL;
			m->compiled[i].tried = false;
		}
		return m;
	}
	match_free(m);
	return NULL;
}

bool match_same_names(const struct matcher *a, const struct matcher *b)
{
	return memcmp(a->key, b->key, sizeof(*a->key)) == 0 && a->names == b->names;
}

static void forget_groups(struct matcher *m)
{
	for (size_t i = 0; i < m->group_count; i++) {
		free(m->groups[i].patterns);
		sieve_free(m->groups[i].sieve);
	}
	memset(m->groups, 0, sizeof(m->groups));
	memset(m->cache, 0, sizeof(m->cache));
	memset(m->tags, 0, sizeof(m->tags));
	m->group_count = 0;
}

void match_free(struct matcher *m)
{
	if (!m)
		return;
	forget_groups(m);
	for (size_t i = 0; i < m->compiled_count; i++)
		pcre2_code_free(m->compiled[i].code);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	clients_free(m->clients);
	free(m->compiled);
	free(m);
}

/* ---- program to group ---- */

static struct sieve *make_sieve(const struct matcher *m, const struct group *group)
{
	struct regex *regexes = calloc(group->count + 1, sizeof(*regexes));
	const struct regex **all = calloc(group->count + 1, sizeof(*all));
	struct sieve *sieve = NULL;
	bool parsed = regexes && all;

	for (size_t i = 0; parsed && i < group->count; i++) {
		parsed = regex_parse(&regexes[i], m->compiled[group->patterns[i]].pattern->regex);
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

/* The group for a program not met before; when there is no room, all are forgotten: a bound, not a case to be fast. */
static struct group *resolve(struct matcher *m, struct text program)
{
	uint32_t *patterns = calloc(m->compiled_count + 1, sizeof(*patterns));
	size_t count = 0;

	if (!patterns)
		return NULL;
	for (uint32_t i = 0; i < m->compiled_count; i++)
		if (rule_of_program(m->compiled[i].rule, program))
			patterns[count++] = i;
	for (size_t i = 0; i < m->group_count; i++) {
		if (m->groups[i].count == count && memcmp(m->groups[i].patterns, patterns, count * sizeof(*patterns)) == 0) {
			free(patterns);
			return &m->groups[i];
		}
	}
	if (m->group_count == GROUPS_MAX)
		forget_groups(m);
	struct group *group = &m->groups[m->group_count++];
	*group = (struct group){ .patterns = patterns, .count = count, .words = (count + 63) / 64 };
	group->sieve = make_sieve(m, group);
	return group;
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

static const struct group *group_of_program(struct matcher *m, struct text program)
{
	if (program.len > CACHED_PROGRAM_BYTES)
		return resolve(m, program);
	if (program.len == 0)
		program = TEXT("");	/* with an address */
	struct cached_program *cached = &m->cache[hash_program(program) & (CACHE_SLOTS - 1)];
	if (cached->group && cached->len == program.len && memcmp(cached->name, program.at, program.len) == 0)
		return cached->group;
	const struct group *group = resolve(m, program);	/* may empty the cache */
	cached->group = group;
	cached->len = (uint8_t)program.len;
	memcpy(cached->name, program.at, program.len);
	return group;
}

static inline const struct group *group_of(struct matcher *m, const struct record *record)
{
	struct cached_tag *cached = &m->tags[record->tag % CACHED_TAGS];
	const struct group *group;

	if (record->tag && cached->tag == record->tag)
		return cached->group;
	group = group_of_program(m, record->program);	/* may empty the cache */
	if (record->tag && group)
		*cached = (struct cached_tag){ group, record->tag };
	return group;
}

/* ---- matching ---- */

/* What PCRE2 captured in its last match; with at NULL: nothing. */
static void captured(const struct matcher *m, const struct compiled *c, struct text subject, struct text found[CAPTURES])
{
	const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(m->data);

	for (size_t i = 0; i < CAPTURES; i++) {
		const PCRE2_SIZE *at = ovector + 2 * c->groups[i];

		found[i] = c->groups[i] == 0 || at[0] == PCRE2_UNSET ? (struct text){ 0 } :
			(struct text){ subject.at + at[0], at[1] - at[0] };
	}
}

/* The number at the head of a text; 1 where there is none. Patterns capture four digits at most. */
static uint32_t count_of(struct text text)
{
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		count = count * 10 + (uint32_t)(text.at[i] - '0');
	return i ? count : 1;
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

/* The names among what was captured, hashed. */
static void read_names(const struct matcher *m, const struct rule *rule, const struct text found[CAPTURES],
		       struct hit *hit)
{
	struct text queue = found[CAPTURE_QUEUE], password = found[CAPTURE_PASSWORD], alias = found[CAPTURE_ALIAS];
	uint64_t local;
	uint32_t domain;

	hit->account = account_hash(m->key, m->names, found[CAPTURE_ACCOUNT], &hit->domain, &hit->local);
	hit->alias = alias.len ? account_hash(m->key, m->names, alias, &domain, &local) : 0;
	hit->queue = queue.len ? name_hash(m->key, queue) : 0;
	hit->password = password.len ? (uint32_t)(name_hash(m->key, password) >> 32) | 1U << 31 : 0;
	hit->teller = teller_of(rule, found[CAPTURE_VIA]);
	hit->null_sender = found[CAPTURE_SENDER].at && found[CAPTURE_SENDER].len == 0;
}

static void forget_names(const struct rule *rule, struct hit *hit)
{
	hit->teller = teller_of(rule, (struct text){ 0 });
	hit->account = hit->local = hit->alias = hit->queue = 0;
	hit->domain = hit->password = 0;
	hit->null_sender = false;
}

/* Make a hit of what a pattern captured. False: what stands where its address should is none. read: addr_parse(), or addr_read()
 * where it is not known how far the address goes. */
static inline bool tell(struct matcher *m, const struct compiled *c, const struct record *record, const struct text found[CAPTURES],
			bool (*read)(struct text, struct addr *), struct hit *hit)
{
	hit->nobody = c->nobody;
	if (hit->nobody)
		hit->addr = (struct addr){ 0 };
	else if (!read(found[CAPTURE_ADDR], &hit->addr))
		return false;
	hit->rule = c->rule->id;
	hit->weight = weigh(c->rule, count_of(found[CAPTURE_COUNT]), record->repeat);
	hit->session = found[CAPTURE_SESSION].len ? session_number(found[CAPTURE_SESSION]) :
		       c->own_session ? 0 : record->pid;
	hit->known = c->rule->known;
	if (c->names)
		read_names(m, c->rule, found, hit);
	else
		forget_names(c->rule, hit);
	m->account = found[CAPTURE_ACCOUNT];
	return true;
}

enum outcome { NO_MATCH, MATCH, LIMIT };

static enum outcome run(struct matcher *m, struct compiled *c, const struct record *record, struct hit *hit)
{
	struct text text = record->message, found[CAPTURES];

	if (!c->code && !compile(c, NULL)) {	/* no memory */
		m->limit_hits++;
		return LIMIT;
	}
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
	captured(m, c, text, found);
	return tell(m, c, record, found, addr_parse, hit) ? MATCH : NO_MATCH;
}

/* The first pattern that matches by PCRE2, of those that can. */
static enum outcome first_unproved(struct matcher *m, const struct group *group, const struct record *record, struct hit *hit)
{
	struct sieve_answer answer;
	enum outcome outcome = NO_MATCH;

	if (!sieve_run(group->sieve, record->message, false, &answer))
		return NO_MATCH;
	for (size_t i = 0; i < group->count && outcome == NO_MATCH; i++)
		if (answer.may[i / 64] >> (i % 64) & 1)
			outcome = run(m, &m->compiled[group->patterns[i]], record, hit);
	return outcome;
}

/* The first pattern that matches, by the sieve's proof where it has one, else by PCRE2. */
static inline enum outcome first_match(struct matcher *m, const struct group *group, const struct record *record, struct hit *hit)
{
	struct sieve_answer answer __attribute__((uninitialized));	/* spares zeroing what is filled at once */

	if (!sieve_run(group->sieve, record->message, true, &answer))
		return NO_MATCH;
	for (size_t word = 0; word < group->words; word++) {
		for (uint64_t left = answer.may[word]; left; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			struct compiled *c = &m->compiled[group->patterns[i]];
			enum outcome outcome;

			if (sieve_proved(group->sieve, i, &answer)) {
				struct text found[CAPTURES] __attribute__((uninitialized));

				if (sieve_captures(group->sieve, i, record->message, &answer, found) &&
				    tell(m, c, record, found, addr_read, hit))
					return MATCH;
				return first_unproved(m, group, record, hit);
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
	const struct group *group = group_of(m, record);
	const struct rule *rule;
	enum outcome outcome;

	m->met = group && group->count ? MET_NO_RULE : MET_NO_PROGRAM;
	m->account = (struct text){ 0 };
	if (!group)
		return false;
	outcome = group->sieve ? first_match(m, group, record, hit) : try_all(m, group, record, hit);
	if (outcome != MATCH)
		return false;
	m->met = MET_RULE;
	rule = match_rule_of(m, hit);
	return rule->weight || rule->observe || rule->session == SESSION_SUMMARY || m->all;
}

void match_pass(struct matcher *m)
{
	m->met = MET_RULE;
	m->account = (struct text){ 0 };
}

struct text match_account(const struct matcher *m)
{
	return m->account;
}

enum match_met match_met(const struct matcher *m)
{
	return m->met;
}

struct clients *match_clients(struct matcher *m)
{
	if (!m->clients)
		m->clients = clients_new();
	return m->clients;
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

void match_limited(struct matcher *m, uint64_t lines)
{
	m->limit_hits += lines;
}
