/* health - see health.h */
#include "service/health.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "judge/judge.h"
#include "service/checkpoint.h"
#include "service/fleet.h"
#include "service/list_state.h"

const char *const trouble_names[TROUBLE_KINDS] = {
	[TROUBLE_SOURCE] = "source", [TROUBLE_SILENT_SOURCE] = "silent-source", [TROUBLE_STORE] = "store",
	[TROUBLE_WARDEN] = "firewall", [TROUBLE_BLOCKLIST] = "blocklist", [TROUBLE_UNBITTEN] = "bans-do-not-bite",
	[TROUBLE_SILENT_RULE] = "silent-rule", [TROUBLE_ALONE] = "alone", [TROUBLE_DOUBTED] = "not-believed",
};

struct telling_of_trouble {
	trouble_fn *fn;
	void *arg;
	unsigned count;
};

__attribute__((format(printf, 4, 5)))
static void tell(struct telling_of_trouble *to, enum trouble_kind kind, bool critical, const char *fmt, ...)
{
	struct trouble trouble = { .kind = kind, .critical = critical };
	char raw[sizeof(trouble.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	text_printable(trouble.text, sizeof(trouble.text), text_of(raw));
	to->count++;
	if (to->fn)
		to->fn(to->arg, &trouble);
}

static void silent_source(struct telling_of_trouble *to, const struct follow *follow)
{
	const struct pace *pace = &follow->pace;
	uint64_t now_usec = 0, silent_usec;
	char silent[24], before[24];

	sd_event_now(follow->source->loop, CLOCK_MONOTONIC, &now_usec);
	silent_usec = now_usec - pace->last_usec;
	if (pace->live < HEALTH_SILENCE_LINES || silent_usec < HEALTH_SILENCE_S * UINT64_C(1000000) || silent_usec < 3 * pace->silence_usec)
		return;
	tell(to, TROUBLE_SILENT_SOURCE, false, "%s has said nothing for %s; before, it was never silent for more than %s",
	     follow_name(follow), duration_fmt(silent, sizeof(silent), silent_usec / 1000000),
	     duration_fmt(before, sizeof(before), pace->silence_usec / 1000000 + 1));
}

static void of_sources(const struct daemon *daemon, struct telling_of_trouble *to)
{
	bool blind = follows_blind(&daemon->follows);

	for (size_t i = 0; i < daemon->follows.count; i++) {
		const struct follow *follow = &daemon->follows.at[i];
		const char *fault = follow_fault(follow);

		if (fault)
			tell(to, TROUBLE_SOURCE, blind, "%s is not being read: %s", follow_name(follow), fault);
		else
			silent_source(to, follow);
	}
}

/* What the kernel has counted tells one reason from the others. */
static const char *why_unbitten(const struct asked_look *look)
{
	if (!look)
		return "a proxy, a container's gateway, a port that is not in \"ports\", or a flow table that passes the rules by";
	if (!(look->state & WIRE_SEEN_BANNED))
		return "the kernel does not drop it; mailward reload puts it there again";
	if (!(look->state & WIRE_SEEN_COUNTED))
		return "a proxy, a container's gateway, a port that is not in \"ports\", or a flow table that passes the rules by";
	return look->packets == 0 ? "the kernel has met no packet of it, so it comes by a proxy or a container's gateway, or a flow table "
		"passes the rules by" : "the kernel has dropped packets of it, so it comes by a port that is not in \"ports\"";
}

static void of_enforcing(const struct daemon *daemon, struct telling_of_trouble *to)
{
	const struct unbitten *unbitten = &daemon->unbitten;
	int64_t now_ms = clock_now_ms();
	char address[ADDR_FMT_SIZE], ago[24];

	if (!daemon->enforce)
		return;
	if (enforce_is_silent(daemon->enforce))
		tell(to, TROUBLE_WARDEN, true, "the process that drops does not answer");
	if (unbitten->count && now_ms - unbitten->last_ms < UNBITTEN_KEPT_S * INT64_C(1000))
		tell(to, TROUBLE_UNBITTEN, false, "errors go on arriving from banned addresses (%u, the last of %s, banned %s before): %s",
		     unbitten->count, addr_fmt(address, sizeof(address), &unbitten->addr),
		     duration_fmt(ago, sizeof(ago), (uint64_t)(unbitten->last_ms - unbitten->since_ms) / 1000),
		     why_unbitten(asked_noted(&daemon->asked, &unbitten->prefix)));
}

static void of_blocklists(const struct daemon *daemon, struct telling_of_trouble *to)
{
	const struct conf *conf = &daemon->setup->conf;
	char words[LIST_STATE_FMT_SIZE];

	for (size_t i = 0; i < conf->blocklist_count; i++) {
		struct list_state state = list_state(daemon, i);

		if (state.known && (state.state == WIRE_LIST_NONE || state.state == WIRE_LIST_KEPT || state.state == WIRE_LIST_REFUSED))
			tell(to, TROUBLE_BLOCKLIST, false, "blocklist %s: %s", conf->blocklists[i].name,
			     list_state_fmt(words, sizeof(words), &state, &conf->blocklists[i], false));
	}
}

static void of_rules(const struct daemon *daemon, struct telling_of_trouble *to)
{
	int64_t now_ms = clock_now_ms();
	char silent[24];

	for (size_t i = 0; i < daemon->setup->rules.count; i++) {
		const struct rule *rule = &daemon->setup->rules.at[i];
		uint64_t errors = judge_rule_errors(daemon->judge, rule);
		int64_t last_ms = judge_rule_last_ms(daemon->judge, rule), silent_s = (now_ms - last_ms) / 1000;

		if (last_ms && errors >= HEALTH_RULE_ERRORS && silent_s > HEALTH_RULE_SILENT_S && silent_s < HEALTH_RULE_GONE_S)
			tell(to, TROUBLE_SILENT_RULE, false, "%s has counted %llu errors, but none for %s: has a new version other words? "
			     "(mailward scan shows what no rule meets)", rule->name, (unsigned long long)errors,
			     duration_fmt(silent, sizeof(silent), (uint64_t)silent_s));
	}
}

static void of_fleet(const struct daemon *daemon, struct telling_of_trouble *to)
{
	int64_t since_ms;
	const char *why = daemon->fleet ? fleet_alone(daemon->fleet, &since_ms) : NULL;
	const char *node, *doubt;
	size_t next = 0;
	char span[24];

	while (daemon->fleet && (node = fleet_doubted(daemon->fleet, &next, HEALTH_ALONE_S, &doubt)) != NULL)
		tell(to, TROUBLE_DOUBTED, false, "nothing that the node %s says is believed: %s (mailward fleet status)", node, doubt);
	if (why && clock_now_ms() - since_ms > HEALTH_ALONE_S * INT64_C(1000))
		tell(to, TROUBLE_ALONE, false, "this host has been counting alone for %s, without the fleet: %s",
		     duration_fmt(span, sizeof(span), (uint64_t)(clock_now_ms() - since_ms) / 1000), why);
}

unsigned health_troubles(const struct daemon *daemon, trouble_fn *fn, void *arg)
{
	struct telling_of_trouble to = { fn, arg, 0 };

	of_sources(daemon, &to);
	of_enforcing(daemon, &to);
	of_blocklists(daemon, &to);
	if (daemon->keeps && checkpoint_failed(daemon->checkpoint))
		tell(&to, TROUBLE_STORE, false, "counts and bans are in memory only: %s", checkpoint_failed(daemon->checkpoint));
	of_fleet(daemon, &to);
	of_rules(daemon, &to);
	return to.count;
}
