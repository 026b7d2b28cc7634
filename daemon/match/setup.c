/* setup - config, rules and matcher, loaded together or not at all */
#include <stdlib.h>

#include "match/setup.h"

struct setup *setup_load(const char *path, struct problems *problems)
{
	return setup_load_with(path, NULL, 0, problems);
}

struct setup *setup_load_with(const char *path, const char *const *settings, size_t count, struct problems *problems)
{
	struct setup *setup = calloc(1, sizeof(*setup));

	if (!setup || (path && !(setup->path = strdup(path)))) {
		problem(SPOT(problems, path ? path : CONF_PATH_DEFAULT, 0), "out of memory");
		free(setup);
		return NULL;
	}
	if (conf_load_with(&setup->conf, path, settings, count, problems) && rules_load(&setup->rules, &setup->conf, problems) &&
	    (setup->matcher = match_new(&setup->rules, problems)))
		return setup;
	setup_free(setup);
	return NULL;
}

void setup_free(struct setup *setup)
{
	if (!setup)
		return;
	match_free(setup->matcher);
	rules_fini(&setup->rules);
	conf_fini(&setup->conf);
	free(setup->path);
	free(setup);
}
