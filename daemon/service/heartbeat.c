/* heartbeat - see heartbeat.h */
#include "service/heartbeat.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#define BEATS 4		/* within the manager's patience */

static int on_time(sd_event_source *timer, uint64_t usec, void *arg)
{
	const struct heartbeat *heartbeat = arg;

	(void)usec;
	if (!heartbeat->enforce || enforce_ping(heartbeat->enforce))
		sd_notify(0, "WATCHDOG=1");
	return sd_event_source_set_time_relative(timer, heartbeat->every_usec);
}

int heartbeat_start(struct heartbeat *heartbeat, sd_event *loop, struct enforce *enforce)
{
	uint64_t patience_usec;

	*heartbeat = (struct heartbeat){ .enforce = enforce };
	if (sd_watchdog_enabled(0, &patience_usec) <= 0)
		return 0;
	heartbeat->every_usec = patience_usec / BEATS;
	int error = sd_event_add_time_relative(loop, &heartbeat->timer, CLOCK_MONOTONIC, 0, 0, on_time, heartbeat);
	if (error >= 0)
		error = sd_event_source_set_enabled(heartbeat->timer, SD_EVENT_ON);
	return error;
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
	heartbeat->timer = sd_event_source_disable_unref(heartbeat->timer);
}
