/* conf_load - see conf.h
 *
 * The defaults, the file over them, then what depends on several keys. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/reach.h"
#include "conf/conf_fleet.h"
#include "conf/conf_keys.h"

#define LIVING_S (2 * 86400)

static const uint16_t mail_ports[] = { 25, 110, 143, 465, 587, 993, 995, 4190 };

/* Everything but the source and the allow-list, which depend on what the file says. */
static bool defaults(struct conf *conf)
{
	*conf = (struct conf){
		.state_dir = strdup("/var/lib/mailward"),
		.socket = strdup("/run/mailward/control"),
		.textfile = strdup("/var/lib/prometheus/node-exporter/mailward.prom"),
		.max_addresses = 1000000,
		.max_bans = 1000000,
		.evidence_time_s = 30 * 86400,
		.names = { .delimiter = '+' },
		.fleet = { .remote_bans_per_minute = 600 },
		.notify = { .interval_s = 10, .max_batch = 500, .timeout_s = 30 },
		.nat64 = { { { 0x00, 0x64, 0xff, 0x9b } } }, .nat64_count = 1,
		.policy = {
			.window_s = 600,
			.soft_error_limit = 3,
			.hard_error_limit = 6,
			.delay_s = 10,
			.ban_time_s = 3600,
			.ban_factor = 4,
			.ban_time_max_s = 30 * 86400,
			.ipv6_prefix = 64,
			.network_limit = 5,
			.network_window_s = 7 * 86400,
			.memory = true,
			.long_window_s = 7 * 86400,
			.long_limit = 8,
			.guest_limit = 32,
			.guest_account_limit = 8,
			.sure_ban_time_s = 7 * 86400,
			.one_name_ban_time_s = 600,
			.shared_ban_time_s = 600,
			.network_ban_time_s = 7 * 86400,
			.near_network_ban_time_s = 86400,
			.recipient_ban_factor = 24,
			.stay_s = 120,
			.near_stay_s = 7200,
			.network_sum = 24,
			.burn_networks = 3,
			.campaign_networks = 8,
			.weight_burnt = 6,
			.weight_campaign = 3,
			.catch_all = 256,
		},
	};
	return conf->state_dir && conf->socket;
}

/* One limit must not be above another, set or by default. */
static void order_check(const struct conf_loader *loader, const char *low, uint32_t low_value,
			const char *high, uint32_t high_value, bool duration)
{
	unsigned low_line = conf_keys_line(loader, CONF_POLICY, low), high_line = conf_keys_line(loader, CONF_POLICY, high);
	char low_text[24], high_text[24];

	if (low_value <= high_value)
		return;
	snprintf(low_text, sizeof(low_text), "%u", low_value);
	snprintf(high_text, sizeof(high_text), "%u", high_value);
	if (duration) {
		duration_fmt(low_text, sizeof(low_text), low_value);
		duration_fmt(high_text, sizeof(high_text), high_value);
	}
	unsigned line = low_line > high_line ? low_line : high_line;
	bool beside = line == CONF_LINE_BESIDE;
	problem(SPOT(loader->spot.problems, beside ? "command line" : loader->spot.file, beside ? 0 : line),
		"%s = %s%s is above %s = %s%s, at most the same would be right", low, low_text, low_line ? "" : " (the default)",
		high, high_text, high_line ? "" : " (the default)");
}

/* Was anything written to the log within two days, or to what it was rotated to? A leftover has nothing more to say. */
static bool is_living(const char *log, const char *rotated)
{
	int64_t since_s = (int64_t)time(NULL) - LIVING_S;
	struct stat st;

	return (stat(log, &st) == 0 && st.st_size > 0 && st.st_mtime > since_s) || (stat(rotated, &st) == 0 && st.st_mtime > since_s);
}

/* The mail log while it is written; else the journal where there is one; else wait for the log. */
static bool default_source(struct conf *conf)
{
	static const char log[] = "/var/log/mail.log", journald[] = "/run/systemd/journal/socket";
	bool journal = !is_living(log, "/var/log/mail.log.1") && access(journald, F_OK) == 0;
	struct conf_source *source = conf->sources = array_grow(conf->sources, 0, sizeof(*source));

	if (!source)
		return false;
	*source = (struct conf_source){ .name = strdup(journal ? "journal" : "maillog"), .journal = journal,
					.file = journal ? NULL : strdup(log) };
	conf->source_count = 1;
	return source->name && (journal || source->file);
}

/* Under judge = window, networks are banned as they always were. */
static void window_defaults(const struct conf_loader *loader, struct policy *policy)
{
	if (conf_keys_line(loader, CONF_POLICY, "network_limit") == 0)
		policy->network_limit = 4;
	if (conf_keys_line(loader, CONF_POLICY, "network_window") == 0)
		policy->network_window_s = 86400;
}

void conf_service_apply(const struct conf_service *service, struct policy *policy)
{
	const struct {
		uint32_t given, *at;
	} values[] = {
		{ service->window_s, &policy->window_s }, { service->soft_error_limit, &policy->soft_error_limit },
		{ service->hard_error_limit, &policy->hard_error_limit }, { service->delay_s, &policy->delay_s },
		{ service->ban_time_s, &policy->ban_time_s }, { service->ban_factor, &policy->ban_factor },
		{ service->long_window_s, &policy->long_window_s }, { service->long_limit, &policy->long_limit },
		{ service->sure_ban_time_s, &policy->sure_ban_time_s },
		{ service->one_name_ban_time_s, &policy->one_name_ban_time_s },
	};

	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].given)
			*values[i].at = values[i].given;
	/* who sets the hard limit alone means what is below it, too */
	if (!service->soft_error_limit && policy->soft_error_limit > policy->hard_error_limit)
		policy->soft_error_limit = policy->hard_error_limit;
}

/* A packet for another port is never looked at. */
static void check_ports(const struct conf *conf, const struct conf_service *service, const struct spot *spot)
{
	for (size_t i = 0; i < service->port_count && !conf->all_ports; i++) {
		size_t k = 0;

		while (k < conf->port_count && conf->ports[k] != service->ports[i])
			k++;
		if (k == conf->port_count)
			problem(spot, "[service %s] port %u is not among ports of [mailward], one of those would be right", service->name,
				service->ports[i]);
	}
}

/* Who says no soft limit means none above the hard one, nor does who tries a hard limit below the file's soft one. */
static void couple_limits(const struct conf_loader *loader)
{
	struct policy *policy = &loader->conf->policy;
	unsigned soft = conf_keys_line(loader, CONF_POLICY, "soft_error_limit"), hard = conf_keys_line(loader, CONF_POLICY, "hard_error_limit");

	if ((soft == 0 || (hard == CONF_LINE_BESIDE && soft != CONF_LINE_BESIDE)) && policy->soft_error_limit > policy->hard_error_limit)
		policy->soft_error_limit = policy->hard_error_limit;
	for (size_t i = 0; i < loader->conf->service_count; i++) {
		struct conf_service *service = &loader->conf->services[i];
		uint32_t limit = service->hard_error_limit ? service->hard_error_limit : policy->hard_error_limit;
		bool beside = service->hard_error_limit ? conf_keys_beside(loader, i, "hard_error_limit") : hard == CONF_LINE_BESIDE;

		if (beside && !conf_keys_beside(loader, i, "soft_error_limit") && service->soft_error_limit > limit)
			service->soft_error_limit = limit;
	}
}

/* What would be wrong in [policy] is wrong here, too, with what a service has from there. */
static void check_services(const struct conf_loader *loader)
{
	const struct conf *conf = loader->conf;

	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = &conf->services[i];
		bool beside = conf_keys_beside(loader, i, NULL);
		struct spot *spot = SPOT(loader->spot.problems, beside ? "command line" : loader->spot.file, beside ? 0 : service->line);
		struct policy policy = conf->policy;
		char ban[24], most[24];

		check_ports(conf, service, spot);
		conf_service_apply(service, &policy);
		if (policy.soft_error_limit > policy.hard_error_limit)
			problem(spot, "[service %s] soft_error_limit = %u is above hard_error_limit = %u, at most the same would be right",
				service->name, policy.soft_error_limit, policy.hard_error_limit);
		if (policy.ban_time_s > policy.ban_time_max_s)
			problem(spot, "[service %s] ban_time = %s is above ban_time_max = %s of [policy], at most the same would be right",
				service->name, duration_fmt(ban, sizeof(ban), policy.ban_time_s),
				duration_fmt(most, sizeof(most), policy.ban_time_max_s));
	}
}

/* What depends on several keys; false: no memory. */
static bool complete(const struct conf_loader *loader)
{
	struct conf *conf = loader->conf;
	struct policy *policy = &conf->policy;

	couple_limits(loader);
	conf->other_policy = *policy;
	conf->other_policy.memory = !policy->memory;
	conf->other_policy.judge_dry_run = false;
	window_defaults(loader, policy->memory ? &conf->other_policy : policy);
	order_check(loader, "soft_error_limit", policy->soft_error_limit, "hard_error_limit", policy->hard_error_limit, false);
	order_check(loader, "ban_time", policy->ban_time_s, "ban_time_max", policy->ban_time_max_s, true);
	if (conf_keys_line(loader, CONF_MAILWARD, "ports") == 0) {
		memcpy(conf->ports, mail_ports, sizeof(mail_ports));
		conf->port_count = COUNT(mail_ports);
	}
	check_services(loader);
	if (conf_keys_section(loader, CONF_FLEET))
		conf_fleet(loader);
	if ((conf->source_count == 0 && !default_source(conf)) || ranges_add_loopback(&conf->allow) < 0)
		return false;
	ranges_seal(&conf->allow);
	return true;
}

bool conf_allow_own(struct conf *conf)
{
	struct ranges allow = { 0 };
	int err = conf->allow_given.count ? 0 : ranges_add_all(&conf->allow_given, &conf->allow);

	if (err == 0)
		err = ranges_add_own(&allow);
	if (err < 0)
		log_warning("not all of this machine's own addresses and gateways could be read (%s): not all are on the allow-list",
			    strerror(-err));
	if ((err < 0 && ranges_add_all(&allow, &conf->allow) < 0) || ranges_add_all(&allow, &conf->allow_given) < 0 ||
	    ranges_add_all(&allow, &conf->allow_now) < 0) {
		ranges_fini(&allow);
		return false;
	}
	ranges_seal(&allow);
	bool same = ranges_equal(&allow, &conf->allow);
	ranges_fini(&conf->allow);
	conf->allow = allow;
	return !same;
}

int conf_allow_now(struct conf *conf, const struct prefix *prefixes, size_t count)
{
	struct ranges now = { 0 };
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++)
		err = ranges_add(&now, &prefixes[i]);
	if (err < 0) {
		ranges_fini(&now);
		return err;
	}
	ranges_seal(&now);
	ranges_fini(&conf->allow_now);
	conf->allow_now = now;
	conf_allow_own(conf);
	return 0;
}

static void keep_folder_of(const char *path)
{
	char *folder = path ? reach_folder(path) : NULL;

	if (folder)
		reach_keep(folder);
	free(folder);
}

void conf_keep(const struct conf *conf)
{
	keep_folder_of(conf->path);
	keep_folder_of(conf->allow_file);
	for (size_t i = 0; i < conf->blocklist_count; i++)
		keep_folder_of(conf->blocklists[i].file);
}

/* Paths that are given beside the file begin where whoever gives them stands. */
static void read_settings(struct conf_loader *loader, const char *const *settings, size_t count)
{
	char *folder = loader->folder;
	struct spot spot = loader->spot;

	loader->folder = get_current_dir_name();
	if (!loader->folder)
		problem(&loader->spot, "the current folder cannot be read: %s", strerror(errno));
	for (size_t i = 0; loader->folder && i < count; i++)
		conf_keys_set(loader, settings[i]);
	free(loader->folder);
	loader->folder = folder;
	loader->spot = spot;
}

bool conf_load(struct conf *conf, const char *path, struct problems *problems)
{
	return conf_load_with(conf, path, NULL, 0, problems);
}

bool conf_load_with(struct conf *conf, const char *path, const char *const *settings, size_t count, struct problems *problems)
{
	struct conf_loader loader = { .conf = conf, .spot.problems = problems, .section = CONF_NOWHERE };
	unsigned before = problems->count;

	if (!path && (access(CONF_PATH_DEFAULT, F_OK) == 0 || errno != ENOENT))
		path = CONF_PATH_DEFAULT;
	loader.spot.file = path ? path : "configuration";
	bool memory = defaults(conf) && (!path || (conf->path = strdup(path)));
	if (memory && path) {
		loader.folder = reach_real(path);
		if (loader.folder)
			conf_keys_read(&loader);
		else
			problem(&loader.spot, "cannot be read: %s", strerror(errno));
	}
	if (count)
		read_settings(&loader, settings, count);
	loader.spot.line = 0;
	if (!memory || !complete(&loader))
		problem(&loader.spot, "out of memory");
	free(loader.folder);
	return problems->count == before;
}

struct spot conf_spot(const struct conf *conf, struct problems *problems, unsigned line)
{
	return (struct spot){ problems, line ? conf->path : "command line", line };
}

void conf_fini(struct conf *conf)
{
	for (size_t i = 0; i < conf->source_count; i++) {
		free(conf->sources[i].name);
		free(conf->sources[i].file);
		free(conf->sources[i].channel);
		free(conf->sources[i].password_file);
		free(conf->sources[i].units);
		free(conf->sources[i].users);
		free(conf->sources[i].identifiers);
	}
	for (size_t i = 0; i < conf->rule_count; i++)
		free(conf->rules[i].name);
	for (size_t i = 0; i < conf->blocklist_count; i++) {
		free(conf->blocklists[i].name);
		free(conf->blocklists[i].file);
	}
	for (size_t i = 0; i < conf->service_count; i++)
		free(conf->services[i].name);
	free(conf->services);
	free(conf->sources);
	free(conf->rules);
	free(conf->blocklists);
	free(conf->path);
	free(conf->patterns);
	free(conf->state_dir);
	free(conf->socket);
	free(conf->allow_file);
	free(conf->notify.command);
	conf_fleet_fini(&conf->fleet);
	free(conf->textfile);
	ranges_fini(&conf->allow);
	ranges_fini(&conf->allow_given);
	ranges_fini(&conf->allow_now);
	*conf = (struct conf){ 0 };
}
