/* explain - all that is known of one address, for the postmaster whose customer is on the telephone
 *
 * Only looks: nothing it does changes a count. */
#include "service/explain.h"

#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wire.h"
#include "service/explain_lines.h"
#include "service/orders.h"
#include "service/report.h"

void explain_drop_text(const struct event *drop, bool dry_run, bool network, int64_t now_ms, FILE *out)
{
	char text[PREFIX_FMT_SIZE], span[24], cause[CAUSE_FMT_SIZE];

	fprintf(out, "now        %s%s", dry_run ? "would be " : "", drop->kind == VERDICT_BAN ? "banned" : "delayed");
	if (network)
		fprintf(out, " with all of %s", prefix_fmt(text, sizeof(text), &drop->prefix));
	if (drop->permanent)
		fputs(" until unban", out);
	else
		fprintf(out, " for another %s", duration_fmt(span, sizeof(span), rest_s(drop, now_ms)));
	fprintf(out, ": %s", drop->errors ? cause_fmt(cause, sizeof(cause), drop) : "by the operator");
	if (drop->said)
		fprintf(out, ": %s", drop->said);
	if (drop->only_service)
		fprintf(out, "; from the ports of %s alone", drop->only_service);
	if (drop->refused)
		fprintf(out, "; not in force yet: %s", strerror(drop->refused));
	fputc('\n', out);
}

/* Who is banned begins anew: what he was banned for is told with the ban. */
static void errors_text(const struct policy *policy, const struct judge_view *view, FILE *out)
{
	char span[24];

	if (view->running && view->own.kind == VERDICT_BAN && view->errors == 0) {
		fputs("errors     none since the ban; those before it are what it is for\n", out);
		return;
	}
	fprintf(out, "errors     %u in the last %s (delays from %u, a ban at %u)\n", view->errors,
		duration_fmt(span, sizeof(span), policy->window_s), policy->soft_error_limit,
		policy->memory ? view->limit : policy->hard_error_limit);
	for (size_t i = 0; i < view->reason_count; i++)
		fprintf(out, "           %u %s\n", view->reasons[i].errors, view->reasons[i].rule);
	if (policy->memory)
		fprintf(out, "           %u in the last %s (a ban at %u)\n", view->long_errors,
			duration_fmt(span, sizeof(span), policy->long_window_s), view->long_limit);
}

/* Of services with limits of their own: "dovecot    3 in the last 1h (delays from 3, a ban at 5); 4 in the last 7d (a ban at 8)" */
static void services_text(const struct policy *policy, const struct judge_view *view, FILE *out)
{
	char span[24];

	for (size_t i = 0; i < view->service_count; i++) {
		const struct judge_view_service *service = &view->services[i];

		fprintf(out, "%-10s %u in the last %s by itself (delays from %u, a ban at %u)", service->name, service->errors,
			duration_fmt(span, sizeof(span), service->window_s), service->soft_limit, service->limit);
		if (policy->memory)
			fprintf(out, "; %u in the last %s (a ban at %u)", service->long_errors,
				duration_fmt(span, sizeof(span), service->long_window_s), service->long_limit);
		fputc('\n', out);
	}
}

/* "last       banned at 2026-11-25 23:17:39 for 10m: 12 errors, last dovecot/auth-failed": why somebody was kept out yesterday */
static void past_text(const struct event *drop, bool would, FILE *out)
{
	char stamp[32] = "", span[24], cause[CAUSE_FMT_SIZE];
	time_t time_s = (time_t)(drop->time_ms / 1000);
	struct tm tm;

	if (drop->until_ms == 0)
		return;
	if (localtime_r(&time_s, &tm))
		strftime(stamp, sizeof(stamp), "%F %T", &tm);
	fprintf(out, "last       %s%s at %s for %s: %s\n", would ? "would have been " : "", drop->kind == VERDICT_BAN ? "banned" : "delayed",
		stamp, duration_fmt(span, sizeof(span), (uint64_t)(drop->until_ms - drop->time_ms) / 1000), cause_fmt(cause, sizeof(cause), drop));
}

/* ---- what the kernel does ---- */

bool explain_look(struct daemon *daemon, const struct addr *addr, struct explain_seen *seen)
{
	struct prefix host = { *addr, 128 };
	struct judge_view view;
	bool known;

	*seen = (struct explain_seen){ .drop = NULL };
	judge_look(daemon->judge, addr, clock_now_ms(), &view);
	known = asked_look(&daemon->asked, &host, &seen->host);
	if (view.running || (view.around_running && !view.allowed))
		known &= asked_look(&daemon->asked, view.running ? &view.own.prefix : &view.around.prefix, &seen->drop);
	return known;
}

static bool listed(const struct explain_seen *seen)
{
	return seen->host && seen->host->state & WIRE_SEEN_LISTED;
}

void explain_kernel_text(const struct daemon *daemon, const struct explain_seen *seen, FILE *out)
{
	const struct asked_look *drop = seen->drop;

	if (!daemon->enforce)
		return;
	fputs("kernel     ", out);
	if (!drop)
		fputs("not known: the process that drops does not answer\n", out);
	else if (!(drop->state & WIRE_SEEN_BANNED))
		fputs("does NOT drop it (mailward status; mailward reload puts it there again)\n", out);
	else if (!(drop->state & WIRE_SEEN_COUNTED))
		fputs("drops it\n", out);
	else if (drop->packets == 0)
		fputs("drops it, and has met no packet of it yet\n", out);
	else
		fprintf(out, "has dropped %llu %s of it, %.1f kB, so far\n", (unsigned long long)drop->packets,
			plural(drop->packets, "packet", "packets"), (double)drop->bytes / 1e3);
}

void explain_drop_json(const struct event *drop, int64_t now_ms, struct json *json)
{
	char said[ORDER_REASON_SIZE];

	json_uint(json, "seconds", rest_s(drop, now_ms));
	if (drop->permanent)
		json_bool(json, "permanent", true);
	json_cstr(json, "rule", drop->rule);
	if (drop->said)
		json_cstr(json, "reason", text_unescape(said, sizeof(said), text_of(drop->said)));
}

void explain_kernel_json(const struct explain_seen *seen, struct json *json)
{
	if (!seen->drop)
		return;
	json_bool(json, "in_kernel", seen->drop->state & WIRE_SEEN_BANNED);
	if (seen->drop->state & WIRE_SEEN_COUNTED) {
		json_uint(json, "dropped_packets", seen->drop->packets);
		json_uint(json, "dropped_bytes", seen->drop->bytes);
	}
}

/* What the judge that remembers knows besides. */
static void memory_text(const struct judge_view *view, int64_t now_ms, FILE *out)
{
	char span[24];

	if (view->guests)
		fprintf(out, "belongs    %u account%s at home at this address: its own failed logins count for nothing, and the limits are wider\n",
			view->guests, view->guests == 1 ? " is" : "s are");
	if (view->mails)
		fprintf(out, "belongs    %u mail%s delivered within a month: four of them pay for a recipient that nobody has, one for what else is refused\n",
			view->mails, view->mails == 1 ? " from here was" : "s from here were");
	if (view->customers_around)
		fputs("network    customers log in from around it: it is never banned as a whole\n", out);
	if (view->stay_ms > now_ms)
		fprintf(out, "sentence   in %s, unless somebody logs in from here\n",
			duration_fmt(span, sizeof(span), (uint64_t)(view->stay_ms - now_ms + 999) / 1000));
}

/* Of an address that is dropped with its network, what its neighbours did. */
static const struct prefix *witnesses(const struct judge_view *view)
{
	return !view->running && view->around_running ? &view->around.prefix : &view->unit;
}

/* By which order it is allowed: its own, or its /64's; NULL: by none. */
static const struct order *allowed_by(const struct daemon *daemon, const struct addr *addr)
{
	const struct order *order = NULL;

	for (unsigned len = 128; len >= 64 && !order; len--)
		order = orders_find(daemon->orders, ORDER_ALLOW, &(struct prefix){ addr_mask(addr, len), (uint8_t)len });
	return order;
}

static void services_json(const struct judge_view *view, struct json *json)
{
	if (view->service_count == 0)
		return;
	json_list(json, "services");
	for (size_t i = 0; i < view->service_count; i++) {
		struct json item;

		json_item(json, &item);
		json_cstr(&item, "service", view->services[i].name);
		json_uint(&item, "errors", view->services[i].errors);
		json_uint(&item, "limit", view->services[i].limit);
		json_item_end(&item);
	}
	json_list_end(json);
}

/* ---- all of it ---- */

void explain_undo_text(const struct prefix *unit, FILE *out)
{
	char text[PREFIX_FMT_SIZE];

	fprintf(out, "undo       mailward unban %s; to keep it from coming again: ", prefix_fmt(text, sizeof(text), unit));
	if (wire_allowable(unit))
		fprintf(out, "mailward allow %s, or [allow] in the config\n", text);
	else
		fprintf(out, "addresses = %s in [allow], then mailward reload\n", text);
}

/* What is surely an attack on accounts is not left to the ladder. */
static void before_text(const struct policy *policy, const struct judge_view *view, FILE *out)
{
	char span[24];

	fprintf(out, "before     %u %s so far; the next would be for %s", view->repeat, plural(view->repeat, "ban", "bans"),
		duration_fmt(span, sizeof(span), view->next_ban_s));
	if (policy->memory && view->next_ban_s < policy->sure_ban_time_s)
		fprintf(out, ", %s if it is surely an attack", duration_fmt(span, sizeof(span), policy->sure_ban_time_s));
	fputc('\n', out);
}

void explain_text(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out)
{
	const struct policy *policy = &daemon->setup->conf.policy;
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE], span[24], hint[PRIVATE_HINT_SIZE];
	const struct order *allowing;
	struct judge_view view;

	judge_look(daemon->judge, addr, now_ms, &view);
	fprintf(out, "%s", addr_fmt(text, sizeof(text), addr));
	if (view.unit.len != 128)
		fprintf(out, ", counted with all of %s", prefix_fmt(text, sizeof(text), &view.unit));
	fputc('\n', out);
	allowing = allowed_by(daemon, addr);
	if (view.allowed && allowing)
		fprintf(out, "allowed    %s%s by the operator%s%s; never counted, never dropped\n", allowing->until_ms ? "for another " :
			"until unallow", allowing->until_ms ? duration_fmt(span, sizeof(span), order_rest_s(allowing, now_ms)) : "",
			*allowing->reason ? ": " : "", allowing->reason);
	else if (view.allowed)
		fputs("allowed    always: the allow-list, our own address or the gateway; never counted, never dropped\n", out);
	else if (!view.banworthy)
		fputs("allowed    always: no address of a client on the network\n", out);
	errors_text(policy, &view, out);
	services_text(policy, &view, out);
	if (policy->memory)
		memory_text(&view, now_ms, out);
	if (!view.allowed && *private_hint(hint, sizeof(hint), &view.unit))
		fprintf(out, "private    %s\n", hint + 2);
	view.own = orders_event(daemon->orders, &view.own);
	view.around = orders_event(daemon->orders, &view.around);
	if (view.running)
		explain_drop_text(&view.own, daemon->dry_run, false, now_ms, out);
	if (view.around_running && !view.allowed)
		explain_drop_text(&view.around, daemon->dry_run, true, now_ms, out);
	if (daemon->leftover)
		fputs("kernel     bans of an earlier run may stand there: nft list table inet mailward shows them\n", out);
	if (view.allowed && view.around_running)
		fprintf(out, "now        not dropped: %s is banned by the operator, but for who is allowed in it\n",
			prefix_fmt(text, sizeof(text), &view.around.prefix));
	else if (!view.running && !view.around_running && (!listed(seen) || view.allowed))
		fprintf(out, "now        %s\n", daemon->leftover ? "not to be dropped" : "not dropped");
	if (listed(seen) && !view.allowed)
		fputs("now        dropped when it connects: a blocklist that is in force holds it\n", out);
	bool drops = view.running || (view.around_running && !view.allowed);
	if (drops)
		explain_kernel_text(daemon, seen, out);
	if (drops)
		explain_undo_text(&view.unit, out);
	else if (listed(seen) && !view.allowed)
		fprintf(out, "undo       addresses = %s in [allow], then mailward reload; or take it out of the list\n", addr_fmt(text, sizeof(text), addr));
	if (!view.running)
		past_text(&view.own, daemon->dry_run && !(daemon->dry_after && view.own.until_ms <= daemon->dry_since_ms), out);
	if (view.repeat)
		before_text(policy, &view, out);
	explain_lines_text(daemon, witnesses(&view), out);
}

void explain_json(const struct daemon *daemon, const struct addr *addr, const struct explain_seen *seen, FILE *out)
{
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE];
	const struct event *drop;
	struct judge_view view;
	struct json json;

	judge_look(daemon->judge, addr, now_ms, &view);
	view.own = orders_event(daemon->orders, &view.own);
	view.around = orders_event(daemon->orders, &view.around);
	drop = view.running ? &view.own : view.around_running && !view.allowed ? &view.around : NULL;
	if (drop && view.around_running && (view.around.permanent || view.around.until_ms > drop->until_ms))
		drop = &view.around;
	json_begin(&json, out);
	json_cstr(&json, "event", "explain");
	json_cstr(&json, "address", addr_fmt(text, sizeof(text), addr));
	json_cstr(&json, "counted", prefix_fmt(text, sizeof(text), &view.unit));
	json_bool(&json, "allowed", view.allowed || !view.banworthy);
	json_uint(&json, "errors", view.errors);
	json_cstr(&json, "state", !drop ? "free" : drop->kind == VERDICT_BAN ? "banned" : "delayed");
	if (drop)
		explain_drop_json(drop, now_ms, &json);
	if (view.around_running)
		json_cstr(&json, "network", prefix_fmt(text, sizeof(text), &view.around.prefix));
	json_uint(&json, "bans", view.repeat);
	services_json(&view, &json);
	if (!view.running && view.own.until_ms) {
		json_cstr(&json, "last", view.own.kind == VERDICT_BAN ? "ban" : "delay");
		json_time(&json, "last_from", view.own.time_ms);
		json_time(&json, "last_until", view.own.until_ms);
		json_cstr(&json, "last_rule", view.own.rule);
	}
	if (seen->host)
		json_bool(&json, "listed", listed(seen));
	explain_kernel_json(seen, &json);
	json_bool(&json, "dry_run", daemon->dry_run);
	explain_lines_json(daemon, witnesses(&view), &json);
	json_end(&json);
}
