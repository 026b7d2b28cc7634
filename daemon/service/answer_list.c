/* answer_list - who is dropped, and who is allowed by the operator: the answer to "list"
 *
 * Many lines come in parts, one a turn of the loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "service/answers.h"
#include "service/orders.h"
#include "service/report.h"

#define LIST_SLOTS 256	/* looked at in one turn of the loop: as many lines take a millisecond or two */

const char *answer_why_refused(int error)
{
	return error == EDQUOT ? "more at once than the process that drops grants" : strerror(error);
}

/* A list on its way, some slots at a time. */
struct shown {
	const struct daemon *daemon;
	bool json;
	FILE *out;
	uint32_t cursor;
	uint64_t count;
	bool allowed;	/* the first of these was shown */
};

static void list_json(void *arg, const struct event *event)
{
	struct shown *shown = arg;
	struct event whole = orders_event(shown->daemon->orders, event);

	report_json(shown->out, &whole, clock_now_ms());
}

/* In a dry run who would be dropped and who is allowed stand apart. */
static void list_head(struct shown *shown, bool allowed)
{
	bool first = shown->count++ == 0;

	if (shown->daemon->dry_run && allowed && !shown->allowed)
		fputs("these are allowed:\n", shown->out);
	else if (shown->daemon->dry_run && first)
		fputs("this is a dry run, nobody is dropped; these would be:\n", shown->out);
	shown->allowed |= allowed;
	if (first)
		fprintf(shown->out, "%-26s %-6s %-19s %-11s %s\n", "address", "kind", "since", "for", "why");
}

static char *since_fmt(char dst[24], int64_t time_ms)
{
	time_t time_s = (time_t)(time_ms / 1000);
	struct tm tm;

	dst[0] = '\0';
	if (localtime_r(&time_s, &tm))
		strftime(dst, 24, "%F %T", &tm);
	return dst;
}

static void list_text(void *arg, const struct event *event)
{
	struct shown *shown = arg;
	struct event whole = orders_event(shown->daemon->orders, event);
	char cause[CAUSE_FMT_SIZE], prefix[PREFIX_FMT_SIZE], remains[24], since[24];

	list_head(shown, false);
	prefix_fmt(prefix, sizeof(prefix), &event->prefix);
	duration_fmt(remains, sizeof(remains), rest_s(event, clock_now_ms()));
	fprintf(shown->out, "%-26s %-6s %-19s %-11s %s", prefix, event->kind == VERDICT_BAN ? "ban" : "delay",
		since_fmt(since, whole.time_ms), whole.permanent ? "always" : remains, cause_fmt(cause, sizeof(cause), event));
	if (whole.said)
		fprintf(shown->out, ": %s", whole.said);
	if (event->only_service)
		fprintf(shown->out, "; from the ports of %s", event->only_service);
	if (event->refused)
		fprintf(shown->out, "; not dropped yet: %s", answer_why_refused(event->refused));
	fputc('\n', shown->out);
}

static void allowed_json(void *arg, const struct order *order)
{
	struct shown *shown = arg;
	char prefix[PREFIX_FMT_SIZE], reason[ORDER_REASON_SIZE];
	struct json json;

	json_begin(&json, shown->out);
	json_cstr(&json, "event", "allow");
	json_time(&json, "time", order->since_ms);
	json_cstr(&json, "address", prefix_fmt(prefix, sizeof(prefix), &order->prefix));
	if (order->until_ms)
		json_uint(&json, "seconds", order_rest_s(order, clock_now_ms()));
	else
		json_bool(&json, "permanent", true);
	if (*order->reason)
		json_cstr(&json, "reason", text_unescape(reason, sizeof(reason), text_of(order->reason)));
	json_end(&json);
}

static void allowed_text(void *arg, const struct order *order)
{
	struct shown *shown = arg;
	char prefix[PREFIX_FMT_SIZE], remains[24] = "always", since[24];

	list_head(shown, true);
	if (order->until_ms)
		duration_fmt(remains, sizeof(remains), order_rest_s(order, clock_now_ms()));
	fprintf(shown->out, "%-26s %-6s %-19s %-11s manual%s%s\n", prefix_fmt(prefix, sizeof(prefix), &order->prefix), "allow",
		since_fmt(since, order->since_ms), remains, *order->reason ? ": " : "", order->reason);
}

static bool list_part(void *state, FILE *out)
{
	struct shown *shown = state;
	const struct daemon *daemon = shown->daemon;

	shown->out = out;
	if (judge_active_next(daemon->judge, &shown->cursor, LIST_SLOTS, clock_now_ms(), shown->json ? list_json : list_text, shown))
		return true;
	if (!shown->json && shown->count == 0)
		fprintf(out, "nobody %s banned\n", daemon->dry_run ? "would be" : "is");
	orders_each(daemon->orders, ORDER_ALLOW, shown->json ? allowed_json : allowed_text, shown);
	if (!shown->json && daemon->enforce && enforce_is_behind(daemon->enforce))
		fputs("the process that drops does not answer: what was decided last may not be in force yet\n", out);
	return false;
}

void answer_list(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct shown *shown = calloc(1, sizeof(*shown));

	if (!shown) {
		fputs("error out of memory\n", out);
		return;
	}
	*shown = (struct shown){ .daemon = daemon, .json = request_wants_json(request) };
	fputs("ok\n", out);
	if (control_parts(daemon->control, list_part, free, shown))
		return;
	while (list_part(shown, out))
		continue;
	free(shown);
}
