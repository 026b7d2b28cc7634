/* explain - all that is known of one address, for the postmaster whose customer is on the telephone
 *
 * Only looks: nothing it does changes a count. */
#include "service/explain.h"

#include "base/clock.h"
#include "base/json.h"
#include "conf/blocklist.h"
#include "service/report.h"

/* what a blocklist says of the address */
struct listing {
	const struct conf_blocklist *list;
	bool unreadable;
	struct blocklist_entry entry;	/* the line that decides */
};

/* next_listing - the next of the blocklists from *next on that speaks of it, as its file is now; false: no more */
static bool next_listing(const struct conf *conf, const struct addr *addr, size_t *next, struct listing *listing)
{
	struct problems problems = { .out = NULL };
	const struct blocklist_entry *found = NULL;
	struct ranges guarded = { 0 };

	*listing = (struct listing){ 0 };
	if (*next < conf->blocklist_count)
		blocklist_guarded(&guarded);
	while (*next < conf->blocklist_count && !found && !listing->unreadable) {
		struct blocklist list;
		struct ranges drops = { 0 };
		listing->list = &conf->blocklists[(*next)++];
		listing->unreadable = !blocklist_load(&list, listing->list->file, &guarded, &problems, &drops);
		found = blocklist_find(&list, addr);
		if (found)
			listing->entry = *found;
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
	ranges_fini(&guarded);
	return found || listing->unreadable;
}

static const char *const verdicts[BLOCKLIST_VERDICTS] = { "drop", "except", "defer" };

/* listings_text - what the blocklists say; true: that new connections are dropped */
static bool listings_text(const struct conf *conf, const struct addr *addr, FILE *out)
{
	static const char *const said[BLOCKLIST_VERDICTS] = { "drops", "does not drop", "does not drop (a refusal for now)" };
	char text[PREFIX_FMT_SIZE];
	struct listing listing;
	bool dropped = false;

	for (size_t i = 0; next_listing(conf, addr, &i, &listing);) {
		if (listing.unreadable) {
			fprintf(out, "listed     not known: %s is wrong now, blocklist %s is as it was before (mailward check)\n",
				listing.list->file, listing.list->name);
			continue;
		}
		prefix_fmt(text, sizeof(text), &listing.entry.prefix);
		fprintf(out, "listed     blocklist %s %s it: %s:%u, %s\n", listing.list->name, said[listing.entry.verdict],
			listing.list->file, listing.entry.line, text);
		dropped |= listing.entry.verdict == BLOCKLIST_DROP;
	}
	return dropped;
}

static void listings_json(const struct conf *conf, const struct addr *addr, FILE *out)
{
	char text[PREFIX_FMT_SIZE];
	struct listing listing;
	struct json json;

	for (size_t i = 0; next_listing(conf, addr, &i, &listing);) {
		if (listing.unreadable)
			continue;
		json_begin(&json, out);
		json_cstr(&json, "event", "listed");
		json_cstr(&json, "address", addr_fmt(text, sizeof(text), addr));
		json_cstr(&json, "list", listing.list->name);
		json_cstr(&json, "file", listing.list->file);
		json_uint(&json, "line", listing.entry.line);
		json_cstr(&json, "prefix", prefix_fmt(text, sizeof(text), &listing.entry.prefix));
		json_cstr(&json, "action", verdicts[listing.entry.verdict]);
		json_end(&json);
	}
}

/* "now        banned for another 59m: 6 errors, last postfix/user-unknown"; a network's with its name */
static void drop_text(const struct event *drop, bool network, int64_t now_ms, FILE *out)
{
	char text[PREFIX_FMT_SIZE], span[24];

	fprintf(out, "now        %s", drop->kind == VERDICT_BAN ? "banned" : "delayed");
	if (network)
		fprintf(out, " with all of %s", prefix_fmt(text, sizeof(text), &drop->prefix));
	fprintf(out, " for another %s", duration_fmt(span, sizeof(span), rest_s(drop, now_ms)));
	if (drop->neighbours)
		fputs(": its neighbours were banned", out);
	else if (drop->errors)
		fprintf(out, ": %u errors, last %s", drop->errors, drop->rule);
	else
		fputs(": by the operator", out);
	fputc('\n', out);
}

void explain_text(const struct daemon *daemon, const struct addr *addr, FILE *out)
{
	const struct policy *policy = &daemon->setup->conf.policy;
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE], span[24];
	struct judge_view view;

	judge_look(daemon->judge, addr, now_ms, &view);
	fprintf(out, "%s", addr_fmt(text, sizeof(text), addr));
	if (view.unit.len != 128)
		fprintf(out, ", counted with all of %s", prefix_fmt(text, sizeof(text), &view.unit));
	fputc('\n', out);
	if (view.allowed)
		fputs("allowed    always: the allow-list, our own address or the gateway; never counted, never dropped\n", out);
	else if (!view.banworthy)
		fputs("allowed    always: no address of a client on the network\n", out);
	bool listed = listings_text(&daemon->setup->conf, addr, out) && !view.allowed;
	fprintf(out, "errors     %u in the last %s (delays from %u, a ban at %u)\n", view.errors,
		duration_fmt(span, sizeof(span), policy->window_s), policy->soft_error_limit, policy->hard_error_limit);
	for (size_t i = 0; i < view.reason_count; i++)
		fprintf(out, "           %u %s\n", view.reasons[i].errors, view.reasons[i].rule);
	if (view.running)
		drop_text(&view.own, false, now_ms, out);
	if (view.around_running)
		drop_text(&view.around, true, now_ms, out);
	if (!view.running && !view.around_running)
		fputs(listed ? "now        dropped when it connects, as listed\n" : "now        not dropped\n", out);
	if (view.repeat)
		fprintf(out, "before     %u bans so far; the next would be for %s\n", view.repeat,
			duration_fmt(span, sizeof(span), view.next_ban_s));
}

void explain_json(const struct daemon *daemon, const struct addr *addr, FILE *out)
{
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE];
	const struct event *drop;
	struct judge_view view;
	struct json json;

	judge_look(daemon->judge, addr, now_ms, &view);
	drop = view.running ? &view.own : view.around_running ? &view.around : NULL;
	if (drop && view.around_running && view.around.until_ms > drop->until_ms)
		drop = &view.around;
	json_begin(&json, out);
	json_cstr(&json, "event", "explain");
	json_cstr(&json, "address", addr_fmt(text, sizeof(text), addr));
	json_cstr(&json, "counted", prefix_fmt(text, sizeof(text), &view.unit));
	json_bool(&json, "allowed", view.allowed || !view.banworthy);
	json_uint(&json, "errors", view.errors);
	json_cstr(&json, "state", !drop ? "free" : drop->kind == VERDICT_BAN ? "banned" : "delayed");
	if (drop) {
		json_uint(&json, "seconds", rest_s(drop, now_ms));
		json_cstr(&json, "rule", drop->rule);
	}
	if (view.around_running)
		json_cstr(&json, "network", prefix_fmt(text, sizeof(text), &view.around.prefix));
	json_uint(&json, "bans", view.repeat);
	json_end(&json);
	listings_json(&daemon->setup->conf, addr, out);
}
