/* fuzz_clock - whatever the clock does, the same errors ban the same addresses for the same time
 *
 * Two daemons live through the same hours: the clock of one is set forward and back, that of the other never is. What each
 * has the kernel drop, and until when by a clock that nobody sets, and all that each remembers must stay the same. The
 * second one's plain window is held against one that is spelt out.
 *
 * The first byte: which judge (see modes). Then two bytes a deed: what, and how much of it (see deed). The clock is set by
 * multiples of what the judge remembers times in: half months, where it remembers customers. A clock that is set while
 * the daemon is away is another matter: nobody can tell it from time that has passed, so that from then on only this
 * is asked: who is listed is dropped, is so for no longer than a ban may last, and can be released; and nobody can go on. */
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"

/* It is told of each step, over and over. */
__attribute__((format(printf, 1, 2))) static inline void log_nothing(const char *fmt, ...)
{
	(void)fmt;
}
#define log_notice log_nothing
#include "judge/memory.h"
#include "service/clocks.c"

#include "judge/memory.h"
#undef log_notice

#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

#include "fuzz.h"
#include "judge/judge_state.h"

#define DEEDS_MAX 150
#define LOADS_MAX 4		/* each is all of a memory */
#define HOSTS 8
#define DROPS_MAX 64
#define BEGIN_MS INT64_C(1795680000000)
#define SECOND_MS INT64_C(1000)
#define HALF_MONTH_MS (15 * 86400 * SECOND_MS)
#define SET_MAX_MS (240 * HALF_MONTH_MS)
#define UP_MAX_MS (480 * HALF_MONTH_MS)	/* and no time is known after 2109 */
#define SPAN_MS 600000
#define ROOM 15			/* errors of an address that are remembered */

static const struct mode {
	const char *patterns, *policy;
	bool plain, names;	/* errors alone, as the naive window has them; what concerns accounts */
	int64_t step_ms;	/* the clock is set by multiples of it */
} modes[] = {
	{ "tests/fuzz/patterns", "judge = window\nnetwork_limit = 0\n", true, false, SECOND_MS },
	{ "tests/fuzz/patterns", "judge = window\nnetwork_limit = 3\n", false, false, SECOND_MS },
	{ "patterns", "judge = memory\nnetwork_limit = 3\n", false, true, HALF_MONTH_MS },
};

/* a daemon, the kernel that obeys it, and what was saved of it */
struct world {
	struct daemon daemon;
	struct follow follow;
	int64_t set_ms;		/* by how much its clock was set, in all */
	struct drop {
		struct prefix prefix;
		int64_t end_ms;		/* by the time since boot */
	} drops[DROPS_MAX];
	size_t drop_count;
	struct saved {
		char *rows;		/* struct row and its bytes, one after the other; NULL: nothing was saved */
		size_t len;
		FILE *out;
		int64_t set_ms, latest_ms, zone_ms;
	} saved;
};

struct row {
	enum memory_kind kind;
	uint32_t number;
	size_t len;
};

/* the definition, by the time since boot */
struct naive {
	struct {
		int64_t at_ms;
		uint32_t weight;
	} errors[ROOM + 1];
	unsigned count;
	int64_t since_ms, until_ms, ban_end_ms;
	bool banned;
	uint32_t repeat;
};

static const struct name_key no_key;	/* of a judge_replay() */
static struct setup *setups[COUNT(modes)];
static const struct setup *setup;
static const struct mode *mode;
static struct world worlds[2];	/* whose clock is set, and whose clock is not */
static struct world *const steady = &worlds[1];
static struct naive naives[HOSTS], naives_saved[HOSTS];
static int64_t boot_ms;
static bool alike;		/* the two have lived through the same */
static unsigned loads;
static int64_t unread_ms;	/* lines that come now were written before the clock was set by so much */

/* a source that remembers no time */
static const struct source_ops timeless_ops;
static struct source timeless = { .ops = &timeless_ops };

static int64_t wall_ms(const struct world *world)
{
	return BEGIN_MS + boot_ms + world->set_ms;
}

static void go_to(const struct world *world)
{
	clock_stand(wall_ms(world));
	clock_stand_up(boot_ms);
}

#define EACH_WORLD(world) for (struct world *world = worlds; world < worlds + COUNT(worlds) && (go_to(world), true); world++)

static struct prefix prefix_of_host(unsigned host)
{
	struct addr addr = { { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 51, [14] = 100, [15] = (uint8_t)host } };

	if (host % HOSTS == HOSTS - 1)
		addr = (struct addr){ { 0x20, 0x01, 0x0d, 0xb8, [7] = 7 } };
	return prefix_of(&addr, setup->conf.policy.ipv6_prefix);
}

static bool is_same(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

/* ---- the kernel ---- */

static int64_t end_of_drop(const struct world *world, const struct prefix *prefix)
{
	for (size_t i = 0; i < world->drop_count; i++)
		if (is_same(&world->drops[i].prefix, prefix))
			return world->drops[i].end_ms > boot_ms ? world->drops[i].end_ms : 0;
	return 0;
}

static void drop(struct world *world, const struct prefix *prefix, int64_t end_ms)
{
	size_t i = 0;

	while (i < world->drop_count && !is_same(&world->drops[i].prefix, prefix))
		i++;
	must_hold(i < DROPS_MAX);
	world->drop_count += i == world->drop_count;
	world->drops[i] = (struct drop){ *prefix, end_ms };
}

/* The kernel gets what the warden would get of the daemon. */
static void on_event(void *arg, const struct event *event)
{
	struct world *world = arg;
	int64_t rest_ms;

	if (!event_is_verdict(event))
		return;
	rest_ms = event->kind == VERDICT_RELEASE ? 0 : event_rest_ms(event, wall_ms(world));
	must_hold(rest_ms <= setup->conf.policy.ban_time_max_s * SECOND_MS);
	if (event->kind == VERDICT_RELEASE || rest_ms > 0 || event_ends(event, wall_ms(world)))
		drop(world, &event->prefix, boot_ms + rest_ms);
}

/* ---- the naive window ---- */

static uint32_t naive_ban_s(const struct naive *naive)
{
	const struct policy *policy = &setup->conf.policy;
	uint64_t seconds = policy->ban_time_s;

	for (uint32_t i = 1; i < naive->repeat && seconds < policy->ban_time_max_s; i++)
		seconds *= policy->ban_factor;
	return (uint32_t)(seconds < policy->ban_time_max_s ? seconds : policy->ban_time_max_s);
}

/* The errors within the fullest span that the one at at lies in, which ends with *latest_ms. */
static uint32_t naive_sum(const struct naive *naive, unsigned at, int64_t *latest_ms)
{
	uint32_t best = 0;

	for (unsigned end = at; end < naive->count; end++) {
		uint32_t sum = 0;

		if (naive->errors[end].at_ms - naive->errors[at].at_ms > SPAN_MS)
			break;
		for (unsigned i = 0; i <= end; i++)
			sum += naive->errors[end].at_ms - naive->errors[i].at_ms <= SPAN_MS ? naive->errors[i].weight : 0;
		if (sum > best) {
			best = sum;
			*latest_ms = naive->errors[end].at_ms;
		}
	}
	return best;
}

static void naive_error(struct naive *naive, int64_t at_ms, uint32_t weight)
{
	const struct policy *policy = &setup->conf.policy;
	unsigned at = naive->count;
	int64_t latest_ms = 0;
	uint32_t sum;

	if (naive->banned && at_ms < naive->until_ms)
		return;
	for (; at > 0 && naive->errors[at - 1].at_ms > at_ms; at--)
		naive->errors[at] = naive->errors[at - 1];
	naive->errors[at].at_ms = at_ms;
	naive->errors[at].weight = weight;
	naive->count++;
	sum = naive_sum(naive, at, &latest_ms);
	if (sum >= policy->hard_error_limit) {
		if (latest_ms - naive->ban_end_ms > policy->ban_time_max_s * SECOND_MS)
			naive->repeat = 0;
		naive->repeat += naive->repeat < UINT8_MAX;
		naive->banned = true;
		naive->since_ms = latest_ms;
		naive->until_ms = naive->ban_end_ms = latest_ms + naive_ban_s(naive) * SECOND_MS;
		naive->count = 0;
	} else if (sum >= policy->soft_error_limit && latest_ms >= naive->since_ms) {
		naive->banned = false;
		naive->since_ms = latest_ms;
		naive->until_ms = latest_ms + (policy->delay_s << (sum - policy->soft_error_limit)) * SECOND_MS;
	}
	if (naive->count > ROOM)
		memmove(naive->errors, naive->errors + 1, --naive->count * sizeof(naive->errors[0]));
}

static void naive_release(struct naive *naive)
{
	naive->count = 0;
	if (naive->until_ms > boot_ms)
		*naive = (struct naive){ .since_ms = INT64_MIN, .until_ms = INT64_MIN };
}

/* ---- what must hold ---- */

struct listing {
	struct world *world;
	size_t count;
};

static void on_listed(void *arg, const struct event *event)
{
	struct listing *listing = arg;
	int64_t end_ms = end_of_drop(listing->world, &event->prefix);

	must_hold(end_ms == boot_ms + event_rest_ms(event, wall_ms(listing->world)));
	listing->count++;
}

static size_t count_dropped(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->drop_count; i++)
		count += world->drops[i].end_ms > boot_ms;
	return count;
}

static void compare_naive(unsigned host)
{
	const struct naive *naive = &naives[host];
	struct prefix prefix = prefix_of_host(host);
	int64_t end_ms = naive->until_ms > boot_ms ? naive->until_ms : 0;
	struct judge_view view;
	uint32_t sum = 0;

	must_hold(end_of_drop(steady, &prefix) == end_ms);
	go_to(steady);
	judge_look(steady->daemon.judge, &prefix.addr, wall_ms(steady), &view);
	for (unsigned i = 0; i < naive->count; i++)
		sum += boot_ms - naive->errors[i].at_ms <= SPAN_MS ? naive->errors[i].weight : 0;
	must_hold(view.errors == sum);
}

static void compare_views(unsigned host)
{
	struct prefix prefix = prefix_of_host(host);
	struct judge_view views[2];

	for (size_t i = 0; i < 2; i++)
		judge_look(worlds[i].daemon.judge, &prefix.addr, wall_ms(&worlds[i]), &views[i]);
	must_hold(views[0].errors == views[1].errors && views[0].long_errors == views[1].long_errors);
	must_hold(views[0].running == views[1].running && views[0].around_running == views[1].around_running);
	must_hold(views[0].repeat == views[1].repeat && views[0].next_ban_s == views[1].next_ban_s);
	must_hold(views[0].limit == views[1].limit && views[0].long_limit == views[1].long_limit);
	must_hold(views[0].guests == views[1].guests && views[0].mails == views[1].mails);
}

static void compare(void)
{
	EACH_WORLD(world) {
		struct listing listing = { world, 0 };

		judge_active(world->daemon.judge, wall_ms(world), on_listed, &listing);
		must_hold(listing.count == count_dropped(world));
	}
	for (unsigned host = 0; host < HOSTS && mode->plain; host++)
		compare_naive(host);
	if (!alike)
		return;
	for (size_t i = 0; i < worlds[0].drop_count; i++)
		must_hold(end_of_drop(&worlds[0], &worlds[0].drops[i].prefix) == end_of_drop(&worlds[1], &worlds[0].drops[i].prefix));
	must_hold(count_dropped(&worlds[0]) == count_dropped(&worlds[1]));
	must_hold(memcmp(judge_figures(worlds[0].daemon.judge), judge_figures(worlds[1].daemon.judge), sizeof(struct figures)) == 0);
	for (unsigned host = 0; host < HOSTS; host++)
		compare_views(host);
}

/* ---- what happens ---- */

#define NO_STAMP INT64_MIN	/* for an age */

static void say(struct world *world, int64_t age_ms, bool backlog, const char *text)
{
	int64_t stamp_ms = wall_ms(world) - (age_ms == NO_STAMP ? 0 : age_ms) - (world == &worlds[0] ? unread_ms : 0);
	time_t stamp_s = (time_t)(stamp_ms / 1000);
	char line[600], stamp[32];
	struct tm parts;
	struct hit hit;

	gmtime_r(&stamp_s, &parts);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
	int len = age_ms == NO_STAMP ? snprintf(line, sizeof(line), "%s", text)
				     : snprintf(line, sizeof(line), "%s.%03d+00:00 mx %s", stamp, (int)(stamp_ms % 1000), text);
	must_hold(len > 0 && (size_t)len < sizeof(line));
	if (feed_text(&world->follow.feed, (struct text){ line, (size_t)len }, backlog, &hit))
		judge_hit(world->daemon.judge, &hit);
}

/* One line in both worlds, said as long ago by the clock of each. */
__attribute__((format(printf, 3, 4))) static void hear(int64_t age_ms, bool backlog, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	EACH_WORLD(world)
		say(world, age_ms, backlog, text);
}

static const char *name_of_host(unsigned host)
{
	static char text[ADDR_FMT_SIZE];
	struct prefix prefix = prefix_of_host(host);

	return addr_fmt(text, sizeof(text), &prefix.addr), text;
}

static void error(unsigned host, int64_t age_ms, bool backlog, bool heavy)
{
	hear(age_ms, backlog, "a/smtpd[1]: NOQUEUE: reject: RCPT from x[%s]: %s no", name_of_host(host), heavy ? "554" : "550");
	naive_error(&naives[host], boot_ms - (age_ms > 0 ? age_ms : 0), heavy ? 2 : 1);
}

/* Any line of the few rules of tests/fuzz/patterns. */
static void hear_of_host(unsigned what, unsigned host, int64_t age_ms, bool backlog)
{
	static const struct {
		const char *before, *behind;
	} lines[] = {
		{ "NOQUEUE: reject: RCPT from x[", "]: 550 no" }, { "NOQUEUE: reject: RCPT from x[", "]: 554 no" },
		{ "failed login from x[", "]" }, { "failed login from x[", "]" }, { "login from x[", "]" },
		{ "cannot look anybody up", NULL }, { "improper command pipelining after DATA from x[", "]" },
		{ "lost connection after RCPT from x[", "]" },
	};
	const char *before = lines[what & 7].before, *behind = lines[what & 7].behind;

	hear(age_ms, backlog, "a/smtpd[%u]: %s%s%s", 1 + (what >> 3 & 1), before, behind ? name_of_host(host) : "", behind ? behind : "");
}

/* What concerns accounts; only for the judge that knows any. */
static void hear_of_name(unsigned what, unsigned host, int64_t age_ms, bool backlog)
{
	static const char *const names[] = { "alice", "bob", "carol", "admin" };
	const char *name = names[what & 3], *addr = name_of_host(host);

	switch (what >> 2 & 7) {
	case 0: case 1: case 2:
		hear(age_ms, backlog, "dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<%s>, "
		     "method=PLAIN, rip=%s, lip=192.0.2.25, TLS, session=<%uHsXeFgB6nGM%" PRId64 ">", name, addr, host, boot_ms);
		break;
	case 3:
		hear(age_ms, backlog, "dovecot: imap-login: Login: user=<%s>, method=PLAIN, rip=%s, lip=192.0.2.25, mpid=4711, TLS, "
		     "session=<%uHsXeFgB6nGM%" PRId64 ">", name, addr, host, boot_ms);
		break;
	case 4:
		hear(age_ms, backlog, "dovecot: lmtp(%s)<28525><KGnqHx1gkGMsDQAAdPzgMQ>: msgid=<a@example.net>: saved mail to INBOX", name);
		break;
	case 5:
		hear(age_ms, backlog, "exim: 1vMabc-0000AB-1C <= a@example.net H=(pc) [%s]:1234 P=esmtps S=1500", addr);
		hear(age_ms, backlog, "exim: 1vMabc-0000AB-1C => %s <%s@example.com> R=local_user T=maildir_home", name, name);
		break;
	case 6:
		hear(age_ms, backlog, "dovecot: imap-login: Disconnected: Aborted login by logging out (auth service reported temporary "
		     "failure): user=<%s>, method=PLAIN, rip=%s, lip=192.0.2.25, secured, session=<%uHsXeFgB6nGM%" PRId64 ">",
		     name, addr, host, boot_ms);
		break;
	case 7:
		hear(age_ms, backlog, "postfix/smtpd[%u]: NOQUEUE: reject: RCPT from x[%s]: 550 5.1.1 <%s%u@example.com>: Recipient address "
		     "rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>", host, addr, name, what);
		break;
	}
}

static void errors(unsigned what, unsigned how)
{
	static const int64_t ages_ms[] = { 0, 0, 0, 1, 30 * SECOND_MS, 400 * SECOND_MS, 700 * SECOND_MS, -30 * SECOND_MS };
	static const unsigned times[] = { 1, 1, 2, 4 };
	unsigned host = how % HOSTS;

	int64_t age_ms = ages_ms[how >> 3 & 7];

	for (unsigned i = 0; i < times[how >> 6]; i++)
		if (mode->plain)
			error(host, age_ms, what & 0x10, what & 0x20);
		else if (mode->names)
			hear_of_name(what >> 3, host, age_ms, what & 1);
		else
			hear_of_host(what >> 4, host, (what & 3) == 3 ? NO_STAMP : age_ms, what & 4);
}

static void pass(unsigned how)
{
	static const int64_t times_ms[] = { 1, 900, 10 * SECOND_MS, 61 * SECOND_MS, SPAN_MS, 3600 * SECOND_MS, 86400 * SECOND_MS, HALF_MONTH_MS };

	int64_t time_ms = times_ms[how & 7] * (1 + (how >> 3));

	boot_ms += boot_ms + time_ms < UP_MAX_MS ? time_ms : 0;
}

static int64_t step_of(unsigned what, unsigned how)
{
	static const unsigned steps[] = { 2, 61, 600, 3600, 7200, 86400, 30 * 86400, 365 * 86400 };
	int64_t step_ms = mode->step_ms * (mode->step_ms == SECOND_MS ? steps[how & 7] * INT64_C(1) : 1 + (how & 7));

	step_ms = what & 0x10 ? -step_ms : step_ms;
	return llabs(worlds[0].set_ms + step_ms) < SET_MAX_MS ? step_ms : 0;
}

/* The kernel tells of it at once. Lines that were written before may be read after it; then all has been read: what comes
 * late bears a stamp of a clock that is right, not of this one as it was before. */
static void set_clock(unsigned what, unsigned how)
{
	int64_t step_ms = step_of(what, how);

	worlds[0].set_ms += step_ms;
	go_to(&worlds[0]);
	clocks_check(&worlds[0].daemon);
	unread_ms = step_ms;
	for (unsigned i = 0; i < (what >> 5 & 3); i++)
		if (mode->plain)
			error(how >> 3 & 7, 0, false, i & 1);
		else if (mode->names)
			hear_of_name(how >> 3, how >> 6, 0, false);
		else
			hear_of_host(how >> 4, how >> 3 & 7, 0, false);
	unread_ms = 0;
	worlds[0].follow.feed.set.step_ms = 0;
}

static void release(const struct prefix *prefix)
{
	EACH_WORLD(world) {
		judge_release(world->daemon.judge, prefix, wall_ms(world));
		must_hold(end_of_drop(world, prefix) == 0);
	}
}

static void operate(unsigned what, unsigned how)
{
	unsigned host = how % HOSTS;
	struct prefix prefix = prefix_of_host(host);
	uint32_t seconds = 1 + (how >> 3) * (how >> 3) * 300;

	if (what & 0x10) {
		release(&prefix);
		naive_release(&naives[host]);
		return;
	}
	EACH_WORLD(world)
		must_hold(judge_ban(world->daemon.judge, &prefix, seconds, wall_ms(world)) == 0);
	naives[host].banned = true;
	naives[host].since_ms = boot_ms;
	naives[host].until_ms = naives[host].ban_end_ms = boot_ms + seconds * SECOND_MS;
}

/* ---- what survives ---- */

static bool put_row(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct row row = { kind, number, len };
	FILE *out = arg;

	return len == 0 || (fwrite(&row, sizeof(row), 1, out) == 1 && fwrite(bytes, len, 1, out) == 1);
}

static void save(void)
{
	EACH_WORLD(world) {
		struct saved *saved = &world->saved;

		free(saved->rows);
		saved->out = open_memstream(&saved->rows, &saved->len);
		must_hold(saved->out);
		memory_touch(world->daemon.judge);
		must_hold(memory_save(world->daemon.judge, put_row, saved->out));
		memory_finish(world->daemon.judge, put_row, saved->out);
		must_hold(fclose(saved->out) == 0);
		saved->set_ms = world->set_ms;
		saved->latest_ms = world->follow.feed.latest_ms;
		saved->zone_ms = world->follow.feed.zone_ms;
	}
	memcpy(naives_saved, naives, sizeof(naives));
}

static struct judge *judge_made(struct world *world)
{
	struct judge *judge = judge_new(&setup->conf, &setup->rules, on_event, world);

	must_hold(judge);
	judge_replay(judge);
	return judge;
}

/* Rows come in the order of their kinds. */
static void load_rows(struct memory_load *load, const struct saved *saved)
{
	for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++)
		for (size_t at = 0; at < saved->len;) {
			struct row row;

			memcpy(&row, saved->rows + at, sizeof(row));
			at += sizeof(row);
			if (row.kind == kind)
				memory_load_row(load, row.kind, memory_version(row.kind), row.number, saved->rows + at, row.len);
			at += row.len;
		}
	memory_load_end(load);
	must_hold(load->unreadable == 0);
}

/* SIGKILL, and a start with what was saved; the clock may be set meanwhile, or have been set since that was saved. */
static void restart(unsigned what, unsigned how)
{
	if (what & 0x20)
		worlds[0].set_ms += step_of(what, how);
	alike &= worlds[0].set_ms == worlds[0].saved.set_ms;
	EACH_WORLD(world) {
		struct memory_load load;

		judge_free(world->daemon.judge);
		world->daemon.judge = judge_made(world);
		world->follow.feed = feed_new(setup->matcher);
		world->drop_count = 0;
		memory_load_begin(&load, world->daemon.judge, wall_ms(world));
		load_rows(&load, &world->saved);
		feed_resume(&world->follow.feed, world->saved.latest_ms, world->saved.zone_ms, &(struct clock_set){ 0 }, false);
		judge_active(world->daemon.judge, wall_ms(world), on_event, world);
	}
	go_to(&worlds[0]);
	clock_step_ms();
	memcpy(naives, naives_saved, sizeof(naives));
}

static void reload(void)
{
	EACH_WORLD(world) {
		struct judge *judge = judge_made(world);

		memory_carry(judge, world->daemon.judge, wall_ms(world));
		judge_free(world->daemon.judge);
		world->daemon.judge = judge;
	}
}

/* The warden asks for all that runs. */
static void resend(void)
{
	EACH_WORLD(world) {
		world->drop_count = 0;
		judge_active(world->daemon.judge, wall_ms(world), on_event, world);
	}
}

/* Nobody is immune, whatever came before: as many errors as it takes, at once. */
static void insist(unsigned host)
{
	struct prefix prefix = prefix_of_host(host);

	if (!mode->plain)
		return;
	for (unsigned i = 0; i < setup->conf.policy.hard_error_limit; i++)
		error(host, 0, false, false);
	EACH_WORLD(world)
		must_hold(end_of_drop(world, &prefix) > boot_ms);
}

static void deed(unsigned what, unsigned how)
{
	switch (what & 15) {
	default: errors(what, how); break;
	case 6: case 7: pass(how); break;
	case 8: case 9: set_clock(what, how); break;
	case 10: operate(what, how); break;
	case 11: if (loads < LOADS_MAX) save(); break;
	case 12: if (steady->saved.rows && loads++ < LOADS_MAX) restart(what, how); break;
	case 13: if (loads++ < LOADS_MAX) reload(); break;
	case 14: resend(); break;
	case 15: insist(how % HOSTS); break;
	}
	compare();
}

static struct setup *load_setup(const struct mode *of)
{
	struct problems problems = { .out = stderr };
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char here[400], path[32];

	must_hold(fd >= 0 && getcwd(here, sizeof(here)));
	must_hold(dprintf(fd, "[mailward]\npatterns = %s/%s\nmax_addresses = 1000\nmax_bans = 1000\n[source s]\nfile = %s/x\n"
			      "[policy]\n%s", here, of->patterns, here, of->policy) > 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct setup *loaded = setup_load(path, &problems);
	must_hold(loaded);
	match_names(loaded->matcher, &no_key, &loaded->conf.names);
	close(fd);
	return loaded;
}

static void begin(uint8_t byte)
{
	size_t i = byte % COUNT(modes);

	if (!setups[i])
		setups[i] = load_setup(&modes[i]);
	setup = setups[i];
	mode = &modes[i];
	boot_ms = 1000;
	alike = true;
	loads = 0;
	for (unsigned host = 0; host < HOSTS; host++)
		naives[host] = (struct naive){ .since_ms = INT64_MIN, .until_ms = INT64_MIN };
	for (struct world *world = worlds; world < worlds + COUNT(worlds); world++) {
		*world = (struct world){ .daemon.setup = setups[i], .daemon.follows = { .at = &world->follow, .count = 1 } };
		world->follow.source = &timeless;
		go_to(world);
		world->daemon.judge = judge_made(world);
		world->follow.feed = feed_new(setup->matcher);
	}
	go_to(&worlds[0]);
	clock_step_ms();
}

/* Whoever is dropped can be released, and then nobody is. */
static void release_all(void)
{
	for (size_t i = 0; i < COUNT(worlds); i++)
		for (size_t k = 0; k < worlds[i].drop_count; k++) {
			struct prefix prefix = worlds[i].drops[k].prefix;

			release(&prefix);
		}
	must_hold(count_dropped(&worlds[0]) == 0 && count_dropped(&worlds[1]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin(size ? data[0] : 0);
	for (size_t i = 1; i + 1 < size && i < 2 * DEEDS_MAX; i += 2)
		deed(data[i], data[i + 1]);
	release_all();
	for (size_t i = 0; i < COUNT(worlds); i++) {
		judge_free(worlds[i].daemon.judge);
		free(worlds[i].saved.rows);
	}
	return 0;
}
