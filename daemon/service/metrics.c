/* metrics - see metrics.h. Asks the judge, the sources and the others; keeps nothing. */
#include "service/metrics.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/confine.h"
#include "service/checkpoint.h"
#include "service/health.h"
#include "service/list_state.h"

static const char counter[] = "counter", gauge[] = "gauge";

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP mailward_%s %s\n# TYPE mailward_%s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *type, uint64_t value, const char *help)
{
	family(out, name, type, help);
	fprintf(out, "mailward_%s %" PRIu64 "\n", name, value);
}

static void one_s(FILE *out, const char *name, const char *type, double seconds, const char *help)
{
	family(out, name, type, help);
	fprintf(out, "mailward_%s %.3f\n", name, seconds);
}

/* A label's value, between its quotes: what no terminal obeys, escaped as the format has it. */
static void put_value(FILE *out, const char *value)
{
	char shown[1024];

	text_printable(shown, sizeof(shown), text_of(value));
	for (const char *c = shown; *c; c++) {
		if (*c == '\\' || *c == '"')
			fputc('\\', out);
		fputc(*c, out);
	}
}

/* name{label="value", for a line that goes on with more labels or with labelled_end(). */
static void labelled(FILE *out, const char *name, const char *label, const char *value)
{
	fprintf(out, "mailward_%s{%s=\"", name, label);
	put_value(out, value);
	fputc('"', out);
}

static void labelled_end(FILE *out, uint64_t value)
{
	fprintf(out, "} %" PRIu64 "\n", value);
}

/* ---- what was counted ---- */

static const struct {
	const char *figure, *name, *help;
} counted[] = {
	{ "addresses", "addresses_total", "Distinct addresses that counted." },
	{ "delays", "delays_total", "Delays." },
	{ "bans", "bans_total", "Bans." },
	{ "withheld", "withheld_bans_total", "Bans that max_bans_per_minute has made delays." },
	{ "evidence", "banned_errors_total", "Errors of addresses that were banned already: not counted." },
	{ "allowed", "allowed_errors_total", "Errors of allowed addresses: not counted." },
	{ "observed", "observed_errors_total", "Matches of rules that report only." },
	{ "echoes", "echoed_errors_total", "Errors that repeated what a session had been counted for." },
	{ "uncounted", "outage_errors_total", "Failed logins during an outage of the server's own: not counted." },
	{ "spared", "spared_errors_total", "Errors that were somebody's own, or paid for by his mails: not counted." },
	{ "lost", "lost_errors_total", "Errors that found no room." },
	{ "successes", "successes_total", "Lines that say that an address is a customer's." },
};

static void put_counted(const struct daemon *daemon, FILE *out)
{
	const struct figures *figures = judge_figures(daemon->judge);

	for (size_t i = 0; i < COUNT(counted); i++)
		for (const struct figure_name *name = figure_names; name->name; name++)
			if (strcmp(name->name, counted[i].figure) == 0)
				one(out, counted[i].name, counter, figure(figures, name), counted[i].help);
	one(out, "limit_hits_total", counter, match_limit_hits(daemon->setup->matcher), "Lines skipped because a limit of PCRE2 was reached.");
}

/* The judge's own sum goes down when a login takes a failure back, which no counter may. */
static void put_rules(const struct daemon *daemon, FILE *out)
{
	const struct rules *rules = &daemon->setup->rules;
	uint64_t sum = 0;

	for (size_t i = 0; i < rules->count; i++)
		sum += judge_rule_errors(daemon->judge, &rules->at[i]);
	one(out, "errors_total", counter, sum, "Errors that counted against their address, weighted; also those that a login took back.");
	family(out, "rule_errors_total", counter, "Errors that counted, weighted, by rule.");
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];

		if (!rule_counts(rule) || !rule->on)
			continue;
		labelled(out, "rule_errors_total", "rule", rule->name);
		fprintf(out, ",service=\"%.*s\"", (int)strcspn(rule->name, "/"), rule->name);
		labelled_end(out, judge_rule_errors(daemon->judge, rule));
	}
	family(out, "rule_last_match_timestamp_seconds", gauge, "When a rule was last met, if it was since the start.");
	for (size_t i = 0; i < rules->count; i++) {
		int64_t last_ms = judge_rule_last_ms(daemon->judge, &rules->at[i]);

		if (last_ms <= 0)
			continue;
		labelled(out, "rule_last_match_timestamp_seconds", "rule", rules->at[i].name);
		labelled_end(out, (uint64_t)last_ms / 1000);
	}
}

/* ---- what is remembered and runs ---- */

static void put_running(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	one(out, "running_bans", gauge, survey->bans, "Bans that run.");
	one(out, "running_network_bans", gauge, survey->network_bans, "Of the bans that run, those of whole networks.");
	one(out, "running_delays", gauge, survey->delays, "Delays that run.");
	one(out, "erring_addresses", gauge, survey->erring, "Addresses with errors in the window.");
	one(out, "tracked_addresses", gauge, judge_addresses(daemon->judge), "Addresses that are remembered for their errors.");
	one(out, "tracked_addresses_limit", gauge, daemon->setup->conf.max_addresses, "Room for such addresses (max_addresses).");
	one(out, "burnt_names", gauge, survey->burnt, "Names that nobody has and that strangers of many networks try.");
	one(out, "campaign_names", gauge, survey->campaigns, "Names that exist and that strangers of many networks try.");
}

/* ---- the sources ---- */

static uint64_t lines_of(const struct follow *follow) { return follow_stats(follow)->lines; }
static uint64_t bytes_of(const struct follow *follow) { return follow_stats(follow)->bytes; }
static uint64_t up_of(const struct follow *follow) { return !follow_fault(follow); }
static uint64_t caught_up_of(const struct follow *follow) { return follow_stats(follow)->caught_up; }
static uint64_t left_of(const struct follow *follow) { return source_left(follow->source); }
static uint64_t rotations_of(const struct follow *follow)
{
	return follow_stats(follow)->rotations + follow_stats(follow)->truncations;
}

/* By the wall clock, for a graph beside others; 0: nothing was said yet. */
static uint64_t last_of(const struct follow *follow)
{
	uint64_t now_usec = 0;

	if (!follow->pace.last_usec || sd_event_now(follow->source->loop, CLOCK_MONOTONIC, &now_usec) < 0)
		return 0;
	return (uint64_t)clock_now_ms() / 1000 - (now_usec - follow->pace.last_usec) / 1000000;
}

static const struct {
	const char *name, *type;
	uint64_t (*of)(const struct follow *follow);
	const char *help;
} sources[] = {
	{ "source_lines_total", counter, lines_of, "Lines read, by source." },
	{ "source_bytes_total", counter, bytes_of, "Bytes read, by source." },
	{ "source_rotations_total", counter, rotations_of, "Rotations and truncations of a log that were followed." },
	{ "source_up", gauge, up_of, "1: it is being read; 0: it is not there or cannot be read." },
	{ "source_caught_up", gauge, caught_up_of, "1: what was there at the start is read." },
	{ "source_behind_bytes", gauge, left_of, "Bytes that are written and not read yet." },
	{ "source_last_line_timestamp_seconds", gauge, last_of, "When the last line came; 0: none yet." },
};

static void put_sources(const struct daemon *daemon, FILE *out)
{
	for (size_t i = 0; i < COUNT(sources); i++) {
		family(out, sources[i].name, sources[i].type, sources[i].help);
		for (size_t k = 0; k < daemon->follows.count; k++) {
			labelled(out, sources[i].name, "source", follow_name(&daemon->follows.at[k]));
			labelled_end(out, sources[i].of(&daemon->follows.at[k]));
		}
	}
}

/* ---- how it is ---- */

static void count_trouble(void *arg, const struct trouble *trouble)
{
	((uint64_t *)arg)[trouble->kind]++;
}

static void put_outage(void *arg, const struct event *outage)
{
	labelled(arg, "outage", "service", outage->service);
	labelled_end(arg, 1);
}

static void put_health(const struct daemon *daemon, FILE *out)
{
	uint64_t troubles[TROUBLE_KINDS] = { 0 };

	health_troubles(daemon, count_trouble, troubles);
	family(out, "troubles", gauge, "What status calls trouble, by kind.");
	for (size_t i = 0; i < TROUBLE_KINDS; i++) {
		labelled(out, "troubles", "kind", trouble_names[i]);
		labelled_end(out, troubles[i]);
	}
	family(out, "outage", gauge, "1: failed logins of the service count for nobody now, since the server itself fails.");
	judge_outages(daemon->judge, clock_now_ms(), put_outage, out);
	one(out, "state_saved", gauge, daemon->keeps && !checkpoint_failed(daemon->checkpoint),
	    "1: counts and bans are in the store; 0: in memory only.");
	one(out, "confined", gauge, confine_is_whole(), "1: Landlock and seccomp hold the engine; 0: not both do.");
	one(out, "dry_run", gauge, daemon->dry_run, "1: nothing is dropped.");
	if (!daemon->enforce)
		return;
	one(out, "firewall_up", gauge, !enforce_is_silent(daemon->enforce), "1: the process that drops answers.");
	one(out, "firewall_requests_total", counter, enforce_stats(daemon->enforce)->sent, "Requests to the process that drops.");
	one(out, "firewall_refusals_total", counter, enforce_stats(daemon->enforce)->refused, "Of these, refused.");
	one(out, "firewall_waiting_requests", gauge, enforce_stats(daemon->enforce)->waiting, "Of these, not answered yet.");
}

/* The sets of the kernel, by what they are for; their number does not hang on who attacks. */
static void put_set(FILE *out, const char *name, const struct asked_set *set, uint64_t value)
{
	bool v4 = addr_is_v4(&set->prefix.addr);

	labelled(out, name, "by", set->block ? "blocklist" : "ban");
	fprintf(out, ",family=\"%s\"", v4 ? "ipv4" : "ipv6");
	if (!set->block)
		fprintf(out, ",length=\"%u\"", set->prefix.len - (v4 ? 96U : 0));
	labelled_end(out, value);
}

static void put_dropped(const struct asked *asked, FILE *out)
{
	if (!asked->sets_known)
		return;
	family(out, "dropped_packets_total", counter, "Packets that the kernel dropped, by set; from 0 again when the table is made anew.");
	for (size_t i = 0; i < asked->set_count; i++)
		put_set(out, "dropped_packets_total", &asked->sets[i], asked->sets[i].packets);
	family(out, "dropped_bytes_total", counter, "Bytes of these packets.");
	for (size_t i = 0; i < asked->set_count; i++)
		put_set(out, "dropped_bytes_total", &asked->sets[i], asked->sets[i].bytes);
}

static uint64_t in_force_of(const struct list_state *state) { return list_state_in_force(state); }
static uint64_t fresh_of(const struct list_state *state) { return state->known && state->state == WIRE_LIST_FORCE; }
static uint64_t list_lines_of(const struct list_state *state) { return state->lines; }
static uint64_t read_of(const struct list_state *state) { return (uint64_t)state->read_s; }

static const struct {
	const char *name;
	uint64_t (*of)(const struct list_state *state);
	const char *help;
} lists[] = {
	{ "blocklist_in_force", in_force_of, "1: the kernel drops by it; 0: it does not." },
	{ "blocklist_current", fresh_of, "1: what is in force is what the file says; 0: it is wrong or gone, or not in force." },
	{ "blocklist_lines", list_lines_of, "Lines that drop." },
	{ "blocklist_read_timestamp_seconds", read_of, "When what is in force was read; 0: never." },
};

static void put_lists(const struct daemon *daemon, FILE *out)
{
	const struct conf *conf = &daemon->setup->conf;

	for (size_t i = 0; i < COUNT(lists) && conf->blocklist_count; i++) {
		family(out, lists[i].name, gauge, lists[i].help);
		for (size_t k = 0; k < conf->blocklist_count; k++) {
			struct list_state state = list_state(daemon, k);

			labelled(out, lists[i].name, "list", conf->blocklists[k].name);
			labelled_end(out, lists[i].of(&state));
		}
	}
}

static void put_process(const struct daemon *daemon, FILE *out)
{
	struct rusage usage = { .ru_maxrss = 0 };

	getrusage(RUSAGE_SELF, &usage);
	family(out, "build_info", gauge, "The version, always 1.");
	labelled(out, "build_info", "version", MAILWARD_VERSION);
	labelled_end(out, 1);
	one_s(out, "start_time_seconds", gauge, (double)daemon->started_ms / 1000, "When the daemon was started.");
	one_s(out, "engine_cpu_seconds_total", counter, (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6, "Processor time of the process that reads the logs.");
	one(out, "engine_resident_memory_max_bytes", gauge, (uint64_t)usage.ru_maxrss * 1024, "The most memory that it has had.");
	if (daemon->evidence)
		one(out, "evidence_lost_total", counter, evidence_lost(daemon->evidence), "Lines that counted and came too fast to be kept for explain.");
	if (!daemon->subscribers)
		return;
	one(out, "event_readers", gauge, subscribers_count(daemon->subscribers), "Who follows the events.");
	one(out, "events_lost_total", counter, subscribers_lost(daemon->subscribers), "Events that such readers were too slow for.");
}

void metrics_write(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	put_process(daemon, out);
	put_health(daemon, out);
	put_sources(daemon, out);
	put_counted(daemon, out);
	put_running(daemon, survey, out);
	put_dropped(&daemon->asked, out);
	put_lists(daemon, out);
	put_rules(daemon, out);
}
