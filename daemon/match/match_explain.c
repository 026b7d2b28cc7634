/* match_explain - for people who write patterns: how far did each pattern of the program come on this line?
 *
 * Runs the interpreter with a callout at every item of the pattern and remembers the farthest byte any attempt
 * reached. Slow, allocates; never on the daemon's path. */
#include "match/match.h"

#include "match/match_pcre.h"

struct farthest {
	size_t matched, wanted;
};

static int remember(pcre2_callout_block *block, void *data)
{
	struct farthest *farthest = data;

	if (block->current_position >= farthest->matched) {
		farthest->matched = block->current_position;
		farthest->wanted = block->pattern_position;
	}
	return 0;
}

static struct attempt try(const struct rule *rule, const struct pattern *pattern, const struct record *record,
			  pcre2_match_context *context)
{
	struct attempt attempt = { .rule = rule, .pattern = pattern, .end = ATTEMPT_DIFFERS };
	struct farthest farthest = { 0 };
	pcre2_code *code = pcre_compile(rule, pattern, PCRE2_AUTO_CALLOUT, NULL);
	struct addr addr;

	if (!code)	/* a long one is too large with callouts: how far it came is not known */
		code = pcre_compile(rule, pattern, 0, NULL);
	pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
	if (!data) {
		pcre2_code_free(code);
		return attempt;
	}
	pcre2_set_callout(context, remember, &farthest);
	int result = pcre2_match(code, (PCRE2_SPTR)record->message.at, record->message.len, 0, PCRE2_NO_JIT, data, context);
	attempt.matched = farthest.matched;
	attempt.wanted = farthest.wanted;
	int group = pcre2_substring_number_from_name(code, (PCRE2_SPTR)"addr");
	if (result > 0 && group < 0) {
		attempt.end = ATTEMPT_MATCHED;
	} else if (result > 0) {
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data) + 2 * group;

		if (at[0] != PCRE2_UNSET)
			attempt.captured = (struct text){ record->message.at + at[0], at[1] - at[0] };
		attempt.end = addr_parse(attempt.captured, &addr) ? ATTEMPT_MATCHED : ATTEMPT_NO_ADDRESS;
	} else if (result != PCRE2_ERROR_NOMATCH) {
		attempt.end = ATTEMPT_LIMIT;
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return attempt;
}

size_t match_explain(const struct rules *rules, const struct record *record, attempt_fn *fn, void *arg)
{
	pcre2_match_context *context = pcre_context_new();
	size_t count = 0;

	for (size_t i = 0; context && i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		struct attempt best = { .rule = NULL };

		if (!rule_of_program(rule, record->program))
			continue;
		count++;
		for (size_t p = 0; p < rule->pattern_count && best.end != ATTEMPT_MATCHED; p++) {
			struct attempt attempt = try(rule, &rule->patterns[p], record, context);

			if (!best.rule || attempt.end == ATTEMPT_MATCHED || attempt.matched > best.matched)
				best = attempt;
		}
		if (best.rule)
			fn(arg, &best);
	}
	pcre2_match_context_free(context);
	return count;
}
