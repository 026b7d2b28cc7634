/* conf_pending - what a config may ask for and this version does not do yet
 *
 * The keys are read and checked like all others; here is the one place that says that nothing comes of them.
 * Whoever builds such a part deletes its lines here. */
#include "base/conf_value.h"

void conf_pending(const struct conf *conf, struct problems *problems)
{
	for (size_t i = 0; i < conf->blocklist_count; i++)
		problem_warning(problems, conf->path, conf->blocklists[i].line,
				"[blocklist %s]: blocklists are not loaded yet, nothing of it is dropped", conf->blocklists[i].name);
}
