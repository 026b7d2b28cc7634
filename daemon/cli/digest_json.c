/* digest_json - a digest as lines of JSON: its sums first, then a line for each span of time, network, offender, name, rule */
#include "base/json.h"
#include "cli/digest.h"

static void put_sums(struct digest *digest, FILE *out)
{
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", "report");
	json_cstr(&json, "host", digest->host);
	if (digest->first_ms) {
		json_time(&json, "from", digest->first_ms);
		json_time(&json, "to", digest->last_ms);
	}
	json_uint(&json, "lines", digest->lines);
	json_uint(&json, "tries", digest_tries(digest));
	json_uint(&json, "through", digest->through);
	json_uint(&json, "spared", digest->kept);
	json_uint(&json, "addresses", digest->addresses);
	json_uint(&json, "bans", digest->bans);
	json_uint(&json, "delays", digest->delays);
	json_uint(&json, "forgiven", digest->forgiven);
	json_uint(&json, "forgiven_addresses", digest->forgiven_addresses);
	json_uint(&json, "uncounted", digest->uncounted);
	json_uint(&json, "allowed", digest->allowed);
	json_uint(&json, "wait_seconds", waits_median(&digest->waits));
	json_uint(&json, "hurt", digest->hurt.count);
	json_uint(&json, "hurt_seconds", digest->hurt_s);
	json_end(&json);
}

static void put_times(const struct digest *digest, FILE *out)
{
	struct json json;

	for (size_t i = 0; i < digest->series.count; i++) {
		const struct cell *cell = &digest->series.at[i];

		json_begin(&json, out);
		json_cstr(&json, "event", "span");
		json_time(&json, "from", (digest->series.first + (int64_t)i) * digest->series.span_s * 1000);
		json_uint(&json, "seconds", (uint64_t)digest->series.span_s);
		json_uint(&json, "through", cell->through);
		json_uint(&json, "spared", cell->kept);
		json_uint(&json, "bans", cell->bans);
		json_end(&json);
	}
	for (unsigned i = 0; i < 24; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "hour");
		json_uint(&json, "hour", i);
		json_uint(&json, "tries", digest->hours[i]);
		json_end(&json);
	}
}

static void put_addresses(const struct digest *digest, FILE *out)
{
	char shown[PREFIX_FMT_SIZE];
	struct json json;

	for (size_t i = 0; i < digest->net_count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "network");
		json_cstr(&json, "address", prefix_fmt(shown, sizeof(shown), &digest->nets[i].prefix));
		json_uint(&json, "tries", digest->nets[i].tries);
		json_uint(&json, "spared", digest->nets[i].kept);
		json_uint(&json, "addresses", digest->nets[i].addresses);
		json_uint(&json, "bans", digest->nets[i].bans);
		json_end(&json);
	}
	for (size_t i = 0; i < digest->offender_count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "offender");
		json_cstr(&json, "address", prefix_fmt(shown, sizeof(shown), &digest->offenders[i].prefix));
		json_uint(&json, "bans", digest->offenders[i].bans);
		json_uint(&json, "tries", digest->offenders[i].tries);
		json_uint(&json, "seconds", digest->offenders[i].dropped_s);
		json_end(&json);
	}
}

void digest_json(struct digest *digest, FILE *out)
{
	struct json json;

	put_sums(digest, out);
	put_times(digest, out);
	put_addresses(digest, out);
	for (size_t i = 0; i < digest->tried_count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "name");
		json_str(&json, "name", digest->tried[i].text);
		json_uint(&json, "tries", digest->tried[i].tries);
		json_bool(&json, "exists", digest->tried[i].exists);
		json_end(&json);
	}
	for (size_t i = 0; i < digest->rule_count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "rule");
		json_cstr(&json, "rule", digest->rules[i].rule->name);
		json_uint(&json, "tries", digest->rules[i].tries);
		json_end(&json);
	}
	hurt_json(&digest->hurt, NULL, out);
}
