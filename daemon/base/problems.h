/* problems - where every reader of user files (config, patterns, lists) reports what is wrong
 *
 * One form everywhere: "file:line: what is wrong, what would be right", or
 * "file:line:column: ..." with the line and a caret below. All problems of a file
 * are reported, not only the first. Bytes that a terminal could obey are escaped here, in
 * the file name, the message and the source line, so callers hand on values as they are. */
#ifndef MAILWARD_PROBLEMS_H
#define MAILWARD_PROBLEMS_H

#include <stdio.h>
#include "base/text.h"

struct problems {
	FILE *out;		/* NULL: count only */
	unsigned count;
	unsigned warnings;
	unsigned limit;		/* 0: none; more problems, or warnings, than that are counted and not written */
};

/* problem - report one; line 0: the file as a whole */
__attribute__((format(printf, 4, 5)))
void problem(struct problems *problems, const char *file, unsigned line, const char *fmt, ...);

/* problem_warning - tell one that stops nothing; not counted */
__attribute__((format(printf, 4, 5)))
void problem_warning(struct problems *problems, const char *file, unsigned line, const char *fmt, ...);

/* problem_at - report one at a column (1..), showing the source line with a caret under it */
__attribute__((format(printf, 6, 7)))
void problem_at(struct problems *problems, const char *file, unsigned line, unsigned column,
		struct text source, const char *fmt, ...);

#endif
