/* answer - what the control socket's requests are answered with: status, list, ban, unban, allow, explain, reload
 *
 * A table of words and functions; each writes "ok", "amiss" or "error TEXT" and then its lines, for people or as JSON.
 * Never blocks: out is memory. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "judge/inside.h"
#include "judge/place.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/wire.h"
#include "service/answer.h"
#include "service/checkpoint.h"
#include "service/clocks.h"
#include "service/daemon_state.h"
#include "service/explain.h"
#include "service/explain_name.h"
#include "service/explain_network.h"
#include "service/fleet.h"
#include "service/metrics.h"
#include "service/orders.h"
#include "service/reload.h"
#include "service/report.h"
#include "service/status.h"
#include "service/top.h"

#define WORDS_MAX 4
#define LIST_SLOTS 256	/* looked at in one turn of the loop: as many lines take a millisecond or two */
#define SETTLE_MS 5000	/* so long may the warden take; the client waits twice as long */

/* A request in its words; the last one takes the rest of the line. */
struct request {
	char *word[WORDS_MAX];
	size_t count;
};

static bool wants_json(const struct request *request)
{
	return request->count > 1 && strcmp(request->word[1], "json") == 0;
}

/* What has to be counted, and what the kernel has to be asked: NULL, then the request is answered when both are known. */
static const struct survey *looked(struct daemon *daemon)
{
	const struct survey *survey = census_have(&daemon->census, daemon->loop, daemon->control, &daemon->judge);
	bool asked = asked_sets(&daemon->asked);

	return asked ? survey : NULL;
}

static void answer_status(struct daemon *daemon, const struct request *request, FILE *out)
{
	bool check = request->count > 1 && strcmp(request->word[1], "check") == 0;
	const struct survey *survey = looked(daemon);

	if (!survey)	/* This is asked again when there is one. */
		return;
	fprintf(out, "%s\n", status_word(daemon, check));
	if (check)
		status_check(daemon, survey, out);
	else if (wants_json(request))
		status_json(daemon, survey, out);
	else
		status_text(daemon, survey, out);
}

/* Why a drop that is wanted is not in force yet. */
static const char *why_refused(int error)
{
	return error == EDQUOT ? "more at once than the process that drops grants" : strerror(error);
}

/* Has the warden answered all that it was asked? Then the judge's marks say what the kernel does. */
static bool settled(const struct daemon *daemon)
{
	return !daemon->enforce || enforce_settle(daemon->enforce, SETTLE_MS);
}

/* What was decided is in force; whether it outlives us is another matter. */
static void say_written(struct daemon *daemon, bool written, FILE *out)
{
	if (!written && daemon->checkpoint)
		fprintf(out, "but the state cannot be written (%s): after a restart it is as before\n", checkpoint_failed(daemon->checkpoint));
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
		fprintf(shown->out, "; not dropped yet: %s", why_refused(event->refused));
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

static void answer_list(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct shown *shown = calloc(1, sizeof(*shown));

	if (!shown) {
		fputs("error out of memory\n", out);
		return;
	}
	*shown = (struct shown){ .daemon = daemon, .json = wants_json(request) };
	fputs("ok\n", out);
	if (control_parts(daemon->control, list_part, free, shown))
		return;
	while (list_part(shown, out))
		continue;
	free(shown);
}

static bool read_prefix(const struct daemon *daemon, const struct request *request, struct prefix *prefix, FILE *out)
{
	const char *word = request->count > 1 ? request->word[1] : "";
	const char *wrong = prefix_parse(text_of(word), true, prefix);

	if (wrong)
		fprintf(out, "error '%s' %s\n", word, wrong);
	else
		prefix_untranslate(prefix, daemon->setup->conf.nat64, daemon->setup->conf.nat64_count);
	return !wrong;
}

/* What the warden says of a ban that it was just asked for; if that is no, so is the answer. */
static bool is_in_force(struct daemon *daemon, const struct prefix *prefix, const char *name, FILE *out)
{
	int refused;

	if (!settled(daemon)) {
		fprintf(out, "error %s is not banned yet: the process that drops does not answer\n", name);
		return false;
	}
	refused = judge_refused(daemon->judge, prefix, clock_now_ms());
	if (refused == EPERM || refused == EINVAL) {
		judge_take_back(daemon->judge, prefix, clock_now_ms());
		orders_drop(daemon->orders, ORDER_BAN, prefix);
		fprintf(out, "error %s is not banned: the process that drops refuses it%s\n", name, refused == EPERM ? ", it is allowed" : "");
	} else if (refused > 0) {
		fprintf(out, "error %s is not banned yet: %s; it is asked for again\n", name, why_refused(refused));
	}
	return refused <= 0;
}

/* ban ADDRESS [SECONDS|permanent [REASON]]; 0 seconds: ban_time */
static void answer_ban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE], length[24];
	uint32_t seconds = daemon->setup->conf.policy.ban_time_s, most = daemon->setup->conf.policy.ban_time_max_s;
	const char *wanted = request->count > 2 ? request->word[2] : "0", *reason = request->count > 3 ? request->word[3] : "";
	bool permanent = strcmp(wanted, "permanent") == 0;
	int64_t now_ms = clock_now_ms();

	if (!read_prefix(daemon, request, &prefix, out))
		return;
	if (permanent) {
		seconds = most;
	} else if (strcmp(wanted, "0") != 0 && (!duration_parse(text_of(wanted), &seconds) || seconds == 0)) {
		fputs("error that is no duration\n", out);
		return;
	}
	prefix_fmt(name, sizeof(name), &prefix);
	if (seconds > most) {
		fprintf(out, "error no ban is longer than ban_time_max, which is %s; --permanent renews one\n",
			duration_fmt(length, sizeof(length), most));
		return;
	}
	const char *never = wire_never_dropped(&prefix);
	if (never) {
		fprintf(out, "error %s is not banned: %s\n", name, never);
		return;
	}
	if (ranges_cover(&daemon->setup->conf.allow, &prefix)) {
		fprintf(out, "error %s is not banned: the allow-list protects it\n", name);
		return;
	}
	/* The order first: who is told of the ban is told of it as a whole. */
	orders_drop(daemon->orders, ORDER_BAN, &prefix);
	int err = permanent || *reason ? orders_put(daemon->orders, ORDER_BAN, &prefix, now_ms,
						     permanent ? 0 : now_ms + seconds * INT64_C(1000), reason) : 0;
	judge_ban(daemon->judge, &prefix, seconds, now_ms);
	duration_fmt(length, sizeof(length), seconds);
	log_notice("%s banned %s%s by the operator%s%s", name, permanent ? "until unban" : "for ", permanent ? "" : length,
		   *reason ? ": " : "", reason);
	orders_enforce(daemon->orders, false);
	bool is = is_in_force(daemon, &prefix, name, out);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (!is)
		return;
	fprintf(out, "ok\n%s %s %s%s%s\n", name, daemon->dry_run ? "would be banned" : "is banned", permanent ? "until unban" : "for ",
		permanent ? "" : length, ranges_touch(&daemon->setup->conf.allow, &prefix) ?
		"; who is allowed in it is let through" : "");
	if (err < 0)
		fprintf(out, "but %s: there are %d such bans already\n", permanent ? "it ends by itself, after ban_time_max" :
			"its reason is not kept", ORDERS_BANS_MAX);
	say_written(daemon, written, out);
}

/* What was released, as seen from the address that was asked for. */
static void say_released(const struct prefix *prefix, const struct prefix *released, size_t count, FILE *out)
{
	char name[PREFIX_FMT_SIZE], text[PREFIX_FMT_SIZE];

	prefix_fmt(name, sizeof(name), prefix);
	for (size_t i = 0; i < count; i++) {
		prefix_fmt(text, sizeof(text), &released[i]);
		if (released[i].len < prefix->len)
			fprintf(out, "%s is released, which %s is in\n", text, name);
		else
			fprintf(out, "%s is released\n", text);
	}
}

/* Bans of networks around it, by the operator, go on without it. */
static void say_standing(const struct daemon *daemon, const struct prefix *prefix, FILE *out)
{
	const unsigned widest = addr_is_v4(&prefix->addr) ? 96 : 0;
	char text[PREFIX_FMT_SIZE];

	for (unsigned len = prefix->len; len-- > widest;) {
		struct prefix around = { addr_mask(&prefix->addr, len), (uint8_t)len };

		if (judge_refused(daemon->judge, &around, clock_now_ms()) >= 0)
			fprintf(out, "%s stays banned, but for it\n", prefix_fmt(text, sizeof(text), &around));
	}
}

/* allow ADDRESS [SECONDS [REASON]]; 0 seconds: until unallow */
static void answer_allow(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE], length[24] = "";
	uint32_t seconds = 0;
	int64_t now_ms = clock_now_ms();
	const char *reason = request->count > 3 ? request->word[3] : "";
	const struct prefix *ended;
	size_t ended_count;
	int error;

	if (!read_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	if (request->count > 2 && !duration_parse(text_of(request->word[2]), &seconds)) {
		fputs("error that is no duration\n", out);
		return;
	}
	if (!wire_allowable(&prefix)) {
		fprintf(out, "error %s is not allowed: it is wider than an address or an IPv6 /64; in the config, under [allow], "
			"it may be any network\n", name);
		return;
	}
	error = orders_put(daemon->orders, ORDER_ALLOW, &prefix, now_ms, seconds ? now_ms + seconds * INT64_C(1000) : 0, reason);
	if (error < 0) {
		fprintf(out, "error %s is not allowed: %s\n", name, error != -ENOSPC ? strerror(-error) :
			"there are as many already as there can be; in the config, under [allow], there is more room");
		return;
	}
	if (daemon->enforce)
		enforce_allow_error(daemon->enforce);
	orders_enforce(daemon->orders, false);
	ended = orders_ended(daemon->orders, &ended_count);
	bool sure = settled(daemon);
	error = daemon->enforce ? enforce_allow_error(daemon->enforce) : 0;
	if (error) {
		orders_drop(daemon->orders, ORDER_ALLOW, &prefix);
		orders_enforce(daemon->orders, false);
	} else {
		log_notice("%s allowed %s%s by the operator%s%s", name, seconds ? "for " : "until unallow",
			   seconds ? duration_fmt(length, sizeof(length), seconds) : "", *reason ? ": " : "", reason);
	}
	bool written = checkpoint_flush(daemon->checkpoint);
	if (error)
		fprintf(out, "error %s is not allowed: %s\n", name, error == EDQUOT ? "too many within a few minutes" : strerror(error));
	else if (!sure)
		fprintf(out, "error %s may still be dropped: the process that drops does not answer; it is allowed when it does\n", name);
	else
		fprintf(out, "ok\n%s is allowed %s%s: not counted, not dropped\n", name, seconds ? "for " : "until unallow", length);
	if (error)
		return;
	say_released(&prefix, ended, ended_count, out);
	say_standing(daemon, &prefix, out);
	say_written(daemon, written, out);
}

/* unallow ADDRESS */
static void answer_unallow(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE];

	if (!read_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	bool was = orders_drop(daemon->orders, ORDER_ALLOW, &prefix);
	orders_enforce(daemon->orders, false);
	bool still = ranges_touch(&daemon->setup->conf.allow, &prefix), sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (was)
		log_notice("%s no longer allowed, by the operator", name);
	if (!was)
		fprintf(out, "error %s %s\n", name, still ? "is allowed by the config or as this machine's own, or with its network" :
			"is not allowed");
	else if (!sure)
		fprintf(out, "error %s may still be allowed: the process that drops does not answer\n", name);
	else
		fprintf(out, "ok\n%s is no longer allowed%s\n", name, still ? ", but by the config, as this machine's own, or with its network" : "");
	if (was)
		say_written(daemon, written, out);
}

struct released {
	struct prefix *at;
	size_t count, room;
	bool failed;
};

static void collect(void *arg, const struct event *event)
{
	struct released *released = arg;

	if (released->count == released->room) {
		size_t room = released->room ? released->room * 2 : 64;
		struct prefix *at = reallocarray(released->at, room, sizeof(*at));

		if (!at) {
			released->failed = true;
			return;
		}
		released->at = at;
		released->room = room;
	}
	released->at[released->count++] = event->prefix;
}

static void release_all(struct daemon *daemon, FILE *out)
{
	struct released released = { 0 };

	judge_active(daemon->judge, clock_now_ms(), collect, &released);
	for (size_t i = 0; i < released.count; i++) {
		judge_release(daemon->judge, &released.at[i], clock_now_ms());
		orders_drop(daemon->orders, ORDER_BAN, &released.at[i]);
	}
	if (daemon->enforce)
		enforce_clear(daemon->enforce);
	log_notice("%zu %s released by the operator", released.count, plural(released.count, "address", "addresses"));
	bool sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (!sure)
		fputs("error the process that drops does not answer: they are released when it does\n", out);
	else if (daemon->refusals.rebuild)
		fputs("error the kernel refuses to let go of them all; it is asked again\n", out);
	else if (released.failed)
		fputs("error out of memory: some are still banned, say it again\n", out);
	else
		fprintf(out, "ok\n%zu released\n", released.count);
	say_written(daemon, written, out);
	free(released.at);
}

/* A customer on the telephone knows his address, not the network that it is counted under, or banned with. */
static void answer_unban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix, released[JUDGE_AROUND_MAX];
	char name[PREFIX_FMT_SIZE], text[PREFIX_FMT_SIZE];

	if (request->count > 1 && strcmp(request->word[1], "--all") == 0) {
		release_all(daemon, out);
		return;
	}
	if (!read_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	size_t count = judge_release_around(daemon->judge, &prefix, clock_now_ms(), released);
	for (size_t i = 0; i < count; i++) {
		orders_drop(daemon->orders, ORDER_BAN, &released[i]);
		log_notice("%s released by the operator", prefix_fmt(text, sizeof(text), &released[i]));
	}
	bool sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (count > 0 && (!sure || daemon->refusals.rebuild))
		fprintf(out, "error %s is still dropped: %s\n", name, sure ? "the kernel refuses to let go of it; it is asked again" :
			"the process that drops does not answer; it is released when it does");
	else if (count == 0)
		fprintf(out, "error %s is not banned\n", name);
	else
		fputs("ok\n", out);
	say_released(&prefix, released, count, out);
	if (count > 0)
		say_written(daemon, written, out);
}

/* A network, and not just what one address counts under. */
static bool is_wider(const struct daemon *daemon, const struct prefix *prefix)
{
	struct prefix unit = unit_of(&daemon->setup->conf, &prefix->addr);

	return prefix->len < 128 && prefix->len < unit.len;
}

static void answer_explain(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct explain_seen seen;
	struct prefix prefix;

	bool json = request->count > 2 && strcmp(request->word[2], "json") == 0;

	if (!read_prefix(daemon, request, &prefix, out))
		return;
	bool wide = is_wider(daemon, &prefix);
	if (wide ? !explain_network_look(daemon, &prefix, &seen) : !explain_look(daemon, &prefix.addr, &seen))
		return;
	fputs("ok\n", out);
	if (wide)
		(json ? explain_network_json : explain_network_text)(daemon, &prefix, &seen, out);
	else
		(json ? explain_json : explain_text)(daemon, &prefix.addr, &seen, out);
	if (seen.host)
		asked_use(&daemon->asked, seen.host);
	if (seen.drop)
		asked_use(&daemon->asked, seen.drop);
}

/* name text|json NAME [ADDRESS] */
static void answer_name(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct addr addr;

	if (request->count < 3 || (request->count > 3 && !addr_parse(text_of(request->word[3]), &addr))) {
		fputs("error which name?\n", out);
		return;
	}
	fputs("ok\n", out);
	explain_name(daemon, request->word[2], request->count > 3 ? &addr : NULL, strcmp(request->word[1], "json") == 0, out);
}

/* With it what it was learned as for those who log in without a domain. */
static void forget_name(struct daemon *daemon, struct text text)
{
	uint64_t local, name;
	uint32_t domain;

	name = account_hash(judge_name_key(daemon->judge), &daemon->setup->conf.names, text, &domain, &local);
	judge_forget_name(daemon->judge, name);
	if (local)
		judge_forget_name(daemon->judge, local);
}

/* An address with the unit that it counts under; of a network, all in it. As judge_forget_inside(). */
static int forget_address(struct daemon *daemon, const struct prefix *prefix)
{
	struct prefix unit = prefix->len == 128 ? unit_of(&daemon->setup->conf, &prefix->addr) : *prefix;
	int count = judge_forget_inside(daemon->judge, &unit, clock_now_ms());

	if (count < 0)
		return count;
	orders_drop_inside(daemon->orders, ORDER_BAN, &unit);
	if (daemon->evidence)
		evidence_forget(daemon->evidence, &unit);
	return count;
}

/* forget ADDRESS, forget NAME */
static void answer_forget(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char shown[256];
	int count = 0;

	if (request->count != 2) {
		fputs("error which name or address?\n", out);
		return;
	}
	bool name = prefix_parse(text_of(request->word[1]), true, &prefix) != NULL;
	if (name)
		forget_name(daemon, text_of(request->word[1]));
	else
		count = forget_address(daemon, &prefix);
	if (count < 0) {
		fprintf(out, "error nothing is forgotten: %s\n", strerror(-count));
		return;
	}
	bool written = checkpoint_flush(daemon->checkpoint);
	text_escape(shown, sizeof(shown), text_of(request->word[1]));
	log_notice("%s forgotten by the operator", shown);
	fprintf(out, "ok\n%s is forgotten", shown);
	if (!name && is_wider(daemon, &prefix))
		fprintf(out, count ? ", with %d %s in it" : ": nothing was known of anybody in it", count,
			plural((uint64_t)count, "address or network", "addresses and networks"));
	fputc('\n', out);
	say_written(daemon, written, out);
}

static void answer_reload(struct daemon *daemon, const struct request *request, FILE *out)
{
	char *said = NULL;
	size_t len;
	FILE *memory = open_memstream(&said, &len);
	bool done;

	(void)request;
	if (!memory) {
		fputs("error out of memory\n", out);
		return;
	}
	done = reload(daemon, memory);
	fclose(memory);
	fprintf(out, "%s\n%s", done ? "ok" : "error not reloaded, the old configuration stays in force", said);
	if (done)
		fputs("reloaded\n", out);
	free(said);
}

static void answer_events(struct daemon *daemon, const struct request *request, FILE *out)
{
	int err = subscribers_add(daemon->subscribers, control_keep(daemon->control), wants_json(request));

	if (err == -EUSERS)
		fprintf(out, "error %d follow the events already, which is the most there can be\n", SUBSCRIBERS_MAX);
	else if (err < 0)
		fprintf(out, "error the events cannot be followed: %s\n", strerror(-err));
	else
		fputs("ok\n", out);
}

static void answer_metrics(struct daemon *daemon, const struct request *request, FILE *out)
{
	const struct survey *survey = looked(daemon);

	(void)request;
	if (!survey)
		return;
	fputs("ok\n", out);
	metrics_write(daemon, survey, out);
}

static void answer_top(struct daemon *daemon, const struct request *request, FILE *out)
{
	const struct survey *survey = census_have(&daemon->census, daemon->loop, daemon->control, &daemon->judge);

	(void)request;
	if (!survey)
		return;
	fputs("ok\n", out);
	top_write(daemon, survey, out);
}

static void answer_fleet(struct daemon *daemon, const struct request *request, FILE *out)
{
	if (!daemon->fleet || !fleet_is_one(daemon->fleet)) {
		fputs(daemon->dry_run ? "error a dry run takes no part in a fleet\n" : "error there is no [fleet] in the configuration\n", out);
		return;
	}
	fputs("ok\n", out);
	(wants_json(request) ? fleet_json : fleet_text)(daemon->fleet, out);
}

/* ban-here, unban-here: what is done is this host's alone. */
static void mute(const struct daemon *daemon, const struct request *request, bool muted)
{
	if (daemon->fleet && strstr(request->word[0], "-here"))
		fleet_mute(daemon->fleet, muted);
}

static const struct {
	const char *word;
	void (*answer)(struct daemon *daemon, const struct request *request, FILE *out);
} answers[] = {
	{ "status", answer_status },
	{ "list", answer_list },
	{ "ban", answer_ban },
	{ "unban", answer_unban },
	{ "ban-here", answer_ban },
	{ "unban-here", answer_unban },
	{ "fleet", answer_fleet },
	{ "allow", answer_allow },
	{ "unallow", answer_unallow },
	{ "explain", answer_explain },
	{ "name", answer_name },
	{ "forget", answer_forget },
	{ "reload", answer_reload },
	{ "events", answer_events },
	{ "metrics", answer_metrics },
	{ "top", answer_top },
};

static struct request split(char *text)
{
	struct request request = { 0 };

	while (request.count < WORDS_MAX && *(text += strspn(text, " ")) != '\0') {
		request.word[request.count++] = text;
		if (request.count == WORDS_MAX)
			break;
		text += strcspn(text, " ");
		if (*text == ' ')
			*text++ = '\0';
	}
	return request;
}

void answer(void *arg, char *text, FILE *out)
{
	struct request request = split(text);

	clocks_check(arg);
	for (size_t i = 0; request.count && i < COUNT(answers); i++) {
		if (strcmp(request.word[0], answers[i].word) == 0) {
			mute(arg, &request, true);
			answers[i].answer(arg, &request, out);
			mute(arg, &request, false);
			return;
		}
	}
	fputs("error unknown request\n", out);
}
