/* test_warden - the second process: what it keeps, what it refuses, what it ends on, and the packets it stops
 *
 *	  bots, a child's namespace                    mx, ours
 *	  198.51.100.1 .2 ...   veth "bots" ===== veth "mx"   198.51.100.254 : listeners on 25 and 2525
 *	  2001:db8::1 ...                                  2001:db8::ff */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/enforce.h"
#include "netns.h"
#include "warden/nft.h"
#include "warden/warden.h"

#define PATIENCE_MS 20000

static struct conf conf = { .ports = { 25, 465, 587 }, .port_count = 3, .nat64 = { { { 0x00, 0x64, 0xff, 0x9b } } }, .nat64_count = 1,
	.policy = { .ipv6_prefix = 64, .ban_time_max_s = 86400 } };
static int fd;
static pid_t pid;

static int ask(struct wire_request request);

static int begin(void)
{
	return ask((struct wire_request){ .op = WIRE_BEGIN });
}

static int commit(void)
{
	return ask((struct wire_request){ .op = WIRE_COMMIT });
}

static void start(void)
{
	tap_int(warden_start(&conf, &fd, &pid), 0, "a warden starts");
	if (begin() != 0 || commit() != 0)
		tap_ok(false, "an empty table");
}

/* its exit status once it has ended by itself; the engine's end must be closed or broken */
static int ended(void)
{
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct wire_reply reply;	/* the last */

static int ask(struct wire_request request)
{
	static uint32_t seq = 1000;

	request.seq = seq++;
	if (send(fd, &request, sizeof(request), 0) != sizeof(request) || recv(fd, &reply, sizeof(reply), 0) != sizeof(reply))
		return -1;
	return reply.seq == request.seq && memcmp(&reply.prefix, &request.prefix, sizeof(reply.prefix)) == 0 ? reply.error : -2;
}

static void test_power(void)
{
	const char *status = run("cat /proc/%d/status", (int)pid);
	tap_has(status, "Name: mailward-warden ", "it goes by its name");
	tap_has(status, "CapPrm: 0000000000001000 CapEff: 0000000000001000", "CAP_NET_ADMIN is all it has");
	tap_has(status, "CapInh: 0000000000000000", "nothing to inherit");
	tap_has(status, "CapBnd: 0000000000000000 CapAmb: 0000000000000000", "nothing to get back");
	tap_has(status, "NoNewPrivs: 1", "and no way to more");
	tap_lacks(status, "Uid: 0", "it is not root");
	tap_lacks(status, "Gid: 0", "nor in root's group");
	tap_has(status, "Groups: NStgid", "nor in any other");
	tap_str(run("grep -h -e CapEff: -e NoNewPrivs: -e Seccomp: /proc/%d/task/*/status | sort | uniq -c", (int)pid),
		"2 CapEff: 0000000000001000 2 NoNewPrivs: 1 2 Seccomp: 2 ", "and so is the reader of its lists");
	bool owned = strstr(run("nft list table inet mailward"), "flags owner") != NULL;
	tap_str(run("ls /proc/%d/fd", (int)pid), owned ? "0 1 2 3 4 5 6 7 " : "0 1 2 3 4 5 6 7 8 ",
		"it holds its socket, %s of netlink, its reader's eventfd, stderr and twice /dev/null", owned ? "three" : "four");
	tap_has(run("readlink /proc/%d/fd/0 /proc/%d/fd/1", (int)pid, (int)pid), "/dev/null /dev/null", "no input, no output");
}

static void test_requests(void)
{
	static const struct {
		const char *prefix;
		int error;
	} cases[] = {
		{ "198.51.100.1", 0 },
		{ "198.51.100.0/24", 0 },
		{ "198.51.0.0/16", 0 },
		{ "198.50.0.0/15", EINVAL },
		{ "0.0.0.0/0", EINVAL },
		{ "2001:db8::/32", 0 },
		{ "2001:db8:8000::/33", 0 },
		{ "2001:db8::/31", EINVAL },
		{ "2000::/3", EINVAL },
		{ "192.0.2.1", EPERM },		/* allowed */
		{ "192.0.2.0/25", EPERM },
		{ "192.0.2.0/24", 0 },		/* who is allowed in it is let through, see test_allowed_in_banned() */
		{ "192.0.2.127", EPERM },
		{ "192.0.2.128", 0 },
		{ "2001:db8:1::/64", EPERM },
		{ "2001:db8:1:2::/64", 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		tap_int(ask(drop(cases[i].prefix, 60000, "ban: 6 errors, a/b")), cases[i].error, "%s: %s", cases[i].prefix,
			strerror(cases[i].error));
	tap_has(run("nft get element inet mailward ban4 '{ 198.51.100.1 }'"), "comment \"ban: 6 errors, a/b\"", "the kernel has the ban");
	tap_lacks(run("nft list table inet mailward"), "192.0.2.1 timeout", "and not the refused one");
	tap_int(ask(release("192.0.2.1")), 0, "an allowed address may be released");
	tap_int(ask(release("198.51.100.1")), 0, "released");
	tap_has(run("nft get element inet mailward ban4 '{ 198.51.100.1 }'"), "No such file", "and gone");
	tap_int(ask((struct wire_request){ .op = WIRE_CLEAR }), 0, "cleared");
	tap_lacks(run("nft list table inet mailward"), "expires", "and nothing is left");
	struct wire_request half = drop("192.0.2.200", 60000, "x");
	half.prefix = (struct prefix){ { { [10] = 0xff, [11] = 0xfe } }, 95 };
	tap_int(ask(half), EINVAL, "::fffe:0:0/95 has all of IPv4 in it");
	tap_int(reply.retry_ms, 0, "and is not worth another try");
}

/* ban_time_max is a day here */
static void test_longest(void)
{
	static const struct {
		uint64_t timeout_ms;
		const char *timeout;
	} cases[] = { { 86400000, "timeout 1d " }, { 86399000, "timeout 23h59m59s" }, { 86401000, "timeout 1d " },
		{ WIRE_TIMEOUT_MAX_MS, "timeout 1d " }, { 0, "timeout 1d " } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tap_int(ask(drop("198.51.100.9", cases[i].timeout_ms, "x")), 0, "dropped for %" PRIu64 " ms", cases[i].timeout_ms);
		tap_has(run("nft get element inet mailward ban4 '{ 198.51.100.9 }'"), cases[i].timeout, "for that, and no longer than the config has it");
	}
}

/* the same network again and again: 256 at once, then one a second, so that 600 take minutes */
static void test_quota(void)
{
	unsigned asked = 0;
	int error = 0;

	while (error == 0 && asked++ < 600)
		error = ask(drop("198.18.0.0/16", 60000, "x"));
	tap_int(error, EDQUOT, "an engine that has network after network dropped is refused");
	tap_ok(asked > 200, "but not before it has had %u", asked);
	tap_ok(reply.retry_ms > 0 && reply.retry_ms <= 2000, "it is told to ask again after %u ms", reply.retry_ms);
	tap_int(ask(drop("198.51.100.1", 60000, "x")), 0, "a host is dropped meanwhile");
	tap_int(ask((struct wire_request){ .op = WIRE_PING }), 0, "a ping is answered");
	error = ask(drop("198.19.0.0/16", 60000, "x"));
	usleep(reply.retry_ms * 1000 + 1000);
	tap_int(error == EDQUOT ? ask(drop("198.19.0.0/16", 60000, "x")) : error, 0, "when it asks again it gets it");
	while (ask(drop("198.18.0.0/16", 60000, "x")) == 0)
		;
	begin();
	tap_int(ask(drop("198.18.0.0/16", 60000, "x")), 0, "a table that replaces this one begins with nothing dropped");
	tap_int(commit(), 0, "committed");
	tap_int(ask((struct wire_request){ .op = WIRE_CLEAR }), 0, "and all of it can be released");
}

static void test_signals(void)
{
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	tap_int(ask(drop("198.51.100.3", 60000, "x")), 0, "a signal for the whole group does not end it before the engine");
}

static void test_nonsense(void)
{
	static const char *const names[] = { "a byte", "a request cut by a byte", "a request and a byte", "an unknown op",
		"bits past the length", "a comment with an escape sequence", "a commit without a begin" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char packet[2 * sizeof(struct wire_request)] = { 0 };
		struct wire_request request = drop("198.51.100.66", 60000, "x");
		size_t len[] = { 1, sizeof(request) - 1, sizeof(request) + 1 };
		if (i > 0)
			start();
		request.op = i == 3 ? 77 : request.op;
		request.prefix.len = i == 4 ? 120 : request.prefix.len;
		request.comment[0] = i == 5 ? '\x1b' : 'x';
		if (i == 6)
			request = (struct wire_request){ .op = WIRE_COMMIT };
		memcpy(packet, &request, sizeof(request));
		send(fd, packet, i < 3 ? len[i] : sizeof(request), 0);
		tap_int(ended(), EXIT_FAILURE, "it ends on %s", names[i]);
		tap_int(recv(fd, packet, sizeof(packet), 0), 0, "without an answer");
		close(fd);
		tap_lacks(run("nft list table inet mailward"), "198.51.100.66", "and without having done it");
	}
}

/* several requests in one packet have their replies in one packet, in order */
static void test_together(void)
{
	struct wire_request requests[WIRE_TOGETHER_MAX + 1];
	struct wire_reply replies[WIRE_TOGETHER_MAX + 1];
	const size_t all = WIRE_TOGETHER_MAX * sizeof(*requests);
	unsigned wrong = 0;

	start();
	for (unsigned i = 0; i <= WIRE_TOGETHER_MAX; i++) {
		requests[i] = drop(i == 3 ? "192.0.2.1" : "198.51.100.128", 60000, "together");
		requests[i].prefix.addr.bytes[15] = (uint8_t)(i == 3 ? 1 : 128 + i);
		requests[i].seq = 1000 + i;
		requests[i].fresh = i % 2;
	}
	send(fd, requests, all, 0);
	tap_int(recv(fd, replies, sizeof(replies), 0), WIRE_TOGETHER_MAX * (int)sizeof(*replies), "%d requests, %d replies",
		WIRE_TOGETHER_MAX, WIRE_TOGETHER_MAX);
	for (unsigned i = 0; i < WIRE_TOGETHER_MAX; i++)
		wrong += replies[i].seq != 1000 + i || replies[i].error != (i == 3 ? EPERM : 0);
	tap_int(wrong, 0, "in order, the allowed address refused");
	const char *set = run("nft list set inet mailward ban4");
	tap_has(set, "198.51.100.128 ", "the first is in the kernel");
	tap_has(set, "198.51.100.143 ", "and the last");
	send(fd, requests, sizeof(requests), 0);
	tap_int(ended(), EXIT_FAILURE, "one more than may be together is nonsense");
	close(fd);
}

/* what was sent is done, even if the engine is gone before an answer */
static void test_end(void)
{
	start();
	for (unsigned i = 0; i < 200; i++) {
		struct wire_request request = drop("198.51.100.0", 60000, "last words");
		request.prefix.addr.bytes[15] = (uint8_t)i;
		send(fd, &request, sizeof(request), 0);
	}
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "it ends by itself when the engine is gone");
	const char *set = run("nft list set inet mailward ban4");
	tap_has(set, "198.51.100.0 timeout", "the first of 200 last requests is in the kernel");
	tap_has(set, "198.51.100.199 timeout", "and so is the last");
}

static void verdict(struct enforce *enforce, enum event_kind kind, const char *text, uint32_t seconds)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	enforce_verdict(enforce, &(struct event){ .kind = kind, .prefix = prefix(text), .time_ms = now.tv_sec * 1000LL,
		.until_ms = now.tv_sec * 1000LL + seconds * 1000LL, .errors = kind == VERDICT_BAN ? 6 : 3, .rule = "postfix/user-unknown" });
}

static void turn_until(sd_event *loop, struct enforce *enforce, uint32_t waiting)
{
	while (enforce_stats(enforce)->waiting > waiting && sd_event_run(loop, PATIENCE_MS * 1000) > 0)
		;
}

static unsigned resent;

static void resend(void *arg)
{
	struct enforce **enforce = arg;
	resent++;
	verdict(*enforce, VERDICT_BAN, "198.51.100.50", 3600);
}

/* the config file is ours alone; the warden is nobody by then */
static void write_conf(const char *path, const char *allow)
{
	FILE *file = fopen(path, "we");
	fprintf(file, "[mailward]\nports = 25,2525\n[allow]\naddresses = %s\n", allow);
	fclose(file);
	chmod(path, 0644);
}

static void test_reload(void)
{
	char dir[] = "/tmp/mailward-test-XXXXXX", path[64];
	struct problems problems = { .out = stderr };
	struct conf from_file = { 0 };

	if (!mkdtemp(dir) || chmod(dir, 0755) < 0)
		tap_ok(false, "the test's folder");
	snprintf(path, sizeof(path), "%s/mailward.conf", dir);
	write_conf(path, "203.0.113.1");
	tap_ok(conf_load(&from_file, path, &problems), "a config is read");
	tap_int(warden_start(&from_file, &fd, &pid), 0, "a warden starts with it");
	tap_ok(begin() == 0 && commit() == 0, "an empty table");
	tap_int(ask(drop("203.0.113.1", 60000, "x")), EPERM, "one address is allowed");
	tap_int(ask(drop("203.0.113.2", 60000, "x")), 0, "the other is not");
	write_conf(path, "203.0.113.2");
	tap_int(ask((struct wire_request){ .op = WIRE_RELOAD }), 0, "reloaded with another allow-list");
	tap_int(recv(fd, &reply, sizeof(reply), 0), sizeof(reply), "and the engine is told");
	tap_int(reply.seq, WIRE_SEQ_RESEND, "to send the running bans");
	tap_has(run("nft list set inet mailward ban4"), "203.0.113.2", "until then the old table stands");
	tap_int(begin(), 0, "it begins");
	tap_int(ask(drop("203.0.113.2", 60000, "x")), EPERM, "one of them is allowed now");
	tap_int(ask(drop("203.0.113.7", 60000, "x")), 0, "another is not");
	tap_has(run("nft list set inet mailward ban4"), "203.0.113.2", "the old table stands");
	tap_int(commit(), 0, "it commits");
	tap_has(run("nft list set inet mailward ban4"), "203.0.113.7", "the new ban is there");
	tap_lacks(run("nft list set inet mailward ban4"), "203.0.113.2", "the old one is not");
	tap_has(run("nft list set inet mailward allow4"), "203.0.113.2", "its allow-list is the new one");
	tap_has(run("nft list set inet mailward ports"), "{ 25, 2525 }", "and so are its ports");
	tap_int(ask(drop("203.0.113.2", 60000, "x")), EPERM, "the warden goes by it too");
	tap_int(ask(drop("203.0.113.1", 60000, "x")), 0, "and by nothing older");
	write_conf(path, "300.0.0.1");
	tap_int(ask((struct wire_request){ .op = WIRE_RELOAD }), EINVAL, "a bad config is refused");
	tap_has(run("nft list set inet mailward ban4"), "203.0.113.1", "and nothing has changed");
	tap_int(ask(drop("203.0.113.2", 60000, "x")), EPERM, "nowhere");
	write_conf(path, "203.0.113.3");
	for (unsigned i = 0; i < 20; i++)
		ask((struct wire_request){ .op = WIRE_RELOAD }), recv(fd, &reply, sizeof(reply), 0), begin(), commit();
	tap_int(ask(drop("203.0.113.3", 60000, "x")), EPERM, "after twenty more it still goes by the last");
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	conf_fini(&from_file);
	unlink(path);
	rmdir(dir);
}

/* an earlier table does its work until the new one takes over */
static void test_restart(void)
{
	start();
	tap_int(ask(drop("198.51.100.40", 60000, "earlier")), 0, "a ban");
	kill(pid, SIGKILL);
	ended();
	close(fd);
	tap_int(warden_start(&conf, &fd, &pid), 0, "the warden is killed, another starts");
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.40", "the ban is still there");
	tap_int(begin(), 0, "it begins");
	tap_int(ask(drop("198.51.100.41", 60000, "restored")), 0, "a ban is restored");
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.40", "the old one is still there");
	tap_int(commit(), 0, "it commits");
	const char *set = run("nft list set inet mailward ban4");
	tap_has(set, "198.51.100.41", "now the restored one is");
	tap_lacks(set, "198.51.100.40", "and the old one is not");
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	tap_int(warden_start(&conf, &fd, &pid), 0, "one that does not begin");
	tap_int(ask(drop("198.51.100.42", 60000, "x")), 0, "takes a ban");
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.42", "which works");
	tap_int(begin(), 0, "it begins");
	struct wire_request out_of_order = release("198.51.100.42");
	send(fd, &out_of_order, sizeof(out_of_order), 0);
	tap_int(ended(), EXIT_FAILURE, "a release between begin and commit is nonsense");
	close(fd);
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.42", "the table stands");
}

static unsigned standing;
static struct wire_request stood[8];

static void note_standing(void *arg, const struct wire_request *drop)
{
	(void)arg;
	if (standing < 8)
		stood[standing] = *drop;
	standing++;
}

static const struct wire_request *standing_of(const char *text)
{
	static const struct wire_request none;
	struct prefix wanted = prefix(text);

	for (unsigned i = 0; i < standing && i < 8; i++)
		if (memcmp(&stood[i].prefix, &wanted, sizeof(wanted)) == 0)
			return &stood[i];
	return &none;
}

static struct enforce *asking(sd_event *loop)
{
	static struct enforce *enforce;	/* where resend() finds it */

	enforce = NULL;
	tap_int(warden_start(&conf, &fd, &pid), 0, "another warden, for an engine that has lost its memory");
	tap_int(enforce_new(&enforce, loop, fd, resend, &enforce), 0, "the engine's end");
	standing = 0;
	tap_int(enforce_standing(enforce, note_standing, NULL), 0, "it asks what stands");
	return enforce;
}

/* What stands is told as it was asked for: key, rest of its time, comment; and is not touched. */
static void test_standing(void)
{
	enum { MANY = 5000 };
	struct enforce *enforce;
	sd_event *loop;

	sd_event_new(&loop);
	start();
	tap_int(ask(drop("198.51.100.40", 60000, "ban: 6 errors, a/b")), 0, "a host");
	tap_int(ask(drop("203.0.112.0/22", 3600000, "ban: manual")), 0, "a network");
	tap_int(ask(drop("2001:db8:7::/64", 7200000, "delay: 3 errors, a/b")), 0, "an IPv6 one of the counting length");
	tap_int(ask(drop("2001:db8:9::/48", 7200000, "")), 0, "one of another, without a comment");
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "its engine ends");
	const unsigned before = conf.policy.ipv6_prefix;
	conf.policy.ipv6_prefix = 56;
	enforce = asking(loop);
	tap_int(standing, 4, "all four are told");
	tap_str(standing_of("198.51.100.40")->comment, "ban: 6 errors, a/b", "the host with its comment");
	tap_ok(standing_of("198.51.100.40")->timeout_ms > 0 && standing_of("198.51.100.40")->timeout_ms <= 60000, "and the rest of its time");
	tap_ok(standing_of("203.0.112.0/22")->timeout_ms > 3500000, "the network");
	tap_str(standing_of("2001:db8:7::/64")->comment, "delay: 3 errors, a/b", "IPv6 by its own length, though another is configured now");
	tap_str(standing_of("2001:db8:9::/48")->comment, "", "and the one without a comment");
	tap_has(run("nft get element inet mailward ban4 '{ 198.51.100.40 }'"), "198.51.100.40 timeout", "nothing has changed");
	conf.policy.ipv6_prefix = before;
	enforce_rebuild(enforce);
	turn_until(loop, enforce, 0);
	for (unsigned i = 0; i < MANY; i++) {
		char address[32];
		snprintf(address, sizeof(address), "10.7.%u.%u", i / 250, i % 250);
		verdict(enforce, VERDICT_BAN, address, 3600);
	}
	turn_until(loop, enforce, 0);
	enforce_free(enforce);
	tap_int(ended(), EXIT_SUCCESS, "with many more");
	enforce = asking(loop);
	tap_ok(standing >= MANY + 1, "of %d all are told", MANY + 1);
	enforce_free(enforce);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	run("nft delete table inet mailward");
	enforce = asking(loop);
	tap_int(standing, 0, "where no table stands, nothing is");
	enforce_free(enforce);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	sd_event_unref(loop);
}

static void test_enforce(void)
{
	struct enforce *enforce;
	sd_event *loop;
	enum { FLOOD = 30000 };

	start();
	sd_event_new(&loop);
	tap_int(enforce_new(&enforce, loop, fd, resend, &enforce), 0, "the engine's end");
	enforce_rebuild(enforce);
	turn_until(loop, enforce, 0);
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.50", "the running bans are there");
	resent = 0;
	const uint64_t sent = enforce_stats(enforce)->sent;
	verdict(enforce, VERDICT_DELAY, "198.51.100.1", 20);
	verdict(enforce, VERDICT_BAN, "2001:db8:7::/64", 3600);
	enforce_verdict(enforce, &(struct event){ .kind = VERDICT_BAN, .prefix = prefix("198.51.100.2"), .time_ms = 1000, .until_ms = 61000,
		.errors = 6, .rule = "a/b" });
	turn_until(loop, enforce, 0);
	tap_int(enforce_stats(enforce)->sent - sent, 2, "a ban that is over is not sent");
	tap_has(run("nft list set inet mailward ban4"), "comment \"delay: 3 errors, postfix/user-unknown\"", "a delay is in the kernel");
	tap_has(run("nft list set inet mailward ban6"), "comment \"ban: 6 errors, postfix/user-unknown\"", "and a ban");
	verdict(enforce, VERDICT_BAN, "192.0.2.1", 60);
	verdict(enforce, VERDICT_RELEASE, "198.51.100.1", 0);
	turn_until(loop, enforce, 0);
	tap_int(enforce_stats(enforce)->refused, 1, "a refusal is counted");
	tap_lacks(run("nft list set inet mailward ban4"), "198.51.100.1", "a release is carried out");

	for (unsigned i = 0; i < FLOOD; i++) {	/* far more than the socket holds, the loop not turning */
		char address[32];
		snprintf(address, sizeof(address), "10.7.%u.%u", i / 250, i % 250);
		verdict(enforce, VERDICT_BAN, address, 3600);
	}
	turn_until(loop, enforce, 0);
	tap_int(enforce_stats(enforce)->sent - sent, FLOOD + 4, "a flood of bans is sent");
	tap_int(enforce_stats(enforce)->refused, 1, "and carried out");
	const char *set;
	int waited_s = 0;
	do {	/* while the kernel makes room for a set that grows, a listing of it may lack some */
		set = run("nft list set inet mailward ban4");
	} while (!(strstr(set, "10.7.0.0 ") && strstr(set, "10.7.60.0 ") && strstr(set, "10.7.119.249 ")) && waited_s++ < 60 && sleep(1) == 0);
	tap_ok(waited_s <= 60, "from the first to the last");
	enforce_clear(enforce);
	turn_until(loop, enforce, 0);
	tap_lacks(run("nft list set inet mailward ban4"), "10.7.", "all are released at once");

	enforce_reload(enforce, 0);
	while (resent == 0 && sd_event_run(loop, PATIENCE_MS * 1000) > 0)
		;
	tap_int(resent, 1, "after a reload the running bans are asked for");
	turn_until(loop, enforce, 0);
	tap_has(run("nft list set inet mailward ban4"), "198.51.100.50", "and back in the kernel");

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_int(sd_event_loop(loop), 1, "the loop ends with an error when the warden is killed");
	verdict(enforce, VERDICT_BAN, "198.51.100.5", 60);
	tap_int(enforce_stats(enforce)->waiting, 0, "and nothing more is sent");
	enforce_free(enforce);
	sd_event_unref(loop);
}

static void test_second(void)
{
	int other_fd;
	pid_t other;

	start();
	if (!strstr(run("nft list table inet mailward"), "flags owner"))
		tap_ok(true, "a second warden is refused # SKIP this kernel has no persistent owners");
	else
		tap_int(warden_start(&conf, &other_fd, &other), -EBUSY, "a second warden is refused");
	tap_int(ask(drop("198.51.100.3", 60000, "x")), 0, "the first goes on");
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "ended");
}

/* ---- a table that anybody may change ---- */

static bool told_rebuilt(int patience_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	reply = (struct wire_reply){ 0 };
	return poll(&p, 1, patience_ms) == 1 && recv(fd, &reply, sizeof(reply), 0) == sizeof(reply) && reply.seq == WIRE_SEQ_RESEND;
}

/* One more than what the kernel can refuse: elements of the sets that change. Many changes, one table. */
static void test_foreign_elements(void)
{
	static const char *const refused[] = {
		"nft flush set inet mailward ports",
		"nft delete element inet mailward ports { 25 }",
		"nft add element inet mailward ports { 2525 }",
		"nft flush set inet mailward allow4",
		"nft add element inet mailward allow4 { 198.51.100.0/24 }",
		"nft delete element inet mailward allow6 { 2001:db8:1::/64 }",
		"nft delete set inet mailward allow4",
	};
	static const char *const changes[] = {
		"nft flush set inet mailward ban4",
		"nft add element inet mailward ban4 { 198.51.100.99 }",
		"nft delete element inet mailward ban4_20 { 198.51.96.0 }",
		"for i in $(seq 200); do echo add element inet mailward ban4 { 203.0.113.$i }; done | nft -f -",
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		tap_has(run("%s", refused[i]), "Device or resource busy", "%s", refused[i]);
	for (size_t round = 0; round < 2; round++) {
		tap_int(ask(drop("198.51.100.1", 60000, "x")), 0, "a host");
		tap_int(ask(drop("198.51.96.0/20", 60000, "x")), 0, "and a network are dropped");
		for (size_t i = round; i < sizeof(changes) / sizeof(*changes); i += 2)
			tap_str(run("%s", changes[i]), "", "%s", changes[i]);
		tap_ok(told_rebuilt(PATIENCE_MS), "all bans are asked for");
		tap_int(begin(), 0, "they are sent");
		tap_int(ask(drop("198.51.100.1", 60000, "x")), 0, "the host");
		tap_int(ask(drop("198.51.96.0/20", 60000, "x")), 0, "and the network");
		tap_int(commit(), 0, "committed");
		const char *table = run("nft list table inet mailward");
		tap_has(table, "198.51.100.1 timeout", "the host is dropped again");
		tap_has(table, "198.51.96.0 timeout", "and the network");
		tap_lacks(table, "198.51.100.99", "what others added is not");
		tap_lacks(table, "203.0.113.", "nor all the rest of it");
		tap_ok(!told_rebuilt(0), "and that was all");
	}
}

static void test_foreign_changes(void)
{
	static const char *const harmful[] = {
		"nft flush ruleset",
		"nft delete table inet mailward",
		"nft flush table inet mailward",
		"nft flush chain inet mailward gate",
		"nft flush chain inet mailward prerouting",
		"nft 'flush chain inet mailward prerouting; delete chain inet mailward prerouting'",
		"nft insert rule inet mailward gate accept",
		"nft replace rule inet mailward gate handle $(nft -a list chain inet mailward gate | sed -n 's/.*@ban4.*handle //p') accept",
		"nft add table inet mailward '{ flags dormant; }'",
		"nft add chain inet mailward prerouting '{ policy drop; }'",
		"nft 'flush chain inet mailward gate; flush chain inet mailward nat64; delete set inet mailward ban4'",
		"nft 'flush ruleset; add table inet mailward; add chain inet mailward gate; add chain inet mailward prerouting'",
		"nft 'add table inet other; delete table inet mailward'",
	};
	static const char *const harmless[] = {
		"nft add table inet another",
		"nft 'add table inet another; delete table inet another'",
		"nft 'add table ip mailward; add set ip mailward ban4 { type ipv4_addr; }; add element ip mailward ban4 { 198.51.100.1 }'",
	};

	run("nft flush ruleset");	/* an orphan of the tests before */
	nft_may_own = false;
	start();
	tap_lacks(run("nft list table inet mailward"), "flags owner", "a table without an owner");
	tap_int(ask(drop("198.51.96.0/20", 60000, "x")), 0, "with a set that was made later");
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		tap_str(run("%s", harmless[i]), "", "%s", harmless[i]);
		tap_int(ask(drop("198.51.100.1", 60000, "x")), 0, "changes nothing for us");
	}
	tap_has(run("nft list set inet mailward ban4_20"), "198.51.96.0", "the ban has stayed");
	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++) {
		tap_str(run("%s", harmful[i]), "", "%s", harmful[i]);
		tap_ok(told_rebuilt(PATIENCE_MS), "is noticed");
		tap_has(run("nft list table inet mailward"), "chain gate { ip saddr @ban4 counter", "and mended");
		tap_int(ask(drop("198.51.100.1", 60000, "x")), 0, "bans go in again");
	}
	tap_ok(!told_rebuilt(0), "nothing is built anew for nothing");
	test_foreign_elements();
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	run("nft flush ruleset");
	nft_may_own = true;
}

/* ---- addresses that come and go ---- */

/* is it on the allow-list, or no longer, after a while? */
static bool comes(const char *address, bool there)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 20) {
		if ((strstr(run("nft list set inet mailward allow%c", strchr(address, ':') ? '6' : '4'), address) != NULL) == there)
			return true;
		usleep(20000);
	}
	return false;
}

static void test_own_addresses(void)
{
	start();
	tap_str(run("ip link set lo up; ip link add own type veth peer name peer && ip link set own up && ip link set peer up"), "", "a link");
	tap_int(ask(drop("203.0.113.77", 60000, "x")), 0, "an address is dropped");
	run("ip addr add 203.0.113.77/32 dev own; ip -6 addr add 2001:db8:77::1/128 dev own nodad");
	tap_ok(comes("203.0.113.77", true) && comes("2001:db8:77::1", true), "the machine gets it: it is on the allow-list");
	tap_int(ask(drop("203.0.113.77", 60000, "x")), EPERM, "and is not dropped again");
	tap_int(ask(drop("203.0.113.0/24", 60000, "x")), 0, "what it is in may be, but for it");
	tap_has(run("nft list table inet mailward"), "192.0.2.0/25", "the config's allow-list is as it was");
	run("ip addr del 203.0.113.77/32 dev own; ip -6 addr del 2001:db8:77::1/128 dev own");
	tap_ok(comes("203.0.113.77", false) && comes("2001:db8:77::1", false), "the machine loses it: it is no longer");
	tap_int(ask(drop("203.0.113.77", 60000, "x")), 0, "and can be dropped");
	run("ip addr add 10.99.0.1/24 dev own");
	tap_ok(comes("10.99.0.1", true), "an address");
	run("ip route add default via 10.99.0.2");
	tap_ok(comes("10.99.0.2", true) && ask(drop("10.99.0.2", 60000, "x")) == EPERM, "and a gateway");
	begin();
	run("ip addr add 203.0.113.78/32 dev own");
	tap_int(commit(), 0, "while a table is built, another");
	tap_ok(comes("203.0.113.78", true), "it is in the table that was built");
	close(fd);
	tap_int(ended(), EXIT_SUCCESS, "ended");
	run("ip link del own");
}

/* ---- packets ---- */

static int to_bots, from_bots;

/* in the bots' namespace: "connect from SOURCE to PORT", answered by 'y' when the handshake was done, 'n' when not */
struct attempt {
	struct sockaddr_storage from, to;
	socklen_t len;
	int patience_ms;
	bool hold;	/* keep the connection */
};

static char connect_once(const struct attempt *attempt)
{
	char result = 'n';
	int yes = 1, s = socket(attempt->from.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(s, SOL_IP, IP_FREEBIND, &yes, sizeof(yes));
	if (bind(s, (const struct sockaddr *)&attempt->from, attempt->len) == 0 &&
	    (connect(s, (const struct sockaddr *)&attempt->to, attempt->len) == 0 || errno == EINPROGRESS)) {
		struct pollfd p = { .fd = s, .events = POLLOUT };
		if (poll(&p, 1, attempt->patience_ms) == 1 && !(p.revents & (POLLERR | POLLHUP)))
			result = 'y';
	}
	if (!attempt->hold)
		close(s);
	return result;
}

static void bots(int in, int out)
{
	struct attempt attempt;
	char ready = 'r';

	unshare(CLONE_NEWNET);
	if (write(out, &ready, 1) != 1)
		_exit(1);
	while (read(in, &attempt, sizeof(attempt)) == sizeof(attempt)) {
		char result = connect_once(&attempt);
		if (write(out, &result, 1) != 1)
			break;
	}
	_exit(0);
}

static pid_t start_bots(void)
{
	int down[2], up[2];
	char ready;

	if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0)
		return -1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		close(down[1]);
		bots(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	to_bots = down[1];
	from_bots = up[0];
	tap_int(read(from_bots, &ready, 1), 1, "the bots have a namespace");
	run("ip link set lo up; ip link add mx type veth peer name bots netns %d; ip link set mx up;"
	    "ip addr add 198.51.100.254/24 dev mx; ip -6 addr add 2001:db8::ff/32 dev mx nodad; ip -6 route add 64:ff9b::/96 dev mx; ip addr add 192.0.2.254/24 dev mx;"
	    "nsenter -t %d -n sh -c 'ip link set lo up; ip link set bots up; ip addr add 198.51.100.1/24 dev bots;"
	    "ip addr add 192.0.2.1/24 dev bots; ip addr add 192.0.2.200/24 dev bots; ip addr add 198.51.100.2/24 dev bots;"
	    "ip addr add 198.51.100.130/24 dev bots; for a in 198.51.100.1 198.51.100.2 192.0.2.1; do ip -6 addr add 64:ff9b::$a/96 dev bots nodad; done; for a in :1 :2 0:1::1 0:1:1::1 1::1; do ip -6 addr add 2001:db8:$a/32 dev bots nodad; done'",
	    (int)child, (int)child);
	return child;
}

static struct sockaddr_storage endpoint(const char *text, uint16_t port, socklen_t *len)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *in = (void *)&storage;
	struct sockaddr_in6 *in6 = (void *)&storage;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		*len = sizeof(*in);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*len = sizeof(*in6);
	}
	return storage;
}

static int listen_on(uint16_t port)
{
	socklen_t len;
	struct sockaddr_storage any = endpoint("::", port, &len);
	int s = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (bind(s, (struct sockaddr *)&any, len) < 0 || listen(s, 100) < 0)
		tap_ok(false, "the test's listener: %s", strerror(errno));
	return s;
}

/* over a veth the handshake, or the drop of the SYN, is over when connect(2) returns: silence shows at once, and only
 * an answer that is due is waited for long */
static bool answered_within(const char *from, uint16_t port, int patience_ms, bool hold)
{
	struct attempt attempt = { .patience_ms = patience_ms, .hold = hold };
	const char *to = strchr(from, ':') ? "2001:db8::ff" : strncmp(from, "192", 3) == 0 ? "192.0.2.254" : "198.51.100.254";
	char result = '?';

	attempt.from = endpoint(from, 0, &attempt.len);
	attempt.to = endpoint(to, port, &attempt.len);
	if (write(to_bots, &attempt, sizeof(attempt)) != sizeof(attempt) || read(from_bots, &result, 1) != 1)
		return false;
	return result == 'y';
}

static bool answered(const char *from, uint16_t port)
{
	return answered_within(from, port, PATIENCE_MS, false);
}

/* What is allowed comes through whatever else is said of it: of a ban that was there first, or a list. */
static void test_allowed_in_banned(void)
{
	struct ranges listed = { 0 };
	uint32_t networks[SET_COUNT];
	struct wire_request request = drop("192.0.2.0/24", 60000, "x");
	struct prefix prefixes[] = { prefix("192.0.2.0/24"), prefix("2001:db8::/32") };
	const char *what = "";
	struct nft *nft;
	bool stands;
	int error = -1;

	for (size_t i = 0; i < 2; i++)
		ranges_add(&listed, &prefixes[i]);
	ranges_seal(&listed);
	tap_ok(nft_open(&nft) == 0 && nft_claim(nft, &stands, &what) == 0, "a table");
	nft_begin(nft, &conf);
	nft_apply(nft, &request, 1, &error);
	tap_int(nft_commit(nft, &what), 0, "with a banned network");
	tap_ok(answered("192.0.2.1", 25), "the allowed address in it is answered");
	tap_ok(answered("64:ff9b::192.0.2.1", 25), "also through a translator");
	tap_ok(!answered_within("192.0.2.200", 25, 300, false), "its neighbour is not");
	nft_begin(nft, &conf);
	block_sets_count(&listed, networks);
	tap_int(block_sets_replace(nft_block_sets(nft), &listed, networks), 0, "with a list");
	tap_int(nft_commit(nft, &what), 0, "of all of them");
	tap_ok(answered("192.0.2.1", 25) && answered("2001:db8:1::1", 25), "the allowed addresses are answered");
	tap_ok(!answered_within("192.0.2.200", 25, 300, false) && !answered_within("2001:db8::1", 25, 300, false), "their neighbours are not");
	struct conf nobody = conf;
	nobody.allow = (struct ranges){ 0 };
	tap_int(nft_allow(nft, &nobody), 0, "with nobody allowed");
	tap_ok(!answered_within("192.0.2.1", 25, 300, false) && !answered_within("2001:db8:1::1", 25, 300, false), "nobody is answered");
	tap_int(nft_allow(nft, &conf), 0, "with the allow-list again");
	tap_ok(answered("192.0.2.1", 25) && answered("2001:db8:1::1", 25), "they are");
	nft_teardown(nft);
	nft_close(nft);
}

/* the server's end of a connection that a bot keeps open */
static int session(int listener, const char *from, uint16_t port)
{
	if (!answered_within(from, port, PATIENCE_MS, true))
		return -1;
	struct pollfd p = { .fd = listener, .events = POLLIN };
	poll(&p, 1, PATIENCE_MS);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* wait until the server hears that its connection is gone; 0: it does not */
static int heard(int session, int patience_ms)
{
	struct pollfd p = { .fd = session, .events = POLLIN };
	char byte;
	return poll(&p, 1, patience_ms) == 1 && read(session, &byte, 1) < 0 ? errno : 0;
}

static struct wire_request cut(const char *text)
{
	struct wire_request request = drop(text, 60000, "x");
	request.cut = 1;
	return request;
}

static int listen_v4(uint16_t port)
{
	socklen_t len;
	struct sockaddr_storage any = endpoint("0.0.0.0", port, &len);
	int yes = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(s, (struct sockaddr *)&any, len) < 0 || listen(s, 100) < 0)
		tap_ok(false, "the test's IPv4 listener: %s", strerror(errno));
	return s;
}

static void test_cut(int s25, int s2525)
{
	/* those to be cut first */
	static const struct {
		const char *from;
		uint16_t port;
		const char *what;
	} cases[] = {
		{ "198.51.100.1", 25, "IPv4 at a socket for both families" },
		{ "198.51.100.1", 465, "IPv4 at an IPv4 socket" },
		{ "198.51.100.1", 25, "a second one of the same address" },
		{ "2001:db8::1", 25, "IPv6" },
		{ "2001:db8::2", 25, "another host of the same /64" },
		{ "198.51.100.2", 25, "the neighbour" },
		{ "2001:db8:0:1::1", 25, "the next /64" },
		{ "198.51.100.1", 2525, "a port that is not guarded" },
		{ "198.51.100.130", 25, "an address that is only delayed" },
		{ "192.0.2.1", 25, "an allowed address in a banned network" },
	};
	enum { COUNT = sizeof(cases) / sizeof(*cases), CUT = 5 };
	int sessions[COUNT], s465 = listen_v4(465), s587 = listen_v4(587);
	unsigned open = 0;

	for (int s; (s = accept4(s25, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0; close(s))	/* of earlier tests */
		;
	for (int s; (s = accept4(s2525, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0; close(s))
		;
	for (size_t i = 0; i < COUNT; i++) {
		int listener = cases[i].port == 25 ? s25 : cases[i].port == 2525 ? s2525 : s465;
		sessions[i] = session(listener, cases[i].from, cases[i].port);
		open += sessions[i] >= 0;
	}
	tap_int(open, COUNT, "%d sessions are open", COUNT);
	tap_int(ask(drop("198.51.100.130", 60000, "x")), 0, "one is dropped without a cut");
	tap_int(ask(cut("198.51.100.1")), 0, "an IPv4 host is banned");
	tap_int(ask(cut("2001:db8::/64")), 0, "and an IPv6 network");
	tap_int(ask(cut("192.0.2.0/24")), 0, "and one in which an address is allowed");
	for (size_t i = 0; i < COUNT; i++)
		tap_int(heard(sessions[i], i < CUT ? PATIENCE_MS : 100), i < CUT ? ECONNABORTED : 0, "%s is %s", cases[i].what,
			i < CUT ? "cut" : "left alone");
	tap_ok(answered("198.51.100.2", 465), "the listeners are untouched");
	ask((struct wire_request){ .op = WIRE_CLEAR });
	tap_ok(answered("198.51.100.1", 25) && answered("198.51.100.1", 465) && answered("2001:db8::1", 25), "all of them");
	for (size_t i = 0; i < COUNT; i++)
		close(sessions[i]);
	close(s465);
	close(s587);
}

static void test_packets(void)
{
	static const struct {
		const char *drop, *from;
		uint16_t port;
		bool answered;
	} cases[] = {
		{ NULL, "198.51.100.1", 25, true },
		{ NULL, "2001:db8::1", 25, true },
		{ "198.51.100.1", "198.51.100.1", 25, false },
		{ "198.51.100.1", "198.51.100.2", 25, true },		/* the neighbour */
		{ "198.51.100.1", "198.51.100.1", 2525, true },		/* not a guarded port */
		{ "198.51.100.0/24", "198.51.100.2", 25, false },
		{ "198.51.100.0/25", "198.51.100.1", 25, false },
		{ "198.51.100.0/25", "198.51.100.130", 25, true },	/* the other half */
		{ "2001:db8::/64", "2001:db8::1", 25, false },
		{ "2001:db8::/64", "2001:db8::2", 25, false },		/* same /64 */
		{ "2001:db8::/64", "2001:db8::1:0:0:0:1", 25, true },	/* the next /64 */
		{ "2001:db8::/48", "2001:db8::1:0:0:0:1", 25, false },
		{ "2001:db8::/48", "2001:db8:0:1:1::1", 25, false },
		{ "2001:db8::1", "2001:db8::2", 25, true },
		{ "2001:db8::1", "2001:db8::1", 25, false },
		{ NULL, "64:ff9b::198.51.100.1", 25, true },
		{ "198.51.100.1", "64:ff9b::198.51.100.1", 25, false },	/* through a translator */
		{ "198.51.100.1", "64:ff9b::198.51.100.2", 25, true },
		{ "198.51.100.0/25", "64:ff9b::198.51.100.2", 25, false },
		{ "198.51.100.1", "64:ff9b::198.51.100.1", 2525, true },
		{ "192.0.2.128/25", "64:ff9b::192.0.2.1", 25, true },	/* allowed */
		{ "192.0.2.200", "192.0.2.200", 25, false },
		{ "192.0.2.128/25", "192.0.2.1", 25, true },		/* allowed */
	};
	pid_t child = start_bots();
	int s1 = listen_on(25), s2 = listen_on(2525);

	start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (cases[i].drop)
			tap_int(ask(drop(cases[i].drop, 60000, "x")), 0, "%s is dropped", cases[i].drop);
		tap_int(answered_within(cases[i].from, cases[i].port, cases[i].answered ? PATIENCE_MS : 300, false), cases[i].answered,
			"%s at port %u is %s", cases[i].from, cases[i].port,
			cases[i].answered ? "answered" : "not answered");
		if (cases[i].drop)
			ask(release(cases[i].drop));
	}
	tap_ok(answered("198.51.100.1", 25), "after the release it is answered again");
	tap_int(ask(drop("198.51.100.2", 1, "x")), 0, "dropped for a millisecond");
	tap_ok(answered("198.51.100.2", 25), "the kernel ends it by itself");
	test_cut(s1, s2);
	close(fd);
	ended();
	tap_ok(answered("192.0.2.200", 25), "without a warden and a ban the mail server answers");
	test_allowed_in_banned();
	close(to_bots);
	waitpid(child, NULL, 0);
	close(s1);
	close(s2);
}

int main(void)
{
	static const char *const allowed[] = { "192.0.2.0/25", "2001:db8:1::/64" };

	enter_netns();
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		struct prefix p = prefix(allowed[i]);
		ranges_add(&conf.allow, &p);
	}
	ranges_seal(&conf.allow);
	start();
	test_power();
	test_requests();
	test_longest();
	test_quota();
	test_signals();
	test_nonsense();
	test_together();
	test_end();
	test_restart();
	test_standing();
	test_enforce();
	test_second();
	test_reload();
	test_foreign_changes();
	test_own_addresses();
	test_packets();
	ranges_fini(&conf.allow);
	return tap_done();
}
