/* fuzz_match - any line against the shipped patterns: who is blamed stands in the message, and no line is dear
 *
 * What match() says by its sieve must be what the rules say one after the other. */
#include "fuzz_patterns.h"

#include "match/match_pcre.h"

static struct rules rules;
static struct matcher *matcher;

static void load(void)
{
	fuzz_read_patterns(&rules);
	matcher = fuzz_match_all(&rules);
}

static bool stands_in(struct text message, const struct addr *addr)
{
	for (size_t from = 0; from < message.len; from++) {
		for (size_t len = 2; len < ADDR_FMT_SIZE && len <= message.len - from; len++) {
			struct addr found;

			if (addr_parse((struct text){ message.at + from, len }, &found) && addr_cmp(&found, addr) == 0)
				return true;
		}
	}
	return false;
}

/* the first rule of the program that matches, tried one by one */
static const struct rule *one_by_one(const struct record *record, struct hit *hit)
{
	for (size_t i = 0; i < rules.count; i++) {
		const struct rule *rule = &rules.at[i];

		if (rule_of_program(rule, record->program) &&
		    match_rule(matcher, rule, record, hit))
			return rule;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record;
	struct hit hit, slow;

	if (!matcher)
		load();
	record_parse(&record, (struct text){ (const char *)data, size });
	bool found = match(matcher, &record, &hit);
	must_hold(one_by_one(&record, &slow) == (found ? match_rule_of(matcher, &hit) : NULL));
	must_hold(match_limit_hits(matcher) == 0);
	if (found) {
		must_hold(addr_cmp(&hit.addr, &slow.addr) == 0 && hit.weight == slow.weight && hit.session == slow.session);
		must_hold(stands_in(record.message, &hit.addr));
		must_hold(hit.weight <= 1023 && (hit.weight == 0 || (match_rule_of(matcher, &hit)->weight > 0 && !match_rule_of(matcher, &hit)->observe)));
	}
	return 0;
}
