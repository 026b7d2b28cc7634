/* rules_read - the text of one pattern file, read into rules; the format is mailward-patterns(5)'s */
#ifndef MAILWARD_RULES_READ_H
#define MAILWARD_RULES_READ_H

#include "base/problems.h"
#include "match/rules.h"

/* rules_read_text - add the rules of a file; every problem in it is reported, a rule with one may stay incomplete
 * path: for messages; it and text must live as long as the rules. local: may replace rules that are not local. */
void rules_read_text(struct rules *rules, const char *path, struct text text, bool local, struct problems *problems);

#endif
