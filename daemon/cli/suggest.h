/* suggest - mailward check --suggest: who belongs into [allow], and which limits would fit, by the last days of log */
#ifndef MAILWARD_SUGGEST_H
#define MAILWARD_SUGGEST_H

#include <stdbool.h>

#define SUGGEST_DAYS 14
#define SUGGEST_TRIES 100	/* fewer tell nothing about limits */

/* suggest - read the config's sources of SUGGEST_DAYS, with what they were rotated to, or these files, and say it on stdout
 * path: of the config, which is right, or NULL. false: not all could be read, or no memory; it was told */
bool suggest(const char *path, char **files, int count);

#endif
