/* test_own - an address that this machine gets while the daemon runs is judged no more, and dropped no more */
#include "service/own.h"
#include "netns.h"
#include "judge_world.h"

static struct world world;
static struct daemon daemon_ = { .own_fd = -1 };
static struct setup setup;

static void hold(const char *text)
{
	struct prefix prefix = world_prefix(text);

	judge_ban(daemon_.judge, &prefix, 3600, world_now_ms);
}

static size_t held;

static void count(void *arg, const struct event *event)
{
	(void)arg, (void)event;
	held++;
}

/* Until so many are banned, with a generous timeout. */
static size_t comes_to(size_t wanted)
{
	for (unsigned i = 0; i < 200; i++) {
		held = 0;
		judge_active(daemon_.judge, world_now_ms, count, NULL);
		if (held == wanted)
			break;
		sd_event_run(daemon_.loop, 100000);
	}
	return held;
}

static bool is_allowed(const char *text)
{
	struct prefix prefix = world_prefix(text);

	return ranges_touch(&setup.conf.allow, &prefix);
}

/* A ban that was decided here, not by the operator. */
static void decide(const char *text)
{
	struct prefix prefix = world_prefix(text);

	judge_adopt(daemon_.judge, &(struct event){ .kind = VERDICT_BAN, .prefix = prefix, .time_ms = world_now_ms,
						    .until_ms = world_now_ms + 3600000, .errors = 5, .rule = "network" });
}

int main(void)
{
	enter_netns();
	world_init(&world, WORLD_RULES, NULL);
	run("ip link set lo up");
	setup.conf = world.conf;
	conf_allow_own(&setup.conf);
	clock_stand(world_now_ms);
	daemon_.setup = &setup;
	daemon_.judge = judge_new(&setup.conf, &world.rules, world_event, &world);
	if (!daemon_.judge)
		return 1;
	if (sd_event_new(&daemon_.loop) < 0)
		return 1;
	own_open(&daemon_);
	tap_int(own_watch(&daemon_), 0, "changes are heard of");
	hold("203.0.113.51");
	hold("203.0.113.52");
	decide("198.51.100.0/24");
	decide("2001:db8:9::/64");
	hold("198.51.0.0/16");
	tap_int(comes_to(5), 5, "five are dropped");
	run("ip addr add 203.0.113.51/32 dev lo");
	tap_int(comes_to(4), 4, "one of them is this machine's own now: it is released");
	tap_ok(is_allowed("203.0.113.51"), "and allowed");
	run("ip addr add 198.51.100.7/32 dev lo; ip addr add 2001:db8:9::1/128 dev lo nodad");
	tap_int(comes_to(2), 2, "so are networks that it is in, which were banned here, but not the operator's own");
	run("ip addr del 203.0.113.51/32 dev lo");
	for (unsigned i = 0; i < 200 && is_allowed("203.0.113.51"); i++)
		sd_event_run(daemon_.loop, 100000);
	tap_ok(!is_allowed("203.0.113.51"), "what is this machine's no more is not");
	tap_int(comes_to(2), 2, "and nobody else was let go");
	own_close(&daemon_);
	judge_free(daemon_.judge);
	world.conf = setup.conf;	/* what it held of the allow-list is in there now */
	world_fini(&world);
	sd_event_unref(daemon_.loop);
	return tap_done();
}
