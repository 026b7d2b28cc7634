/* macros - <name> in a pattern: what it stands for, and the pattern written out
 *
 * The built-in ones (<addr>, <text>, <end> and the like) and those of one pattern file. A macro is expanded when it is
 * defined, so an expansion never recurses. */
#ifndef MAILWARD_MACROS_H
#define MAILWARD_MACROS_H

#include "match/rules.h"

struct macros {
	struct macro {
		struct text name, body;		/* body: expanded */
	} *at;				/* beside the built-in ones */
	size_t count;
	struct arena **memory;		/* of the rules: what is made here lives as long as they do */
};

/* macros_find - NULL: there is none of this name */
const struct macro *macros_find(const struct macros *macros, struct text name);

/* macros_add - 0 or -ENOMEM. Keeps the slices as they are. */
int macros_add(struct macros *macros, struct text name, struct text body);

/* macros_expand - write out a text that is part of the pattern's source line: into its regex and its origins
 * Returns 0; -E2BIG with the regex cut at REGEX_BYTES_MAX; -ENOMEM. */
int macros_expand(const struct macros *macros, struct text text, struct pattern *pattern);

#endif
