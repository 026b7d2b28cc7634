/* explain - all that is known of one address, for the postmaster whose customer is on the telephone
 *
 * Only looks: nothing it does changes a count. Used by answer.c. */
#include "service/explain.h"

#include "conf/blocklist.h"
#include "base/json.h"
#include "judge/judge_state.h"

struct findings {
	struct prefix unit;	/* what the address is counted and banned under */
	bool allowed, banworthy;
	struct window_sum sum;
	const struct ban *ban;	/* running or remembered, or NULL */
	const struct ban *around;	/* of a network that it is in, running; the one that lasts longest, or NULL */
	bool running, remembered;
	int64_t now_ms;
};

static const struct ban *ban_around(const struct bans *bans, const struct prefix *unit, int64_t now_ms)
{
	const unsigned widest = addr_is_v4(&unit->addr) ? 96 : 0;
	const struct ban *longest = NULL;

	for (unsigned len = unit->len; len-- > widest;) {
		struct prefix network = { addr_mask(&unit->addr, len), (uint8_t)len };
		const struct ban *ban = bans_running(bans, &network, now_ms);
		if (ban && (!longest || ban->until_ms > longest->until_ms))
			longest = ban;
	}
	return longest;
}

static struct findings find(const struct judge *judge, const struct addr *addr)
{
	struct prefix host = { *addr, 128 };
	struct findings findings = {
		.unit = prefix_of(addr, judge->conf->policy.ipv6_prefix),
		.banworthy = addr_is_banworthy(addr),
		.now_ms = judge->now_ms(),
	};

	findings.allowed = ranges_touch(&judge->conf->allow, &findings.unit);
	window_look(&judge->window, &findings.unit, findings.now_ms, &findings.sum);
	findings.ban = bans_running(&judge->bans, &host, findings.now_ms);
	if (!findings.ban)
		findings.ban = table_find(&judge->bans.table, &findings.unit);
	findings.around = ban_around(&judge->bans, &findings.unit, findings.now_ms);
	if (findings.ban) {
		findings.running = findings.now_ms < findings.ban->until_ms;
		findings.remembered = bans_repeat(&judge->bans, findings.ban, findings.now_ms) > 1;
	}
	return findings;
}

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

static const char *rest_of(char *text, size_t size, int64_t ms)
{
	return duration_fmt(text, size, (uint64_t)((ms + 999) / 1000));
}

/* "now        banned for another 59m: 6 errors, last postfix/user-unknown"; a network's with its name */
static void ban_text(const struct judge *judge, const struct findings *findings, const struct ban *ban, FILE *out)
{
	char text[PREFIX_FMT_SIZE], span[24];
	struct prefix network = table_key(&ban->slot);

	fprintf(out, "now        %s", ban->kind == VERDICT_BAN ? "banned" : "delayed");
	if (ban == findings->around)
		fprintf(out, " with all of %s", prefix_fmt(text, sizeof(text), &network));
	fprintf(out, " for another %s", rest_of(span, sizeof(span), ban->until_ms - findings->now_ms));
	if (ban->rule == BAN_MANUAL)
		fputs(": by the operator", out);
	else if (ban->rule == BAN_NETWORK)
		fputs(": its neighbours were banned", out);
	else if (ban->errors)
		fprintf(out, ": %u errors, last %s", ban->errors, judge_rule_name(judge, ban->rule));
	fputc('\n', out);
}

void explain_text(struct judge *judge, const struct addr *addr, FILE *out)
{
	struct findings findings = find(judge, addr);
	const struct policy *policy = &judge->conf->policy;
	char text[PREFIX_FMT_SIZE], span[24];

	fprintf(out, "%s", addr_fmt(text, sizeof(text), addr));
	if (findings.unit.len != 128)
		fprintf(out, ", counted with all of %s", prefix_fmt(text, sizeof(text), &findings.unit));
	fputc('\n', out);
	if (findings.allowed)
		fputs("allowed    always: the allow-list, our own address or the gateway; never counted, never dropped\n", out);
	else if (!findings.banworthy)
		fputs("allowed    always: no address of a client on the network\n", out);
	bool listed = listings_text(judge->conf, addr, out) && !findings.allowed;
	fprintf(out, "errors     %u in the last %s (delays from %u, a ban at %u)\n", findings.sum.errors,
		duration_fmt(span, sizeof(span), policy->window_s), policy->soft_error_limit, policy->hard_error_limit);
	for (size_t i = 0; i < findings.sum.reason_count; i++)
		fprintf(out, "           %u %s\n", findings.sum.reasons[i].errors,
			judge_rule_name(judge, findings.sum.reasons[i].rule));
	if (findings.running)
		ban_text(judge, &findings, findings.ban, out);
	if (findings.around)
		ban_text(judge, &findings, findings.around, out);
	if (!findings.running && !findings.around)
		fputs(listed ? "now        dropped when it connects, as listed\n" : "now        not dropped\n", out);
	if (findings.remembered)
		fprintf(out, "before     %u bans so far; the next would be for %s\n", findings.ban->repeat,
			duration_fmt(span, sizeof(span),
				     ladder_ban_s(policy, bans_repeat(&judge->bans, findings.ban, findings.now_ms))));
}

void explain_json(struct judge *judge, const struct addr *addr, FILE *out)
{
	struct findings findings = find(judge, addr);
	const struct ban *now = findings.running ? findings.ban : findings.around;
	char text[PREFIX_FMT_SIZE];
	struct prefix network;
	struct json json;

	if (now && findings.around && findings.around->until_ms > now->until_ms)
		now = findings.around;
	json_begin(&json, out);
	json_cstr(&json, "event", "explain");
	json_cstr(&json, "address", addr_fmt(text, sizeof(text), addr));
	json_cstr(&json, "counted", prefix_fmt(text, sizeof(text), &findings.unit));
	json_bool(&json, "allowed", findings.allowed || !findings.banworthy);
	json_uint(&json, "errors", findings.sum.errors);
	json_cstr(&json, "state", !now ? "free" : now->kind == VERDICT_BAN ? "banned" : "delayed");
	if (now) {
		json_uint(&json, "seconds", (uint64_t)((now->until_ms - findings.now_ms + 999) / 1000));
		json_cstr(&json, "rule", judge_rule_name(judge, now->rule));
	}
	if (findings.around) {
		network = table_key(&findings.around->slot);
		json_cstr(&json, "network", prefix_fmt(text, sizeof(text), &network));
	}
	json_uint(&json, "bans", findings.remembered ? findings.ban->repeat : 0);
	json_end(&json);
	listings_json(judge->conf, addr, out);
}
