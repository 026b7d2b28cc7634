/* judge_world - a whole engine for unit tests: rules of their own, a clock that stands until it is set, verdicts kept
 *
 * The built-in configuration without network bans, a rule of every kind, one feed. */
#ifndef MAILWARD_JUDGE_WORLD_H
#define MAILWARD_JUDGE_WORLD_H

#include <stdlib.h>

#include "judge/judge_state.h"
#include "match/rules_read.h"
#include "tap.h"

#define WORLD_BEGINS_MS INT64_C(1795341600000)	/* 2026-11-22 10:00:00 UTC */
#define WORLD_VERDICTS 400

/* other rules may come between the head and the body */
#define WORLD_HEAD "service t\nmacro client <host>\\[<addr>\\]\nprogram a/smtpd\n"
#define WORLD_RULES WORLD_HEAD WORLD_BODY
#define WORLD_BODY \
	"rule each\n about x\n match each <client>\n" \
	"rule heavy\n about x\n weight 2\n match heavy <client>\n" \
	"rule once\n about x\n session once\n match once <client>\n" \
	"rule echo\n about x\n session echo\n match echo <client>\n" \
	"rule summary\n about x\n session summary\n match summary <client> of <count>\n" \
	"rule over\n about x\n session summary\n weight 0\n match over <client>\n" \
	"rule off\n about x\n weight 0\n match off <client>\n" \
	"rule seen\n about x\n tier observe\n match seen <client>\n" \
	"rule good\n about x\n kind success\n match good <client>\n"

struct world {
	struct conf conf;
	struct rules rules;
	struct matcher *matcher;
	struct judge *judge;
	struct feed feed;
	struct verdict got[WORLD_VERDICTS];	/* since the last world_forget_verdicts() */
	size_t count;
};

static int64_t world_now_ms = WORLD_BEGINS_MS;

static int64_t world_clock(void)
{
	return world_now_ms;
}

static void world_verdict(void *arg, const struct verdict *verdict)
{
	struct world *world = arg;

	if (world->count < WORLD_VERDICTS)
		world->got[world->count] = *verdict;
	world->count++;
}

/* an engine as conf is now; what was there goes */
__attribute__((unused)) static void world_judge(struct world *world)
{
	judge_free(world->judge);
	world->judge = judge_new(&world->conf, &world->rules, world->matcher, world_verdict, world);
	if (!world->judge)
		abort();
	judge_set_clock(world->judge, world_clock);
	world->feed = judge_feed(world->judge);
	world->count = 0;
}

/* rules: text of a pattern file, or NULL: those of the folder */
__attribute__((unused)) static void world_init(struct world *world, const char *rules, const char *folder)
{
	struct problems problems = { .out = stderr };

	memset(world, 0, sizeof(*world));
	world_now_ms = WORLD_BEGINS_MS;
	conf_load(&world->conf, "/dev/null", &problems);
	if (rules)
		rules_read_text(&world->rules, "world.pat", (struct text){ rules, strlen(rules) }, false, &problems);
	else
		rules_read_dir(&world->rules, folder, false, &problems);
	rules_apply(&world->rules, &world->conf, &problems);
	world->matcher = match_new(&world->rules, &problems);
	if (problems.count || !world->matcher)
		abort();
	world->conf.policy.network_limit = 0;
	world_judge(world);
}

__attribute__((unused)) static void world_fini(struct world *world)
{
	judge_free(world->judge);
	match_free(world->matcher);
	rules_fini(&world->rules);
	conf_fini(&world->conf);
}

__attribute__((unused)) static void world_line(struct feed *feed, const char *text, bool backlog)
{
	judge_line(feed, &(struct line){ .text = { text, strlen(text) }, .backlog = backlog });
}

/* a live line of a session: "each", 7, "198.51.100.7" becomes a/smtpd[7]: each x[198.51.100.7] of 3 */
__attribute__((unused)) static void world_say(struct world *world, const char *rule, unsigned pid, const char *addr)
{
	char text[200];

	snprintf(text, sizeof(text), "Nov 22 10:00:00 mx a/smtpd[%u]: %s x[%s] of 3", pid, rule, addr);
	world_line(&world->feed, text, false);
}

/* the latest verdict, as "ban 198.51.100.7 3600 6 t/each"; "-": there was none */
__attribute__((unused)) static const char *world_last(const struct world *world)
{
	static const char *const kinds[] = { "delay", "ban", "release" };
	static char text[160];
	char prefix[PREFIX_FMT_SIZE];

	if (world->count == 0)
		return "-";
	const struct verdict *verdict = &world->got[world->count - 1];
	snprintf(text, sizeof(text), "%s %s %u %u %s", kinds[verdict->kind], prefix_fmt(prefix, sizeof(prefix), &verdict->prefix),
		 verdict->seconds, verdict->errors, verdict->rule);
	return text;
}

__attribute__((unused)) static struct prefix world_prefix(const char *text)
{
	struct prefix prefix = { 0 };

	if (prefix_parse((struct text){ text, strlen(text) }, true, &prefix))
		abort();
	return prefix;
}

#endif
