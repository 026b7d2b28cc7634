/* heartbeat - tells the service manager that both wings are alive, for as long as they are
 *
 * A turn of the loop proves the engine; the warden, in between, has to answer a ping; and of the sources, one at least has
 * to be readable: a daemon that follows nothing is not alive. With each beat the line that "systemctl status" shows is
 * made true again. Where no watchdog is asked for (WatchdogSec in the unit), that line is written once, at the start. */
#ifndef MAILWARD_HEARTBEAT_H
#define MAILWARD_HEARTBEAT_H

#include "service/enforce.h"
#include "service/follows.h"

struct heartbeat {
	sd_event_source *timer;
	uint64_t every_usec;
	struct enforce *enforce;
	const struct follows *follows;
	bool told;			/* that nothing can be read */
	char status[512];		/* as last told */
};

/* heartbeat_start - enforce: NULL in a dry run. 0 or -errno. Logs: that it stops because nothing can be read. */
int heartbeat_start(struct heartbeat *heartbeat, sd_event *loop, struct enforce *enforce, const struct follows *follows);
void heartbeat_stop(struct heartbeat *heartbeat);

#endif
