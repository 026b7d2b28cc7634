/* test_own_watch - what changes of this machine's addresses and routes are told of, and what the allow-list makes of them */
#include <poll.h>
#include <unistd.h>

#include "base/own_watch.h"
#include "conf/conf.h"
#include "netns.h"

#define PATIENCE_MS 20000

static bool allowed(const struct conf *conf, const char *text)
{
	struct prefix p = prefix(text);

	return ranges_contain(&conf->allow, &p.addr);
}

static void test_events(int fd)
{
	static const struct {
		const char *command;
		bool told;
	} cases[] = {
		{ "ip link add own type veth peer name peer && ip link set lo up && ip link set own up && ip link set peer up", false },
		{ "ip addr add 192.0.2.1/24 dev own", true },
		{ "ip addr add 169.254.7.7/16 dev own scope link", false },
		{ "ip -6 addr add 2001:db8::1/64 dev own nodad", true },
		{ "ip -6 addr add fe80::77/64 dev own nodad", false },
		{ "ip -6 addr del fe80::77/64 dev own", false },
		{ "ip route add 198.51.100.0/24 via 192.0.2.254", false },
		{ "ip route add default via 192.0.2.254", true },
		{ "ip route change default via 192.0.2.253", true },
		{ "ip route del default", true },
		{ "ip -6 route add 2001:db8:1::/48 via 2001:db8::fe", false },
		{ "ip -6 route add default via 2001:db8::fe", true },
		{ "ip addr del 192.0.2.1/24 dev own", true },
		{ "ip -6 addr del 2001:db8::1/64 dev own", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tap_str(run("%s", cases[i].command), "", "%s", cases[i].command);
		if (cases[i].told)	/* what the kernel tells of is there when the command is over */
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, PATIENCE_MS);
		tap_int(own_watch_read(fd), cases[i].told, "%s", cases[i].told ? "is told of" : "is none of our business");
	}
	run("for i in $(seq 3000); do echo addr add 10.9.$((i / 250)).$((i %% 250 + 1))/32 dev own; done | ip -b -");
	tap_ok(own_watch_read(fd), "more changes than a socket holds are at least one");
	tap_ok(!own_watch_read(fd), "and were read");
}

static void test_allow(void)
{
	struct problems problems = { .out = stderr };
	struct conf conf;

	tap_ok(conf_load(&conf, "/dev/null", &problems), "a config with nothing in it");
	run("ip addr flush dev own; ip addr add 203.0.113.7/32 dev own");
	tap_ok(conf_allow_own(&conf) && allowed(&conf, "203.0.113.7") && allowed(&conf, "127.0.0.1"), "this machine's address is allowed");
	tap_ok(!conf_allow_own(&conf), "which is nothing new the second time");
	run("ip addr add 203.0.113.8/32 dev own; ip addr del 203.0.113.7/32 dev own");
	tap_ok(conf_allow_own(&conf), "another address is");
	tap_ok(allowed(&conf, "203.0.113.8") && !allowed(&conf, "203.0.113.7"), "it takes the place of the first");
	tap_ok(allowed(&conf, "127.0.0.1") && allowed(&conf, "::1"), "what the config allows stays");
	conf_fini(&conf);
}

int main(void)
{
	enter_netns();
	int fd = own_watch_open();
	tap_ok(fd >= 0, "the kernel tells of changes");
	test_events(fd);
	test_allow();
	close(fd);
	return tap_done();
}
