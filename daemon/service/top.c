/* top - see top.h. Asks the judge, the sources and the others; keeps nothing. */
#include "service/top.h"

#include "base/clock.h"
#include "base/json.h"
#include "service/checkpoint.h"
#include "service/health.h"
#include "service/orders.h"
#include "service/report.h"

#define TROUBLES_SHOWN 3
#define RULES_SHOWN 400

static void put_figures(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	uint64_t behind = 0;
	struct json json;

	for (size_t i = 0; i < daemon->follows.count; i++)
		behind += source_left(daemon->follows.at[i].source);
	json_begin(&json, out);
	json_cstr(&json, "event", "top");
	json_cstr(&json, "version", MAILWARD_VERSION);
	json_time(&json, "time", clock_now_ms());
	json_uint(&json, "uptime", (uint64_t)(clock_now_ms() - daemon->started_ms) / 1000);
	json_bool(&json, "dry_run", daemon->dry_run);
	for (const struct figure_name *name = figure_names; name->name; name++)
		json_uint(&json, name->name, figure(judge_figures(daemon->judge), name));
	json_uint(&json, "tracked", judge_addresses(daemon->judge));
	json_uint(&json, "max_addresses", daemon->setup->conf.max_addresses);
	json_uint(&json, "erring", survey->erring);
	json_uint(&json, "running_bans", survey->bans);
	json_uint(&json, "running_network_bans", survey->network_bans);
	json_uint(&json, "running_delays", survey->delays);
	json_uint(&json, "burnt_names", survey->burnt);
	json_uint(&json, "campaign_names", survey->campaigns);
	json_uint(&json, "behind_bytes", behind);
	json_uint(&json, "troubles", health_troubles(daemon, NULL, NULL));
	json_end(&json);
}

struct troubles {
	FILE *out;
	unsigned count;
};

static void put_trouble(void *arg, const struct trouble *trouble)
{
	struct troubles *troubles = arg;
	struct json json;

	if (troubles->count++ >= TROUBLES_SHOWN)
		return;
	json_begin(&json, troubles->out);
	json_cstr(&json, "event", "trouble");
	json_cstr(&json, "kind", trouble_names[trouble->kind]);
	json_cstr(&json, "text", trouble->text);
	json_end(&json);
}

/* What runs against it, by itself or with a network around it. */
static void put_state(const struct daemon *daemon, const struct prefix *prefix, struct json *json)
{
	int64_t now_ms = clock_now_ms();
	struct judge_view view;
	struct event whole;
	const struct event *event;

	judge_look(daemon->judge, &prefix->addr, now_ms, &view);
	event = view.running && view.own.prefix.len <= prefix->len ? &view.own :
		view.around_running && view.around.prefix.len <= prefix->len ? &view.around : NULL;
	if (!event)
		return;
	whole = orders_event(daemon->orders, event);
	json_cstr(json, "state", event->kind == VERDICT_BAN ? "banned" : "delayed");
	json_uint(json, "seconds", rest_s(event, now_ms));
	if (whole.permanent)
		json_bool(json, "permanent", true);
}

static void put_rows(const struct daemon *daemon, const char *what, const struct survey_row *rows, size_t count, FILE *out)
{
	char address[PREFIX_FMT_SIZE];
	struct json json;

	for (size_t i = 0; i < count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", what);
		json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &rows[i].prefix));
		json_uint(&json, "errors", rows[i].errors);
		put_state(daemon, &rows[i].prefix, &json);
		json_end(&json);
	}
}

static void put_rules(const struct daemon *daemon, FILE *out)
{
	const struct rules *rules = &daemon->setup->rules;
	struct json json;

	for (size_t i = 0, count = 0; i < rules->count && count < RULES_SHOWN; i++) {
		uint64_t errors = judge_rule_errors(daemon->judge, &rules->at[i]);

		if (!errors)
			continue;
		json_begin(&json, out);
		json_cstr(&json, "event", "rule");
		json_cstr(&json, "rule", rules->at[i].name);
		json_uint(&json, "errors", errors);
		json_end(&json);
		count++;
	}
}

static void put_verdicts(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	int64_t now_ms = clock_now_ms();
	char address[PREFIX_FMT_SIZE];
	struct json json;

	for (size_t i = 0; i < survey->recent_count; i++) {
		struct event drop = survey_event(daemon->judge, &survey->recent[i]), event = orders_event(daemon->orders, &drop);

		json_begin(&json, out);
		json_cstr(&json, "event", "verdict");
		json_cstr(&json, "kind", event.kind == VERDICT_BAN ? "ban" : "delay");
		json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &event.prefix));
		json_uint(&json, "ago", now_ms > event.time_ms ? (uint64_t)(now_ms - event.time_ms) / 1000 : 0);
		json_uint(&json, "seconds", rest_s(&event, now_ms));
		if (event.permanent)
			json_bool(&json, "permanent", true);
		json_uint(&json, "errors", event.errors);
		json_cstr(&json, "rule", event.rule);
		json_end(&json);
	}
}

void top_write(const struct daemon *daemon, const struct survey *survey, FILE *out)
{
	struct troubles troubles = { out, 0 };

	put_figures(daemon, survey, out);
	health_troubles(daemon, put_trouble, &troubles);
	put_rows(daemon, "address", survey->addresses, survey->address_count, out);
	put_rows(daemon, "network", survey->networks, survey->network_count, out);
	put_rules(daemon, out);
	put_verdicts(daemon, survey, out);
}
