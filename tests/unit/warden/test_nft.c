/* test_nft - what the real kernel makes of our table, our bans and our mistakes */
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"
#include "warden/nft.h"

static struct conf conf = { .ports = { 25, 465, 587 }, .port_count = 3, .policy.ipv6_prefix = 64 };
static struct nft *nft;

/* an empty table; 0 or -errno */
static int build(const struct conf *from)
{
	const char *what = "";
	nft_begin(nft, from);
	int err = nft_commit(nft, &what);
	if (err < 0)
		printf("# %s\n", what);
	return err;
}

static void set_up(bool earlier)
{
	const char *what = "";
	bool stands;

	tap_int(nft_open(&nft), 0, "netlink socket opened");
	tap_int(nft_claim(nft, &stands, &what), 0, "table claimed %s", what);
	tap_int(stands, earlier, "%s", earlier ? "where an earlier one stands" : "and there is none yet");
	tap_int(build(&conf), 0, "table set up");
}

/* one request, its errno */
static int apply(struct wire_request request)
{
	int error = -1;
	nft_apply(nft, &request, 1, &error);
	return error;
}

static const char *element(const char *set, const char *key)
{
	return run("nft get element inet mailward %s '{ %s }'", set, key);
}

static void test_table(void)
{
	static const char *const wanted[] = {
		"comment \"mailward: who may not speak to the mail server for now\"",
		"set allow4 { type ipv4_addr flags constant,interval comment \"never dropped\""
			" elements = { 192.0.2.0/25, 192.0.2.130, 255.255.255.0/24 }",
		"set ports { type inet_service flags constant comment",
		"elements = { ::1, 2001:db8:1::/48 }",
		"elements = { 25, 465, 587 }",
		"set ban4 { type ipv4_addr flags timeout ",
		"set ban6 { type ipv6_addr flags timeout ",
		"type filter hook prerouting priority raw - 10; policy accept; iif \"lo\" accept tcp dport @ports jump gate ",
		"chain gate { ip saddr @ban4 counter packets 0 bytes 0 goto drop_unless_allowed ip6 saddr & ffff:ffff:ffff:ffff:: ",
		"chain drop_unless_allowed { ip saddr @allow4 accept ip6 saddr @allow6 accept drop }",
	};
	const char *table = run("nft list table inet mailward");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		tap_has(table, wanted[i], "nft shows part %zu of the table", i + 1);
}

static void test_bans(void)
{
	static const struct {
		const char *prefix;
		uint64_t timeout_ms;
		const char *set, *key, *timeout;
	} cases[] = {
		{ "198.51.100.1", 3600000, "ban4", "198.51.100.1", "timeout 1h expires" },
		{ "198.51.100.1", 10000, "ban4", "198.51.100.1", "timeout 10s expires" },	/* shorter */
		{ "198.51.100.1", 7200000, "ban4", "198.51.100.1", "timeout 2h expires" },	/* longer */
		{ "0.0.0.0", 60000, "ban4", "0.0.0.0", "timeout 1m" },
		{ "255.255.255.255", 60000, "ban4", "255.255.255.255", "timeout 1m" },
		{ "2001:db8::/64", 86400000, "ban6", "2001:db8::", "timeout 1d expires" },
		{ "2001:db8::1", 60000, "ban6_128", "2001:db8::1", "timeout 1m" },
		{ "2001:db8::/48", 60000, "ban6_48", "2001:db8::", "timeout 1m" },
		{ "198.51.100.0/24", 60000, "ban4_24", "198.51.100.0", "timeout 1m" },
		/* lengths that lie over each other, and the same again */
		{ "198.51.100.0/23", 60000, "ban4_23", "198.51.100.0", "timeout 1m" },
		{ "198.51.96.0/20", 60000, "ban4_20", "198.51.96.0", "timeout 1m" },
		{ "198.51.96.0/20", 120000, "ban4_20", "198.51.96.0", "timeout 2m" },
		{ "198.51.0.0/16", 60000, "ban4_16", "198.51.0.0", "timeout 1m" },
		{ "2001:db8::/32", WIRE_TIMEOUT_MAX_MS, "ban6_32", "2001:db8::", "timeout 3660d" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char comment[32];
		snprintf(comment, sizeof(comment), "ban: %zu errors, a/b", i);
		tap_int(apply(drop(cases[i].prefix, cases[i].timeout_ms, comment)), 0, "%s is dropped", cases[i].prefix);
		const char *got = element(cases[i].set, cases[i].key);
		tap_has(got, cases[i].timeout, "in %s for the time asked", cases[i].set);
		tap_has(got, comment, "with the latest comment");
	}
	tap_has(run("nft list chain inet mailward gate"), "ip saddr & 255.255.240.0 ", "a new length gets its rule");
	tap_int(apply(drop("203.0.113.9", 0, "")), 0, "a ban without an end");
	tap_lacks(element("ban4", "203.0.113.9"), "timeout 0", "has no timeout");
	tap_lacks(element("ban4", "203.0.113.9"), "comment \"", "and no comment when none is given");
	char longest[WIRE_COMMENT_SIZE];
	memset(longest, 'c', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	tap_int(apply(drop("203.0.113.10", 60000, longest)), 0, "a ban with the longest comment");
	tap_has(element("ban4", "203.0.113.10"), longest, "which is shown whole");
}

/* What a ban and a delay look like, and what is told of them. */
static void test_counters(void)
{
	struct wire_request ban = drop("203.0.113.77", 60000, "ban: x");
	struct counters_figures figures = { 1, 1 };
	struct nft_set set;

	ban.cut = 1;
	tap_int(apply(ban), 0, "a ban");
	tap_has(element("ban4", "203.0.113.77"), "counter packets 0 bytes 0", "has a counter of its own");
	tap_ok(nft_count(nft, &ban.prefix, &figures) == 0 && figures.packets == 0, "which is read");
	ban.cut = 0;
	tap_int(apply(ban), 0, "a delay in its place");
	tap_lacks(element("ban4", "203.0.113.77"), "counter", "has none");
	tap_int(nft_count(nft, &ban.prefix, &figures), -ENODATA, "and that is told");
	apply(release("203.0.113.77"));
	tap_int(nft_count(nft, &ban.prefix, &figures), -ENOENT, "of who is not dropped, too");
	tap_ok(nft_set_of(nft, "ban4", &set) && !set.block && set.v4 && set.len == 32, "a set is known by its name");
	tap_ok(nft_set_of(nft, "ban6", &set) && !set.v4 && set.len == 64 && nft_set_of(nft, "block6_48b", &set) && set.block && set.len == 48,
	       "whichever it is");
	tap_ok(!nft_set_of(nft, "allow4", &set) && !nft_set_of(nft, "ban4_33", &set), "and no other");
}

static void test_release(void)
{
	tap_int(apply(release("203.0.113.200")), 0, "to release what is not dropped is no error");
	tap_int(apply(release("203.0.112.0/22")), 0, "nor where no ban of that length has ever been");
	tap_int(apply(drop("203.0.113.201", 60000, "x")), 0, "dropped");
	tap_int(apply(release("203.0.113.201")), 0, "released");
	tap_has(element("ban4", "203.0.113.201"), "No such file", "and gone");
	tap_int(apply(release("198.51.96.0/20")), 0, "a network is released");
	tap_has(element("ban4_20", "198.51.96.0"), "No such file", "and gone");
	tap_has(element("ban4_16", "198.51.0.0"), "timeout", "the one around it stays");
}

static unsigned occurrences(const char *text, const char *part)
{
	unsigned n = 0;
	while ((text = strstr(text, part))) {
		n++;
		text += strlen(part);
	}
	return n;
}

#define MANY 3000
static void test_refusal_among_many(void)
{
	static struct wire_request requests[MANY];
	static int errors[MANY];
	static const size_t bad[] = { 0, 1, 517, 1023, 1024, 2047, MANY - 1 };
	char address[32];
	unsigned wrong = 0;

	requests[0] = (struct wire_request){ .op = WIRE_CLEAR };
	nft_apply(nft, requests, 1, errors);
	tap_int(errors[0], 0, "all bans cleared");
	tap_lacks(run("nft list table inet mailward"), "expires", "and none is left");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "10.0.%u.%u", i / 250, i % 250);
		requests[i] = i % 3 ? drop(address, 60000, "many") : drop("2001:db8::/64", 60000, "many");
		if (i % 3 == 0) {
			requests[i].prefix.addr.bytes[6] = (uint8_t)(i >> 8);
			requests[i].prefix.addr.bytes[7] = (uint8_t)i;
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		requests[bad[i]].timeout_ms = UINT64_MAX / 2;	/* ERANGE to the kernel */
	memset(errors, 0xff, sizeof(errors));
	nft_apply(nft, requests, MANY, errors);
	for (size_t i = 0; i < MANY; i++) {
		int want = 0;
		for (size_t j = 0; j < sizeof(bad) / sizeof(*bad); j++)
			want = bad[j] == i ? ERANGE : want;
		wrong += errors[i] != want;
	}
	tap_int(wrong, 0, "of %d requests the impossible seven get their errno, the others 0", MANY);
	tap_int(occurrences(run("nft list table inet mailward"), "\"many\""), MANY - 7, "and all the others are in the kernel");
}

static void test_order_within_a_batch(void)
{
	struct wire_request requests[] = {
		drop("192.0.2.201", 60000, "x"), release("192.0.2.201"),
		release("192.0.2.202"), drop("192.0.2.202", 60000, "x"),
		drop("192.0.2.203", 10000, "delay"), drop("192.0.2.203", 20000, "delay"), drop("192.0.2.203", 3600000, "ban"),
		drop("192.0.2.204", 60000, "x"), { .op = WIRE_CLEAR }, drop("192.0.2.205", 60000, "x"),
		drop("192.0.2.206", 1000, "x"), drop("192.0.2.206", UINT64_MAX / 2, "x"),
	};
	enum { COUNT = sizeof(requests) / sizeof(*requests) };
	int errors[COUNT];

	nft_apply(nft, requests, 8, errors);
	tap_has(element("ban4", "192.0.2.201"), "No such file", "drop, release: not dropped");
	tap_has(element("ban4", "192.0.2.202"), "timeout 1m", "release, drop: dropped");
	tap_has(element("ban4", "192.0.2.203"), "timeout 1h expires", "delay, delay, ban: banned");
	tap_has(element("ban4", "192.0.2.203"), "comment \"ban\"", "and says so");
	nft_apply(nft, requests, COUNT, errors);
	const char *set = run("nft list set inet mailward ban4");
	tap_has(set, "192.0.2.205", "what comes after a clear is dropped");
	tap_lacks(set, "192.0.2.204", "what came before is not");
	tap_int(errors[COUNT - 2], ERANGE, "a request that was replaced shares the fate of the one that replaced it");
}

/* what stands goes on until the new is complete, and the new comes at once */
static void test_together(void)
{
	enum { COUNT = 2500 };
	static struct wire_request requests[COUNT];
	static int errors[COUNT];
	const char *what = "";
	char address[32];
	unsigned refused = 0;

	tap_int(apply(drop("198.51.100.88", 60000, "old")), 0, "a ban of the old table");
	tap_int(apply(drop("198.51.96.0/20", 60000, "old")), 0, "and a network");
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(address, sizeof(address), "10.9.%u.%u", i / 250, i % 250);
		requests[i] = drop(address, 60000, "new");
	}
	requests[7] = drop("10.9.0.0/19", 60000, "new");
	requests[8] = drop("2001:db8:9::/64", 60000, "new");
	nft_begin(nft, &conf);
	nft_apply(nft, requests, COUNT, errors);
	tap_has(element("ban4", "198.51.100.88"), "old", "before the commit the old ban stands");
	tap_has(element("ban4", "10.9.0.1"), "No such file", "and no new one");
	tap_int(nft_commit(nft, &what), 0, "committed %s", what);
	const char *table = run("nft list table inet mailward");
	tap_lacks(table, "\"old\"", "after it no old one is there");
	tap_int(occurrences(table, "\"new\""), COUNT, "and all new ones");
	tap_has(table, "ip saddr & 255.255.224.0 ", "with the rules they need");
	tap_lacks(table, "255.255.240.0", "and no others");
	for (unsigned i = 0; i < COUNT; i++)
		refused += errors[i] != 0;
	tap_int(refused, 0, "nothing was refused");

	requests[1000].timeout_ms = UINT64_MAX / 2;
	requests[9] = drop("10.0.0.0/18", 60000, "new");
	nft_begin(nft, &conf);
	nft_apply(nft, requests, COUNT, errors);
	tap_int(nft_commit(nft, &what), -ERANGE, "an impossible ban among them fails the commit: %s", what);
	table = run("nft list table inet mailward");
	tap_int(occurrences(table, "\"new\""), COUNT, "and the old table stands");
	tap_lacks(table, "255.255.192.0", "as it was");
	tap_int(apply(drop("10.0.0.0/18", 60000, "later")), 0, "and takes new bans");
	tap_has(run("nft list table inet mailward"), "255.255.192.0", "and sets");
}

static void test_owner(void)
{
	struct nft *second;
	const char *what = "";
	bool stands, owned = nft_owned(nft);

	tap_int(strstr(run("nft list table inet mailward"), "flags owner") != NULL, owned, "the table is %s", owned ? "ours alone" : "anybody's");
	if (!owned) {
		tap_ok(true, "a foreign change is refused # SKIP this kernel has no persistent owners");
	} else {
		tap_int(apply(drop("198.51.100.77", 60000, "x")), 0, "dropped");
		tap_has(run("nft delete element inet mailward ban4 '{ 198.51.100.77 }'"), "Operation not permitted", "a foreign change is refused");
		run("nft flush ruleset");
		tap_has(element("ban4", "198.51.100.77"), "timeout 1m", "a foreign flush passes us by");
		tap_int(nft_open(&second), 0, "a second one opens a socket");
		tap_int(nft_claim(second, &stands, &what), -EBUSY, "but cannot have the table");
		tap_has(what, "belongs to another process", "and is told why");
		nft_close(second);
		tap_has(element("ban4", "198.51.100.77"), "timeout 1m", "nothing was lost by that");
	}
	tap_int(apply(drop("198.51.100.78", 60000, "x")), 0, "dropped");
	nft_close(nft);
	tap_has(element("ban4", "198.51.100.78"), "timeout 1m", "the ban outlives its process");
	tap_int(nft_open(&nft), 0, "another one comes");
	tap_int(nft_claim(nft, &stands, &what), 0, "and claims the table %s", what);
	tap_ok(stands, "that stands");
	tap_has(element("ban4", "198.51.100.78"), "timeout 1m", "without touching it");
	tap_int(build(&conf), 0, "then it builds its own");
	tap_has(element("ban4", "198.51.100.78"), "No such file", "with nothing of the old");
	nft_close(nft);
}

/* tables by our name that are not quite ours, and none; in both ways, with the owner flag and without */
static void test_strange_tables(void)
{
	bool stands;
	const char *what = "";

	for (unsigned own = 0; own < 2; own++) {
		nft_may_own = own;
		run("nft delete table inet mailward; nft add table inet mailward; nft add chain inet mailward old");
		set_up(false);
		const char *table = run("nft list table inet mailward");
		tap_lacks(table, "chain old", "a table that nobody owns is replaced whole");
		tap_has(table, "chain gate", "by ours");
		nft_close(nft);
		set_up(true);
		nft_close(nft);
		nft_may_own = !own;
		set_up(true);		/* made with the other flags */
		tap_int(apply(drop("198.51.100.78", 60000, "x")), 0, "dropped");
		tap_int(nft_teardown(nft), 0, "the table is deleted");
		tap_str(run("nft list ruleset"), "", "nothing is left");
		tap_int(nft_teardown(nft), 0, "to delete it twice is no error");
		nft_close(nft);
	}
	nft_may_own = true;
	tap_int(nft_open(&nft), 0, "a socket");
	tap_int(nft_claim(nft, &stands, &what), 0, "claimed %s", what);
	tap_ok(!stands, "nothing");
	tap_lacks(run("nft list ruleset"), "probe", "what was tried out has left nothing");
	nft_teardown(nft);
	nft_close(nft);
}

static void test_variants(void)
{
	struct conf other = { .all_ports = true, .policy.ipv6_prefix = 128 };
	const char *what = "";
	bool stands;

	nft_open(&nft);
	nft_claim(nft, &stands, &what);
	tap_int(build(&other), 0, "all ports, IPv6 hosts, empty allow-list");
	const char *table = run("nft list table inet mailward");
	tap_has(table, "iif \"lo\" accept jump gate", "no port is asked for");
	tap_has(table, "ip6 saddr @ban6 counter", "no mask is laid over an IPv6 host");
	tap_int(apply(drop("2001:db8::1", 60000, "x")), 0, "an IPv6 host is dropped");
	tap_has(element("ban6", "2001:db8::1"), "timeout 1m", "in ban6");
	nft_teardown(nft);
	nft_close(nft);
}

/* a large allow-list: more elements than one message holds */
static void test_large_allow_list(void)
{
	struct conf other = { .policy.ipv6_prefix = 64 };
	const char *what = "";
	bool stands;

	for (unsigned i = 0; i < 20000; i++) {
		struct prefix p = prefix("10.0.0.0");
		p.addr.bytes[13] = (uint8_t)(i >> 15);
		p.addr.bytes[14] = (uint8_t)(i >> 7);
		p.addr.bytes[15] = (uint8_t)(i << 1);
		ranges_add(&other.allow, &p);
	}
	ranges_seal(&other.allow);
	nft_open(&nft);
	nft_claim(nft, &stands, &what);
	tap_int(build(&other), 0, "an allow-list of %zu ranges", other.allow.count);
	tap_int(occurrences(run("nft list set inet mailward allow4"), ", ") + 1, other.allow.count, "is in the kernel, all of it");
	nft_teardown(nft);
	nft_close(nft);
	ranges_fini(&other.allow);
}

static void test_without_capability(void)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct none[2] = { 0 };
		const char *what = "";
		bool stands;
		if (syscall(SYS_capset, &header, none) < 0 || nft_open(&nft) < 0)
			_exit(99);
		_exit(-nft_claim(nft, &stands, &what));
	}
	int status = 0;
	waitpid(pid, &status, 0);
	tap_int(WEXITSTATUS(status), EPERM, "without CAP_NET_ADMIN: EPERM");
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* figures, no assertion about time */
static void measure(unsigned count, unsigned at_once, const char *text)
{
	struct wire_request *requests = calloc(count, sizeof(*requests));
	int *errors = calloc(count, sizeof(*errors));
	unsigned refused = 0;

	for (unsigned i = 0; i < count; i++) {
		requests[i] = drop("10.0.0.0", 3600000, "ban: 6 errors, postfix/user-unknown");
		requests[i].prefix.addr.bytes[13] = (uint8_t)(i >> 16);
		requests[i].prefix.addr.bytes[14] = (uint8_t)(i >> 8);
		requests[i].prefix.addr.bytes[15] = (uint8_t)i;
	}
	double begin = seconds();
	for (unsigned i = 0; i < count; i += at_once)
		nft_apply(nft, requests + i, count - i < at_once ? count - i : at_once, errors + i);
	double spent = seconds() - begin;
	for (unsigned i = 0; i < count; i++)
		refused += errors[i] != 0;
	tap_int(refused, 0, "%u %s, %u at once", count, text, at_once);
	printf("# %.0f a second, %.1f us each\n", count / spent, spent / count * 1e6);
	free(requests);
	free(errors);
}

/* a restart: the table and all bans in one transaction */
static void measure_together(unsigned count)
{
	const char *what = "";
	struct wire_request *requests = calloc(count, sizeof(*requests));
	int *errors = calloc(count, sizeof(*errors));

	for (unsigned i = 0; i < count; i++) {
		requests[i] = drop("10.0.0.0", 3600000, "ban: 6 errors, postfix/user-unknown");
		requests[i].prefix.addr.bytes[13] = (uint8_t)(i >> 16);
		requests[i].prefix.addr.bytes[14] = (uint8_t)(i >> 8);
		requests[i].prefix.addr.bytes[15] = (uint8_t)i;
	}
	double begin = seconds();
	nft_begin(nft, &conf);
	nft_apply(nft, requests, count, errors);
	int err = nft_commit(nft, &what);
	double spent = seconds() - begin;
	tap_int(err, 0, "%u bans and the table in one transaction %s", count, what);
	printf("# %.0f ms\n", spent * 1e3);
	free(requests);
	free(errors);
}

int main(void)
{
	static const char *const allowed[] = { "192.0.2.0/25", "192.0.2.130", "255.255.255.0/24", "::1", "2001:db8:1::/48" };

	enter_netns();
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		struct prefix p = prefix(allowed[i]);
		ranges_add(&conf.allow, &p);
	}
	ranges_seal(&conf.allow);
	set_up(false);
	test_table();
	test_bans();
	test_counters();
	test_release();
	test_refusal_among_many();
	test_order_within_a_batch();
	test_together();
	test_owner();
	test_strange_tables();
	test_variants();
	test_large_allow_list();
	test_without_capability();
	set_up(false);
	measure(5000, 1, "new bans");
	measure(5000, 1, "repeated bans");
	apply((struct wire_request){ .op = WIRE_CLEAR });
	measure(200000, 1024, "new bans");
	measure(200000, 1024, "repeated bans");
	measure_together(100000);
	nft_close(nft);
	ranges_fini(&conf.allow);
	return tap_done();
}
