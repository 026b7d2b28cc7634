/* lint - the proof that a pattern can blame nobody but the one the server names
 *
 * The rule is mailward-patterns(5)'s "Who is blamed": everything before <addr>, or everything after it up to the end,
 * must be text that no client can have written. Also refuses what is obviously catastrophic to run. */
#ifndef MAILWARD_LINT_H
#define MAILWARD_LINT_H

#include "base/problems.h"
#include "match/byte_set.h"
#include "match/rules.h"

/* lint_pattern - false after reporting, with a caret, why the pattern is refused; else pattern->captures says what it has
 * tree: what regex_parse() made of it; if it refused it, that is reported.
 * kind: an outage may do without <addr>; then all of it must be text that no client can have written. A delivery names
 * none, and blames nobody. */
bool lint_pattern(const char *file, struct pattern *pattern, const struct regex *tree, enum rule_kind kind,
		  struct problems *problems);

/* lint_is_harmless - letters, digits and ._:/+-, or so few others that they are alternatives of literal text */
bool lint_is_harmless(const struct byte_set *set);

#endif
