/* refusals - see refusals.h */
#include "service/refusals.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"

static void arm(struct refusals *refusals)
{
	int on = SD_EVENT_OFF;

	sd_event_source_get_enabled(refusals->timer, &on);
	if (on == SD_EVENT_OFF && sd_event_source_set_time_relative(refusals->timer, refusals->pause_ms * 1000) >= 0)
		sd_event_source_set_enabled(refusals->timer, SD_EVENT_ONESHOT);
}

static void on_reply(void *arg, const struct wire_reply *reply)
{
	struct refusals *refusals = arg;

	if (reply->op == WIRE_DROP)
		judge_note(*refusals->judge, &reply->prefix, reply->error);
	if (!reply->error || (reply->op != WIRE_DROP && reply->op != WIRE_RELEASE && reply->op != WIRE_CLEAR))
		return;
	refusals->again++;
	refusals->rebuild |= reply->op != WIRE_DROP;
	arm(refusals);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct refusals *refusals = arg;
	size_t asked = refusals->asked, again = refusals->again;

	(void)timer, (void)usec;
	if (refusals->rebuild) {
		refusals->rebuild = false;
		refusals->again = 0;
		enforce_rebuild(refusals->enforce);
		return 0;
	}
	if (asked > 0 && again == 0)
		refusals->at_once = refusals->at_once * 2 < REFUSALS_AT_ONCE_MAX ? refusals->at_once * 2 : REFUSALS_AT_ONCE_MAX;
	else
		refusals->at_once = REFUSALS_AT_ONCE_MIN;
	if (asked == 0 || again < asked)
		refusals->pause_ms = REFUSALS_PAUSE_MS;
	else if (refusals->pause_ms < REFUSALS_PAUSE_MAX_MS)
		refusals->pause_ms *= 2;
	refusals->again = 0;
	refusals->asked = judge_retry(*refusals->judge, clock_now_ms(), &refusals->cursor, refusals->at_once, enforce_verdict,
				      refusals->enforce);
	if (refusals->asked)
		arm(refusals);
	return 0;
}

int refusals_open(struct refusals *refusals, sd_event *loop, struct judge *const *judge, struct enforce *enforce)
{
	int err;

	*refusals = (struct refusals){ .judge = judge, .enforce = enforce, .at_once = REFUSALS_AT_ONCE_MIN, .pause_ms = REFUSALS_PAUSE_MS };
	err = sd_event_add_time_relative(loop, &refusals->timer, CLOCK_MONOTONIC, 0, 100000, on_timer, refusals);
	if (err >= 0)
		err = sd_event_source_set_enabled(refusals->timer, SD_EVENT_OFF);
	if (err >= 0)
		enforce_replied(enforce, on_reply, refusals);
	return err;
}

void refusals_close(struct refusals *refusals)
{
	if (!refusals->timer)
		return;
	enforce_replied(refusals->enforce, NULL, NULL);
	refusals->timer = sd_event_source_disable_unref(refusals->timer);
}
