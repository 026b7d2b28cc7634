/* explain_network - what is known of a network as a whole, and of who is in it
 *
 * Only looks: nothing it does changes a count. */
#include "service/explain_network.h"

#include "base/clock.h"
#include "judge/inside.h"
#include "service/explain_lines.h"
#include "service/orders.h"
#include "service/report.h"

#define INSIDE_SHOWN 20

/* The drops in it: the first that are found; of all of them, their number is told. */
struct shown {
	struct event at[INSIDE_SHOWN];
	size_t count;
};

static void show(void *arg, const struct event *event)
{
	struct shown *shown = arg;

	if (shown->count < INSIDE_SHOWN)
		shown->at[shown->count++] = *event;
}

/* Its own drop, or that of a network around it, with what the operator said of it. */
static bool find_over(const struct daemon *daemon, const struct prefix *network, struct event *over)
{
	struct event found;

	if (!judge_over(daemon->judge, network, clock_now_ms(), &found))
		return false;
	*over = orders_event(daemon->orders, &found);
	return true;
}

bool explain_network_look(struct daemon *daemon, const struct prefix *network, struct explain_seen *seen)
{
	struct event over;

	*seen = (struct explain_seen){ .drop = NULL };
	return !find_over(daemon, network, &over) || asked_look(&daemon->asked, &over.prefix, &seen->drop);
}

static void inside_text(const struct daemon *daemon, const struct prefix *network, FILE *out)
{
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE], span[24], cause[CAUSE_FMT_SIZE];
	struct shown shown = { .count = 0 };
	struct inside inside;

	judge_inside(daemon->judge, network, now_ms, &inside, show, &shown);
	fprintf(out, "inside     %u %s, %u delayed; %llu %s of %u %s in the last %s\n", inside.bans,
		daemon->dry_run ? "that would be banned" : "banned", inside.delays, (unsigned long long)inside.errors,
		plural(inside.errors, "error", "errors"), inside.erring, plural(inside.erring, "address", "addresses"),
		duration_fmt(span, sizeof(span), daemon->setup->conf.policy.window_s));
	for (size_t i = 0; i < shown.count; i++) {
		struct event drop = orders_event(daemon->orders, &shown.at[i]);

		fprintf(out, "           %s %s ", prefix_fmt(text, sizeof(text), &drop.prefix), drop.kind == VERDICT_BAN ? "banned" : "delayed");
		if (drop.permanent)
			fputs("until unban", out);
		else
			fprintf(out, "for another %s", duration_fmt(span, sizeof(span), rest_s(&drop, now_ms)));
		fprintf(out, ": %s\n", cause_fmt(cause, sizeof(cause), &drop));
	}
	if (shown.count < (size_t)inside.bans + inside.delays)
		fprintf(out, "           and %zu more, see mailward list\n", (size_t)inside.bans + inside.delays - shown.count);
}

void explain_network_text(const struct daemon *daemon, const struct prefix *network, const struct explain_seen *seen, FILE *out)
{
	const struct ranges *allow = &daemon->setup->conf.allow;
	char text[PREFIX_FMT_SIZE];
	struct event over;
	bool dropped = find_over(daemon, network, &over);

	fprintf(out, "%s, a network\n", prefix_fmt(text, sizeof(text), network));
	if (ranges_touch(allow, network))
		fprintf(out, "allowed    %s: never counted, never dropped\n",
			ranges_cover(allow, network) ? "all of it" : "some in it, by the allow-list or as this machine's own");
	if (dropped)
		explain_drop_text(&over, daemon->dry_run, over.prefix.len != network->len, clock_now_ms(), out);
	else
		fputs("now        not dropped as a whole\n", out);
	if (dropped) {
		explain_kernel_text(daemon, seen, out);
		explain_undo_text(&over.prefix, out);
	}
	inside_text(daemon, network, out);
	explain_lines_text(daemon, network, out);
}

void explain_network_json(const struct daemon *daemon, const struct prefix *network, const struct explain_seen *seen, FILE *out)
{
	const struct ranges *allow = &daemon->setup->conf.allow;
	int64_t now_ms = clock_now_ms();
	struct shown shown = { .count = 0 };
	char text[PREFIX_FMT_SIZE];
	struct inside inside;
	struct event over;
	struct json json;

	judge_inside(daemon->judge, network, now_ms, &inside, show, &shown);
	bool dropped = find_over(daemon, network, &over);
	json_begin(&json, out);
	json_cstr(&json, "event", "explain-network");
	json_cstr(&json, "address", prefix_fmt(text, sizeof(text), network));
	json_bool(&json, "allowed", ranges_cover(allow, network));
	json_bool(&json, "allowed_inside", ranges_touch(allow, network));
	json_cstr(&json, "state", !dropped ? "free" : over.kind == VERDICT_BAN ? "banned" : "delayed");
	if (dropped)
		explain_drop_json(&over, now_ms, &json);
	if (dropped && over.prefix.len != network->len)
		json_cstr(&json, "network", prefix_fmt(text, sizeof(text), &over.prefix));
	explain_kernel_json(seen, &json);
	json_uint(&json, "errors", inside.errors);
	json_uint(&json, "erring", inside.erring);
	json_uint(&json, "banned", inside.bans);
	json_uint(&json, "delayed", inside.delays);
	json_list(&json, "inside");
	for (size_t i = 0; i < shown.count; i++) {
		struct event drop = orders_event(daemon->orders, &shown.at[i]);
		struct json item;

		json_item(&json, &item);
		json_cstr(&item, "address", prefix_fmt(text, sizeof(text), &drop.prefix));
		json_cstr(&item, "state", drop.kind == VERDICT_BAN ? "banned" : "delayed");
		explain_drop_json(&drop, now_ms, &item);
		json_item_end(&item);
	}
	json_list_end(&json);
	json_bool(&json, "dry_run", daemon->dry_run);
	explain_lines_json(daemon, network, &json);
	json_end(&json);
}
