/* heartbeat - see heartbeat.h */
#include "service/heartbeat.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"

#define BEATS 4		/* within the manager's patience */

/* What a look at the service should tell: what is read, or why nothing is, and whether anybody is dropped. */
static void tell_status(struct heartbeat *heartbeat)
{
	const struct follows *follows = heartbeat->follows;
	bool blind = follows_blind(follows);
	char text[sizeof(heartbeat->status)], shown[sizeof(text)];
	int len = snprintf(text, sizeof(text), "%s%s", heartbeat->enforce ? "" : "Dry run, drops nobody. ",
			   blind ? "READS NOTHING:" : "Reads");

	for (size_t i = 0; i < follows->count && len < (int)sizeof(text); i++) {
		const char *fault = follow_fault(&follows->at[i]);

		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s %s%s%s%s", i ? "," : "", follow_name(&follows->at[i]),
				fault ? " (" : "", fault ? fault : "", fault ? ")" : "");
	}
	if (strcmp(text, heartbeat->status) != 0)
		sd_notifyf(0, "STATUS=%s", text_printable(shown, sizeof(shown), text_of(text)));
	memcpy(heartbeat->status, text, sizeof(text));
}

static int on_time(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct heartbeat *heartbeat = arg;
	bool reads = follows_ok(heartbeat->follows);

	(void)usec;
	if (!reads && !heartbeat->told)
		log_error("no source can be read: the service manager is not told any more that all is well");
	heartbeat->told = !reads;
	tell_status(heartbeat);
	if ((!heartbeat->enforce || enforce_ping(heartbeat->enforce)) && reads)
		sd_notify(0, "WATCHDOG=1");
	return sd_event_source_set_time_relative(timer, heartbeat->every_usec);
}

int heartbeat_start(struct heartbeat *heartbeat, sd_event *loop, struct enforce *enforce, const struct follows *follows)
{
	uint64_t patience_usec;

	*heartbeat = (struct heartbeat){ .enforce = enforce, .follows = follows };
	tell_status(heartbeat);
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
