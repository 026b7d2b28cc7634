/* lint_rules - the proof that no client text lets a rule that counts nothing have the lines of one that counts
 *
 * The rule is mailward-patterns(5)'s "Which rule decides". lint.c proves each pattern by itself; this looks at
 * two. */
#ifndef MAILWARD_LINT_RULES_H
#define MAILWARD_LINT_RULES_H

#include "base/problems.h"
#include "match/rules.h"

/* lint_rules - false after reporting, with a caret, each pattern that is refused
 * rules: all of them, each pattern proved by lint_pattern(); their weights are those of the files, not yet the config's.
 * Cost: milliseconds; it allocates. */
bool lint_rules(const struct rules *rules, struct problems *problems);

#endif
