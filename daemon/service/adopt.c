/* adopt - see adopt.h. Reads back what enforce.c wrote beside each element. */
#include "service/adopt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

struct adopting {
	struct judge *judge;
	uint32_t max_s;
	int64_t now_ms;
	unsigned count;
};

/* "6 errors, postfix/user-unknown", "manual" */
static void read_reason(struct event *event, char name[ADOPT_NAME_SIZE], const char *text)
{
	char *end;
	unsigned long errors = strtoul(text, &end, 10);
	const char *comma = end == text ? NULL : strstr(end, ", ");

	if (comma && strncmp(end, " error", 6) == 0) {
		event->errors = errors > UINT16_MAX ? UINT16_MAX : (uint32_t)errors;
		text = comma + 2;
	}
	snprintf(name, ADOPT_NAME_SIZE, "%s", *text ? text : "manual");
}

void adopt_read(struct event *event, char name[ADOPT_NAME_SIZE], const struct wire_request *drop, uint32_t max_s, int64_t now_ms)
{
	const char *ban = "ban: ", *delay = "delay: ", *comment = drop->comment;
	int64_t most_ms = (int64_t)max_s * 1000, rest_ms = (int64_t)drop->timeout_ms;

	*event = (struct event){ .kind = VERDICT_BAN, .prefix = drop->prefix, .time_ms = now_ms, .rule = name };
	event->until_ms = now_ms + (rest_ms == 0 || rest_ms > most_ms ? most_ms : rest_ms);
	if (strncmp(comment, delay, strlen(delay)) == 0) {
		event->kind = VERDICT_DELAY;
		read_reason(event, name, comment + strlen(delay));
	} else if (strncmp(comment, ban, strlen(ban)) == 0) {
		read_reason(event, name, comment + strlen(ban));
	} else {
		read_reason(event, name, "");
	}
}

static void take(void *arg, const struct wire_request *drop)
{
	struct adopting *adopting = arg;
	char name[ADOPT_NAME_SIZE];
	struct event event;

	adopt_read(&event, name, drop, adopting->max_s, adopting->now_ms);
	adopting->count += judge_adopt(adopting->judge, &event);
}

int adopt(struct judge *judge, struct enforce *enforce, uint32_t max_s)
{
	struct adopting adopting = { judge, max_s, clock_now_ms(), 0 };
	int err = enforce_standing(enforce, take, &adopting);

	if (err < 0)
		log_error("cannot read what stands in the kernel: %s; without a state, that is not touched", strerror(-err));
	else if (adopting.count)
		log_notice("begun without the state of before: %u %s left standing in the kernel", adopting.count,
			   adopting.count == 1 ? "ban or delay is" : "bans and delays are");
	return err;
}
