/* rules - see rules.h
 *
 * Looks up and compares, nothing else. */
#include "match/rules.h"

#include <stdlib.h>

#include "base/arena.h"
#include "match/regex.h"

struct rule *rules_find(const struct rules *rules, struct text name)
{
	uint16_t teller = (uint16_t)text_hash(name);

	for (size_t i = 0; i < rules->count; i++) {
		const char *own = rules->at[i].name;

		if (rules->at[i].teller == teller && own && text_equal(text_of(own), name))
			return &rules->at[i];
	}
	return NULL;
}

const char *rule_kind_name(const struct rule *rule)
{
	static const char *const names[] = {
		[RULE_ERROR] = "an error", [RULE_FAILED_LOGIN] = "a failed login", [RULE_RECIPIENT] = "a refused recipient",
		[RULE_SUCCESS] = "a success", [RULE_ACCEPTED] = "an accepted mail", [RULE_DELIVERED] = "a delivered mail",
		[RULE_LOGIN] = "a login", [RULE_CLIENT] = "a client's name", [RULE_OUTAGE] = "an outage",
	};

	return names[rule->kind];
}

void rules_forget_trees(struct rules *rules)
{
	for (size_t i = 0; i < rules->tree_count; i++)
		regex_fini(&rules->trees[i]);
	free(rules->trees);
	rules->trees = NULL;
	rules->tree_count = 0;
}

void rules_fini(struct rules *rules)
{
	rules_forget_trees(rules);
	arena_free(&rules->memory);
	*rules = (struct rules){ 0 };
}

unsigned pattern_column(const struct pattern *pattern, size_t offset)
{
	unsigned column = 1;

	for (size_t i = 0; i < pattern->origin_count && pattern->origins[i].at <= offset; i++) {
		const struct origin *from = &pattern->origins[i];

		column = from->macro ? from->column : from->column + (unsigned)(offset - from->at);
	}
	return column;
}

bool rule_of_program(const struct rule *rule, struct text program)
{
	for (size_t i = 0; i < rule->program_count; i++)
		if (program.len ? glob_match(rule->programs[i], program) : rule->programs[i].len == 0)
			return true;
	return false;
}

bool glob_match(struct text glob, struct text program)
{
	size_t g = 0, p = 0, star = SIZE_MAX, retry = 0;

	while (p < program.len) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			retry = p;
		} else if (g < glob.len && glob.at[g] == program.at[p]) {
			g++, p++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			p = ++retry;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

bool globs_meet(struct text a, struct text b)
{
	const char *a_star = memchr(a.at, '*', a.len), *b_star = memchr(b.at, '*', b.len);

	if (!a_star || !b_star)
		return a_star ? glob_match(a, b) : glob_match(b, a);
	size_t front = (size_t)(a_star - a.at < b_star - b.at ? a_star - a.at : b_star - b.at), a_end = 0, b_end = 0;
	while (a.at[a.len - 1 - a_end] != '*')
		a_end++;
	while (b.at[b.len - 1 - b_end] != '*')
		b_end++;
	size_t end = a_end < b_end ? a_end : b_end;
	return memcmp(a.at, b.at, front) == 0 && memcmp(a.at + a.len - end, b.at + b.len - end, end) == 0;
}
