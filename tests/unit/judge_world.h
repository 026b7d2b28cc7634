/* judge_world - a judge and what feeds it, for unit tests: rules of their own, a clock that stands until it is set, verdicts kept
 *
 * The built-in configuration without network bans, a rule of every kind, one feed. */
#ifndef MAILWARD_JUDGE_WORLD_H
#define MAILWARD_JUDGE_WORLD_H

#include <stdlib.h>

#include "base/clock.h"
#include "judge/judge.h"
#include "judge/judge_state.h"
#include "match/feed.h"
#include "match/rules_load.h"
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
	"rule whose\n about x\n kind client\n match <queue> is <client>\n" \
	"rule later\n about x\n match <queue> fails(?: of <count>)?\n" \
	"rule known\n about x\n kind login\n match <queue> logs in\n" \
	"rule good\n about x\n kind success\n match good <client>\n"

struct world {
	struct conf conf;
	struct rules rules;
	struct matcher *matcher;
	struct judge *judge;
	struct feed feed;
	struct event got[WORLD_VERDICTS];	/* verdicts alone; since the last world_forget_verdicts() */
	size_t count;
	event_fn *notice;	/* hears everything, too; NULL: nobody */
};

static int64_t world_now_ms = WORLD_BEGINS_MS;

static void world_event(void *arg, const struct event *event)
{
	struct world *world = arg;

	if (world->notice)
		world->notice(arg, event);
	if (!event_is_verdict(event))
		return;
	if (world->count < WORLD_VERDICTS)
		world->got[world->count] = *event;
	world->count++;
}

/* a judge as conf is now; what was there goes */
__attribute__((unused)) static void world_judge(struct world *world)
{
	judge_free(world->judge);
	world->judge = judge_new(&world->conf, &world->rules, world_event, world);
	if (!world->judge)
		abort();
	world->feed = feed_new(world->matcher);
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
	world->conf.policy.memory = false;
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

__attribute__((unused)) static void world_line(struct world *world, struct feed *feed, const char *text, bool backlog)
{
	struct hit hit;

	clock_stand(world_now_ms);
	judge_read(world->judge, 1, strlen(text) + 1);
	if (feed_text(feed, (struct text){ text, strlen(text) }, backlog, &hit))
		judge_hit(world->judge, &hit);
}

/* a live line of a session: "each", 7, "198.51.100.7" becomes a/smtpd[7]: each x[198.51.100.7] of 3 */
__attribute__((unused)) static void world_say(struct world *world, const char *rule, unsigned pid, const char *addr)
{
	char text[200];

	snprintf(text, sizeof(text), "Nov 22 10:00:00 mx a/smtpd[%u]: %s x[%s] of 3", pid, rule, addr);
	world_line(world, &world->feed, text, false);
}

/* how long the drop is, from its beginning on */
__attribute__((unused)) static unsigned world_seconds(const struct event *event)
{
	return event->kind == VERDICT_RELEASE ? 0 : (unsigned)((event->until_ms - event->time_ms) / 1000);
}

/* how much of it is left now */
__attribute__((unused)) static unsigned world_rest(const struct event *event)
{
	return (unsigned)(event_rest_ms(event, world_now_ms) / 1000);
}

/* the latest verdict, as "ban 198.51.100.7 3600 6 t/each"; "-": there was none */
__attribute__((unused)) static const char *world_last(const struct world *world)
{
	static const char *const kinds[] = { "delay", "ban", "release" };
	static char text[160];
	char prefix[PREFIX_FMT_SIZE];

	if (world->count == 0)
		return "-";
	const struct event *event = &world->got[world->count - 1];
	snprintf(text, sizeof(text), "%s %s %u %u %s", kinds[event->kind], prefix_fmt(prefix, sizeof(prefix), &event->prefix),
		 world_seconds(event), event->errors, event->rule);
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
