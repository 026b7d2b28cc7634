/* engine_confine - what the engine may do once it reads hostile bytes: its lists for base/confine.h */
#ifndef MAILWARD_ENGINE_CONFINE_H
#define MAILWARD_ENGINE_CONFINE_H

#include <stdio.h>

#include "conf/conf.h"

/* engine_prepare - keep what a reload will read within reach; a root process also makes the folders that are missing and
 * gives the state, if it keeps one, to the user that it will become. What does not succeed is logged.
 * Returns 0, or -EACCES after logging: without the power of root the work cannot be done at all. */
int engine_prepare(const struct conf *conf, bool keeps);

/* engine_confine - no capability, no user root, only the files that conf names, only the system calls that are needed
 * To be called with the control socket bound, before a log or the state is opened. Returns 0, or -errno after logging. */
int engine_confine(const struct conf *conf);

/* engine_can_read - may the confined process read what a new config names beyond the old one? false: said in out */
bool engine_can_read(const struct conf *new, const struct conf *old, FILE *out);

#endif
