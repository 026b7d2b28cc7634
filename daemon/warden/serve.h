/* serve - what the warden does for the engine: bans, lists, the table they are in, until the engine is gone
 *
 * Checks every request again and refuses what no engine in its right mind asks for. Keeps the table as it should be
 * whatever others do to it, and the allow-list as this machine's addresses are. */
#ifndef MAILWARD_SERVE_H
#define MAILWARD_SERVE_H

#include "conf/conf.h"

/* serve_begin - have the kernel hold our table, empty or as it was left; fd: the engine. 0, or -errno after logging */
int serve_begin(struct conf *conf, int fd);

/* serve_to_the_end - take requests until the engine's end is closed, and carry them all out */
void serve_to_the_end(void);

#endif
