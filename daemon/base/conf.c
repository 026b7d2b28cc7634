/* conf - see conf.h
 *
 * What may stand in a config file is the two tables below; the rest puts values where they belong and checks
 * them against each other. Called at start and by every command that takes -c. */
#include "base/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/conf_read.h"
#include "base/conf_value.h"
#include "base/log.h"

#define PATH_BYTES_MAX 4095
#define SOCKET_BYTES_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)
#define NAME_BYTES_MAX 32

enum section { MAILWARD, SOURCE, POLICY, RULES, ALLOW, BLOCKLIST, SECTIONS, NOWHERE = SECTIONS };

static const char *const section_names[SECTIONS] = { "mailward", "source", "policy", "rules", "allow", "blocklist" };

static bool section_is_named(enum section section)
{
	return section == SOURCE || section == BLOCKLIST;
}

enum type { FLAG, NUMBER, DURATION, PATH, PORTS, PREFIXES, PREFIX_FILE };

/* offset: in struct conf; in [source] and [blocklist] in the struct of the section */
static const struct key {
	enum section section;
	const char *name;
	enum type type;
	size_t offset;
	uint32_t min, max;
} keys[] = {
	{ MAILWARD, "patterns", PATH, offsetof(struct conf, patterns), 0, PATH_BYTES_MAX },
	{ MAILWARD, "state_dir", PATH, offsetof(struct conf, state_dir), 0, PATH_BYTES_MAX },
	{ MAILWARD, "socket", PATH, offsetof(struct conf, socket), 0, SOCKET_BYTES_MAX },
	{ MAILWARD, "dry_run", FLAG, offsetof(struct conf, dry_run), 0, 0 },
	{ MAILWARD, "ports", PORTS, 0, 0, 0 },
	{ MAILWARD, "max_addresses", NUMBER, offsetof(struct conf, max_addresses), 1000, 100000000 },
	{ MAILWARD, "max_bans", NUMBER, offsetof(struct conf, max_bans), 1000, 100000000 },
	{ SOURCE, "file", PATH, offsetof(struct conf_source, file), 0, PATH_BYTES_MAX },
	{ SOURCE, "journal", FLAG, offsetof(struct conf_source, journal), 0, 0 },
	{ POLICY, "window", DURATION, offsetof(struct conf, policy.window_s), 1, 86400 },
	{ POLICY, "soft_error_limit", NUMBER, offsetof(struct conf, policy.soft_error_limit), 1, 1000 },
	{ POLICY, "hard_error_limit", NUMBER, offsetof(struct conf, policy.hard_error_limit), 1, 1000 },
	{ POLICY, "delay", DURATION, offsetof(struct conf, policy.delay_s), 1, 86400 },
	{ POLICY, "ban_time", DURATION, offsetof(struct conf, policy.ban_time_s), 1, DURATION_MAX_S },
	{ POLICY, "ban_factor", NUMBER, offsetof(struct conf, policy.ban_factor), 1, 100 },
	{ POLICY, "ban_time_max", DURATION, offsetof(struct conf, policy.ban_time_max_s), 1, DURATION_MAX_S },
	{ POLICY, "ipv6_prefix", NUMBER, offsetof(struct conf, policy.ipv6_prefix), 32, 128 },
	{ POLICY, "network_limit", NUMBER, offsetof(struct conf, policy.network_limit), 0, 256 },
	{ POLICY, "network_window", DURATION, offsetof(struct conf, policy.network_window_s), 1, 30 * 86400 },
	{ ALLOW, "addresses", PREFIXES, offsetof(struct conf, allow), 0, 0 },
	{ ALLOW, "file", PREFIX_FILE, offsetof(struct conf, allow), 0, PATH_BYTES_MAX },
	{ BLOCKLIST, "file", PATH, offsetof(struct conf_blocklist, file), 0, PATH_BYTES_MAX },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct loader {
	struct conf *conf;
	struct problems *problems;
	const char *file;
	char *folder;			/* where relative paths begin */
	enum section section;		/* NOWHERE: its keys are skipped */
	bool any_section;
	unsigned section_line[SECTIONS];/* 0: not seen */
	unsigned key_line[KEYS];	/* 0: not set; of a named section: of the one being read */
};

/* ---- defaults ---- */

static const uint16_t mail_ports[] = { 25, 110, 143, 465, 587, 993, 995, 4190 };

/* defaults - everything but the source and the allow-list, which depend on what the file says */
static bool defaults(struct conf *conf)
{
	*conf = (struct conf){
		.state_dir = strdup("/var/lib/mailward"),
		.socket = strdup("/run/mailward/control"),
		.max_addresses = 1000000,
		.max_bans = 1000000,
		.policy = {
			.window_s = 600,
			.soft_error_limit = 3,
			.hard_error_limit = 6,
			.delay_s = 10,
			.ban_time_s = 3600,
			.ban_factor = 4,
			.ban_time_max_s = 30 * 86400,
			.ipv6_prefix = 64,
			.network_limit = 4,
			.network_window_s = 86400,
		},
	};
	return conf->state_dir && conf->socket;
}

/* ---- growing arrays ---- */

/* grow - room for one more at the end of an array of count items of size bytes, zeroed; NULL: none */
static void *grow(void *array_pointer, size_t *count, size_t size)
{
	void *array;

	memcpy(&array, array_pointer, sizeof(array));
	if ((*count & (*count - 1)) == 0) {	/* a power of two: full */
		array = reallocarray(array, *count ? 2 * *count : 1, size);
		if (array == NULL)
			return NULL;
		memcpy(array_pointer, &array, sizeof(array));
	}
	void *item = (char *)array + (*count)++ * size;
	memset(item, 0, size);
	return item;
}

/* ---- sections ---- */

static bool name_is_good(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", name.at[i]))
			return false;
	return name.len >= 1 && name.len <= NAME_BYTES_MAX;
}

/* named_section - [source NAME], [blocklist NAME]: a new struct for it; false: reported */
static bool named_section(struct loader *loader, unsigned line, struct text name)
{
	struct conf *conf = loader->conf;
	bool source = loader->section == SOURCE;
	const char *kind = section_names[loader->section];

	if (!name_is_good(name)) {
		problem(loader->problems, loader->file, line, "[%s] needs a name, up to %d letters, digits, '-', '_' and '.': [%s %s] would be right",
			kind, NAME_BYTES_MAX, kind, source ? "maillog" : "local");
		return false;
	}
	for (size_t i = 0; i < (source ? conf->source_count : conf->blocklist_count); i++) {
		const char *other = source ? conf->sources[i].name : conf->blocklists[i].name;
		if (text_equal(name, (struct text){ other, strlen(other) })) {
			problem(loader->problems, loader->file, line, "[%s %s] stands in line %u already, one section of that name would be right",
				kind, other, source ? conf->sources[i].line : conf->blocklists[i].line);
			return false;
		}
	}
	if ((source ? conf->source_count : conf->blocklist_count) == CONF_SECTIONS_MAX) {
		problem(loader->problems, loader->file, line, "too many [%s] sections, at most %d would be right", kind, CONF_SECTIONS_MAX);
		return false;
	}
	char *copy = strndup(name.at, name.len);
	struct conf_source *new_source = copy && source ? grow(&conf->sources, &conf->source_count, sizeof(*new_source)) : NULL;
	struct conf_blocklist *new_list = copy && !source ? grow(&conf->blocklists, &conf->blocklist_count, sizeof(*new_list)) : NULL;
	if (new_source)
		*new_source = (struct conf_source){ .name = copy, .line = line };
	else if (new_list)
		*new_list = (struct conf_blocklist){ .name = copy, .line = line };
	else
		problem(loader->problems, loader->file, line, "out of memory"), free(copy);
	return new_source || new_list;
}

/* section_done - is the section that ends here whole? */
static void section_done(struct loader *loader)
{
	struct conf *conf = loader->conf;

	if (loader->section == SOURCE) {
		const struct conf_source *source = &conf->sources[conf->source_count - 1];
		if (source->journal == (source->file != NULL))
			problem(loader->problems, loader->file, source->line, source->file
				? "[source %s] has both a file and the journal, one of them would be right (two sections for both)"
				: "[source %s] has nothing to read, file = /var/log/mail.log or journal = yes would be right", source->name);
		for (size_t i = 0; source->file && i + 1 < conf->source_count; i++)
			if (conf->sources[i].file && strcmp(conf->sources[i].file, source->file) == 0)
				problem(loader->problems, loader->file, source->line, "[source %s] reads the file of [source %s]: every line would count twice",
					source->name, conf->sources[i].name);
	} else if (loader->section == BLOCKLIST) {
		const struct conf_blocklist *list = &conf->blocklists[conf->blocklist_count - 1];
		if (list->file == NULL)
			problem(loader->problems, loader->file, list->line, "[blocklist %s] names no list, file = PATH would be right", list->name);
	}
	loader->section = NOWHERE;
}

static void on_section(void *arg, unsigned line, struct text heading)
{
	struct loader *loader = arg;
	size_t len = 0;

	section_done(loader);
	loader->any_section = true;
	if (heading.at == NULL)
		return;
	while (len < heading.len && heading.at[len] != ' ' && heading.at[len] != '\t')
		len++;
	struct text kind = { heading.at, len };
	while (len < heading.len && (heading.at[len] == ' ' || heading.at[len] == '\t'))
		len++;
	struct text name = { heading.at + len, heading.len - len };

	for (enum section s = 0; s < SECTIONS; s++)
		if (text_equal(kind, (struct text){ section_names[s], strlen(section_names[s]) }))
			loader->section = s;
	if (loader->section == NOWHERE) {
		char word[NAME_BYTES_MAX + 1];
		snprintf(word, sizeof(word), "%.*s", (int)kind.len, kind.at);
		const char *meant = conf_similar(word, section_names, SECTIONS);
		problem(loader->problems, loader->file, line, meant ? "unknown section [%.*s], did you mean [%s]?"
			: "unknown section [%.*s], mailward, source NAME, policy, rules, allow or blocklist NAME would be right%s",
			(int)heading.len, heading.at, meant ? meant : "");
		return;
	}
	bool good = true;
	if (section_is_named(loader->section)) {
		good = named_section(loader, line, name);
		for (size_t i = 0; i < KEYS; i++)
			if (keys[i].section == loader->section)
				loader->key_line[i] = 0;
	} else if (name.len) {
		problem(loader->problems, loader->file, line, "section [%s] takes no name, [%s] alone would be right",
			section_names[loader->section], section_names[loader->section]);
		good = false;
	} else if (loader->section_line[loader->section]) {
		problem(loader->problems, loader->file, line, "section [%s] stands in line %u already, its keys together there would be right",
			section_names[loader->section], loader->section_line[loader->section]);
		good = false;
	} else {
		loader->section_line[loader->section] = line;
	}
	if (!good)
		loader->section = NOWHERE;
}

/* ---- keys ---- */

/* value_set - the value of a known key, where it belongs */
static void value_set(struct loader *loader, const struct key *key, const struct conf_place *place, const char *value)
{
	struct conf *conf = loader->conf;
	char *base = (char *)conf;

	if (key->section == SOURCE)
		base = (char *)&conf->sources[conf->source_count - 1];
	else if (key->section == BLOCKLIST)
		base = (char *)&conf->blocklists[conf->blocklist_count - 1];
	void *at = base + key->offset;
	switch (key->type) {
	case FLAG:
		conf_flag(place, value, at);
		break;
	case NUMBER:
		conf_number(place, value, key->min, key->max, at);
		break;
	case DURATION:
		conf_duration(place, value, key->min, key->max, at);
		break;
	case PATH:
		conf_path(place, value, key->max, at);
		break;
	case PORTS:
		conf_ports(place, value, conf);
		break;
	case PREFIXES:
		conf_prefixes(place, value, at);
		break;
	case PREFIX_FILE: {
		char *path = NULL;
		if (conf_path(place, value, key->max, &path))
			conf_prefix_file(place, path, at);
		free(path);
		break;
	}
	}
}

/* rule_set - one line of [rules]; whether there is such a rule is for the rules' loader to say */
static void rule_set(struct loader *loader, const struct conf_place *place, const char *value)
{
	struct conf *conf = loader->conf;
	size_t slashes = 0, odd = 0;
	int weight;

	for (const char *c = place->key; *c; c++) {
		slashes += *c == '/';
		odd += !strchr("abcdefghijklmnopqrstuvwxyz0123456789-_./", *c);
	}
	if (odd || slashes > 1 || place->key[0] == '/' || place->key[strlen(place->key) - 1] == '/') {
		problem(loader->problems, loader->file, place->line, "'%s' is no rule, service/rule (postfix/user-unknown) or a service (postfix) would be right",
			place->key);
		return;
	}
	for (size_t i = 0; i < conf->rule_count; i++)
		if (strcmp(conf->rules[i].name, place->key) == 0) {
			problem(loader->problems, loader->file, place->line, "%s is set in line %u already, one line would be right",
				place->key, conf->rules[i].line);
			return;
		}
	if (conf->rule_count == CONF_RULES_MAX) {
		problem(loader->problems, loader->file, place->line, "too many rules, at most %d would be right", CONF_RULES_MAX);
		return;
	}
	if (!conf_weight(place, value, &weight))
		return;
	char *name = strdup(place->key);
	struct conf_rule *rule = name ? grow(&conf->rules, &conf->rule_count, sizeof(*rule)) : NULL;
	if (rule)
		*rule = (struct conf_rule){ .name = name, .weight = weight, .line = place->line };
	else
		problem(loader->problems, loader->file, place->line, "out of memory"), free(name);
}

/* key_unknown - say so, and what may have been meant */
static void key_unknown(struct loader *loader, unsigned line, const char *name)
{
	const char *candidates[KEYS];
	size_t count = 0;

	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].section == loader->section)
			candidates[count++] = keys[i].name;
	const char *meant = conf_similar(name, candidates, count);
	for (size_t i = 0; i < KEYS && meant == NULL; i++)
		if (strcmp(keys[i].name, name) == 0) {
			problem(loader->problems, loader->file, line, "'%s' is no key of [%s], it belongs into [%s]",
				name, section_names[loader->section], section_names[keys[i].section]);
			return;
		}
	if (meant) {
		problem(loader->problems, loader->file, line, "unknown key '%s', did you mean '%s'?", name, meant);
		return;
	}
	char list[256] = "";
	for (size_t i = 0, used = 0; i < count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", candidates[i]);
	problem(loader->problems, loader->file, line, "unknown key '%s' in [%s], %s would be right", name, section_names[loader->section], list);
}

static void on_key(void *arg, unsigned line, const char *name, const char *value, bool continued)
{
	struct loader *loader = arg;
	struct conf_place place = { loader->problems, loader->file, line, name, loader->folder };
	size_t i = 0;

	if (loader->section == NOWHERE) {
		if (!loader->any_section)
			problem(loader->problems, loader->file, line, "'%s' stands before the first section, [mailward] above it would be right", name);
		loader->any_section = true;	/* said once */
		return;
	}
	while (i < KEYS && (keys[i].section != loader->section || strcmp(keys[i].name, name) != 0))
		i++;
	bool list = i < KEYS && (keys[i].type == PORTS || keys[i].type == PREFIXES);
	if (continued && !list) {
		problem(loader->problems, loader->file, line, "an indented line goes on with the value of '%s', which takes one line; "
			"a key at the left margin would be right", name);
		return;
	}
	if (loader->section != RULES && i == KEYS) {
		key_unknown(loader, line, name);
		return;
	}
	if (*value == '\0') {
		problem(loader->problems, loader->file, line, "%s: no value, a value or no such line (the default holds) would be right", name);
		return;
	}
	if (loader->section == RULES) {
		rule_set(loader, &place, value);
		return;
	}
	if (!continued && loader->key_line[i]) {
		problem(loader->problems, loader->file, line, "%s is set in line %u already, one line would be right", name, loader->key_line[i]);
		return;
	}
	if (!continued)
		loader->key_line[i] = line;
	value_set(loader, &keys[i], &place, value);
}

/* ---- the whole ---- */

/* line_of - where a key of a section that stands once is set; 0: nowhere */
static unsigned line_of(const struct loader *loader, enum section section, const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
			return loader->key_line[i];
	return 0;
}

/* order_check - one limit must not be above another, set or by default */
static void order_check(struct loader *loader, const char *low, uint32_t low_value, const char *high, uint32_t high_value, bool duration)
{
	unsigned low_line = line_of(loader, POLICY, low), high_line = line_of(loader, POLICY, high);
	char low_text[24], high_text[24];

	if (low_value <= high_value)
		return;
	snprintf(low_text, sizeof(low_text), "%u", low_value);
	snprintf(high_text, sizeof(high_text), "%u", high_value);
	if (duration) {
		duration_fmt(low_text, sizeof(low_text), low_value);
		duration_fmt(high_text, sizeof(high_text), high_value);
	}
	problem(loader->problems, loader->file, low_line > high_line ? low_line : high_line,
		"%s = %s%s is above %s = %s%s, at most the same would be right", low, low_text, low_line ? "" : " (the default)",
		high, high_text, high_line ? "" : " (the default)");
}

/* complete - what depends on several keys */
static bool complete(struct loader *loader)
{
	struct conf *conf = loader->conf;
	const struct policy *policy = &conf->policy;
	static const struct prefix loopback[] = {
		{ { { [10] = 0xff, [11] = 0xff, [12] = 127 } }, 104 },
		{ { { [15] = 1 } }, 128 },
	};

	order_check(loader, "soft_error_limit", policy->soft_error_limit, "hard_error_limit", policy->hard_error_limit, false);
	order_check(loader, "ban_time", policy->ban_time_s, "ban_time_max", policy->ban_time_max_s, true);
	conf->state_dir_line = line_of(loader, MAILWARD, "state_dir");
	conf->network_limit_line = line_of(loader, POLICY, "network_limit");
	conf_pending(conf, loader->problems);
	if (line_of(loader, MAILWARD, "ports") == 0) {
		memcpy(conf->ports, mail_ports, sizeof(mail_ports));
		conf->port_count = sizeof(mail_ports) / sizeof(mail_ports[0]);
	}
	if (conf->source_count == 0) {
		struct conf_source *source = grow(&conf->sources, &conf->source_count, sizeof(*source));
		if (source == NULL)
			return false;
		*source = (struct conf_source){ .name = strdup("maillog"), .file = strdup("/var/log/mail.log") };
		if (source->name == NULL || source->file == NULL)
			return false;
	}
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (ranges_add(&conf->allow, &loopback[i]) < 0)
			return false;
	int error = ranges_add_own(&conf->allow);
	if (error < 0)
		log_warning("not all of this machine's own addresses and gateways could be read (%s): not all are on the allow-list",
			    strerror(-error));
	ranges_seal(&conf->allow);
	return true;
}

/* folder_of - the folder of a file, absolute, links followed; heap or NULL */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	char *real = folder ? realpath(folder, NULL) : NULL;

	free(folder);
	return real;
}

static void file_load(struct loader *loader, const char *path)
{
	const struct conf_sink sink = { .arg = loader, .section = on_section, .key = on_key };

	loader->file = loader->conf->path = strdup(path);
	if (loader->file == NULL) {
		problem(loader->problems, path, 0, "out of memory");
		return;
	}
	loader->folder = folder_of(path);
	if (loader->folder == NULL) {
		problem(loader->problems, path, 0, "cannot be read: %s", strerror(errno));
		return;
	}
	conf_read(path, loader->problems, &sink);
	section_done(loader);
}

bool conf_load(struct conf *conf, const char *path, struct problems *problems)
{
	struct loader loader = { .conf = conf, .problems = problems, .section = NOWHERE };
	unsigned before = problems->count;

	if (path == NULL && (access(CONF_PATH_DEFAULT, F_OK) == 0 || errno != ENOENT))
		path = CONF_PATH_DEFAULT;
	bool memory = defaults(conf);
	if (memory && path)
		file_load(&loader, path);
	if (!memory || !complete(&loader))
		problem(problems, path ? path : "configuration", 0, "out of memory");
	free(loader.folder);
	return problems->count == before;
}

void conf_fini(struct conf *conf)
{
	for (size_t i = 0; i < conf->source_count; i++) {
		free(conf->sources[i].name);
		free(conf->sources[i].file);
	}
	for (size_t i = 0; i < conf->rule_count; i++)
		free(conf->rules[i].name);
	for (size_t i = 0; i < conf->blocklist_count; i++) {
		free(conf->blocklists[i].name);
		free(conf->blocklists[i].file);
	}
	free(conf->sources);
	free(conf->rules);
	free(conf->blocklists);
	free(conf->path);
	free(conf->patterns);
	free(conf->state_dir);
	free(conf->socket);
	ranges_fini(&conf->allow);
	*conf = (struct conf){ 0 };
}
