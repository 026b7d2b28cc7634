/* status - see status.h. Asks the judge, the sources and the others; keeps nothing. */
#include "service/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/json.h"
#include "base/log.h"
#include "service/checkpoint.h"
#include "service/fleet.h"
#include "service/health.h"
#include "service/orders.h"
#include "service/list_state.h"
#include "service/report.h"

#define RULES_SHOWN 12

static void outage_json(void *arg, const struct event *outage)
{
	report_json(arg, outage, outage->time_ms);
}

static void outage_text(void *arg, const struct event *outage)
{
	char text[NOTICE_FMT_SIZE];

	fprintf(arg, "outage     %s\n", notice_fmt(text, sizeof(text), outage));
}

/* What the judge that is not in force would have done. */
static void beside_json(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	const struct judge *beside = judge_beside(daemon->judge);
	struct judge_tries tries = judge_tries(daemon->judge);
	struct json json;

	if (!beside)
		return;
	json_begin(&json, out);
	json_cstr(&json, "event", "beside");
	json_cstr(&json, "judge", judge_word(beside));
	json_uint(&json, "tries", tries.all);
	json_uint(&json, "through_in_force", tries.through[0]);
	json_uint(&json, "through", tries.through[1]);
	for (const struct figure_name *name = figure_names; name->name; name++)
		json_uint(&json, name->name, figure(judge_figures(beside), name));
	json_uint(&json, "running_delays", survey->beside_delays);
	json_uint(&json, "running_bans", survey->beside_bans);
	json_end(&json);
}

static void beside_text(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	const struct judge *beside = judge_beside(daemon->judge);
	struct judge_tries tries = judge_tries(daemon->judge);
	const struct figures *stats;

	if (!beside)
		return;
	stats = judge_figures(beside);
	fprintf(out, "beside     judge = %s would have had %" PRIu64 " %s, %" PRIu64 " %s for %" PRIu64 " %s; %" PRIu64 " %s and %" PRIu64
		" %s now\n", judge_word(beside), stats->bans, plural(stats->bans, "ban", "bans"), stats->delays,
		plural(stats->delays, "delay", "delays"), stats->errors, plural(stats->errors, "error", "errors"),
		survey->beside_bans, plural(survey->beside_bans, "ban", "bans"), survey->beside_delays,
		plural(survey->beside_delays, "delay", "delays"));
	fprintf(out, "           of %" PRIu64 " tries that both count, %" PRIu64 " got past judge = %s, %" PRIu64 " past judge = %s\n",
		tries.all, tries.through[0], judge_word(daemon->judge), tries.through[1], judge_word(beside));
}

/* ---- what is dropped ---- */

static void dropped_text(const struct asked *asked, FILE *out)
{
	uint64_t packets[2] = { 0 }, bytes[2] = { 0 };

	if (!asked->enforce)
		return;
	if (!asked->sets_known) {
		fputs("kernel     not known: the process that drops does not answer\n", out);
		return;
	}
	for (size_t i = 0; i < asked->set_count; i++) {
		packets[asked->sets[i].block] += asked->sets[i].packets;
		bytes[asked->sets[i].block] += asked->sets[i].bytes;
	}
	fprintf(out, "kernel     has dropped %" PRIu64 " %s (%.1f kB) of banned addresses and %" PRIu64 " (%.1f kB) of those in blocklists\n",
		packets[0], plural(packets[0], "packet", "packets"), (double)bytes[0] / 1e3, packets[1], (double)bytes[1] / 1e3);
}

static void dropped_json(const struct asked *asked, FILE *out)
{
	struct json json;

	for (size_t i = 0; i < asked->set_count && asked->sets_known; i++) {
		const struct asked_set *set = &asked->sets[i];
		bool v4 = addr_is_v4(&set->prefix.addr);

		json_begin(&json, out);
		json_cstr(&json, "event", "dropped");
		json_cstr(&json, "by", set->block ? "blocklist" : "ban");
		json_cstr(&json, "family", v4 ? "ipv4" : "ipv6");
		if (!set->block)
			json_uint(&json, "length", set->prefix.len - (v4 ? 96U : 0));
		json_uint(&json, "packets", set->packets);
		json_uint(&json, "bytes", set->bytes);
		json_end(&json);
	}
}

static void lists_text(const struct daemon *daemon, FILE *out)
{
	const struct conf *conf = &daemon->setup->conf;
	char words[LIST_STATE_FMT_SIZE];

	for (size_t i = 0; i < conf->blocklist_count; i++) {
		struct list_state state = list_state(daemon, i);

		fprintf(out, "blocklist  %s: %s\n", conf->blocklists[i].name,
			list_state_fmt(words, sizeof(words), &state, &conf->blocklists[i], daemon->dry_run));
	}
}

static void lists_json(const struct daemon *daemon, FILE *out)
{
	const struct conf *conf = &daemon->setup->conf;
	struct json json;

	for (size_t i = 0; i < conf->blocklist_count; i++) {
		struct list_state state = list_state(daemon, i);

		json_begin(&json, out);
		json_cstr(&json, "event", "blocklist");
		json_cstr(&json, "list", conf->blocklists[i].name);
		json_cstr(&json, "file", conf->blocklists[i].file);
		json_bool(&json, "in_force", list_state_in_force(&state));
		json_cstr(&json, "state", list_state_word(&state));
		json_uint(&json, "lines", state.lines);
		if (state.read_s)
			json_time(&json, "since", state.read_s * 1000);
		json_end(&json);
	}
}

/* ---- what is wrong ---- */

static void trouble_text(void *arg, const struct trouble *trouble)
{
	fprintf(arg, "TROUBLE    %s\n", trouble->text);
}

static void trouble_json(void *arg, const struct trouble *trouble)
{
	struct json json;

	json_begin(&json, arg);
	json_cstr(&json, "event", "trouble");
	json_cstr(&json, "kind", trouble_names[trouble->kind]);
	json_bool(&json, "critical", trouble->critical);
	json_cstr(&json, "text", trouble->text);
	json_end(&json);
}

/* ---- the sources ---- */

static uint64_t now_usec(const struct follow *follow)
{
	uint64_t usec = 0;

	sd_event_now(follow->source->loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

static uint64_t age_s(const struct follow *follow)
{
	return (now_usec(follow) - follow->pace.last_usec) / 1000000;
}

/* Of the last whole minute and what there is of this one. */
static double lines_a_second(const struct follow *follow)
{
	const struct pace *pace = &follow->pace;
	double span_s = (double)(now_usec(follow) - pace->minute_usec) / 1e6;

	if (span_s >= 120)
		return 0;
	if (span_s >= 60)
		return (double)pace->minute / span_s;
	return pace->before ? (double)(pace->before + pace->minute) / (60 + span_s) : span_s > 0 ? (double)pace->minute / span_s : 0;
}

static void pace_text(const struct follow *follow, FILE *out)
{
	uint64_t left = source_left(follow->source);
	char age[24];

	if (follow->pace.last_usec)
		fprintf(out, ", %.1f lines a second, the last %s ago", lines_a_second(follow),
			duration_fmt(age, sizeof(age), age_s(follow)));
	if (left)
		fprintf(out, ", %.1f kB behind", (double)left / 1e3);
	fputc('\n', out);
}

/* ---- the rules ---- */

struct ruled {
	const struct rule *rule;
	uint64_t errors;
	int64_t last_ms;
};

static int by_errors(const void *left, const void *right)
{
	const struct ruled *a = left, *b = right;

	return a->errors > b->errors ? -1 : a->errors < b->errors;
}

/* Those that have counted, most first. Owns: the caller frees; NULL when there is no memory. */
static struct ruled *ruled_by_errors(const struct daemon *daemon, size_t *count)
{
	const struct rules *rules = &daemon->setup->rules;
	struct ruled *ruled = calloc(rules->count + 1, sizeof(*ruled));

	*count = 0;
	for (size_t i = 0; ruled && i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		uint64_t errors = judge_rule_errors(daemon->judge, rule);

		if (errors)
			ruled[(*count)++] = (struct ruled){ rule, errors, judge_rule_last_ms(daemon->judge, rule) };
	}
	if (*count)
		qsort(ruled, *count, sizeof(*ruled), by_errors);
	return ruled;
}

static void rules_text(const struct daemon *daemon, FILE *out)
{
	int64_t now_ms = clock_now_ms();
	size_t count;
	struct ruled *ruled = ruled_by_errors(daemon, &count);

	for (size_t i = 0; i < count && i < RULES_SHOWN; i++) {
		char ago[24];

		fprintf(out, "rule       %s: %" PRIu64 " %s", ruled[i].rule->name, ruled[i].errors,
			plural(ruled[i].errors, "error", "errors"));
		if (ruled[i].last_ms)
			fprintf(out, ", the last %s ago", duration_fmt(ago, sizeof(ago), now_ms > ruled[i].last_ms ?
									       (uint64_t)(now_ms - ruled[i].last_ms) / 1000 : 0));
		fputc('\n', out);
	}
	if (count > RULES_SHOWN)
		fprintf(out, "           and %zu %s more\n", count - RULES_SHOWN, plural(count - RULES_SHOWN, "rule", "rules"));
	free(ruled);
}

static void rules_json(const struct daemon *daemon, FILE *out)
{
	size_t count;
	struct ruled *ruled = ruled_by_errors(daemon, &count);

	for (size_t i = 0; i < count; i++) {
		struct json json;

		json_begin(&json, out);
		json_cstr(&json, "event", "rule");
		json_cstr(&json, "rule", ruled[i].rule->name);
		json_uint(&json, "errors", ruled[i].errors);
		if (ruled[i].last_ms)
			json_time(&json, "last", ruled[i].last_ms);
		json_end(&json);
	}
	free(ruled);
}

static void log_text(FILE *out)
{
	const struct log_line *line;

	for (unsigned i = 0; (line = log_last(i)) != NULL; i++) {
		time_t time_s = (time_t)line->time_s;
		char stamp[32] = "";
		struct tm tm;

		if (localtime_r(&time_s, &tm))
			strftime(stamp, sizeof(stamp), "%F %T", &tm);
		fprintf(out, "said       %s  %s\n", stamp, line->text);
	}
}

/* ---- all of it ---- */

void status_json(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", "status");
	json_cstr(&json, "version", MAILWARD_VERSION);
	json_time(&json, "since", daemon->started_ms);
	json_bool(&json, "dry_run", daemon->dry_run);
	for (const struct figure_name *name = figure_names; name->name; name++)
		json_uint(&json, name->name, figure(judge_figures(daemon->judge), name));
	json_uint(&json, "tracked", judge_addresses(daemon->judge));
	json_uint(&json, "running_delays", survey->delays);
	json_uint(&json, "running_bans", survey->bans);
	json_uint(&json, "allowed_now", orders_each(daemon->orders, ORDER_ALLOW, NULL, NULL));
	json_uint(&json, "limit_hits", match_limit_hits(daemon->setup->matcher));
	json_bool(&json, "state_saved", daemon->keeps && !checkpoint_failed(daemon->checkpoint));
	json_bool(&json, "confined", confine_is_whole());
	json_uint(&json, "evidence_lost", daemon->evidence ? evidence_lost(daemon->evidence) : 0);
	if (daemon->enforce) {
		json_uint(&json, "sent", enforce_stats(daemon->enforce)->sent);
		json_uint(&json, "refused", enforce_stats(daemon->enforce)->refused);
	}
	json_uint(&json, "troubles", health_troubles(daemon, NULL, NULL));
	json_end(&json);
	health_troubles(daemon, trouble_json, out);
	dropped_json(&daemon->asked, out);
	lists_json(daemon, out);
	beside_json(daemon, survey, out);
	judge_outages(daemon->judge, clock_now_ms(), outage_json, out);
	for (size_t i = 0; i < daemon->follows.count; i++) {
		const struct follow *follow = &daemon->follows.at[i];
		const struct source_stats *source = follow_stats(follow);

		json_begin(&json, out);
		json_cstr(&json, "event", "source");
		if (follow->source->is_file)
			json_cstr(&json, "file", follow_name(follow));
		else if (strncmp(follow_name(follow), "redis ", 6) == 0)
			json_cstr(&json, "redis", follow_name(follow) + 6);
		else
			json_bool(&json, "journal", true);
		json_bool(&json, "present", source->present);
		if (follow->source->trouble)
			json_cstr(&json, "fault", follow_fault(follow));
		json_bool(&json, "caught_up", source->caught_up);
		json_uint(&json, "lines", source->lines);
		json_uint(&json, "bytes", source->bytes);
		json_uint(&json, "rotations", source->rotations);
		json_uint(&json, "truncations", source->truncations);
		json_fixed(&json, "lines_per_second", lines_a_second(follow), 2);
		json_uint(&json, "behind_bytes", source_left(follow->source));
		if (follow->pace.last_usec)
			json_uint(&json, "last_seconds_ago", age_s(follow));
		json_end(&json);
	}
	if (daemon->fleet)
		fleet_json(daemon->fleet, out);
	rules_json(daemon, out);
}

static void count_permanent(void *arg, const struct order *order)
{
	size_t *count = arg;

	*count += order->until_ms == 0;
}

void status_text(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	const struct figures *stats = judge_figures(daemon->judge);
	char since[32], up[24], prefix[PREFIX_FMT_SIZE], hint[PRIVATE_HINT_SIZE];
	time_t started_s = (time_t)(daemon->started_ms / 1000);
	size_t allowed = orders_each(daemon->orders, ORDER_ALLOW, NULL, NULL), permanent = 0;
	struct tm tm;

	strftime(since, sizeof(since), "%F %T", localtime_r(&started_s, &tm));
	duration_fmt(up, sizeof(up), (uint64_t)((clock_now_ms() - daemon->started_ms) / 1000));
	fprintf(out, "mailward %s, since %s (%s)\n", MAILWARD_VERSION, since, up);
	if (health_troubles(daemon, trouble_text, out) == 0)
		fputs("well       all is well\n", out);
	if (daemon->enforce)
		fprintf(out, "enforcing  %" PRIu64 " %s to the firewall, %" PRIu64 " refused\n", enforce_stats(daemon->enforce)->sent,
			plural(enforce_stats(daemon->enforce)->sent, "request", "requests"),
			enforce_stats(daemon->enforce)->refused);
	else
		fprintf(out, "enforcing  nothing: this is a dry run%s\n", daemon->keeps ? "; what it learns is kept for \"mailward enforce\"" : "");
	if (daemon->leftover)
		fputs("standing   bans of an earlier run may stand in the kernel: a dry run beside leaves them alone\n", out);
	fprintf(out, "running    %" PRIu64 " %s, %" PRIu64 " %s", survey->bans, plural(survey->bans, "ban", "bans"),
		survey->delays, plural(survey->delays, "delay", "delays"));
	orders_each(daemon->orders, ORDER_BAN, count_permanent, &permanent);
	if (permanent > 0)
		fprintf(out, "; %zu until unban", permanent);
	fputc('\n', out);
	if (allowed > 0)
		fprintf(out, "allowed    %zu %s by the operator, see mailward list\n", allowed, plural(allowed, "address", "addresses"));
	dropped_text(&daemon->asked, out);
	lists_text(daemon, out);
	if (survey->private.len)
		fprintf(out, "private    %s %s banned%s\n", prefix_fmt(prefix, sizeof(prefix), &survey->private),
			daemon->dry_run ? "would be" : "is", private_hint(hint, sizeof(hint), &survey->private));
	fprintf(out, "so far     %" PRIu64 " %s, %" PRIu64 " %s for %" PRIu64 " %s by %" PRIu64 " %s\n",
		stats->bans, plural(stats->bans, "ban", "bans"), stats->delays, plural(stats->delays, "delay", "delays"),
		stats->errors, plural(stats->errors, "error", "errors"),
		stats->addresses, plural(stats->addresses, "address", "addresses"));
	fprintf(out, "tracking   %u of at most %u addresses\n", judge_addresses(daemon->judge), daemon->setup->conf.max_addresses);
	fprintf(out, "uncounted  %" PRIu64 " of banned, %" PRIu64 " of allowed addresses, %" PRIu64 " told twice, %" PRIu64
		" that are only reported, %" PRIu64 " for want of room, %" PRIu64 " during outages\n", stats->evidence, stats->allowed, stats->echoes,
		stats->observed, stats->lost, stats->uncounted);
	if (stats->withheld)
		fprintf(out, "withheld   %" PRIu64 " %s, by max_bans_per_minute\n", stats->withheld,
			plural(stats->withheld, "ban", "bans"));
	beside_text(daemon, survey, out);
	if (follows_blind(&daemon->follows))
		fputs("reading    NOTHING: whoever attacks, nobody hears of it\n", out);
	judge_outages(daemon->judge, clock_now_ms(), outage_text, out);
	if (daemon->evidence && evidence_lost(daemon->evidence))
		fprintf(out, "evidence   %" PRIu64 " %s came too fast to be kept for explain; they were counted\n", evidence_lost(daemon->evidence),
			plural(evidence_lost(daemon->evidence), "line", "lines"));
	if (daemon->keeps && checkpoint_failed(daemon->checkpoint))
		fprintf(out, "state      in memory only: %s\n", checkpoint_failed(daemon->checkpoint));
	else if (daemon->keeps)
		fprintf(out, "state      saved in %s\n", daemon->setup->conf.state_dir);
	fprintf(out, "confined   %s\n", confine_state());
	for (size_t i = 0; i < daemon->follows.count; i++) {
		const struct follow *follow = &daemon->follows.at[i];
		const struct source_stats *source = follow_stats(follow);
		const char *fault = follow_fault(follow);

		fprintf(out, "source     %s: %s, %" PRIu64 " %s, %" PRIu64 " %s", follow_name(follow),
			fault ? fault : source->caught_up ? "following" : "catching up",
			source->lines, plural(source->lines, "line", "lines"), source->rotations + source->truncations,
			plural(source->rotations + source->truncations, "rotation", "rotations"));
		pace_text(follow, out);
	}
	if (daemon->fleet)
		fleet_text(daemon->fleet, out);
	rules_text(daemon, out);
	log_text(out);
}

struct verdict_of_check {
	bool critical;
	unsigned count;
	char first[sizeof(((struct trouble *)0)->text)];
};

static void weigh_trouble(void *arg, const struct trouble *trouble)
{
	struct verdict_of_check *check = arg;

	if (check->count++ == 0 || (trouble->critical && !check->critical))
		snprintf(check->first, sizeof(check->first), "%s", trouble->text);
	check->critical |= trouble->critical;
}

void status_check(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	const struct figures *stats = judge_figures(daemon->judge);
	struct verdict_of_check check = { .count = 0 };

	health_troubles(daemon, weigh_trouble, &check);
	fprintf(out, "MAILWARD %s - ", check.critical ? "CRITICAL" : check.count ? "WARNING" : "OK");
	for (const char *at = check.first; *at; at++)	/* what is behind a | is for programs */
		fputc(*at == '|' ? '/' : *at, out);
	if (check.count > 1)
		fprintf(out, " (and %u more)", check.count - 1);
	if (check.count == 0)
		fprintf(out, "%s%" PRIu64 " %s running", daemon->dry_run ? "dry run, " : "", survey->bans,
			plural(survey->bans, "ban", "bans"));
	fprintf(out, " | bans=%" PRIu64 " delays=%" PRIu64 " tracked=%u errors=%" PRIu64 "c lines=%" PRIu64 "c\n", survey->bans,
		survey->delays, judge_addresses(daemon->judge), stats->errors, stats->lines);
}

const char *status_word(const struct daemon *daemon, bool check)
{
	struct verdict_of_check verdict = { .count = 0 };

	if (!check)
		return follows_blind(&daemon->follows) ? "amiss" : "ok";
	health_troubles(daemon, weigh_trouble, &verdict);
	return verdict.critical ? "critical" : verdict.count ? "amiss" : "ok";
}
