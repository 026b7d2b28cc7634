/* rules_read - one pattern file, read into rules; the format is patterns/README.md's */
#ifndef MAILWARD_RULES_READ_H
#define MAILWARD_RULES_READ_H

#include "base/arena.h"
#include "match/rules.h"

/* rules_read_file - add the rules of a file; every problem in it is reported, a rule with one may stay incomplete
 * path: must live as long as the rules. local: may replace rules that are not local. */
void rules_read_file(struct rules *rules, const char *path, bool local, struct problems *problems);

/* rules_read_text - the same for what is in memory already; path is for messages; text must live as long as the rules */
void rules_read_text(struct rules *rules, const char *path, struct text text, bool local, struct problems *problems);

#endif
