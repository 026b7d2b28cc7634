/* check - mailward check: is everything that people wrote right?
 *
 * The config with its lists, every pattern file, the proof of whom a rule can blame, and each rule against its
 * samples. Needs no privilege and no daemon; touches nothing. Root tries besides whether the service's user could read what
 * it has to. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/privilege.h"
#include "conf/blocklist.h"
#include "cli/check_logs.h"
#include "cli/cli.h"
#include "cli/suggest.h"
#include "match/match.h"
#include "match/rules_load.h"
#include "service/fleet_keys.h"

static void check_hit(struct matcher *matcher, const struct rule *rule, const struct spot *spot,
		      const struct sample *sample, const struct record *record)
{
	char got[ADDR_FMT_SIZE], wanted[ADDR_FMT_SIZE];
	const struct rule *first;
	struct hit hit;

	if (!match_rule(matcher, rule, record, &hit))
		problem(spot, "%s does not match this", rule->name);
	else if (hit.nobody != sample->nobody)
		problem(spot, hit.nobody ? "%s blames nobody here: hit - would be right" : "%s names an address here",
			rule->name);
	else if (addr_cmp(&hit.addr, &sample->addr) != 0)
		problem(spot, "%s blames %s here, not %s", rule->name, addr_fmt(got, sizeof(got), &hit.addr),
			addr_fmt(wanted, sizeof(wanted), &sample->addr));
	else if (!match(matcher, record, &hit))
		problem(spot, "%s is not for the program of this", rule->name);
	else if ((first = match_rule_of(matcher, &hit)) != rule)
		problem(spot, "%s (%s:%u) matches this before %s", first->name, first->file, first->line, rule->name);
}

static size_t check_samples(struct matcher *matcher, const struct rule *rule, struct problems *problems)
{
	size_t hits = 0;

	for (size_t i = 0; i < rule->sample_count; i++) {
		const struct sample *sample = &rule->samples[i];
		struct record record = { .program = sample->program, .repeat = 1, .message = sample->message };
		struct spot spot = { problems, rule->file, sample->line };
		struct hit hit;

		hits += sample->hit;
		if (sample->hit)
			check_hit(matcher, rule, &spot, sample, &record);
		else if (match_rule(matcher, rule, &record, &hit))
			problem(&spot, "%s matches this, and should not", rule->name);
	}
	if (hits == 0)
		problem(SPOT(problems, rule->file, rule->line), "%s has no hit: a rule needs a message that it must match",
			rule->name);
	return rule->sample_count;
}

static void check_patterns(const struct conf *conf, struct problems *problems)
{
	struct rules rules = { 0 };
	struct matcher *matcher = NULL;
	size_t samples = 0;

	if (rules_load(&rules, conf, problems) && (matcher = match_new_all(&rules, problems)))
		for (size_t i = 0; i < rules.count; i++)
			samples += check_samples(matcher, &rules.at[i], problems);
	if (problems->count == 0)
		check_logs(conf, matcher, problems);
	if (problems->count == 0)
		printf("%s: fine; %zu %s, each as its samples want it (%zu in all)\n",
		       conf->path ? conf->path : "built-in defaults", rules.count,
		       plural(rules.count, "rule", "rules"), samples);
	match_free(matcher);
	rules_fini(&rules);
}

struct checking {
	const struct conf *conf;
	struct problems *problems;
};

/* The allow-list wins, in the kernel too: what is left is what will be dropped. */
static void check_list(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	const struct checking *checking = arg;

	if (!drops)
		return;
	struct ranges_size size = ranges_size(drops), left;
	const size_t *lines = list->lines;
	size_t count = drops->count;
	if (ranges_subtract(drops, &checking->conf->allow) < 0) {
		problem(SPOT(checking->problems, conf->file, 0), "out of memory");
		return;
	}
	left = ranges_size(drops);
	printf("%s: [blocklist %s], %s: %zu %s %" PRIu64 " IPv4 %s and %" PRIu64 " IPv6 /64 %s, in %zu %s",
	       conf->file, conf->name, blocklist_form_name(list->form),
	       lines[BLOCKLIST_DROP], plural(lines[BLOCKLIST_DROP], "line drops", "lines drop"),
	       size.v4, plural(size.v4, "address", "addresses"), size.v6_64, plural(size.v6_64, "network", "networks"),
	       count, plural(count, "range", "ranges"));
	if (lines[BLOCKLIST_EXCEPT] || lines[BLOCKLIST_DEFER])
		printf("; %zu %s, %zu %s for now alone, which drops nothing", lines[BLOCKLIST_EXCEPT],
		       plural(lines[BLOCKLIST_EXCEPT], "is an exception", "are exceptions"), lines[BLOCKLIST_DEFER],
		       plural(lines[BLOCKLIST_DEFER], "refuses", "refuse"));
	if (list->names)
		printf("; %zu about %s skipped", list->names, plural(list->names, "a name is", "names are"));
	if (left.v4 < size.v4 || left.v6_64 < size.v6_64)
		printf("; %" PRIu64 " IPv4 %s and %" PRIu64 " %s allowed and not dropped", size.v4 - left.v4,
		       plural(size.v4 - left.v4, "address", "addresses"), size.v6_64 - left.v6_64,
		       plural(size.v6_64 - left.v6_64, "/64 are", "/64s are"));
	putchar('\n');
}

/* ---- would the daemon be allowed to? ---- */

/* Those that the unit gives the daemon besides its own. */
static size_t service_groups(gid_t groups[2])
{
	static const char *const names[] = { "adm", "systemd-journal" };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct group *group = getgrnam(names[i]);
		if (group)
			groups[count++] = group->gr_gid;
	}
	return count;
}

static bool is_shut(const char *path, int mode)
{
	gid_t groups[2];
	size_t count = service_groups(groups);

	return privilege_shut(&(struct privilege_use){ path, mode }, 1, groups, count, false);
}

/* what: would be right where the file itself is shut. */
static void check_reach(struct problems *problems, const char *path, int mode, const char *what)
{
	char folder[PATH_MAX];

	for (const char *slash = path ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (is_shut(folder, X_OK)) {
			problem(SPOT(problems, path, 0), "the service's user mailward may not enter the folder %s: chmod o+x %s, "
				"or another place for the file, would be right", folder, folder);
			return;
		}
	}
	if (path && is_shut(path, mode))
		problem(SPOT(problems, path, 0), "the service's user mailward may not read this: %s would be right", what);
}

/* Root may read everything. What it says of the service's config is worth something only for the service's user. */
static void check_as_user(const struct conf *conf, struct problems *problems)
{
	static const char list[] = "chgrp mailward and chmod g+r", log[] = "chgrp adm and chmod g+r; where Postfix writes the log by "
		"itself, postconf -e maillog_file_permissions=0644 besides", folder[] = "chmod o+rx";

	if (geteuid() != 0 || !conf->path || strcmp(conf->path, CONF_PATH_DEFAULT) != 0 || !getpwnam("mailward"))
		return;
	check_reach(problems, conf->path, R_OK, list);
	check_reach(problems, conf->allow_file, R_OK, list);
	for (size_t i = 0; i < conf->blocklist_count; i++)
		check_reach(problems, conf->blocklists[i].file, R_OK, list);
	for (size_t i = 0; i < conf->source_count; i++) {
		check_reach(problems, conf->sources[i].file, R_OK, log);
		if (conf->sources[i].journal) {
			check_reach(problems, "/run/log/journal", R_OK | X_OK, "chgrp systemd-journal and chmod g+rx");
			check_reach(problems, "/var/log/journal", R_OK | X_OK, "chgrp systemd-journal and chmod g+rx");
		}
	}
	check_reach(problems, conf->fleet.key_file, R_OK, list);
	check_reach(problems, conf->fleet.password_file, R_OK, list);
	check_reach(problems, conf->fleet.tls_ca_file, R_OK, list);
	for (size_t i = 0; i < conf->source_count; i++)
		check_reach(problems, conf->sources[i].password_file, R_OK, list);
	check_reach(problems, conf->patterns, R_OK | X_OK, folder);
	check_reach(problems, RULES_LOCAL_DIR, R_OK | X_OK, folder);
}

/* Who may not read the key can say nothing of it. */
static void check_fleet(const struct conf *conf, struct problems *problems)
{
	struct fleet_keys keys;

	if (conf->fleet.server_count && (access(conf->fleet.key_file, R_OK) == 0 || errno != EACCES))
		fleet_keys_read(&keys, conf->fleet.key_file, problems);
	explicit_bzero(&keys, sizeof(keys));
}

static int check(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct conf conf = { 0 };
	bool suggests = cli_given(cli, "suggest");

	for (int i = 0; i < cli->count; i++)
		if (!suggests || strcmp(cli->operands[i], "-") == 0)
			return cli_refuse(cli, suggests ? "'%s': what is read twice has to be a file" : "unexpected '%s'", cli->operands[i]);
	if (conf_load(&conf, cli_given(cli, "config"), &problems)) {
		blocklists_each(&conf, &problems, check_list, &(struct checking){ &conf, &problems });
		check_as_user(&conf, &problems);
		check_fleet(&conf, &problems);
		check_patterns(&conf, &problems);
	}
	conf_fini(&conf);
	if (problems.count)
		return EXIT_INPUT;
	return !suggests || suggest(cli_given(cli, "config"), cli->operands, cli->count) ? EXIT_DONE : EXIT_INPUT;
}

const struct cli_command cli_check = {
	.name = "check",
	.about = "is the config right, and every pattern",
	.usage = "[-c CONF] [--suggest [FILE...]]",
	.help = "Checks the config, its lists, and the patterns with their samples. Prints each problem as file:line: what is\n"
		"wrong, or one line when all is well, besides one for what each blocklist comes to.\n"
		"With --suggest, the last 14 days of log (or FILE) say who belongs into [allow] and which limits would fit.\n",
	.options = { CLI_CONF, { "suggest", 0, NULL, "read the logs, try other limits, say what would fit" } },
	.operands = CLI_ANY,
	.run = check,
};
