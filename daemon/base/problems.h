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

/* a spot in a user's file, and where a problem with it is reported */
struct spot {
	struct problems *problems;
	const char *file;
	unsigned line;		/* 0: the file as a whole */
};

/* SPOT - one that is needed once: problem(SPOT(problems, path, 0), ...) */
#define SPOT(problems, file, line) (&(struct spot){ (problems), (file), (line) })

/* problem - report one */
__attribute__((format(printf, 2, 3)))
void problem(const struct spot *spot, const char *fmt, ...);

/* problem_warning - tell one that stops nothing; not counted */
__attribute__((format(printf, 2, 3)))
void problem_warning(const struct spot *spot, const char *fmt, ...);

/* problem_at - report one at a column (1..), showing the source line with a caret under it */
__attribute__((format(printf, 4, 5)))
void problem_at(const struct spot *spot, unsigned column, struct text source, const char *fmt, ...);

#endif
