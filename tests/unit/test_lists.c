/* test_lists - the blocklists in the real kernel: replaced whole or by what differs, put back after a foreign flush */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/blocklist.h"
#include "netns.h"
#include "warden/nft.h"
#include "warden/warden.h"

#define PATIENCE_MS 60000

static struct conf conf = { .ports = { 25 }, .port_count = 1, .policy.ipv6_prefix = 64 };
static struct nft *nft;

static void set_up(void)
{
	const char *what = "";
	bool stands;

	tap_int(nft_open(&nft), 0, "netlink socket opened");
	tap_int(nft_claim(nft, &stands, &what), 0, "the table is ours %s", what);
	nft_begin(nft, &conf);
	tap_int(nft_commit(nft, &what), 0, "and stands %s", what);
}

static void ranges_of(struct ranges *ranges, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count && texts[i]; i++) {
		struct prefix p = prefix(texts[i]);
		ranges_add(ranges, &p);
	}
	ranges_seal(ranges);
}

/* as nft prints a range: an address, a network, or first-last */
static void print_range(FILE *out, const struct range *range)
{
	char first[PREFIX_FMT_SIZE], last[ADDR_FMT_SIZE];
	struct prefix p = { range->first, 128 };

	for (;; p.len--) {
		struct addr masked = addr_mask(&p.addr, p.len), end = addr_last(&p);
		if (addr_cmp(&masked, &p.addr) != 0 || addr_cmp(&end, &range->last) > 0)
			break;
		if (addr_cmp(&end, &range->last) == 0) {
			fputs(prefix_fmt(first, sizeof(first), &p), out);
			return;
		}
	}
	fprintf(out, "%s-%s", addr_fmt(first, sizeof(first), &range->first), addr_fmt(last, sizeof(last), &range->last));
}

/* does the set hold just the ranges of its family? */
static bool holds(const char *set, const struct ranges *ranges, bool v4)
{
	char *wanted = NULL;
	size_t len, count = 0;
	FILE *out = open_memstream(&wanted, &len);

	for (size_t i = 0; i < ranges->count; i++) {
		if (addr_is_v4(&ranges->at[i].first) != v4)
			continue;
		fputs(count++ ? ", " : " elements = { ", out);
		print_range(out, &ranges->at[i]);
	}
	fputs(count ? " } } } " : " } } ", out);
	fclose(out);
	const char *listed = run("nft list set inet mailward %s", set);
	const char *from = strstr(listed, "comment \"blocklists\"");
	bool same = from && strcmp(from + strlen("comment \"blocklists\""), wanted) == 0;
	if (!same)
		printf("# %.600s\n# is not: %.600s\n", listed, wanted);
	free(wanted);
	return same;
}

static int block(const struct ranges *ranges)
{
	struct ranges copy = { 0 };

	for (size_t i = 0; i < ranges->count; i++)
		ranges_add_range(&copy, &ranges->at[i]);
	int err = nft_block(nft, &copy);
	return copy.at == NULL ? err : -EBUSY;	/* it was to be taken over */
}

static void test_steps(void)
{
	static const char *const steps[][8] = {
		{ "198.51.100.0/24", "2001:db8::/32" },
		{ "198.51.100.0/24", "2001:db8::/32" },				/* the same */
		{ "198.51.100.0/25", "2001:db8::/33" },				/* smaller: ends where another one did */
		{ "198.51.100.0/24", "2001:db8::/32" },
		{ "198.51.100.0/24", "198.51.101.0/24", "203.0.113.7" },	/* grown together, one family gone */
		{ "198.51.100.0/26", "198.51.100.128/25", "198.51.101.0/24", "203.0.113.8", "2001:db8::1" },
		{ "255.255.255.0/24", "255.255.254.0/25", "203.0.113.8", "ffff:ffff:ffff:ffff::/64", "2001:db8::1" },
		{ "255.255.255.255", "203.0.113.8", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1" },
		{ "255.255.255.0/24", "203.0.113.8", "2001:db8::1" },
		{ "1.0.0.0", "203.0.113.8" },
		{ NULL },
		{ NULL },
		{ "203.0.113.8", "2001:db8::1" },
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct ranges ranges = { 0 };
		ranges_of(&ranges, steps[i], 8);
		tap_int(block(&ranges), 0, "step %zu", i + 1);
		tap_ok(holds("block4", &ranges, true) && holds("block6", &ranges, false), "%zu ranges, and no other", ranges.count);
		ranges_fini(&ranges);
	}
}

static void test_together(void)
{
	static const char *const before[] = { "198.51.100.0/24" }, *const after[] = { "203.0.113.0/24", "2001:db8::/48" };
	struct ranges old = { 0 }, new = { 0 };
	const char *what = "";

	ranges_of(&old, before, 1);
	ranges_of(&new, after, 2);
	tap_int(block(&old), 0, "a list stands");
	nft_begin(nft, &conf);
	tap_int(block(&new), 0, "another is put into a new table");
	tap_ok(holds("block4", &old, true), "the old one stands until the table is committed");
	tap_int(nft_commit(nft, &what), 0, "committed %s", what);
	tap_ok(holds("block4", &new, true) && holds("block6", &new, false), "and then the new one does");
	tap_int(block(&old), 0, "which is changed");
	tap_ok(holds("block4", &old, true) && holds("block6", &old, false), "to the old one again");
	nft_begin(nft, &conf);
	tap_int(nft_commit(nft, &what), 0, "a table without lists");
	tap_int(block(&old), 0, "and then with one");
	tap_ok(holds("block4", &old, true) && holds("block6", &old, false), "which it holds");
	tap_has(run("nft list chain inet mailward gate"), "ip saddr @block4 counter", "with a rule for IPv4");
	tap_has(run("nft list chain inet mailward gate"), "ip6 saddr @block6 counter", "and one for IPv6");
	ranges_fini(&old);
	ranges_fini(&new);
}

/* two or three hundred prefixes from two small spaces, ever changing, each step by what differs or whole */
static void test_random_steps(void)
{
	unsigned wrong = 0, refused = 0;
	struct ranges list = { 0 };

	srandom(7);
	for (unsigned round = 0; round < 150 && !wrong; round++) {
		struct ranges next = { 0 };
		for (size_t i = 0; i < list.count; i++)
			if (random() % 100 >= (round % 3) * 20)
				ranges_add_range(&next, &list.at[i]);
		for (long n = random() % 60; n > 0; n--) {
			struct prefix p = prefix(random() % 2 ? "198.51.96.0" : "2001:db8::");
			p.addr.bytes[14] = (uint8_t)(p.addr.bytes[14] + random() % 8);
			p.addr.bytes[15] = (uint8_t)random();
			p.len = (uint8_t)(122 + random() % 7);
			p.addr = addr_mask(&p.addr, p.len);
			ranges_add(&next, &p);
		}
		ranges_seal(&next);
		refused += block(&next) != 0;
		wrong += !holds("block4", &next, true) || !holds("block6", &next, false);
		ranges_fini(&list);
		list = next;
	}
	tap_int(refused, 0, "150 random steps, none refused");
	tap_int(wrong, 0, "and the kernel holds what each of them says");
	ranges_fini(&list);
}

/* ---- the warden ---- */

static char folder[] = "/tmp/mailward-test-lists.XXXXXX", list_path[64];
static int fd;

static void write_list(const char *text)
{
	FILE *file = fopen(list_path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		tap_ok(false, "the test's list");
}

static int ask(uint32_t op)
{
	static uint32_t seq;
	struct wire_request request = { .op = op, .seq = ++seq };
	struct wire_reply reply = { 0 };

	if (send(fd, &request, sizeof(request), 0) != sizeof(request))
		return -1;
	while (recv(fd, &reply, sizeof(reply), 0) == sizeof(reply))
		if (reply.seq == seq)
			return reply.error;
	return -2;
}

static bool comes_to_hold(const char *set, const char *part)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 50) {
		if (strstr(run("nft list set inet mailward %s", set), part))
			return true;
		usleep(50000);
	}
	return false;
}

static void test_warden(bool own)
{
	struct conf_blocklist lists[] = { { .name = (char[]){ "a" }, .file = list_path } };
	struct conf with_list = conf;
	int status = -1;
	pid_t pid;

	nft_may_own = own;
	with_list.blocklists = lists;
	with_list.blocklist_count = 1;
	write_list("198.51.100.0/24\n2001:db8::/32\n192.0.2.0/26\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "a warden starts, its table %s", own ? "its own" : "anybody's");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "the engine fills the table");
	tap_has(run("nft list set inet mailward block4"), "{ 192.0.2.16-192.0.2.63, 198.51.100.0/24 }", "the list is in it, less what is allowed");
	tap_has(run("nft list set inet mailward block6"), "{ 2001:db8::/32 }", "IPv6 too");
	write_list("198.51.100.0/25\n");
	tap_int(ask(WIRE_LISTS), 0, "the engine tells of a change");
	tap_has(run("nft list set inet mailward block4"), "{ 198.51.100.0/25 }", "the file was read");
	tap_lacks(run("nft list set inet mailward block6"), "elements", "all of it");
	write_list("198.51.100.0/26\n0.0.0.0/0\n");
	tap_int(ask(WIRE_LISTS), 0, "it tells of a change that is wrong");
	tap_has(run("nft list set inet mailward block4"), "{ 198.51.100.0/25 }", "the old list stays");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "also when the table is filled anew");
	tap_has(run("nft list set inet mailward block4"), "{ 198.51.100.0/25 }", "it is there");
	if (!own) {
		run("nft flush ruleset");
		tap_ok(comes_to_hold("block4", "{ 198.51.100.0/25 }"), "after a foreign flush the list comes back, even if the engine has nothing to say");
		run("nft delete table inet mailward");
		tap_ok(comes_to_hold("ban4", "comment"), "the table comes back");
		tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "the engine fills it");
		tap_ok(comes_to_hold("block4", "{ 198.51.100.0/25 }"), "and the list follows");
	}
	close(fd);
	waitpid(pid, &status, 0);
	tap_int(status, 0, "it ends with its engine");
	tap_has(run("nft list set inet mailward block4"), "{ 198.51.100.0/25 }", "and the list stays");
	with_list.clear_on_stop = true;
	write_list("203.0.113.0/24\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "one that is to leave nothing");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "takes the table over");
	tap_has(run("nft list set inet mailward block4"), "{ 203.0.113.0/24 }", "with its list");
	close(fd);
	waitpid(pid, &status, 0);
	tap_lacks(run("nft list set inet mailward block4"), "elements", "which is gone when it ends");
	run("nft flush ruleset");
}

/* ---- figures, no assertion about time ---- */

#ifdef __SANITIZE_ADDRESS__
#define MANY 50000U
#else
#define MANY 1000000U
#endif

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(void)
{
	struct problems problems = { .out = stdout };
	struct ranges drops = { 0 };
	struct blocklist list;
	struct wire_request request = drop("203.0.113.9", 60000, "x");
	int error = -1;

	FILE *file = fopen(list_path, "w");
	for (uint32_t i = 0; i < MANY; i++)
		fprintf(file, "%u.%u.%u.%u/31 ; SBL%u\n", 20 + (i >> 18), i >> 10 & 255, i >> 2 & 255, (i & 3) << 6 | 2, i);
	fclose(file);
	double begin = seconds();
	tap_ok(blocklist_load(&list, list_path, NULL, &problems, &drops), "%u prefixes are read", MANY);
	tap_int(drops.count, MANY, "each of them");
	printf("# read and sorted in %.2f s\n", seconds() - begin);
	blocklist_fini(&list);
	begin = seconds();
	tap_int(block(&drops), 0, "they are in the kernel");
	printf("# after %.2f s\n", seconds() - begin);
	drops.at[MANY / 2].last = drops.at[MANY / 2].first;
	begin = seconds();
	tap_int(block(&drops), 0, "one of them is changed");
	printf("# in %.2f s\n", seconds() - begin);
	begin = seconds();
	nft_apply(nft, &request, 1, &error);
	tap_int(error, 0, "a ban beside them");
	printf("# takes %.3f ms\n", (seconds() - begin) * 1e3);
	ranges_fini(&drops);
}

int main(void)
{
	static const char *const allowed[] = { "192.0.2.0/28" };

	enter_netns();
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		return 1;
	snprintf(list_path, sizeof(list_path), "%s/list", folder);
	ranges_of(&conf.allow, allowed, 1);
	set_up();
	test_steps();
	test_together();
	test_random_steps();
	measure();
	nft_teardown(nft);
	nft_close(nft);
	test_warden(true);
	run("nft flush ruleset");
	test_warden(false);
	unlink(list_path);
	rmdir(folder);
	ranges_fini(&conf.allow);
	return tap_done();
}
