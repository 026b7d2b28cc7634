/* setup - config, rules and matcher, loaded together or not at all
 *
 * Immutable once loaded; a reload loads another and puts it in place of the old one. */
#ifndef MAILWARD_SETUP_H
#define MAILWARD_SETUP_H

#include "match/match.h"
#include "match/rules_load.h"

struct setup {
	struct conf conf;
	struct rules rules;
	struct matcher *matcher;
	char *path;		/* as given with -c, or NULL */
};

/* setup_load - path: of the config, or NULL for the default. NULL after reporting every problem. */
struct setup *setup_load(const char *path, struct problems *problems);

/* setup_load_with - the same, with settings that win over the file; see conf_load_with() */
struct setup *setup_load_with(const char *path, const char *const *settings, size_t count, struct problems *problems);
void setup_free(struct setup *setup);

#endif
