/* rules_load - see rules_load.h
 *
 * Finds the folders, reads their files whole and in the order of their names, applies the config's [rules] section.
 * What a file says is rules_read.c's. */
#include "match/rules_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/reach.h"
#include "match/lint_rules.h"
#include "match/regex.h"
#include "match/rules_read.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return reach_stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *rules_dir(const struct conf *conf)
{
	char path[PATH_MAX];

	if (conf->patterns)
		return strdup(conf->patterns);
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/patterns"));
	if (len > 0) {
		path[len] = '\0';
		char *build = NULL;
		for (char *at = path; (at = strstr(at, "/build/")); at++)
			build = at;
		if (build) {
			memcpy(build, "/patterns", sizeof("/patterns"));
			if (is_dir(path))
				return strdup(path);
		}
	}
	return strdup(MAILWARD_DATADIR "/patterns");
}

/* Read a file whole, into the rules' memory: what they keep are slices of it. */
static void read_file(struct rules *rules, const char *path, bool local, struct problems *problems)
{
	struct stat st;
	int fd = reach_open(path, O_RDONLY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0) {
		problem(SPOT(problems, path, 0), "cannot be read: %s", strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)RULES_FILE_BYTES_MAX) {
		problem(SPOT(problems, path, 0), "is no plain file of at most %u bytes", RULES_FILE_BYTES_MAX);
	} else {
		char *bytes = arena_alloc(&rules->memory, (size_t)st.st_size + 1);
		ssize_t got = bytes ? pread(fd, bytes, (size_t)st.st_size, 0) : -1;

		if (got < 0)
			problem(SPOT(problems, path, 0), "cannot be read: %s", strerror(errno));
		else
			rules_read_text(rules, path, (struct text){ bytes, (size_t)got }, local, problems);
	}
	if (fd >= 0)
		close(fd);
}

static int is_pattern_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 4, ".pat") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);	/* alphasort() would follow the locale */
}

void rules_read_dir(struct rules *rules, const char *dir, bool local, struct problems *problems)
{
	struct dirent **entries;
	const char *rest;
	int folder = reach(dir, &rest), count = scandirat(folder, rest, &entries, is_pattern_file, by_name);

	if (count < 0) {
		if (!local || errno != ENOENT)
			problem(SPOT(problems, dir, 0), "the pattern folder cannot be read: %s", strerror(errno));
		return;
	}
	if (count == 0 && !local)
		problem(SPOT(problems, dir, 0), "the pattern folder holds no .pat file");
	for (int i = 0; i < count; i++) {
		size_t size = strlen(dir) + strlen(entries[i]->d_name) + 2;
		char *path = arena_alloc(&rules->memory, size);

		if (path) {
			snprintf(path, size, "%s/%s", dir, entries[i]->d_name);
			read_file(rules, path, local, problems);
		} else {
			problem(SPOT(problems, dir, 0), "out of memory");
		}
		free(entries[i]);
	}
	free(entries);
}

static bool of_service(const struct rule *rule, const char *service)
{
	size_t len = strlen(service);

	return strncmp(rule->name, service, len) == 0 && rule->name[len] == '/';
}

static void set_weight(struct rule *rule, int weight)
{
	if (weight == CONF_WEIGHT_OBSERVE)
		rule->observe = true;
	else
		rule->weight = (uint32_t)weight;
}

/* "postfix = strict". False when there is no such service. */
static bool apply_service(struct rules *rules, const struct conf_rule *wanted)
{
	bool found = false;

	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->at[i];

		if (!of_service(rule, wanted->name))
			continue;
		found = true;
		if (wanted->weight == CONF_WEIGHT_STRICT && rule->tier == TIER_STRICT)
			rule->on = true;
		else if (wanted->weight == 0 || wanted->weight == CONF_WEIGHT_OBSERVE)
			set_weight(rule, wanted->weight);
	}
	return found;
}

static bool apply_rule(struct rules *rules, const struct conf *conf, const struct conf_rule *wanted,
		       struct problems *problems)
{
	struct rule *rule = rules_find(rules, text_of(wanted->name));
	struct spot spot = conf_spot(conf, problems, wanted->line);

	if (!rule)
		return false;
	if (rule->tier == TIER_OBSERVE && wanted->weight > 0)
		problem(&spot, "%s only reports; 0 turns it off", wanted->name);
	rule->on = true;
	rule->observe = rule->tier == TIER_OBSERVE;
	set_weight(rule, wanted->weight);
	if (wanted->weight == CONF_WEIGHT_OBSERVE && rule->weight == 0)
		rule->weight = 1;	/* what it would count for */
	return true;
}

void rules_apply(struct rules *rules, const struct conf *conf, struct problems *problems)
{
	for (size_t i = 0; i < rules->count; i++) {
		rules->at[i].on = rules->at[i].tier != TIER_STRICT;
		rules->at[i].observe = rules->at[i].tier == TIER_OBSERVE;
	}
	for (int services = 1; services >= 0; services--) {	/* a rule's own setting wins over its service's */
		for (size_t i = 0; i < conf->rule_count; i++) {
			const struct conf_rule *wanted = &conf->rules[i];
			struct spot spot = conf_spot(conf, problems, wanted->line);

			if ((!strchr(wanted->name, '/')) != services)
				continue;
			if (!(services ? apply_service(rules, wanted) : apply_rule(rules, conf, wanted, problems)))
				problem(&spot, services ?
					"there is no service %s in the patterns" : "there is no rule %s in the patterns",
					wanted->name);
		}
	}
	for (size_t i = 0; i < rules->count; i++)
		if (!rules->at[i].on)
			rules->at[i].weight = 0;
}

static void check_services(const struct rules *rules, const struct conf *conf, struct problems *problems)
{
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = &conf->services[i];
		struct spot spot = conf_spot(conf, problems, service->line);
		size_t rule = 0;

		while (rule < rules->count && !of_service(&rules->at[rule], service->name))
			rule++;
		if (rule == rules->count)
			problem(&spot, "[service %s]: there is no service %s in the patterns", service->name, service->name);
	}
}

/* ---- who is named elsewhere ---- */

static bool has_clients(const struct rules *rules, const struct rule *rule)
{
	size_t service = (size_t)(strchr(rule->name, '/') - rule->name) + 1;

	for (size_t i = 0; i < rules->count; i++)
		if (rules->at[i].kind == RULE_CLIENT && strncmp(rules->at[i].name, rule->name, service) == 0)
			return true;
	return false;
}

/* A session that no rule of the service gives a client to would be nobody's, without a word. */
static void check_clients(const struct rules *rules, struct problems *problems)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];

		if (!rule_counts(rule) && rule->kind != RULE_LOGIN)
			continue;
		for (size_t p = 0; p < rule->pattern_count; p++)
			if (!(rule->patterns[p].captures & 1U << CAPTURE_ADDR) && !has_clients(rules, rule)) {
				problem(SPOT(problems, rule->file, rule->patterns[p].line),
					"%s names no address: its service needs a rule of kind client with the same <queue>", rule->name);
				break;
			}
	}
}

bool rules_load(struct rules *out, const struct conf *conf, struct problems *problems)
{
	unsigned before = problems->count;
	char *dir = rules_dir(conf);

	*out = (struct rules){ 0 };
	if (!dir) {
		problem(SPOT(problems, conf->path ? conf->path : "mailward", 0), "out of memory");
		return false;
	}
	rules_read_dir(out, dir, false, problems);
	rules_read_dir(out, RULES_LOCAL_DIR, true, problems);
	free(dir);
	if (problems->count == before)
		check_clients(out, problems);
	if (problems->count == before && lint_rules(out, problems))
		rules_apply(out, conf, problems);
	rules_forget_trees(out);
	if (problems->count == before)
		check_services(out, conf, problems);
	return problems->count == before;
}
