/* conf_keys - see conf_keys.h
 *
 * Two tables, and what is said about a section or a key that is in neither, or there twice. The values are read by
 * conf_value.c. Never checks one key against another: that is conf.c's. */
#include "conf/conf_keys.h"

#include <sys/stat.h>
#include <sys/un.h>

#include "base/array.h"
#include "conf/conf_read.h"
#include "conf/conf_value.h"

#define PATH_BYTES_MAX 4095
#define SOCKET_BYTES_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)
#define NAME_BYTES_MAX 32

static const char *const section_names[CONF_SECTIONS] = { "mailward", "source", "policy", "names", "rules", "allow", "blocklist",
	"notify", "service", "fleet", "metrics" };

static bool section_is_named(enum conf_section section)
{
	return section == CONF_SOURCE || section == CONF_BLOCKLIST || section == CONF_SERVICE;
}

enum type { FLAG, ON_STOP, JUDGE, CASE, DELIMITER, DOMAIN, NUMBER, DURATION, PATH, PORTS, NAT64, PREFIXES, PREFIX_FILE, UNITS, WORDS,
	COMMAND, REDIS, CHANNEL };

/* The offset is in struct conf; in [source], [blocklist] and [service] in the struct of the section. */
static const struct key {
	enum conf_section section;
	const char *name;
	enum type type;
	size_t offset;
	uint32_t min, max;
} keys[] = {
	{ CONF_MAILWARD, "patterns", PATH, offsetof(struct conf, patterns), 0, PATH_BYTES_MAX },
	{ CONF_MAILWARD, "evidence_time", DURATION, offsetof(struct conf, evidence_time_s), 0, 366 * 86400 },
	{ CONF_MAILWARD, "state_dir", PATH, offsetof(struct conf, state_dir), 0, PATH_BYTES_MAX },
	{ CONF_MAILWARD, "socket", PATH, offsetof(struct conf, socket), 0, SOCKET_BYTES_MAX },
	{ CONF_MAILWARD, "dry_run", FLAG, offsetof(struct conf, dry_run), 0, 0 },
	{ CONF_MAILWARD, "on_stop", ON_STOP, offsetof(struct conf, clear_on_stop), 0, 0 },
	{ CONF_MAILWARD, "strict", FLAG, offsetof(struct conf, strict), 0, 0 },
	{ CONF_MAILWARD, "ports", PORTS, 0, 0, 0 },
	{ CONF_MAILWARD, "nat64", NAT64, 0, 0, 0 },
	{ CONF_MAILWARD, "max_addresses", NUMBER, offsetof(struct conf, max_addresses), 1000, 100000000 },
	{ CONF_MAILWARD, "max_bans", NUMBER, offsetof(struct conf, max_bans), 1000, 100000000 },
	{ CONF_SOURCE, "file", PATH, offsetof(struct conf_source, file), 0, PATH_BYTES_MAX },
	{ CONF_SOURCE, "journal", FLAG, offsetof(struct conf_source, journal), 0, 0 },
	{ CONF_SOURCE, "redis", REDIS, offsetof(struct conf_source, redis), 0, 0 },
	{ CONF_SOURCE, "channel", CHANNEL, offsetof(struct conf_source, channel), 0, 0 },
	{ CONF_SOURCE, "password_file", PATH, offsetof(struct conf_source, password_file), 0, PATH_BYTES_MAX },
	{ CONF_SOURCE, "unit", UNITS, offsetof(struct conf_source, units), 0, 0 },
	{ CONF_SOURCE, "user", WORDS, offsetof(struct conf_source, users), 0, 0 },
	{ CONF_SOURCE, "identifier", WORDS, offsetof(struct conf_source, identifiers), 0, 0 },
	{ CONF_POLICY, "window", DURATION, offsetof(struct conf, policy.window_s), 1, 86400 },
	{ CONF_POLICY, "soft_error_limit", NUMBER, offsetof(struct conf, policy.soft_error_limit), 1, 1000 },
	{ CONF_POLICY, "hard_error_limit", NUMBER, offsetof(struct conf, policy.hard_error_limit), 1, 1000 },
	{ CONF_POLICY, "delay", DURATION, offsetof(struct conf, policy.delay_s), 1, 86400 },
	{ CONF_POLICY, "ban_time", DURATION, offsetof(struct conf, policy.ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "ban_factor", NUMBER, offsetof(struct conf, policy.ban_factor), 1, 100 },
	{ CONF_POLICY, "ban_time_max", DURATION, offsetof(struct conf, policy.ban_time_max_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "ipv6_prefix", NUMBER, offsetof(struct conf, policy.ipv6_prefix), 32, 128 },
	{ CONF_POLICY, "network_limit", NUMBER, offsetof(struct conf, policy.network_limit), 0, 256 },
	{ CONF_POLICY, "network_window", DURATION, offsetof(struct conf, policy.network_window_s), 1, 30 * 86400 },
	{ CONF_POLICY, "max_bans_per_minute", NUMBER, offsetof(struct conf, policy.max_bans_per_minute), 0, 1000000 },
	{ CONF_POLICY, "judge", JUDGE, offsetof(struct conf, policy.memory), 0, 0 },
	{ CONF_POLICY, "judge_dry_run", FLAG, offsetof(struct conf, policy.judge_dry_run), 0, 0 },
	{ CONF_POLICY, "long_window", DURATION, offsetof(struct conf, policy.long_window_s), 86400, 30 * 86400 },
	{ CONF_POLICY, "long_limit", NUMBER, offsetof(struct conf, policy.long_limit), 1, 120 },
	{ CONF_POLICY, "guest_limit", NUMBER, offsetof(struct conf, policy.guest_limit), 1, 10000 },
	{ CONF_POLICY, "guest_limit_per_account", NUMBER, offsetof(struct conf, policy.guest_account_limit), 0, 1000 },
	{ CONF_POLICY, "sure_ban_time", DURATION, offsetof(struct conf, policy.sure_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "one_name_ban_time", DURATION, offsetof(struct conf, policy.one_name_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "shared_ban_time", DURATION, offsetof(struct conf, policy.shared_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "recipient_ban_factor", NUMBER, offsetof(struct conf, policy.recipient_ban_factor), 1, 100 },
	{ CONF_POLICY, "stay", DURATION, offsetof(struct conf, policy.stay_s), 0, 3600 },
	{ CONF_POLICY, "near_stay", DURATION, offsetof(struct conf, policy.near_stay_s), 0, 86400 },
	{ CONF_POLICY, "network_ban_time", DURATION, offsetof(struct conf, policy.network_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "near_network_ban_time", DURATION, offsetof(struct conf, policy.near_network_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_POLICY, "network_sum", NUMBER, offsetof(struct conf, policy.network_sum), 0, 10000 },
	{ CONF_NAMES, "case", CASE, offsetof(struct conf, names.keep_case), 0, 0 },
	{ CONF_NAMES, "delimiter", DELIMITER, offsetof(struct conf, names.delimiter), 0, 0 },
	{ CONF_NAMES, "domain", DOMAIN, 0, 0, 0 },
	{ CONF_NAMES, "burn_networks", NUMBER, offsetof(struct conf, policy.burn_networks), 2, 8 },
	{ CONF_NAMES, "campaign_networks", NUMBER, offsetof(struct conf, policy.campaign_networks), 2, 8 },
	{ CONF_NAMES, "weight_burnt", NUMBER, offsetof(struct conf, policy.weight_burnt), 1, 60 },
	{ CONF_NAMES, "weight_campaign", NUMBER, offsetof(struct conf, policy.weight_campaign), 1, 60 },
	{ CONF_NAMES, "catch_all", NUMBER, offsetof(struct conf, policy.catch_all), 0, 1000000 },
	{ CONF_ALLOW, "addresses", PREFIXES, offsetof(struct conf, allow), 0, 0 },
	{ CONF_ALLOW, "file", PREFIX_FILE, offsetof(struct conf, allow), 0, PATH_BYTES_MAX },
	{ CONF_NOTIFY, "command", COMMAND, offsetof(struct conf, notify.command), 0, PATH_BYTES_MAX },
	{ CONF_NOTIFY, "interval", DURATION, offsetof(struct conf, notify.interval_s), 1, 86400 },
	{ CONF_NOTIFY, "max_batch", NUMBER, offsetof(struct conf, notify.max_batch), 1, 10000 },
	{ CONF_NOTIFY, "timeout", DURATION, offsetof(struct conf, notify.timeout_s), 1, 3600 },
	{ CONF_NOTIFY, "delays", FLAG, offsetof(struct conf, notify.delays), 0, 0 },
	{ CONF_FLEET, "server", WORDS, offsetof(struct conf, fleet.server), 0, 0 },
	{ CONF_FLEET, "node", WORDS, offsetof(struct conf, fleet.node), 0, 0 },
	{ CONF_FLEET, "nodes", WORDS, offsetof(struct conf, fleet.nodes), 0, 0 },
	{ CONF_FLEET, "ignore", WORDS, offsetof(struct conf, fleet.ignore), 0, 0 },
	{ CONF_FLEET, "user", WORDS, offsetof(struct conf, fleet.user), 0, 0 },
	{ CONF_FLEET, "password_file", PATH, offsetof(struct conf, fleet.password_file), 0, PATH_BYTES_MAX },
	{ CONF_FLEET, "key_file", PATH, offsetof(struct conf, fleet.key_file), 0, PATH_BYTES_MAX },
	{ CONF_FLEET, "tls_ca_file", PATH, offsetof(struct conf, fleet.tls_ca_file), 0, PATH_BYTES_MAX },
	{ CONF_FLEET, "remote_bans_per_minute", NUMBER, offsetof(struct conf, fleet.remote_bans_per_minute), 1, 1000000 },
	{ CONF_SERVICE, "ports", PORTS, offsetof(struct conf_service, ports), 0, 0 },
	{ CONF_SERVICE, "window", DURATION, offsetof(struct conf_service, window_s), 1, 86400 },
	{ CONF_SERVICE, "soft_error_limit", NUMBER, offsetof(struct conf_service, soft_error_limit), 1, 1000 },
	{ CONF_SERVICE, "hard_error_limit", NUMBER, offsetof(struct conf_service, hard_error_limit), 1, 1000 },
	{ CONF_SERVICE, "delay", DURATION, offsetof(struct conf_service, delay_s), 1, 86400 },
	{ CONF_SERVICE, "ban_time", DURATION, offsetof(struct conf_service, ban_time_s), 1, DURATION_MAX_S },
	{ CONF_SERVICE, "ban_factor", NUMBER, offsetof(struct conf_service, ban_factor), 1, 100 },
	{ CONF_SERVICE, "long_window", DURATION, offsetof(struct conf_service, long_window_s), 86400, 30 * 86400 },
	{ CONF_SERVICE, "long_limit", NUMBER, offsetof(struct conf_service, long_limit), 1, 120 },
	{ CONF_SERVICE, "sure_ban_time", DURATION, offsetof(struct conf_service, sure_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_SERVICE, "one_name_ban_time", DURATION, offsetof(struct conf_service, one_name_ban_time_s), 1, DURATION_MAX_S },
	{ CONF_METRICS, "textfile", PATH, offsetof(struct conf, textfile), 0, PATH_BYTES_MAX },
	{ CONF_BLOCKLIST, "file", PATH, offsetof(struct conf_blocklist, file), 0, PATH_BYTES_MAX },
};

_Static_assert(COUNT(keys) <= CONF_KEYS_MAX, "more keys than a loader remembers");

/* ---- sections ---- */

static bool name_is_good(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", name.at[i]))
			return false;
	return name.len >= 1 && name.len <= NAME_BYTES_MAX;
}

/* They take the name over; false: no memory. */
static bool source_add(struct conf *conf, char *name, unsigned line)
{
	struct conf_source *sources = array_grow(conf->sources, conf->source_count, sizeof(*sources));

	if (!sources)
		return false;
	conf->sources = sources;
	sources[conf->source_count++] = (struct conf_source){ .name = name, .line = line };
	return true;
}

static bool blocklist_add(struct conf *conf, char *name, unsigned line)
{
	struct conf_blocklist *lists = array_grow(conf->blocklists, conf->blocklist_count, sizeof(*lists));

	if (!lists)
		return false;
	conf->blocklists = lists;
	lists[conf->blocklist_count++] = (struct conf_blocklist){ .name = name, .line = line };
	return true;
}

static bool service_add(struct conf *conf, char *name, unsigned line)
{
	struct conf_service *services = array_grow(conf->services, conf->service_count, sizeof(*services));

	if (!services)
		return false;
	conf->services = services;
	services[conf->service_count++] = (struct conf_service){ .name = name, .line = line };
	return true;
}

/* The sections with a name: an example of one, how many there may be. */
static const struct {
	bool (*add)(struct conf *conf, char *name, unsigned line);
	const char *example;
	size_t max;
} named[CONF_SECTIONS] = {
	[CONF_SOURCE] = { source_add, "maillog", CONF_NAMED_MAX },
	[CONF_BLOCKLIST] = { blocklist_add, "local", CONF_NAMED_MAX },
	[CONF_SERVICE] = { service_add, "dovecot", CONF_SERVICES_MAX },
};

/* Of a section with a name, the i-th: its name, and the line in which it begins; NULL: there are no more. */
static const char *named_at(const struct conf *conf, enum conf_section section, size_t i, unsigned *line)
{
	if (section == CONF_SOURCE && i < conf->source_count)
		return *line = conf->sources[i].line, conf->sources[i].name;
	if (section == CONF_BLOCKLIST && i < conf->blocklist_count)
		return *line = conf->blocklists[i].line, conf->blocklists[i].name;
	if (section == CONF_SERVICE && i < conf->service_count)
		return *line = conf->services[i].line, conf->services[i].name;
	return NULL;
}

/* [source NAME], [blocklist NAME], [service NAME]: a new struct for it; false: reported. */
static bool named_section(struct conf_loader *loader, struct text name)
{
	const char *kind = section_names[loader->section], *other;
	size_t count = 0;
	unsigned line;

	if (!name_is_good(name)) {
		problem(&loader->spot, "[%s] needs a name, up to %d letters, digits, '-', '_' and '.': [%s %s] would be right",
			kind, NAME_BYTES_MAX, kind, named[loader->section].example);
		return false;
	}
	for (; (other = named_at(loader->conf, loader->section, count, &line)) != NULL; count++) {
		if (text_equal(name, text_of(other))) {
			problem(&loader->spot, "[%s %s] stands in line %u already, one section of that name would be right",
				kind, other, line);
			return false;
		}
	}
	if (count == named[loader->section].max) {
		problem(&loader->spot, "too many [%s] sections, at most %zu would be right", kind, count);
		return false;
	}
	char *copy = strndup(name.at, name.len);
	bool added = copy && named[loader->section].add(loader->conf, copy, loader->spot.line);
	if (!added) {
		free(copy);
		problem(&loader->spot, "out of memory");
	}
	if (added && loader->section == CONF_SERVICE)
		loader->service = loader->conf->service_count - 1;
	return added;
}

/* What belongs to the journal stands with it, and it is read once. */
static void journal_check(const struct conf_loader *loader, const struct spot *spot, const struct conf_source *source)
{
	static const char *const own[] = { "unit", "user", "identifier" };
	const struct conf *conf = loader->conf;

	for (size_t i = 0; !source->journal && i < COUNT(own); i++) {
		unsigned line = conf_keys_line(loader, CONF_SOURCE, own[i]);
		if (line)
			problem(SPOT(spot->problems, spot->file, line), "%s chooses from the journal, "
				"journal = yes beside it would be right", own[i]);
	}
	for (size_t i = 0; source->journal && i + 1 < conf->source_count; i++)
		if (conf->sources[i].journal)
			problem(spot, "[source %s] reads the journal as [source %s] does, one section with all units would be right",
				source->name, conf->sources[i].name);
}

/* Do two paths lead to one file, there or not there yet? */
static bool is_one_file(const char *a, const char *b)
{
	const char *a_name = strrchr(a, '/'), *b_name = strrchr(b, '/');
	struct stat a_st, b_st;
	char folder[PATH_MAX];

	if (strcmp(a, b) == 0)
		return true;
	if (stat(a, &a_st) == 0 && stat(b, &b_st) == 0)
		return a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
	if (!a_name || !b_name || strcmp(a_name, b_name) != 0)
		return false;
	snprintf(folder, sizeof(folder), "%.*s/", (int)(a_name - a), a);
	if (stat(folder, &a_st) < 0)
		return false;
	snprintf(folder, sizeof(folder), "%.*s/", (int)(b_name - b), b);
	return stat(folder, &b_st) == 0 && a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
}

static void source_check(const struct conf_loader *loader)
{
	static const char *const of_redis[] = { "channel", "password_file" };
	const struct conf *conf = loader->conf;
	const struct conf_source *source = &conf->sources[conf->source_count - 1];
	struct spot spot = { loader->spot.problems, loader->spot.file, source->line };

	journal_check(loader, &spot, source);
	if (source->file && source->journal)
		problem(&spot, "[source %s] has both a file and the journal, one of them would be right (two sections for both)",
			source->name);
	else if ((source->file || source->journal) && *source->redis.name)
		problem(&spot, "[source %s] has a Redis server and something else to read, two sections would be right", source->name);
	else if (!conf_keys_line(loader, CONF_SOURCE, "file") && !source->journal && !conf_keys_line(loader, CONF_SOURCE, "redis"))
		problem(&spot, "[source %s] has nothing to read, file = /var/log/mail.log or journal = yes would be right",
			source->name);
	for (size_t i = 0; i < COUNT(of_redis) && !conf_keys_line(loader, CONF_SOURCE, "redis"); i++)
		if (conf_keys_line(loader, CONF_SOURCE, of_redis[i]))
			problem(SPOT(spot.problems, spot.file, conf_keys_line(loader, CONF_SOURCE, of_redis[i])),
				"%s is a Redis server's, redis = ADDRESS:PORT beside it would be right", of_redis[i]);
	for (size_t i = 0; source->file && i + 1 < conf->source_count; i++)
		if (conf->sources[i].file && is_one_file(conf->sources[i].file, source->file))
			problem(&spot, "[source %s] reads the file of [source %s]: every line would count twice", source->name,
				conf->sources[i].name);
}

/* Is the section that ends here whole? */
static void section_done(struct conf_loader *loader)
{
	const struct conf *conf = loader->conf;

	if (loader->section == CONF_SOURCE) {
		source_check(loader);
	} else if (loader->section == CONF_BLOCKLIST && !conf_keys_line(loader, CONF_BLOCKLIST, "file")) {
		const struct conf_blocklist *list = &conf->blocklists[conf->blocklist_count - 1];
		problem(SPOT(loader->spot.problems, loader->spot.file, list->line), "[blocklist %s] names no list, "
			"file = PATH would be right", list->name);
	}
	loader->section = CONF_NOWHERE;
}

static void section_unknown(const struct conf_loader *loader, struct text heading, struct text kind)
{
	char word[NAME_BYTES_MAX];

	snprintf(word, sizeof(word), "%.*s", (int)kind.len, kind.at);
	const char *meant = conf_similar(word, section_names, CONF_SECTIONS);
	if (meant)
		problem(&loader->spot, "unknown section [%.*s], did you mean [%s]?", (int)heading.len, heading.at, meant);
	else
		problem(&loader->spot, "unknown section [%.*s], mailward, source NAME, policy, service NAME, names, rules, allow, notify, "
			"metrics, fleet or blocklist NAME would be right", (int)heading.len, heading.at);
}

/* A known section; false: reported. */
static bool section_begin(struct conf_loader *loader, struct text name)
{
	const char *kind = section_names[loader->section];
	unsigned *before = &loader->section_line[loader->section];

	if (section_is_named(loader->section)) {
		for (size_t i = 0; i < COUNT(keys); i++)
			if (keys[i].section == loader->section)
				loader->key_line[i] = 0;
		return named_section(loader, name);
	}
	if (name.len)
		problem(&loader->spot, "section [%s] takes no name, [%s] alone would be right", kind, kind);
	else if (*before)
		problem(&loader->spot, "section [%s] stands in line %u already, its keys together there would be right", kind, *before);
	else
		*before = loader->spot.line;
	return *before == loader->spot.line;
}

/* A conf_heading_fn. */
static void on_section(void *arg, const struct spot *spot, struct text heading)
{
	struct conf_loader *loader = arg;

	section_done(loader);
	loader->spot = *spot;
	loader->any_section = true;
	if (!heading.at)
		return;
	struct text kind = { heading.at, 0 };
	while (kind.len < heading.len && heading.at[kind.len] != ' ' && heading.at[kind.len] != '\t')
		kind.len++;
	struct text name = conf_content((struct text){ heading.at + kind.len, heading.len - kind.len }, "");
	for (enum conf_section s = 0; s < CONF_SECTIONS; s++)
		if (text_equal(kind, text_of(section_names[s])))
			loader->section = s;
	if (loader->section == CONF_NOWHERE)
		section_unknown(loader, heading, kind);
	else if (!section_begin(loader, name))
		loader->section = CONF_NOWHERE;
}

/* ---- keys ---- */

/* The value of a known key, where it belongs. */
static void value_set(const struct conf_loader *loader, const struct key *key, const struct conf_value *value)
{
	struct conf *conf = loader->conf;
	char *base = (char *)conf;

	if (key->section == CONF_SOURCE)
		base = (char *)&conf->sources[conf->source_count - 1];
	else if (key->section == CONF_BLOCKLIST)
		base = (char *)&conf->blocklists[conf->blocklist_count - 1];
	else if (key->section == CONF_SERVICE)
		base = (char *)&conf->services[loader->service];
	void *at = base + key->offset;
	switch (key->type) {
	case FLAG:
		conf_flag(value, at);
		break;
	case ON_STOP:
		conf_either(value, "keep", "clear", at);
		break;
	case JUDGE:
		conf_either(value, "window", "memory", at);
		break;
	case CASE:
		conf_either(value, "fold", "keep", at);
		break;
	case DELIMITER:
		conf_delimiter(value, at);
		break;
	case DOMAIN:
		conf_domain(value, conf->names.domain, sizeof(conf->names.domain));
		break;
	case NUMBER:
		conf_number(value, key->min, key->max, at);
		break;
	case DURATION:
		conf_duration(value, key->min, key->max, at);
		break;
	case PATH:
		conf_path(value, key->max, at);
		break;
	case PORTS:
		if (key->section == CONF_SERVICE)
			conf_ports(value, at, &conf->services[loader->service].port_count, NULL);
		else
			conf_ports(value, conf->ports, &conf->port_count, &conf->all_ports);
		break;
	case NAT64:
		conf_nat64(value, conf);
		break;
	case PREFIXES:
		conf_prefixes(value, at);
		break;
	case UNITS:
	case WORDS:
		conf_words(value, key->type == UNITS, at);
		break;
	case REDIS:
		if (!conf_server(text_of(value->text), at))
			problem(&value->spot, "%s: '%s' " CONF_NO_SERVER, value->key, value->text);
		break;
	case CHANNEL:
		free(*(char **)at);
		*(char **)at = strdup(value->text);
		if (strchr(value->text, ' '))
			problem(&value->spot, "%s: '%s' are several, one would be right", value->key, value->text);
		break;
	case COMMAND:
		conf_command(value, key->max, at);
		break;
	case PREFIX_FILE:
		if (conf_path(value, key->max, &conf->allow_file))
			conf_prefix_file(value, conf->allow_file, at);
		break;
	}
}

/* One line of [rules]; whether there is such a rule is for the rules' loader to say. */
static void rule_set(struct conf *conf, const struct conf_value *value)
{
	const char *key = value->key;
	size_t slashes = 0, odd = 0;
	int weight;

	for (const char *c = key; *c; c++) {
		slashes += *c == '/';
		odd += !strchr("abcdefghijklmnopqrstuvwxyz0123456789-_./", *c);
	}
	if (odd || slashes > 1 || key[0] == '/' || key[strlen(key) - 1] == '/') {
		problem(&value->spot, "'%s' is no rule, service/rule (postfix/user-unknown) or a service (postfix) would be right", key);
		return;
	}
	for (size_t i = 0; i < conf->rule_count; i++)
		if (strcmp(conf->rules[i].name, key) == 0) {
			problem(&value->spot, "%s is set in line %u already, one line would be right", key, conf->rules[i].line);
			return;
		}
	if (conf->rule_count == CONF_RULES_MAX) {
		problem(&value->spot, "too many rules, at most %d would be right", CONF_RULES_MAX);
		return;
	}
	if (!conf_weight(value, &weight))
		return;
	char *name = strdup(key);
	struct conf_rule *rules = array_grow(conf->rules, conf->rule_count, sizeof(*rules));
	if (rules)
		conf->rules = rules;
	if (name && rules) {
		rules[conf->rule_count++] = (struct conf_rule){ .name = name, .weight = weight, .line = value->spot.line };
		return;
	}
	free(name);
	problem(&value->spot, "out of memory");
}

/* Say so, and what may have been meant. */
static void key_unknown(const struct conf_loader *loader, const char *name)
{
	const char *candidates[COUNT(keys)], *section = section_names[loader->section];
	char list[1024] = "";
	size_t count = 0;

	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].section == loader->section)
			candidates[count++] = keys[i].name;
	const char *meant = conf_similar(name, candidates, count);
	if (meant) {
		problem(&loader->spot, "unknown key '%s', did you mean '%s'?", name, meant);
		return;
	}
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(keys[i].name, name) == 0) {	/* where it may stand in several, the first is for all */
			problem(&loader->spot, "'%s' is no key of [%s], it belongs into [%s]", name, section,
				section_names[keys[i].section]);
			return;
		}
	for (size_t i = 0, used = 0; i < count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", candidates[i]);
	problem(&loader->spot, "unknown key '%s' in [%s], %s would be right", name, section, list);
}

/* A conf_key_fn. */
static void on_key(void *arg, const struct spot *spot, const char *name, const char *text, bool continued)
{
	struct conf_loader *loader = arg;
	size_t i = 0;

	loader->spot = *spot;
	if (loader->section == CONF_NOWHERE) {
		if (!loader->any_section)
			problem(spot, "'%s' stands before the first section, [mailward] above it would be right", name);
		loader->any_section = true;	/* Said once. */
		return;
	}
	while (i < COUNT(keys) && (keys[i].section != loader->section || strcmp(keys[i].name, name) != 0))
		i++;
	bool known = i < COUNT(keys);
	bool list = known && (keys[i].type == PORTS || keys[i].type == PREFIXES || keys[i].type == UNITS || keys[i].type == WORDS);
	struct conf_value value = { *spot, name, text, loader->folder };
	if (continued && !list) {
		problem(spot, "an indented line goes on with the value of '%s', which takes one line; "
			"a key at the left margin would be right", name);
	} else if (loader->section != CONF_RULES && !known) {
		key_unknown(loader, name);
	} else if (*text == '\0') {
		problem(spot, "%s: no value, a value or no such line (the default holds) would be right", name);
	} else if (loader->section == CONF_RULES) {
		rule_set(loader->conf, &value);
	} else if (!continued && loader->key_line[i]) {
		problem(spot, "%s is set in line %u already, one line would be right", name, loader->key_line[i]);
	} else {
		if (!continued)
			loader->key_line[i] = spot->line;
		value_set(loader, &keys[i], &value);
	}
}

void conf_keys_read(struct conf_loader *loader)
{
	conf_read(loader->spot.file, loader->spot.problems, on_section, on_key, loader);
	section_done(loader);
}

/* ---- keys beside the file ---- */

static const struct key *key_of(enum conf_section section, const char *name)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* "policy.window", "window" where one section alone has such a key, "postfix/relay-denied"; *name is what follows the section.
 * CONF_NOWHERE: reported. */
static enum conf_section section_of(struct conf_loader *loader, const char **name)
{
	const char *dot = strchr(*name, '.'), *candidates[COUNT(keys)], *meant;
	enum conf_section found = CONF_NOWHERE;
	size_t count = 0;

	for (enum conf_section s = 0; dot && s < CONF_SECTIONS; s++)
		if (text_equal((struct text){ *name, (size_t)(dot - *name) }, text_of(section_names[s]))) {
			*name = dot + 1;
			return s;
		}
	if (strchr(*name, '/'))
		return CONF_RULES;
	for (enum conf_section s = 0; s < CONF_SECTIONS; s++) {
		if (!key_of(s, *name) || (s == CONF_SERVICE && count > 0))	/* there is one for all, before it in the list */
			continue;
		found = s;
		count++;
	}
	if (count > 1)
		problem(&loader->spot, "'%s' is a key of several sections, the section before it (%s.%s) would be right", *name,
			section_names[found], *name);
	if (count > 0)
		return count > 1 ? CONF_NOWHERE : found;
	for (size_t i = 0; i < COUNT(keys); i++)
		candidates[i] = keys[i].name;
	meant = conf_similar(*name, candidates, COUNT(keys));
	if (meant)
		problem(&loader->spot, "unknown key '%s', did you mean '%s'?", *name, meant);
	else
		problem(&loader->spot, "unknown key '%s', one of the config's (hard_error_limit, policy.hard_error_limit) or a rule "
			"(postfix/user-unknown) would be right", *name);
	return CONF_NOWHERE;
}

/* Does the setting replace what the file says? false: it stands twice beside it, which was reported. */
static bool make_way(struct conf_loader *loader, const struct key *key, const char *name)
{
	struct conf *conf = loader->conf;
	unsigned line = key ? loader->key_line[key - keys] : 0;

	if (key && loader->section == CONF_SERVICE)
		line = loader->beside[loader->service][key - keys] ? CONF_LINE_BESIDE : 0;
	if (key)
		loader->key_line[key - keys] = 0;
	for (size_t i = 0; loader->section == CONF_RULES && i < conf->rule_count; i++) {
		if (strcmp(conf->rules[i].name, name) != 0)
			continue;
		line = conf->rules[i].line ? conf->rules[i].line : CONF_LINE_BESIDE;
		free(conf->rules[i].name);
		conf->rules[i] = conf->rules[--conf->rule_count];
		break;
	}
	if (line == CONF_LINE_BESIDE)
		problem(&loader->spot, "%s is set twice, once would be right", name);
	return line != CONF_LINE_BESIDE;
}

/* NAME of "NAME.KEY", which may have dots itself: the section of that name, or a new one. false: reported */
static bool service_begin(struct conf_loader *loader, const char **name)
{
	const char *dot = strrchr(*name, '.'), *other;
	struct text service = { *name, dot ? (size_t)(dot - *name) : 0 };
	unsigned line;

	if (!dot) {
		problem(&loader->spot, "[service NAME] is a section for each service, service.NAME.%s would be right", *name);
		return false;
	}
	*name = dot + 1;
	for (size_t i = 0; (other = named_at(loader->conf, CONF_SERVICE, i, &line)) != NULL; i++)
		if (text_equal(service, text_of(other))) {
			loader->service = i;
			return true;
		}
	return named_section(loader, service);
}

static void set_key(struct conf_loader *loader, const char *name, const char *value)
{
	const struct key *key = key_of(loader->section, name);

	if (make_way(loader, key, name))
		on_key(loader, &loader->spot, name, value, false);
	if (key && loader->section == CONF_SERVICE)
		loader->beside[loader->service][key - keys] = true;
	else if (key)
		loader->key_line[key - keys] = CONF_LINE_BESIDE;
}

void conf_keys_set(struct conf_loader *loader, const char *setting)
{
	const char *equals = strchr(setting, '='), *name;
	char *copy = strdup(setting);

	loader->spot = (struct spot){ loader->spot.problems, "command line", 0 };
	name = copy;
	if (!copy || !equals || equals == setting) {
		problem(&loader->spot, copy ? "'%s' is no setting, KEY=VALUE would be right" : "'%s': out of memory", setting);
		free(copy);
		return;
	}
	copy[equals - setting] = '\0';
	loader->section = section_of(loader, &name);
	if (loader->section != CONF_NOWHERE && loader->section != CONF_SERVICE && section_is_named(loader->section))
		problem(&loader->spot, "[%s NAME] is a section for each %s, whose keys cannot be set here", section_names[loader->section],
			section_names[loader->section]);
	else if (loader->section != CONF_NOWHERE && (loader->section != CONF_SERVICE || service_begin(loader, &name)))
		set_key(loader, name, copy + (equals - setting) + 1);
	loader->section = CONF_NOWHERE;
	free(copy);
}

bool conf_keys_beside(const struct conf_loader *loader, size_t service, const char *name)
{
	bool any = false;

	for (size_t i = 0; i < COUNT(keys); i++)
		any |= loader->beside[service][i] && (!name || strcmp(keys[i].name, name) == 0);
	return any;
}

unsigned conf_keys_section(const struct conf_loader *loader, enum conf_section section)
{
	unsigned line = loader->section_line[section];

	for (size_t i = 0; line == 0 && i < COUNT(keys); i++)
		if (keys[i].section == section)
			line = loader->key_line[i];
	return line;
}

unsigned conf_keys_line(const struct conf_loader *loader, enum conf_section section, const char *name)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
			return loader->key_line[i];
	return 0;
}
