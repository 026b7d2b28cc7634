/* test_remote - what another host has counted is added as it was weighed there: late, in any order, each host bans whom one would
 *
 * Three judges hear a third of the errors each, and the others' as values, some of them many minutes late; a fourth hears all of
 * them himself, in time. */
#include "judge_world.h"
#include "random.h"

#include <errno.h>

#define MINUTE_MS INT64_C(60000)
#define HOSTS 3
#define ERRORS_MAX 40
#define TIMELINES 3000U

static struct remote remote_of(const struct world *world, const char *rule, const char *addr, int64_t time_ms, uint32_t halves)
{
	struct remote remote = { .kind = REMOTE_ERROR, .time_ms = time_ms, .halves = halves, .may_ban = true,
				 .rule = rule ? rules_find(&world->rules, text_of(rule)) : NULL };

	if (!addr_parse(text_of(addr), &remote.addr))
		abort();
	return remote;
}

static void add(struct world *world, const char *rule, const char *addr, uint32_t halves)
{
	struct remote remote = remote_of(world, rule, addr, world_now_ms, halves);

	judge_remote(world->judge, &remote);
	world_now_ms += 1000;
}

static void test_ladder(struct world *world)
{
	world_judge(world);
	world_say(world, "each", 1, "198.51.100.7");
	add(world, "t/each", "198.51.100.7", 2);
	add(world, "t/each", "198.51.100.7", 2);
	tap_str(world_last(world), "delay 198.51.100.7 10 3 t/each", "one of our own and two of others are a delay");
	add(world, "t/each", "198.51.100.7", 4);
	tap_str(world_last(world), "delay 198.51.100.7 40 5 t/each", "it weighs what it weighed there");
	add(world, NULL, "198.51.100.7", 2);
	tap_str(world_last(world), "ban 198.51.100.7 3600 6 a-former-rule", "a ban, by a rule that we do not have");
	world->count = 0;
	tap_ok(!judge_remote(world->judge, &(struct remote){ .kind = REMOTE_ERROR, .time_ms = world_now_ms, .halves = 2, .may_ban = true,
			     .addr = world_prefix("198.51.100.7").addr }) && world->count == 0, "and then evidence");
	add(world, "t/each", "2001:db8::1", 4);
	add(world, "t/each", "2001:db8::2", 4);
	add(world, "t/each", "2001:db8::3", 4);
	tap_str(world_last(world), "ban 2001:db8::/64 3600 6 t/each", "counted under our own unit");
	add(world, "t/each", "::ffff:0:1", 12);
	add(world, "t/each", "127.0.0.1", 12);
	tap_str(world_last(world), "ban 2001:db8::/64 3600 6 t/each", "an allowed address is allowed");
	tap_int(judge_figures(world->judge)->errors, 1, "our own figures are of our own lines");
}

static void test_mild(struct world *world)
{
	struct remote remote;

	world_judge(world);
	remote = remote_of(world, "t/each", "198.51.100.8", world_now_ms, 20);
	remote.may_ban = false;
	judge_remote(world->judge, &remote);
	tap_str(world_last(world), "delay 198.51.100.8 1280 10 t/each", "beyond its share, what would be a ban is a delay");
	add(world, "t/each", "198.51.100.8", 2);
	tap_str(world_last(world), "ban 198.51.100.8 3600 11 t/each", "and the next within it is the ban");
}

static struct event ban_of(const char *prefix, int64_t since_ms, unsigned seconds)
{
	return (struct event){ .kind = VERDICT_BAN, .prefix = world_prefix(prefix), .time_ms = since_ms, .until_ms = since_ms + seconds * INT64_C(1000),
			       .errors = 6, .rule = "t/each" };
}

static void test_join(struct world *world)
{
	struct event event;
	struct judge_view view;
	int64_t now_ms;

	world_judge(world);
	now_ms = world_now_ms;
	event = ban_of("198.51.100.9", now_ms, 3600);
	tap_int(judge_join(world->judge, &event), 0, "a ban of another host is ours");
	tap_str(world_last(world), "ban 198.51.100.9 3600 6 t/each", "and told");
	world->count = 0;
	event = ban_of("198.51.100.9", now_ms + 500, 3600);
	tap_int(judge_join(world->judge, &event), -EALREADY, "the same of two hosts is one");
	event = ban_of("198.51.100.9", now_ms + 1000 * 1000, 3600);
	tap_int(judge_join(world->judge, &event), 0, "of two that overlap");
	tap_str(world_last(world), "ban 198.51.100.9 4600 6 t/each", "the later end holds");
	judge_look(world->judge, &event.prefix.addr, now_ms, &view);
	tap_int(view.repeat, 1, "and they are one offence");
	event = ban_of("198.51.100.9", now_ms + 2 * 3600 * 1000, 3600);
	tap_int(judge_join(world->judge, &event), 0, "a later one");
	judge_look(world->judge, &event.prefix.addr, now_ms + 2 * 3600 * 1000, &view);
	tap_int(view.repeat, 2, "is the second");
	event = ban_of("127.0.0.0/24", now_ms, 3600);
	tap_int(judge_join(world->judge, &event), -EPERM, "an allowed address lies inside");
	event = ban_of("198.51.100.9", now_ms + 2 * 3600 * 1000, 7200);
	event.kind = VERDICT_DELAY;
	tap_int(judge_join(world->judge, &event), -EALREADY, "a delay makes no ban longer");
	tap_int(judge_part(world->judge, &event.prefix, now_ms, now_ms + 2 * 3600 * 1000 + 1), -ENOENT, "a release of before it does not end it");
	tap_int(judge_part(world->judge, &event.prefix, now_ms + 2 * 3600 * 1000, now_ms + 2 * 3600 * 1000 + 1), 0, "a later one does");
	tap_str(world_last(world), "release 198.51.100.9 0 0 manual", "which is told");
}

static void test_memory(struct world *world)
{
	struct remote remote;
	struct judge_view view;
	struct judge_name_view name;
	struct prefix home, strangers[] = { world_prefix("192.0.2.1"), world_prefix("198.51.100.1"), world_prefix("203.0.113.1") };

	world->conf.policy.memory = true;
	world_judge(world);
	remote = remote_of(world, NULL, "203.0.113.50", world_now_ms, 0);
	remote.kind = REMOTE_LOGIN;
	remote.account = 77;
	judge_remote(world->judge, &remote);
	judge_look(world->judge, &remote.addr, world_now_ms, &view);
	judge_look_name(world->judge, 77, &remote.addr, world_now_ms, &name);
	tap_ok(view.guests == 1 && name.exists && name.by_login && name.here == NAME_OWN, "who logged in there is at home here");
	remote.kind = REMOTE_NAME;
	remote.account = 78;
	remote.addr = (struct addr){ { 0 } };
	judge_remote(world->judge, &remote);
	judge_look_name(world->judge, 78, NULL, world_now_ms, &name);
	tap_ok(name.exists && !name.by_login, "what was delivered there exists here");
	for (size_t i = 0; i < 3; i++) {
		remote = remote_of(world, NULL, "192.0.2.1", world_now_ms, 2);
		remote.addr = strangers[i].addr;
		remote.account = 79;
		remote.marks = REMOTE_FAILED_LOGIN | REMOTE_TRIED;
		judge_remote(world->judge, &remote);
	}
	judge_look_name(world->judge, 79, NULL, world_now_ms, &name);
	tap_ok(name.networks == 3 && name.burnt, "what strangers try there is burnt here");
	world->count = 0;
	remote = remote_of(world, NULL, "198.51.100.99", world_now_ms, 12);
	remote.account = 79;
	remote.marks = REMOTE_FAILED_LOGIN | REMOTE_TRIED | REMOTE_BURNT | REMOTE_AGAIN;
	judge_remote(world->judge, &remote);
	remote.account = 80;
	remote.time_ms += 1000;
	judge_remote(world->judge, &remote);
	tap_str(world_last(world), "ban 198.51.100.99 604800 6 a-former-rule", "a burnt name's is a ban for a week, as there");
	for (int i = 0; i < 8; i++) {
		remote = remote_of(world, "t/each", "203.0.113.80", world_now_ms += 3600 * 1000, 2);
		judge_remote(world->judge, &remote);
	}
	tap_ok(strncmp(world_last(world), "ban 203.0.113.80 ", 17) == 0, "eight within a week are one, over the hosts");
	tap_ok(judge_share_names(world->judge, &(struct name_key){ { 1, 2 } }), "another key of names");
	judge_look_name(world->judge, 77, NULL, world_now_ms, &name);
	home = world_prefix("203.0.113.50");
	judge_look(world->judge, &home.addr, world_now_ms, &view);
	tap_ok(!name.exists && view.guests == 0, "what was known by the old one is forgotten");
	tap_ok(!judge_share_names(world->judge, &(struct name_key){ { 1, 2 } }), "the same key again");
	world->conf.policy.memory = false;
}

/* ---- chance ---- */

struct heard {
	int64_t arrives_ms, time_ms;
	unsigned from;
};

static int by_arrival(const void *left, const void *right)
{
	const struct heard *a = left, *b = right;

	return a->arrives_ms < b->arrives_ms ? -1 : a->arrives_ms > b->arrives_ms;
}

/* How often it is banned, if host hears this; HOSTS: he who hears all himself. */
static unsigned bans_of(struct world *world, struct heard *heard, size_t count, unsigned host)
{
	struct prefix unit = world_prefix("198.51.100.7");
	struct judge_view view;

	qsort(heard, count, sizeof(*heard), by_arrival);
	world_judge(world);
	for (size_t i = 0; i < count; i++) {
		struct remote remote = remote_of(world, "t/each", "198.51.100.7", heard[i].time_ms, 2);
		struct hit hit = { .time_ms = heard[i].time_ms, .addr = remote.addr, .rule = remote.rule->id, .weight = 1 };

		if (host == HOSTS || heard[i].from == host)
			judge_hit(world->judge, &hit);
		else
			judge_remote(world->judge, &remote);
	}
	judge_look(world->judge, &unit.addr, WORLD_BEGINS_MS, &view);
	return view.repeat;
}

static void test_chance(struct world *world)
{
	unsigned banned = 0, wrong = 0, differ = 0;

	for (unsigned run = 0; run < TIMELINES; run++) {
		struct heard errors[ERRORS_MAX], heard[ERRORS_MAX];
		size_t count = 1 + random_below(ERRORS_MAX);
		int64_t span_ms = (1 + (int64_t)random_below(180)) * MINUTE_MS, cut_ms = (int64_t)random_below(20) * MINUTE_MS;
		unsigned one;

		for (size_t i = 0; i < count; i++) {
			errors[i].time_ms = WORLD_BEGINS_MS + (int64_t)random_below((uint32_t)span_ms);
			errors[i].arrives_ms = errors[i].time_ms;
			errors[i].from = random_below(HOSTS);
		}
		memcpy(heard, errors, sizeof(heard));
		one = bans_of(world, heard, count, HOSTS);
		banned += one > 0;
		for (unsigned host = 0; host < HOSTS; host++) {
			unsigned got;

			for (size_t i = 0; i < count; i++) {
				heard[i] = errors[i];
				if (errors[i].from != host)
					heard[i].arrives_ms += (int64_t)random_below((uint32_t)cut_ms + 50);
			}
			got = bans_of(world, heard, count, host);
			tap_wrong((got > 0) != (one > 0), &wrong, "timeline %u, host %u: %u bans, %u of one host", run, host, got, one);
			differ += got != one;
		}
	}
	tap_int(wrong, 0, "%u timelines, of which one host would ban %u: each of three bans the same", TIMELINES, banned);
	tap_ok(differ <= 3 * TIMELINES / 200, "and as often, but for %u in %u", differ, 3 * TIMELINES);
}

int main(void)
{
	static struct world world;

	world_init(&world, WORLD_RULES, NULL);
	test_ladder(&world);
	test_mild(&world);
	test_join(&world);
	test_memory(&world);
	test_chance(&world);
	world_fini(&world);
	return tap_done();
}
