/* print - see print.h
 *
 * Times in the text form are local, for the postmaster beside his log; in JSON they are UTC. Rule names come from
 * the pattern files, whose loader admits letters, digits and hyphens only. */
#include "service/print.h"

#include <time.h>

#include "base/json.h"

static const struct {
	const char *event, *would, *done;
} words[] = {
	[VERDICT_DELAY] = { "delay", "would delay", "delayed" },
	[VERDICT_BAN] = { "ban", "would ban", "banned" },
	[VERDICT_RELEASE] = { "release", "would release", "released" },
};

/* reasons - "6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied" */
static void reasons(FILE *out, const struct verdict *verdict)
{
	char window[24];
	uint32_t rest = verdict->errors;

	if (verdict->errors == 0) {	/* nobody counted: the operator's own */
		fputs(verdict->rule, out);
		return;
	}
	if (verdict->neighbours) {
		fprintf(out, "%u neighbours banned in %s", verdict->neighbours,
			duration_fmt(window, sizeof(window), verdict->window_s));
		return;
	}
	fprintf(out, "%u error%s in %s", verdict->errors, verdict->errors == 1 ? "" : "s",
		duration_fmt(window, sizeof(window), verdict->window_s));
	for (size_t i = 0; i < verdict->reason_count; i++) {
		const struct verdict_reason *reason = &verdict->reasons[i];
		fprintf(out, "%s %u %s", i ? "," : ":", reason->errors, reason->rule);
		rest -= reason->errors < rest ? reason->errors : rest;
	}
	if (rest && verdict->reason_count)
		fprintf(out, ", %u more", rest);
}

void print_verdict_text(FILE *out, const struct verdict *verdict, bool would)
{
	time_t seconds = (time_t)(verdict->time_ms / 1000 - (verdict->time_ms % 1000 < 0));
	char stamp[64] = "", address[PREFIX_FMT_SIZE], length[24];
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s  %s %s", stamp, would ? words[verdict->kind].would : words[verdict->kind].done,
		prefix_fmt(address, sizeof(address), &verdict->prefix));
	if (verdict->kind != VERDICT_RELEASE) {
		fprintf(out, " for %s  (", duration_fmt(length, sizeof(length), verdict->seconds));
		reasons(out, verdict);
		fputc(')', out);
	}
	fputc('\n', out);
}

void print_verdict_json(FILE *out, const struct verdict *verdict)
{
	char address[PREFIX_FMT_SIZE];
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", words[verdict->kind].event);
	json_time(&json, "time", verdict->time_ms);
	json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &verdict->prefix));
	if (verdict->kind != VERDICT_RELEASE) {
		json_uint(&json, "seconds", verdict->seconds);
		json_uint(&json, "errors", verdict->errors);
		json_cstr(&json, "rule", verdict->rule);
	}
	json_end(&json);
}
