/* test_feed - a line counts at its stamp, whenever it is told; the year and the zone that a stamp leaves out are learned */
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "judge_world.h"

#define AT(text) "mx a/smtpd[1]: each x[198.51.100.7] " text

static struct world world;

/* when a line counts, as seconds after WORLD_BEGINS_MS; NEVER: it is no hit, or has counted before */
#define NEVER INT64_MIN
static int64_t counts(struct feed *feed, const char *stamp, bool backlog)
{
	char line[160];
	struct hit hit;

	clock_stand(world_now_ms);
	snprintf(line, sizeof(line), "%s%s" AT(""), stamp, *stamp ? " " : "");
	return feed_text(feed, (struct text){ line, strlen(line) }, backlog, &hit) ? (hit.time_ms - WORLD_BEGINS_MS) / 1000 : NEVER;
}

/* a stamp without a year and a zone, in the zone of a clock that is off by so much */
static const char *local(int64_t time_ms, int zone_s)
{
	static char stamp[40];
	time_t t = (time_t)(time_ms / 1000 + zone_s);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%b %e %T", gmtime_r(&t, &tm));
	return stamp;
}

static void test_stamps(void)
{
	struct feed feed = feed_new(world.matcher), replay = feed_new(world.matcher);

	replay.replay = true;
	tap_int(counts(&feed, "2026-11-22T09:00:00Z", true), -3600, "a line of the backlog counts at its own stamp");
	tap_int(counts(&feed, "2026-11-22T08:59:00+00:00", true), -3660, "also behind a later one");
	tap_int(counts(&feed, "", true), -3600, "without one: when the latest before it counted");
	tap_int(counts(&feed, "2026-11-22T10:30:00Z", true), 0, "never past now");
	tap_int(counts(&feed, "2026-11-22T09:30:00Z", true), -1800, "and what is wrong spoils nothing behind it");
	tap_int(counts(&feed, "2026-11-22T03:00:00Z", false), -25200, "a live line, too, counts at its stamp");
	tap_int(counts(&feed, "2026-11-22T11:00:00Z", false), 0, "never past now");
	tap_int(counts(&feed, "", false), 0, "at arrival where there is none");
	tap_int(counts(&replay, "2026-11-22T18:00:00Z", true), 28800, "in a log of old nothing is ahead of now");
	tap_int(counts(&replay, "9999-11-22T18:00:00Z", true), (HIT_TIME_MAX_MS - WORLD_BEGINS_MS) / 1000, "but there is an end of time");
}

static void test_resumed(void)
{
	struct feed feed = feed_new(world.matcher);

	feed_resume(&feed, WORLD_BEGINS_MS - 600000, 0, &(struct clock_set){ 0 }, true);
	tap_int(counts(&feed, "2026-11-22T09:50:00Z", true), NEVER, "of a log that was lost and found, what had counted does not again");
	tap_int(feed.recounts, 1, "that is known");
	tap_int(counts(&feed, "2026-11-22T09:51:00Z", true), -540, "what is later does");
	tap_int(counts(&feed, "2026-11-22T09:40:00Z", false), -1200, "and what comes before our eyes");
}

/* The clock was set, and lines that were written before that are read after it. In a resumed feed the last one that had counted
 * is ten minutes old. */
static void test_set(void)
{
	static const struct {
		const char *name;
		bool resumed, moved;
		int64_t step_s;
		struct {
			const char *stamp;
			bool backlog;
			int64_t counts_s;
		} lines[4];
	} cases[] = {
		{ "set back by an hour", false, false, -3600, {
			{ "2026-11-22T10:59:59Z", false, -1 }, { "2026-11-22T11:30:00Z", false, 0 }, { "2026-11-22T10:00:00Z", false, 0 },
			{ "2026-11-22T10:59:58Z", false, 0 } } },
		{ "set forward by an hour", false, false, 3600, {
			{ "2026-11-22T08:59:59Z", false, -1 }, { "2026-11-22T08:30:00Z", true, -5400 }, { "2026-11-22T09:59:58Z", false, -2 },
			{ "2026-11-22T08:59:58Z", false, -3602 } } },
		{ "set back by an hour while away", true, false, -3600, {
			{ "2026-11-22T10:51:00Z", true, -540 }, { "2026-11-22T09:58:00Z", true, -120 }, { "2026-11-22T10:55:00Z", true, -300 },
			{ "2026-11-22T09:55:00Z", true, -300 } } },
		{ "set forward by an hour while away", true, false, 3600, {
			{ "2026-11-22T08:51:00Z", true, -540 }, { "2026-11-22T08:48:59Z", true, -4261 }, { "2026-11-22T09:59:00Z", true, -60 },
			{ "2026-11-22T08:51:00Z", true, -4140 } } },
		{ "set forward by an hour, killed, and more to read", true, true, 3600, {
			{ "2026-11-22T08:51:00Z", true, -540 }, { "2026-11-22T09:59:00Z", true, -60 }, { "2026-11-22T09:59:30Z", true, -30 },
			{ "2026-11-22T09:59:31Z", true, -29 } } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t step_ms = cases[i].step_s * 1000, latest_ms = WORLD_BEGINS_MS - 600000 - (cases[i].moved ? 0 : step_ms);
		struct clock_set set = { .step_ms = step_ms, .until_ms = WORLD_BEGINS_MS - step_ms, .moved = cases[i].moved };
		struct feed feed = feed_new(world.matcher);

		feed.latest_ms = WORLD_BEGINS_MS - step_ms;
		if (cases[i].resumed)
			feed_resume(&feed, latest_ms, 0, &set, false);
		else
			feed_shift(&feed, step_ms);
		tap_int(feed.latest_ms, WORLD_BEGINS_MS - (cases[i].resumed ? 600000 : 0), "%s: the latest is moved once", cases[i].name);
		for (size_t k = 0; k < COUNT(cases[i].lines); k++)
			tap_int(counts(&feed, cases[i].lines[k].stamp, cases[i].lines[k].backlog), cases[i].lines[k].counts_s, "%s counts when it was",
				cases[i].lines[k].stamp);
	}
}

/* 1 January without a year, and the lines around it */
static void test_years(void)
{
	struct feed feed = feed_new(world.matcher), long_one = feed_new(world.matcher);

	feed.replay = long_one.replay = true;
	tap_int(counts(&feed, "Dec 31 10:00:00", true) / 86400, -326, "no year: the last one that was");
	tap_int(counts(&feed, "Jan  1 10:00:00", true) / 86400, -325, "after it comes the next");
	tap_int(counts(&feed, "Dec 31 10:00:01", true) / 86400, -325, "and the old one once more");
	tap_int(counts(&feed, "Jul  1 10:00:00", true) / 86400, -144, "on into summer");
	tap_ok(feed_new_year((struct text){ "Dec 31 10:00:00", 15 }, (struct text){ "Jan  1 10:00:00", 15 }) &&
	       !feed_new_year((struct text){ "Jan  1 10:00:00", 15 }, (struct text){ "Dec 31 10:00:00", 15 }) &&
	       !feed_new_year((struct text){ "Nov 30 10:00:00", 15 }, (struct text){ "Dec 31 10:00:00", 15 }) &&
	       !feed_new_year((struct text){ "2025-12-31 10:00:00", 19 }, (struct text){ "Jan  1 10:00:00", 15 }), "a year begins");
	feed_years(&long_one, 1);
	tap_int(counts(&long_one, "Nov 20 10:00:00", true) / 86400, -367, "a log in which a year begins, begins a year earlier");
	for (unsigned month = 0; month < 11; month++) {
		static const char *const stamps[] = { "Dec 10 10:00:00", "Jan 10 10:00:00", "Feb 10 10:00:00", "Mar 10 10:00:00",
			"Apr 10 10:00:00", "May 10 10:00:00", "Jun 10 10:00:00", "Jul 10 10:00:00", "Aug 10 10:00:00",
			"Sep 10 10:00:00", "Oct 10 10:00:00" };
		counts(&long_one, stamps[month], true);
	}
	tap_int(counts(&long_one, "Nov 20 10:00:00", true) / 86400, -2, "and ends in this one");
}

static void test_zones(void)
{
	struct feed feed = feed_new(world.matcher), ends = feed_new(world.matcher);
	const int east_s = 2 * 3600;

	tap_int(counts(&feed, local(world_now_ms, east_s), false), 0, "a live line of another zone counts at arrival");
	tap_int(counts(&feed, local(world_now_ms - 3600000, east_s), false), 0, "so does a late one, as long as that is not known");
	for (unsigned i = 0; i < 40; i++) {
		counts(&feed, local(world_now_ms - 11 * INT64_C(3600000), east_s), false);
		world_now_ms += 100;
	}
	tap_ok(!feed.zone_known, "what a relay delivers at once teaches nothing");
	for (unsigned i = 0; i < 20; i++) {
		world_now_ms += 20000;
		counts(&feed, local(world_now_ms - i % 3 * 1000, east_s), false);
	}
	tap_ok(feed.zone_known && feed.zone_ms == -east_s * INT64_C(1000), "but lines that agree over minutes do");
	tap_int(counts(&feed, local(world_now_ms - 3600000, east_s), false), (world_now_ms - WORLD_BEGINS_MS) / 1000 - 3600,
		"then a late line is late");
	tap_int(counts(&feed, local(world_now_ms, 0), false), (world_now_ms - WORLD_BEGINS_MS) / 1000 - east_s,
		"one that seems to be of another zone is, too");
	for (unsigned i = 0; i < 20; i++) {
		world_now_ms += 20000;
		counts(&feed, local(world_now_ms, 3600), false);
	}
	tap_int(feed.zone_ms, -3600000, "until the log's clock has really changed");
	world_now_ms = WORLD_BEGINS_MS;

	char last[100];
	snprintf(last, sizeof(last), "%s mx postfix/qmgr[1]: removed", local(world_now_ms - 60000, east_s));
	feed_ends(&ends, (struct text){ last, strlen(last) }, world_now_ms - 59000);
	tap_int(ends.zone_ms, -east_s * INT64_C(1000), "the end of a log and when it was written tell the zone of what is in it");
	tap_int(counts(&ends, local(world_now_ms - 7200000, east_s), true), -7200, "so its lines count when they were");
	snprintf(last, sizeof(last), "%s mx postfix/qmgr[1]: removed", local(world_now_ms - 500000, 0));
	ends = feed_new(world.matcher);
	feed_ends(&ends, (struct text){ last, strlen(last) }, world_now_ms);
	tap_ok(!ends.zone_known, "but not if nothing was written for long before");
}

/* the weight of a line; 0: it counts for nobody */
static unsigned weighs(struct feed *feed, const char *line)
{
	struct hit hit;

	return feed_text(feed, text_of(line), true, &hit) ? hit.weight : 0;
}

#define LINE(host, pid) "Nov 22 10:00:00 " host " a/smtpd[" #pid "]: each x[198.51.100.7] x"
#define OTHER(host) "Nov 22 10:00:01 " host " a/qmgr[3]: removed"
#define AGAIN(host, times) "Nov 22 10:00:02 " host " last message repeated " #times " times"

static void test_again(void)
{
	struct feed feed = feed_new(world.matcher);

	tap_int(weighs(&feed, AGAIN("mx", 3)), 0, "nothing came before a repetition");
	tap_int(weighs(&feed, LINE("mx", 1)), 1, "a line");
	tap_int(weighs(&feed, AGAIN("mx", 3)), 3, "its repetition counts as often as it says");
	tap_int(weighs(&feed, AGAIN("mx", 2)), 2, "and once more");
	tap_int(weighs(&feed, AGAIN("mx", 4000000)), 1000, "not without end");
	tap_int(weighs(&feed, AGAIN("my", 3)), 0, "another host's is of another line");
	tap_int(weighs(&feed, "Nov 22 10:00:02 mx syslogd: last message repeated 2 times"), 2, "FreeBSD's syslogd says its own name");
	tap_int(weighs(&feed, "Nov 22 10:00:02 mx a/smtpd[1]: last message repeated 2 times"), 2, "rsyslog the program's");
	tap_int(weighs(&feed, "Nov 22 10:00:02 mx a/smtpd[2]: last message repeated 2 times"), 0, "then of this process alone");
	tap_int(weighs(&feed, "Nov 22 10:00:02 mx last message repeated 2 times ago"), 0, "what only looks like it is none, and a line");
	tap_int(weighs(&feed, AGAIN("mx", 3)), 3, "without host, it is another's");
	weighs(&feed, OTHER("mx"));
	tap_int(weighs(&feed, AGAIN("mx", 3)), 0, "behind a line that counts for nobody, neither does its repetition");
	weighs(&feed, LINE("mx", 1));
	weighs(&feed, OTHER("my"));
	tap_int(weighs(&feed, AGAIN("mx", 3)), 3, "another host's line changes nothing");
	for (char host = 'a'; host < 'a' + FEED_HOSTS; host++) {
		char line[] = LINE("h_", 1);

		*strchr(line, '_') = host;
		weighs(&feed, line);
	}
	tap_int(weighs(&feed, AGAIN("mx", 3)), 0, "of too many hosts the oldest is forgotten");
	tap_int(weighs(&feed, AGAIN("ha", 3)), 3, "the others are not");
	tap_int(weighs(&feed, "Nov 22 10:00:03 h1 a/smtpd[1]: seen x[198.51.100.7] x"), 0, "what is observed");
	tap_int(weighs(&feed, AGAIN("h1", 3)), 0, "is so as often as it comes");
}

#define SAID(host, text) "Nov 22 10:00:00 " host " a/smtpd[1]: " text

/* whose line it is, and how much; "": nobody's */
static const char *whose(struct feed *feed, const char *line)
{
	static char said[ADDR_FMT_SIZE + 16];
	char addr[ADDR_FMT_SIZE];
	struct hit hit;

	if (!feed_text(feed, text_of(line), true, &hit))
		return "";
	snprintf(said, sizeof(said), "%s %u%s", addr_fmt(addr, sizeof(addr), &hit.addr), hit.weight, hit.nobody ? " nobody" : "");
	return said;
}

static void test_clients(void)
{
	struct feed feed = feed_new(world.matcher);
	char line[100];

	tap_str(whose(&feed, SAID("mx", "aaaaa is x[198.51.100.7]")), "", "who a client is, is no error of his");
	tap_str(whose(&feed, SAID("mx", "aaaaa fails")), "198.51.100.7 1", "what his session fails at later is");
	tap_str(whose(&feed, SAID("mx", "aaaaa fails of 3")), "198.51.100.7 3", "as often as it says");
	tap_str(whose(&feed, SAID("mx", "aaaaa logs in")), "198.51.100.7 0", "so is a login");
	tap_str(whose(&feed, SAID("my", "aaaaa fails")), "", "the same id on another host is not his");
	tap_str(whose(&feed, SAID("mx", "bbbbb fails")), "", "a session that nobody has named yet waits");
	tap_str(whose(&feed, SAID("mx", "bbbbb logs in")), "", "also with a login between");
	tap_str(whose(&feed, SAID("mx", "bbbbb fails of 2")), "", "for all that it fails at");
	tap_str(whose(&feed, SAID("mx", "bbbbb is x[198.51.100.8]")), "198.51.100.8 3", "until it is named");
	tap_str(whose(&feed, SAID("mx", "bbbbb is x[198.51.100.8]")), "", "once");
	tap_str(whose(&feed, SAID("mx", "bbbbb fails")), "198.51.100.8 1", "then it is known");
	tap_str(whose(&feed, SAID("mx", "bbbbb is x[198.51.100.9]")), "", "an id that comes again");
	tap_str(whose(&feed, SAID("mx", "bbbbb fails")), "198.51.100.9 1", "is the latest client's");
	tap_str(whose(&feed, "Nov 22 10:00:01 mx last message repeated 2 times"), "198.51.100.9 2", "repetitions, too");
	for (unsigned i = 0; i < 8 * CLIENTS_MAX; i++) {
		snprintf(line, sizeof(line), SAID("mx", "c%05x is x[198.51.100.1]"), i);
		whose(&feed, line);
	}
	tap_str(whose(&feed, SAID("mx", "bbbbb fails")), "", "behind thousands of others a session is forgotten");
	tap_str(whose(&feed, line), "", "the last ones");
	snprintf(line, sizeof(line), SAID("mx", "c%05x fails"), 8U * CLIENTS_MAX - 1);
	tap_str(whose(&feed, line), "198.51.100.1 1", "are not");
}

#define CRI(stream, part, text) "2026-11-22T10:00:00Z " stream " " part " " text
#define FORGED "Nov 22 10:00:00 mx a/smtpd[1]: each x[198.51.100.8] x"

/* What goes on from a text of 16 KiB may begin as the client likes. */
static void test_parts(void)
{
	struct feed feed = feed_new(world.matcher), other = feed_new(world.matcher);
	static char json[2][200];

	tap_int(weighs(&feed, CRI("stdout", "P", LINE("mx", 1))), 1, "the first part of a text is a line");
	tap_int(weighs(&feed, CRI("stdout", "P", FORGED)), 0, "what goes on is none");
	tap_int(weighs(&feed, CRI("stderr", "F", LINE("mx", 1))), 1, "another stream's is");
	tap_int(weighs(&other, CRI("stdout", "F", LINE("mx", 1))), 1, "and another log's");
	tap_int(weighs(&feed, CRI("stdout", "F", FORGED)), 0, "until its end");
	tap_int(weighs(&feed, CRI("stdout", "F", LINE("mx", 1))), 1, "then the next line");
	snprintf(json[0], sizeof(json[0]), "{\"log\":\"%s\",\"stream\":\"stdout\",\"time\":\"2026-11-22T10:00:00Z\"}", LINE("mx", 1));
	snprintf(json[1], sizeof(json[1]), "{\"log\":\"%s\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T10:00:00Z\"}", FORGED);
	tap_int(weighs(&feed, json[0]), 1, "json-file: a text without its line feed is a part");
	tap_int(weighs(&feed, json[1]), 0, "what follows goes on");
	tap_int(weighs(&feed, json[1]), 1, "up to the line feed");
	snprintf(json[0], sizeof(json[0]), "{\"CONTAINER_ID\":\"0123\",\"CONTAINER_PARTIAL_MESSAGE\":\"true\",\"MESSAGE\":\"%s\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}", LINE("mx", 1));
	snprintf(json[1], sizeof(json[1]), "{\"CONTAINER_ID\":\"0123\",\"MESSAGE\":\"%s\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}", FORGED);
	tap_int(weighs(&feed, json[0]), 1, "the journal's: a part");
	tap_int(weighs(&feed, json[1]), 0, "goes on");
	tap_int(weighs(&feed, json[1]), 1, "and is over");
}

static void test_long_part(void)
{
	struct feed feed = feed_new(world.matcher);
	static char line[8300];

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "Nov 22 10:00:00 mx 0123456789ab[7]: x", 37);
	weighs(&feed, line);
	tap_int(weighs(&feed, "Nov 22 10:00:00 mx 0123456789ab[7]: " FORGED), 0, "syslog driver: what follows a text as long as they get may go on from it");
	tap_int(weighs(&feed, "Nov 22 10:00:00 mx 0123456789ab[7]: " FORGED), 1, "the one behind does not");
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	world_init(&world, WORLD_RULES, NULL);
	test_stamps();
	test_resumed();
	test_set();
	test_years();
	test_zones();
	test_again();
	test_clients();
	test_parts();
	test_long_part();
	world_fini(&world);
	return tap_done();
}
