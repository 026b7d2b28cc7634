/* fuzz_patterns - the shipped patterns, all of them whatever their tier, for the targets that match */
#ifndef MAILWARD_FUZZ_PATTERNS_H
#define MAILWARD_FUZZ_PATTERNS_H

#include "match/match.h"
#include "match/rules_load.h"
#include "fuzz.h"

static void fuzz_read_patterns(struct rules *rules)
{
	struct problems problems = { .out = stderr };
	struct conf conf;

	must_hold(conf_load(&conf, "/dev/null", &problems));
	rules_read_dir(rules, "patterns", false, &problems);
	rules_apply(rules, &conf, &problems);
	must_hold(problems.count == 0 && rules->count > 100);
	conf_fini(&conf);
}

static struct matcher *fuzz_match_all(const struct rules *rules)
{
	struct problems problems = { .out = stderr };
	struct matcher *matcher = match_new_all(rules, &problems);

	must_hold(matcher);
	return matcher;
}

#endif
