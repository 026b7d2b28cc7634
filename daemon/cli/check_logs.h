/* check_logs - mailward check: what the logs themselves give away
 *
 * Reads the last CHECK_LOG_BYTES of each log that is a file. Says which private addresses fail there, since a webmail, a
 * proxy or a container's gateway fails for others; which log nobody writes any more while the journal goes on; and which has the
 * same lines as the journal that is read beside it. */
#ifndef MAILWARD_CHECK_LOGS_H
#define MAILWARD_CHECK_LOGS_H

#include "base/problems.h"
#include "conf/conf.h"
#include "match/match.h"

#define CHECK_LOG_BYTES (4U << 20)
#define CHECK_STALE_S 86400	/* as much longer must the file be silent than the journal; what is closer together is the same */

/* check_logs - what is worth knowing goes to stdout, what is wrong into problems. A log that is not there or cannot be read is
 * passed over. */
void check_logs(const struct conf *conf, struct matcher *matcher, struct problems *problems);

#endif
