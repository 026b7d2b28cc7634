/* test_judge - a line becomes a count and a verdict; the whole ladder, its exceptions, and whose clock it climbs by */
#include "judge_world.h"
#include "random.h"

#include <errno.h>
#include <time.h>

#define A "198.51.100.7"
#define SECOND_MS INT64_C(1000)

static void ticks(int64_t seconds)
{
	world_now_ms += seconds * SECOND_MS;
}

/* One error a second until there is a ban; returns how many it took, or 0. */
static unsigned until_banned(struct world *world, const char *addr)
{
	for (unsigned i = 1; i <= 20; i++) {
		size_t before = world->count;

		ticks(1);
		world_say(world, "each", i, addr);
		for (size_t n = before; n < world->count; n++)
			if (world->got[n].kind == VERDICT_BAN)
				return i;
	}
	return 0;
}

static void test_shipped_ladder(void)
{
	static const char *const wanted[] = {
		"-", "-", "delay 192.0.2.7 10 3 postfix/user-unknown", "delay 192.0.2.7 20 4 postfix/user-unknown",
		"delay 192.0.2.7 40 5 postfix/user-unknown", "ban 192.0.2.7 3600 6 postfix/nonfqdn-helo",
	};
	static const char *const messages[] = {
		"NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in "
		"local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>",
		"NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <ylmf-pc>: Helo command rejected: need fully-qualified "
		"hostname; from=<> to=<a@example.com> proto=ESMTP helo=<ylmf-pc>",
	};
	struct world world;
	char line[600];

	world_init(&world, NULL, "patterns");
	for (unsigned i = 0; i < 6; i++) {
		ticks(30);
		snprintf(line, sizeof(line), "Nov 22 10:00:00 mx postfix/smtpd[%u]: %s", 100 + i, messages[i == 5]);
		world.count = 0;
		world_line(&world, &world.feed, line, false);
		tap_str(world_last(&world), wanted[i], "error %u by the shipped patterns: %s", i + 1, wanted[i]);
	}
	tap_int(world.got[0].time_ms, world_now_ms, "the verdict has the time of the line that tipped the scale");
	tap_ok(world.got[0].reason_count == 2 && world.got[0].reasons[0].errors == 5 && world.got[0].reasons[1].errors == 1,
	       "and says what it is made of, heaviest first");
	tap_str(world.got[0].reasons[0].rule, "postfix/user-unknown", "by the rules' names");
	world_fini(&world);
}

static void test_repeats(void)
{
	static const unsigned wanted[] = { 3600, 4 * 3600, 16 * 3600, 64 * 3600, 256 * 3600, 30 * 86400, 30 * 86400 };
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		tap_int(until_banned(&world, A), 6, "ban %zu after six more errors", i + 1);
		tap_int(world_seconds(&world.got[world.count - 1]), wanted[i], "ban %zu is for %u s", i + 1, wanted[i]);
		world.count = 0;
		ticks(wanted[i]);
	}
	ticks(30 * 86400 - 6);
	tap_int(until_banned(&world, A), 6, "a month after the end of the last");
	tap_int(world_seconds(&world.got[world.count - 1]), 30 * 86400, "a ban is a repeat still");
	world.count = 0;
	ticks(60 * 86400 - 5);
	until_banned(&world, A);
	tap_int(world_seconds(&world.got[world.count - 1]), 3600, "and a second later it would not have been");
	world_fini(&world);
}

static void test_evidence(void)
{
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	until_banned(&world, A);
	world.count = 0;
	ticks(3599);
	for (unsigned i = 0; i < 10; i++)
		world_say(&world, "heavy", i, A);
	tap_int(world.judge->figures.evidence, 10, "errors of a banned address are evidence");
	tap_int(world.count, 0, "and decide nothing");
	ticks(1);
	world_say(&world, "each", 1, A);
	tap_int(world.judge->figures.evidence, 10, "when its time is over they count again");
	tap_int(world.judge->figures.errors, 7, "from nothing: 6 and 1 in all");
	tap_int(world.count, 0, "so the first is the first");
	for (unsigned i = 0; i < 2; i++)
		world_say(&world, "each", 1, A);
	tap_str(world_last(&world), "delay " A " 10 3 t/each", "the third delays");
	world_say(&world, "each", 1, A);
	tap_str(world_last(&world), "delay " A " 20 4 t/each", "and in a delay errors go on counting");
	world_fini(&world);
}

static void test_allowed(void)
{
	static const char *const never[] = { "203.0.113.9", "127.0.0.1", "::1", "fe80::1", "::ffff:203.0.113.9", "0.0.0.0",
					     "2001:db8:1:2::1", "64:ff9b::203.0.113.9", "64:ff9b::127.0.0.1" };
	struct world world;
	struct prefix allowed[] = { world_prefix("203.0.113.8/29"), world_prefix("2001:db8:1:2::1") };

	world_init(&world, WORLD_RULES, NULL);
	for (size_t i = 0; i < 2; i++)
		ranges_add(&world.conf.allow, &allowed[i]);
	ranges_seal(&world.conf.allow);
	for (size_t n = 0; n < sizeof(never) / sizeof(*never); n++) {
		world.judge->figures.allowed = 0;
		for (unsigned i = 0; i < 8; i++)
			world_say(&world, "heavy", i, never[n]);
		tap_ok(world.count == 0 && world.judge->figures.allowed == 8, "%s is never counted", never[n]);
	}
	tap_int(judge_addresses(world.judge), 0, "and takes no room in the window");
	tap_int(until_banned(&world, "203.0.113.16"), 6, "its neighbour is");
	/* the server's own address must not make all of its provider's /64 immune */
	tap_int(until_banned(&world, "2001:db8:1:2:ffff::9"), 6, "so is a neighbour in the /64 of one who is allowed");
	tap_str(world_last(&world), "ban 2001:db8:1:2:ffff::9 3600 6 t/each", "by itself");
	tap_int(until_banned(&world, "2001:db8:1:2:ffff::10"), 6, "and the next one, by his own errors");
	tap_int(until_banned(&world, "64:ff9b::203.0.113.17"), 6, "through a translator");
	tap_str(world_last(&world), "ban 203.0.113.17 3600 6 t/each", "it is the IPv4 address that is counted and banned");
	tap_int(until_banned(&world, "64:ff9b::203.0.113.18"), 6, "alone: its neighbour has errors of its own");
	world_fini(&world);
}

static void test_ipv6(void)
{
	struct world world;
	char addr[64];

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(addr, sizeof(addr), "2001:db8:0:5:%x::%x", i * 4096, i);
		world_say(&world, "each", i, addr);
	}
	tap_str(world_last(&world), "ban 2001:db8:0:5::/64 3600 6 t/each", "six addresses of a /64 are one offender");
	world.count = 0;
	world_say(&world, "heavy", 1, "2001:db8:0:5:ffff::");
	tap_int(world.judge->figures.evidence, 1, "all of it is banned");
	world.conf.policy.ipv6_prefix = 56;
	world_judge(&world);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(addr, sizeof(addr), "2001:db8:0:10%x::1", i);
		world_say(&world, "each", i, addr);
	}
	tap_str(world_last(&world), "ban 2001:db8:0:100::/56 3600 6 t/each", "or of a /56, where the config says so");
	for (unsigned i = 0; i < 6; i++)
		world_say(&world, "each", i, i % 2 ? "::ffff:" A : A);
	tap_str(world_last(&world), "ban " A " 3600 6 t/each", "a mapped address is the IPv4 address");
	world_fini(&world);
}

static void test_kinds(void)
{
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	world_line(&world, &world.feed, "Nov 22 10:00:00 mx a/smtpd[1]: message repeated 6 times: [ each x[" A "]]", false);
	tap_str(world_last(&world), "ban " A " 3600 6 t/each", "\"repeated 6 times\" is six errors");
	world_line(&world, &world.feed, "Nov 22 10:00:00 mx a/smtpd[1]: message repeated 1000 times: [ heavy x[198.51.100.8]]", false);
	tap_str(world_last(&world), "ban 198.51.100.8 3600 1023 t/heavy", "however often and heavy, the sum stays in its bounds");
	world.count = 0;
	for (unsigned i = 0; i < 8; i++) {
		world_say(&world, "seen", i, "198.51.100.9");
		world_say(&world, "off", i, "198.51.100.9");
		world_say(&world, "good", i, "198.51.100.9");
		world_say(&world, "nothing", i, "198.51.100.9");
	}
	tap_int(world.count, 0, "what is observed, off, a success or unknown counts for nothing");
	tap_int(world.judge->figures.observed, 8, "observed ones are counted as such");
	tap_int(world.judge->figures.successes, 8, "successes too");
	tap_int(world.judge->figures.lines, 34, "and every line");
	tap_int(judge_rule_errors(world.judge, &world.rules.at[0]), 6, "each rule knows its errors");
	world_fini(&world);
}

/* rules said one after the other in one session; how many errors they come to */
static unsigned errors_of(struct world *world, const char *const *rules)
{
	world_judge(world);
	for (; *rules; rules++)
		world_say(world, *rules, 1, A);
	return (unsigned)world->judge->figures.errors;
}

#define SAY(...) (const char *const[]){ __VA_ARGS__, NULL }

static void test_sessions(void)
{
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	world.conf.policy.soft_error_limit = world.conf.policy.hard_error_limit = 1000;
	world.conf.max_addresses = 1000;	/* a million of them with a thousand errors each have no room in 32 bits */
	tap_int(errors_of(&world, SAY("each", "each")), 2, "each line counts");
	tap_int(errors_of(&world, SAY("once", "once", "each", "once")), 2, "once a session");
	tap_int(errors_of(&world, SAY("echo")), 1, "an echo of nothing counts");
	tap_int(errors_of(&world, SAY("each", "echo", "echo")), 1, "an echo of something does not");
	tap_int(errors_of(&world, SAY("echo", "echo")), 2, "what leads the session is no echo of itself");
	tap_int(errors_of(&world, SAY("echo", "once", "echo")), 2, "and is one of whatever leads after it");
	tap_int(errors_of(&world, SAY("summary")), 3, "a summary alone counts for what it sums up");
	tap_int(errors_of(&world, SAY("each", "summary")), 1, "a summary of what was counted does not");
	tap_int(errors_of(&world, SAY("each", "summary", "summary")), 4, "it ends the session: the next one is another");
	tap_int(errors_of(&world, SAY("each", "over", "echo")), 2, "a summary of weight 0 ends it too");
	tap_int(errors_of(&world, SAY("once", "over", "each", "once")), 3, "what counts once counts in the next session again");
	tap_int(errors_of(&world, SAY("seen", "off", "echo")), 1, "what does not count leaves no mark");

	world_judge(&world);
	world_say(&world, "each", 1, A);
	world_say(&world, "echo", 2, A);
	world_say(&world, "echo", 1, "198.51.100.8");
	tap_int(world.judge->figures.errors, 3, "another process or address is another session");
	ticks(SESSION_LIFE_S - 1);
	world_say(&world, "echo", 1, A);
	tap_int(world.judge->figures.echoes, 1, "a session is remembered for five minutes");
	ticks(1);
	world_say(&world, "echo", 1, A);
	tap_int(world.judge->figures.errors, 4, "and no longer");
	world_fini(&world);
}

static void at(struct world *world, const char *stamp, bool backlog)
{
	char text[100];

	snprintf(text, sizeof(text), "%smx a/smtpd[1]: each x[" A "]", stamp);
	world_line(world, &world->feed, text, backlog);
}

/* What is told late counts when it was, and changes nothing that came of what was later. */
static void test_late(void)
{
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned i = 0; i < 3; i++)
		at(&world, "2026-11-22T10:00:00Z ", false);
	tap_str(world_last(&world), "delay " A " 10 3 t/each", "three errors now");
	world.count = 0;
	for (unsigned i = 1; i <= 4; i++) {
		char stamp[40];

		snprintf(stamp, sizeof(stamp), "2026-11-22T0%u:00:00Z ", i);
		at(&world, stamp, false);
	}
	tap_int(world.count, 0, "four of the night, told by a relay that was cut off, say nothing of now");
	at(&world, "2026-11-22T09:55:00Z ", false);
	tap_str(world_last(&world), "delay " A " 20 4 t/each", "one of five minutes ago does");
	tap_int(world.got[0].time_ms, WORLD_BEGINS_MS, "and its delay begins when the last of them came");
	ticks(-7200);
	world_judge(&world);
	for (unsigned i = 0; i < 6; i++)
		at(&world, "2026-11-22T06:00:00Z ", true);
	tap_int(world.got[3].until_ms, WORLD_BEGINS_MS - 3 * INT64_C(3600000), "a ban of the past ends in the past");
	world.count = 0;
	at(&world, "2026-11-22T05:59:00Z ", true);
	tap_ok(world.count == 0 && world.judge->figures.evidence == 1, "what came before it is what it is for");
	struct prefix a = world.got[0].prefix;
	judge_ban(world.judge, &a, 7200, WORLD_BEGINS_MS - 7200000);
	judge_ban(world.judge, &a, 60, WORLD_BEGINS_MS - 7000000);
	tap_ok(event_ends(&world.got[world.count - 1], WORLD_BEGINS_MS - 6000000), "one that is over, but took the place of one that is not, ends that");
	tap_ok(!event_ends(&world.got[world.count - 1], WORLD_BEGINS_MS) && !event_ends(&world.got[world.count - 1], WORLD_BEGINS_MS - 7000000),
	       "as long as that would have run, and it does not");
	world.count = 0;
	judge_release(world.judge, &a, WORLD_BEGINS_MS - 7000000);
	at(&world, "2026-11-22T07:00:00Z ", true);
	tap_int(world.judge->figures.errors, 7, "what comes after it counts anew");
	world_fini(&world);
}

/* Errors of some addresses within a night, in their order and in any other: the same are banned. */
static void test_any_order(void)
{
	static struct world world;
	struct { int64_t time_ms; unsigned who; } errors[60];	/* WINDOW_ROOM of an address at the most */
	unsigned wrong = 0, banned = 0;

	world_init(&world, WORLD_RULES, NULL);
	world_now_ms += 86400000;
	for (unsigned round = 0; round < 300; round++) {
		bool in_order[8] = { false }, shuffled[8] = { false };
		unsigned told[8] = { 0 };

		for (unsigned i = 0; i < 60; i++) {
			do
				errors[i].who = random_below(8);
			while (++told[errors[i].who] > WINDOW_ROOM);
			errors[i].time_ms = WORLD_BEGINS_MS + (int64_t)errors[i].who * 1000 + random_below(2400) * INT64_C(1000);
		}
		for (unsigned pass = 0; pass < 2; pass++) {
			world_judge(&world);
			for (unsigned i = 59; i > 0 && pass; i--) {
				unsigned k = random_below(i + 1);
				typeof(errors[0]) other = errors[i];

				errors[i] = errors[k];
				errors[k] = other;
			}
			for (unsigned i = 0; i < 60 && !pass; i++)
				for (unsigned k = i; k > 0 && errors[k].time_ms < errors[k - 1].time_ms; k--) {
					typeof(errors[0]) other = errors[k];

					errors[k] = errors[k - 1];
					errors[k - 1] = other;
				}
			for (unsigned i = 0; i < 60; i++) {
				struct hit hit = { .time_ms = errors[i].time_ms, .rule = 0, .weight = 1, .session = i,
						   .addr = world_prefix(A).addr };

				hit.addr.bytes[15] = (uint8_t)(hit.addr.bytes[15] + errors[i].who);
				judge_hit(world.judge, &hit);
			}
			for (size_t i = 0; i < world.count; i++)
				if (world.got[i].kind == VERDICT_BAN)
					(pass ? shuffled : in_order)[(uint8_t)(world.got[i].prefix.addr.bytes[15] -
									       world_prefix(A).addr.bytes[15])] = true;
		}
		for (unsigned i = 0; i < 8; i++) {
			tap_wrong(in_order[i] != shuffled[i], &wrong, "round %u: address %u is banned in %s order only", round, i,
				  in_order[i] ? "their" : "another");
			banned += in_order[i];
		}
	}
	tap_int(wrong, 0, "the order in which errors are told changes nothing: the same are banned");
	tap_ok(banned > 100 && banned < 2300, "which are some of them, %u of 2400", banned);
	world_fini(&world);
}

#define NIGHT 75		/* errors, of five addresses */

struct night {
	struct { int64_t time_ms; unsigned who; } errors[NIGHT];
	struct sentence {
		unsigned who;
		int64_t since_ms, until_ms;
	} bans[NIGHT];		/* what they come to, in the order of the verdicts */
	size_t ban_count;
	bool banned[5];
};

static void make_night(struct night *night)
{
	unsigned told[5] = { 0 };

	for (size_t i = 0; i < NIGHT; i++) {
		unsigned who = random_below(5);

		while (told[who] == WINDOW_ROOM)
			who = (who + 1) % 5;
		told[who]++;
		night->errors[i].who = who;
		night->errors[i].time_ms = (i ? night->errors[i - 1].time_ms : WORLD_BEGINS_MS) + 1 + random_below(100000);
	}
}

static void tell(struct world *world, struct feed *feed, int64_t stamp_ms, unsigned who, bool backlog)
{
	time_t stamp_s = (time_t)(stamp_ms / 1000);
	char text[200], stamp[40];
	struct tm parts;

	gmtime_r(&stamp_s, &parts);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, sizeof(text), "%s.%03d+00:00 mx a/smtpd[%u]: each x[198.51.100.%u] of 3", stamp, (int)(stamp_ms % 1000), who, who);
	world_line(world, feed, text, backlog);
}

/* As it happens; out of a relay's queue, in lumps, hours late; out of two, each at its own pace; out of a file, next morning. */
enum delivery { LIVE, QUEUED, TWO_QUEUES, FILED, DELIVERIES };

static void deliver(struct world *world, struct night *night, enum delivery how)
{
	struct feed feeds[2];
	size_t next[2] = { 0, 1 }, apart = how == TWO_QUEUES ? 2 : 1;

	world_now_ms = how == FILED ? night->errors[NIGHT - 1].time_ms + random_below(36000000) : night->errors[0].time_ms;
	world_judge(world);
	feeds[0] = feeds[1] = world->feed;
	for (size_t told = 0; told < NIGHT; told++) {
		unsigned queue = how == TWO_QUEUES ? random_below(2) : 0;
		size_t i = next[queue] < NIGHT ? next[queue] : next[queue = !queue];

		next[queue] += apart;
		if (how != LIVE && random_below(9) == 0)
			world_now_ms += random_below(7200000);
		if (world_now_ms < night->errors[i].time_ms)
			world_now_ms = night->errors[i].time_ms;
		tell(world, &feeds[queue], night->errors[i].time_ms, night->errors[i].who, how == FILED);
	}
	night->ban_count = 0;
	memset(night->banned, 0, sizeof(night->banned));
	for (size_t i = 0; i < world->count && i < WORLD_VERDICTS; i++) {
		const struct event *ban = &world->got[i];

		if (ban->kind != VERDICT_BAN)
			continue;
		night->bans[night->ban_count++] = (struct sentence){ ban->prefix.addr.bytes[15], ban->time_ms, ban->until_ms };
		night->banned[ban->prefix.addr.bytes[15]] = true;
	}
}

static bool same_sentences(const struct night *a, const struct night *b)
{
	bool same = a->ban_count == b->ban_count;

	for (size_t i = 0; same && i < a->ban_count; i++)
		same = a->bans[i].who == b->bans[i].who && a->bans[i].since_ms == b->bans[i].since_ms &&
		       a->bans[i].until_ms == b->bans[i].until_ms;
	return same;
}

static void test_any_time(void)
{
	static struct world world;
	static struct night live, late;
	unsigned wrong = 0, wrong_who = 0, bans = 0;

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned round = 0; round < 300; round++) {
		make_night(&live);
		late = live;
		deliver(&world, &live, LIVE);
		bans += (unsigned)live.ban_count;
		for (enum delivery how = QUEUED; how < DELIVERIES; how++) {
			deliver(&world, &late, how);
			if (how != TWO_QUEUES)
				tap_wrong(!same_sentences(&live, &late), &wrong, "round %u, delivery %d", round, (int)how);
			tap_wrong(memcmp(live.banned, late.banned, sizeof(live.banned)) != 0, &wrong_who, "round %u, delivery %d", round, (int)how);
		}
	}
	tap_int(wrong, 0, "when a line is delivered changes no ban: neither who nor when nor until when");
	tap_int(wrong_who, 0, "and two relays, each at its own pace, have the same banned");
	tap_ok(bans > 300, "which are some, %u in 300 nights", bans);
	world_fini(&world);
}

static void test_recounts(void)
{
	struct world world;

	world_init(&world, WORLD_RULES, NULL);
	world.feed.counted_ms = WORLD_BEGINS_MS - 1000;
	at(&world, "2026-11-22T09:00:00Z ", true);
	at(&world, "2026-11-22T09:59:59Z ", true);
	tap_int(world.feed.recounts, 2, "of a log that was lost and found, what had counted does not count again");
	at(&world, "2026-11-22T10:00:00Z ", true);
	at(&world, "2026-11-22T09:00:00Z ", false);
	tap_int(world.judge->figures.errors, 2, "what is later does, and what is live");
	world_fini(&world);
}

static void test_full(void)
{
	struct world world;
	char addr[32];

	world_init(&world, WORLD_RULES, NULL);
	world.conf.max_addresses = 100;
	world_judge(&world);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(addr, sizeof(addr), "198.51.100.%u", i);
		world_say(&world, "heavy", i, addr);
	}
	tap_int(until_banned(&world, "203.0.113.1"), 6, "a table full of heavier addresses: a newcomer is counted all the same");
	tap_int(world.judge->figures.lost, 0, "and no error is lost");
	world_say(&world, "each", 1, "203.0.113.2");
	tap_int(judge_addresses(world.judge), 100, "and the table stays at its capacity");
	world_fini(&world);
}

static void count_active(void *arg, const struct event *verdict)
{
	struct world *world = arg;

	world_event(world, verdict);
}

static void test_operator(void)
{
	struct world world;
	struct prefix a = world_prefix(A), net = world_prefix("203.0.113.0/24"), own = world_prefix("127.0.0.0/30");

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned i = 0; i < 5; i++)
		world_say(&world, "each", i, A);
	tap_int(judge_ban(world.judge, &own, 60, world_now_ms), -EPERM, "nobody bans what is allowed");
	tap_int(judge_ban(world.judge, &a, 60, world_now_ms), 0, "the operator bans");
	tap_str(world_last(&world), "ban " A " 60 0 manual", "for as long as he says");
	world_say(&world, "each", 1, A);
	tap_int(world.judge->figures.evidence, 1, "such a ban is a ban");
	judge_ban(world.judge, &net, 3600, world_now_ms);
	ticks(59);
	world.count = 0;
	judge_active(world.judge, world_now_ms, count_active, &world);
	tap_int(world.count, 2, "both are running");
	tap_int(world_rest(&world.got[0]) + world_rest(&world.got[1]), 1 + 3541, "for the rest of their time");
	ticks(1);
	world.count = 0;
	judge_active(world.judge, world_now_ms, count_active, &world);
	tap_int(world.count, 1, "then one");
	tap_int(judge_release(world.judge, &net, world_now_ms), 0, "the operator releases");
	tap_str(world_last(&world), "release 203.0.113.0/24 0 0 manual", "and the warden is told");
	tap_int(judge_release(world.judge, &net, world_now_ms), -ENOENT, "once");
	world.count = 0;
	world_say(&world, "each", 1, A);
	tap_str(world_last(&world), "ban " A " 3600 6 t/each", "an operator's ban takes nothing off the count");
	judge_release(world.judge, &a, world_now_ms);
	world.count = 0;
	for (unsigned i = 0; i < 3; i++)
		world_say(&world, "each", i, A);
	tap_str(world_last(&world), "delay " A " 10 3 t/each", "a release forgets the errors");
	tap_int(judge_release(world.judge, &a, world_now_ms), 0, "a delay can be released too");
	tap_int(until_banned(&world, A), 6, "then it takes six again");
	tap_int(world_seconds(&world.got[world.count - 1]), 3600, "and the ban that was released is no first one");
	world_fini(&world);
}

static void test_networks(void)
{
	struct world world;
	char addr[32];
	struct prefix allowed = world_prefix("192.0.2.77");

	world_init(&world, WORLD_RULES, NULL);
	world.conf.policy.network_limit = 3;
	ranges_add(&world.conf.allow, &allowed);
	ranges_seal(&world.conf.allow);
	world_judge(&world);
	for (unsigned i = 1; i <= 3; i++) {
		snprintf(addr, sizeof(addr), "198.51.100.%u", i);
		until_banned(&world, addr);
	}
	tap_str(world_last(&world), "ban 198.51.100.0/24 3600 6 network", "three banned neighbours ban their network");
	for (unsigned i = 1; i <= 3; i++) {
		snprintf(addr, sizeof(addr), "192.0.2.%u", i);
		until_banned(&world, addr);
	}
	tap_str(world_last(&world), "ban 192.0.2.3 3600 6 t/each", "unless somebody in it is allowed");
	world_fini(&world);
}

/* One failed submission login, as Postfix tells it; then Dovecot's word for the password, where there is one. */
static const char *fails(struct world *world, unsigned at_s, const char *account, const char *password)
{
	static unsigned pid = 1;
	char line[600];

	world_now_ms = WORLD_BEGINS_MS + at_s * SECOND_MS;
	world->count = 0;
	if (password) {
		snprintf(line, sizeof(line), "Nov 22 10:00:00 mx dovecot: auth: passwd-file(%s,192.0.2.7): Password mismatch (SHA1 of "
			 "given password: %s)", account, password);
		world_line(world, &world->feed, line, false);
	} else {
		snprintf(line, sizeof(line), "Nov 22 10:00:00 mx postfix/smtpd[%u]: warning: unknown[192.0.2.7]: SASL LOGIN "
			 "authentication failed: authentication failure%s%s", pid++, account ? ", sasl_username=" : "",
			 account ? account : "");
		world_line(world, &world->feed, line, false);
	}
	return world_last(world);
}

/* With memory the name again weighs half and the password again nothing, but three strikes are three strikes. */
static void test_strikes(void)
{
	struct world world;

	world_init(&world, NULL, "patterns");
	world.conf.policy.memory = true;
	world_judge(&world);
	tap_str(fails(&world, 0, "carla", NULL), "-", "an error");
	tap_str(fails(&world, 10, "carla", NULL), "-", "the name again");
	tap_str(fails(&world, 20, "carla", NULL), "delay 192.0.2.7 10 3 postfix/sasl-failed", "and again: the third waits");
	tap_str(fails(&world, 30, "carla", NULL), "delay 192.0.2.7 20 4 postfix/sasl-failed", "the fourth longer");
	tap_str(fails(&world, 40, "carla", NULL), "delay 192.0.2.7 40 5 postfix/sasl-failed", "and the fifth");
	tap_str(fails(&world, 50, "carla", NULL), "delay 192.0.2.7 80 6 postfix/sasl-failed", "six strikes are not six errors: no ban");
	tap_str(fails(&world, 1200, "carla", NULL), "-", "strikes leave the window as errors do");

	world_judge(&world);
	tap_str(fails(&world, 0, "carla", "275e5d"), "-", "an error with a password");
	tap_str(fails(&world, 10, "carla", "275e5d"), "-", "the same password");
	tap_str(fails(&world, 20, "carla", "275e5d"), "delay 192.0.2.7 10 3 dovecot/auth-mismatch", "and again: the third waits");
	tap_str(fails(&world, 30, "carla", "275e5d"), "delay 192.0.2.7 20 4 dovecot/auth-mismatch", "the fourth longer");
	for (unsigned i = 40; i < 2000; i += 10)
		if (strcmp(fails(&world, i, "carla", "275e5d"), "-") != 0)
			break;
	tap_str(world_last(&world), "-", "then the phone with its old password is left in peace");
	tap_int(world.judge->figures.errors, 4, "four errors");
	tap_int(world.judge->figures.spared, 196, "the others are spared");

	world_judge(&world);
	for (unsigned i = 1; i < 16; i++)
		if (strcmp(fails(&world, i * 1800, NULL, NULL), "-") != 0)
			break;
	tap_str(world_last(&world), "-", "failed logins that name nobody, half an hour apart: fifteen are left alone");
	tap_str(fails(&world, 16 * 1800, NULL, NULL), "ban 192.0.2.7 604800 16 postfix/sasl-failed", "the sixteenth of the week is out");
	world_judge(&world);
	for (unsigned i = 1; i < 7; i++)
		fails(&world, i * 1800, NULL, NULL);
	fails(&world, 7 * 1800, "carla", NULL);
	tap_str(fails(&world, 8 * 1800, NULL, NULL), "ban 192.0.2.7 604800 8 postfix/sasl-failed", "the eighth, where one names somebody");
	world_fini(&world);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_shipped_ladder();
	test_repeats();
	test_evidence();
	test_allowed();
	test_ipv6();
	test_kinds();
	test_sessions();
	test_late();
	test_any_order();
	test_any_time();
	test_recounts();
	test_full();
	test_operator();
	test_networks();
	test_strikes();
	return tap_done();
}
