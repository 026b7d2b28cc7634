/* conf_edit - change one key in a config file, and nothing else of it
 *
 * Comments, order, owner and mode stay. The file is replaced in one step, and only by one that can be loaded. */
#ifndef MAILWARD_CONF_EDIT_H
#define MAILWARD_CONF_EDIT_H

#include "base/problems.h"

/* conf_edit - set key = value in [section] of the file; where the key is missing it becomes the section's first, where
 * the section is missing that becomes the file's last
 * path: of a file that conf_load() takes. Returns false when anything was wrong, which was reported; then nothing has
 * changed. */
bool conf_edit(const char *path, const char *section, const char *key, const char *value, struct problems *problems);

#endif
