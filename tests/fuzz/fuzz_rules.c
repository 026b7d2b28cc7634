/* fuzz_rules - any bytes as a pattern file: refused with messages that can be read, or rules that can be used
 *
 * What is taken compiles, blames only by <addr>, and finds the same whether through the sieve or rule by rule. */
#include "fuzz.h"

#include "match/lint_rules.h"
#include "match/match.h"
#include "match/match_pcre.h"
#include "match/rules_read.h"

static void readable(const char *said, size_t len)
{
	must_hold(len > 0 && said[len - 1] == '\n');
	for (size_t i = 0; i < len; i++)
		must_hold((said[i] >= 0x20 && said[i] <= 0x7e) || said[i] == '\n');
}

static const struct rule *one_by_one(const struct rules *rules, struct matcher *matcher, const struct record *record)
{
	struct hit hit;

	for (size_t i = 0; i < rules->count; i++)
		if (rule_of_program(&rules->at[i], record->program) &&
		    match_rule(matcher, &rules->at[i], record, &hit))
			return &rules->at[i];
	return NULL;
}

/* the samples and pieces of the file as messages */
static void use(const struct rules *rules, struct matcher *matcher, struct text program, struct text message)
{
	struct record record = { .program = program, .message = message, .repeat = 1 };
	struct hit hit;
	uint64_t limits = match_limit_hits(matcher);
	bool found = match(matcher, &record, &hit);
	const struct rule *slow = one_by_one(rules, matcher, &record);

	must_hold(match_limit_hits(matcher) != limits || slow == (found ? match_rule_of(matcher, &hit) : NULL));
	must_hold(!found || hit.weight <= 1023);
}

static void taken(const struct rules *rules, struct matcher *matcher, struct text file)
{
	struct problems quiet = { .out = NULL };

	must_hold(lint_rules(rules, &quiet) == (quiet.count == 0));
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];

		must_hold(rule->name && rule->about && rule->pattern_count && rule->program_count && rule->id == i);
		must_hold(strlen(rule->name) < RULE_NAME_MAX && rule->weight <= RULE_WEIGHT_MAX);
		for (size_t s = 0; s < rule->sample_count; s++)
			use(rules, matcher, rule->samples[s].program, rule->samples[s].message);
	}
	for (size_t i = 0; rules->count && i < 32 && i * 61 < file.len; i++)
		use(rules, matcher, rules->at[i % rules->count].programs[0], (struct text){ file.at + i * 61, file.len - i * 61 });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text file = { (const char *)data, size };
	struct rules rules = { 0 };
	char *said = NULL;
	size_t len = 0;
	struct problems problems = { .out = open_memstream(&said, &len) };
	struct matcher *matcher;

	must_hold(problems.out);
	rules_read_text(&rules, "fuzz.pat", file, false, &problems);
	bool read = problems.count == 0;
	matcher = read ? match_new_all(&rules, &problems) : NULL;
	fclose(problems.out);
	must_hold((matcher != NULL) == (problems.count == 0));
	if (matcher)
		taken(&rules, matcher, file);
	else
		readable(said, len);
	match_free(matcher);
	rules_fini(&rules);
	free(said);
	return 0;
}
