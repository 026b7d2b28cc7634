/* report - see report.h
 *
 * Times in the text form are local, for the postmaster beside his log; in JSON they are UTC. Names of rules and services
 * come from the pattern files, whose loader admits letters, digits and hyphens only. */
#include "service/report.h"

#include <inttypes.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "judge/breaker.h"

static const struct {
	const char *name, *would, *done;
} words[EVENT_KINDS] = {
	[VERDICT_DELAY] = { "delay", "would delay", "delayed" },
	[VERDICT_BAN] = { "ban", "would ban", "banned" },
	[VERDICT_RELEASE] = { "release", "would release", "released" },
	[NOTICE_OUTAGE] = { "outage", NULL, NULL },
	[NOTICE_OUTAGE_OVER] = { "outage-over", NULL, NULL },
	[NOTICE_WITHHELD] = { "bans-withheld", NULL, NULL },
};

static const char *const becauses[BECAUSE_KINDS] = {
	[BECAUSE_WINDOW] = "window", [BECAUSE_LONG_WINDOW] = "long-window", [BECAUSE_BURNT_NAME] = "burnt-name",
	[BECAUSE_NEIGHBOURS] = "neighbours", [BECAUSE_NETWORK_SUM] = "network-sum",
};

static const char *const whys[] = {
	[BREAKER_BY_WORDS] = "complaint", [BREAKER_BY_SILENCE] = "silence", [BREAKER_BY_SURGE] = "surge",
};

static void outage_fmt(char *dst, size_t size, const struct event *event)
{
	const char *head = "failed logins count for nobody";

	switch ((enum breaker_why)event->why) {
	case BREAKER_BY_WORDS:
		snprintf(dst, size, "%s: %s: the server itself says that it cannot look users up, and nobody has logged in since",
			 event->service, head);
		break;
	case BREAKER_BY_SILENCE:
		snprintf(dst, size, "%s: %s: the logins of %" PRIu32 " known customers have failed within %d minutes, and nobody has logged in since",
			 event->service, head, event->customers, BREAKER_WINDOW_S / 60);
		break;
	case BREAKER_BY_SURGE:
		snprintf(dst, size, "%s: %s: the logins of %" PRIu32 " known customers have failed within %d minutes, far more than usual",
			 event->service, head, event->customers, BREAKER_WINDOW_S / 60);
		break;
	}
}

char *notice_fmt(char *dst, size_t size, const struct event *event)
{
	char length[24];

	switch (event->kind) {
	case VERDICT_DELAY: case VERDICT_BAN: case VERDICT_RELEASE: case EVENT_KINDS:
		break;
	case NOTICE_OUTAGE:
		outage_fmt(dst, size, event);
		break;
	case NOTICE_OUTAGE_OVER:
		snprintf(dst, size, "%s: failed logins count again; in %s, %" PRIu64 " did not", event->service,
			 duration_fmt(length, sizeof(length), (uint64_t)(event->time_ms - event->since_ms) / 1000), event->uncounted);
		break;
	case NOTICE_WITHHELD:
		snprintf(dst, size, "%" PRIu32 " bans within a minute (max_bans_per_minute): until the next one, who reaches the hard "
			 "limit is delayed, and banned at the error after that", event->limit);
		break;
	}
	return dst;
}

char *private_hint(char *dst, size_t size, const struct prefix *prefix)
{
	char address[PREFIX_FMT_SIZE];

	*dst = '\0';
	if (addr_is_private(&prefix->addr))
		snprintf(dst, size, ": a private address; if it is a webmail's, a proxy's or a container gateway's, it fails for "
			 "others, and [allow] addresses = %s lets it be", prefix_fmt(address, sizeof(address), prefix));
	return dst;
}

/* "6 errors in 10m: 4 postfix/user-unknown, 2 postfix/relay-denied" */
static void reasons(FILE *out, const struct event *event)
{
	char window[24];
	uint32_t rest = event->errors;

	if (event->errors == 0) {	/* nobody counted: the operator's own */
		fprintf(out, "%s%s%s", event->rule, event->said ? ": " : "", event->said ? event->said : "");
		return;
	}
	duration_fmt(window, sizeof(window), event->window_s);
	if (event->because == BECAUSE_NEIGHBOURS) {
		fprintf(out, "%u neighbours banned in %s", event->neighbours, window);
		return;
	}
	if (event->because == BECAUSE_NETWORK_SUM) {
		fprintf(out, "%u errors of its addresses in %s", event->errors, window);
		return;
	}
	if (event->because == BECAUSE_BURNT_NAME) {	/* which is one line, whatever it weighs */
		fprintf(out, "a name that nobody has, tried by %u networks: %s", event->networks, event->rule);
		return;
	}
	fprintf(out, "%u error%s in %s", event->errors, event->errors == 1 ? "" : "s", window);
	for (size_t i = 0; i < event->reason_count; i++) {
		const struct event_reason *reason = &event->reasons[i];
		fprintf(out, "%s %u %s", i ? "," : ":", reason->errors, reason->rule);
		rest -= reason->errors < rest ? reason->errors : rest;
	}
	if (rest && event->reason_count)
		fprintf(out, ", %u more", rest);
}

char *cause_fmt(char *dst, size_t size, const struct event *event)
{
	if (event->errors == 0)
		snprintf(dst, size, "%s", event->rule);
	else if (event->because == BECAUSE_NEIGHBOURS)
		snprintf(dst, size, "%u neighbours were banned", event->neighbours);
	else if (event->because == BECAUSE_NETWORK_SUM)
		snprintf(dst, size, "%u errors of its addresses", event->errors);
	else if (event->because == BECAUSE_BURNT_NAME)
		snprintf(dst, size, "a name that nobody has, tried by %u networks, %s", event->networks, event->rule);
	else
		snprintf(dst, size, "%u %s, last %s", event->errors, plural(event->errors, "error", "errors"), event->rule);
	return dst;
}

static int64_t whole_ms(const struct event *event)
{
	return event->until_ms - event->time_ms;
}

static void verdict_text(FILE *out, const struct event *event, bool would)
{
	char address[PREFIX_FMT_SIZE], length[24], hint[PRIVATE_HINT_SIZE];

	fprintf(out, "%s %s", would ? words[event->kind].would : words[event->kind].done,
		prefix_fmt(address, sizeof(address), &event->prefix));
	if (event->kind != VERDICT_RELEASE) {
		if (event->permanent)
			fputs(" until unban  (", out);
		else
			fprintf(out, " for %s  (", duration_fmt(length, sizeof(length), (uint64_t)whole_ms(event) / 1000));
		reasons(out, event);
		fputc(')', out);
	}
	if (event->kind == VERDICT_BAN)
		fputs(private_hint(hint, sizeof(hint), &event->prefix), out);
}

void report_text(FILE *out, const struct event *event, bool would)
{
	time_t seconds = (time_t)(event->time_ms / 1000 - (event->time_ms % 1000 < 0));
	char stamp[64] = "", text[NOTICE_FMT_SIZE];
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s  ", stamp);
	if (event->beside)
		fprintf(out, "judge = %s: ", event->beside);
	if (event_is_verdict(event))
		verdict_text(out, event, would || event->beside);
	else
		fputs(notice_fmt(text, sizeof(text), event), out);
	fputc('\n', out);
}

static void verdict_json(struct json *json, const struct event *event, int64_t from_ms)
{
	char address[PREFIX_FMT_SIZE], said[256];

	json_cstr(json, "address", prefix_fmt(address, sizeof(address), &event->prefix));
	if (event->kind != VERDICT_RELEASE) {
		json_uint(json, "seconds", rest_s(event, from_ms));
		json_uint(json, "errors", event->errors);
		json_cstr(json, "rule", event->rule);
		if (event->because != BECAUSE_WINDOW)
			json_cstr(json, "because", becauses[event->because]);
		if (event->because == BECAUSE_BURNT_NAME)
			json_uint(json, "networks", event->networks);
		if (addr_is_private(&event->prefix.addr))
			json_bool(json, "private", true);
		if (event->refused)
			json_cstr(json, "refused", strerror(event->refused));
		if (event->only_service)
			json_cstr(json, "ports_of", event->only_service);
		if (event->permanent)
			json_bool(json, "permanent", true);
		if (event->said)
			json_cstr(json, "reason", text_unescape(said, sizeof(said), text_of(event->said)));
	}
}

void report_json(FILE *out, const struct event *event, int64_t from_ms)
{
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", event->beside ? "beside" : words[event->kind].name);
	json_time(&json, "time", event->time_ms);
	if (event->beside) {
		json_cstr(&json, "judge", event->beside);
		json_cstr(&json, "verdict", words[event->kind].name);
	}
	if (event_is_verdict(event)) {
		verdict_json(&json, event, from_ms);
	} else if (event->kind == NOTICE_WITHHELD) {
		json_uint(&json, "limit", event->limit);
	} else {
		json_cstr(&json, "service", event->service);
		json_cstr(&json, "reason", whys[event->why]);
		json_time(&json, "since", event->since_ms);
		json_uint(&json, "uncounted", event->uncounted);
	}
	json_end(&json);
}

uint32_t rest_s(const struct event *event, int64_t now_ms)
{
	return (uint32_t)((event_rest_ms(event, now_ms) + 999) / 1000);
}
