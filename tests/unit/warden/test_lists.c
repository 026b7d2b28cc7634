/* test_lists - the blocklists in the real kernel: replaced whole or by what differs, bit by bit, put back after a flush */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf/blocklist.h"
#include "netns.h"
#include "random.h"
#include "warden/blocklists.h"
#include "warden/nft.h"
#include "warden/warden.h"

#define PATIENCE_MS 60000
#define CHANGE_MAX 16384U	/* what differs by more comes by and by */

static struct conf conf = { .ports = { 25 }, .port_count = 1, .policy = { .ipv6_prefix = 64, .ban_time_max_s = 86400 } };
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

/* the networks of all sets of a family that the chain looks up; false: they are not to be read */
static bool dropped(struct ranges *ranges, bool v4)
{
	const char *family = v4 ? "@block4_" : "@block6_";
	char *chain = strdup(run("nft list chain inet mailward block%d", v4 ? 4 : 6));
	bool good = chain && strstr(chain, "chain block");

	for (const char *at = chain; good && (at = strstr(at, family)) != NULL; at++) {
		const int name_len = (int)strcspn(at + 1, " ");
		const unsigned len = (unsigned)atoi(at + strlen(family)) + (v4 ? 96 : 0);
		const char *element = strstr(run("nft list set inet mailward %.*s", name_len, at + 1), "elements = { ");

		for (element = element ? element + strlen("elements = { ") : NULL; element && *element != '}';) {
			const size_t text_len = strcspn(element, ", ");
			struct prefix p = { .len = (uint8_t)len };
			good &= addr_parse((struct text){ element, text_len }, &p.addr) && prefix_valid(&p);
			ranges_add(ranges, &p);
			element += text_len + strspn(element + text_len, ", ");
		}
	}
	ranges_seal(ranges);
	free(chain);
	return good;
}

static void print_ranges(const char *what, const struct ranges *ranges)
{
	char first[ADDR_FMT_SIZE], last[ADDR_FMT_SIZE];

	printf("# %s:", what);
	for (size_t i = 0; i < ranges->count && i < 20; i++)
		printf(" %s-%s", addr_fmt(first, sizeof(first), &ranges->at[i].first), addr_fmt(last, sizeof(last), &ranges->at[i].last));
	puts("");
}

static bool quiet;

/* does the kernel drop just the ranges of that family? */
static bool holds(const struct ranges *ranges, bool v4)
{
	struct ranges there = { 0 }, wanted = { 0 };

	for (size_t i = 0; i < ranges->count; i++)
		if (addr_is_v4(&ranges->at[i].first) == v4)
			ranges_add_range(&wanted, &ranges->at[i]);
	ranges_seal(&wanted);
	bool same = dropped(&there, v4) && there.count == wanted.count &&
		(there.count == 0 || memcmp(there.at, wanted.at, there.count * sizeof(*there.at)) == 0);
	if (!same && !quiet) {
		print_ranges("there", &there);
		print_ranges("wanted", &wanted);
	}
	ranges_fini(&there);
	ranges_fini(&wanted);
	return same;
}

static bool holds_both(const struct ranges *ranges)
{
	return holds(ranges, true) && holds(ranges, false);
}

/* does it drop just these? */
static bool drops(const char *const *texts, size_t count)
{
	struct ranges ranges = { 0 };

	ranges_of(&ranges, texts, count);
	bool same = holds_both(&ranges);
	ranges_fini(&ranges);
	return same;
}
#define DROPS(...) drops((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static int replace(const struct ranges *ranges)
{
	uint32_t networks[SET_COUNT];
	struct ranges copy = { 0 };

	ranges_add_all(&copy, ranges);
	block_sets_count(&copy, networks);
	int err = block_sets_replace(nft_block_sets(nft), &copy, networks);
	ranges_fini(&copy);
	return err;
}

static int fill(int err)
{
	while (err > 0)
		err = block_sets_fill(nft_block_sets(nft));
	return err;
}

static int block(const struct ranges *ranges)
{
	return fill(replace(ranges));
}

static unsigned count_sets(const char *name)
{
	unsigned count = 0;

	for (const char *at = run("nft list sets inet"); (at = strstr(at, name)) != NULL; at += strlen(name))
		count++;
	return count;
}

/* The kernel clears a set's table when it makes it: many at a time, or one that is large from its beginning, hold up a ban. */
static void test_creation(void)
{
	struct ranges listed = { 0 };
	unsigned made = 0;
	bool by_one = true;

	for (uint32_t i = 0; i < 200000; i++)
		ranges_add(&listed, &(struct prefix){ { { [10] = 0xff, 0xff, 20, (uint8_t)(i >> 15), (uint8_t)(i >> 7), (uint8_t)(i << 1) } }, 128 });
	for (uint32_t len = 17; len < 28; len++)
		ranges_add(&listed, &(struct prefix){ { { [10] = 0xff, 0xff, 198, (uint8_t)len } }, (uint8_t)(96 + len) });
	ranges_seal(&listed);
	tap_int(replace(&listed), 1, "a large list of many lengths comes by and by");
	tap_int(count_sets("set block4_"), 0, "no set is made yet");
	for (unsigned step = 1; step <= 12 && by_one; step++, made = count_sets("set block4_"))
		by_one = made == step - 1 && block_sets_fill(nft_block_sets(nft)) == 1;
	tap_ok(by_one && made == 12, "then one after the other");
	tap_has(run("nft list set inet mailward block4_17"), "size 65", "a small one is as large as it will be");
	tap_lacks(run("nft list set inet mailward block4_32"), "size", "a large one grows");
	listed.count = 0;
	tap_int(block(&listed), 0, "it is given up");
	tap_int(count_sets("set block4_"), 0, "with all its sets");
	ranges_fini(&listed);
}

/* A list of several slices: different ones for each version. */
static void several(struct ranges *listed, unsigned version)
{
	for (uint32_t i = 0; i < 6 * BLOCK_SETS_SLICE; i++)
		ranges_add(listed, &(struct prefix){ { { [10] = 0xff, 0xff, (uint8_t)(20 + version), (uint8_t)(i >> 15), (uint8_t)(i >> 7),
			(uint8_t)(i << 1) } }, 128 });
	ranges_seal(listed);
}

/* What is half there when another is asked for comes into force, and then the other does; or the latest of them. */
static void test_again(void)
{
	struct block_sets *sets = nft_block_sets(nft);
	struct ranges lists[4] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		several(&lists[i], i);
	tap_int(block(&(struct ranges){ 0 }), 0, "nothing is listed");
	tap_int(replace(&lists[0]), 1, "then a large list comes by and by");
	tap_int(block_sets_fill(sets) + block_sets_fill(sets), 2, "a part of it is there");
	size_t at = sets->walk.at;
	tap_ok(at > 0 && replace(&lists[0]) == 1 && sets->walk.at == at, "it goes on when it is asked for again");
	tap_ok(replace(&lists[1]) == 1 && replace(&lists[2]) == 1 && sets->walk.at == at, "and when others are");
	while (block_sets_fill(sets) == 1 && !sets->listed.count)
		continue;
	tap_ok(ranges_equal(&sets->listed, &lists[0]) && holds_both(&lists[0]), "it comes into force");
	tap_ok(sets->filling && ranges_equal(&sets->coming, &lists[2]), "the latest comes next");
	tap_int(fill(1), 0, "and gets there");
	tap_ok(holds_both(&lists[2]), "whole");

	tap_int(replace(&lists[3]), 1, "one comes");
	tap_int(block_sets_fill(sets) + block_sets_fill(sets), 2, "in part");
	lists[2].count--;
	tap_ok(replace(&lists[1]) == 1 && replace(&lists[2]) == 0 && !sets->filling, "what differs little from what is in force is at once");
	tap_ok(holds_both(&lists[2]) && count_sets("set block4_") == 1, "and nothing else is left");
	tap_ok(replace(&lists[3]) == 1 && fill(1) == 0 && holds_both(&lists[3]), "the one that did not come can come again");

	tap_ok(replace(&lists[1]) == 1 && replace(&lists[2]) == 1 && block_sets_fill(sets) == 1, "while one comes, and another waits");
	lists[0].count = 0;
	tap_int(block(&lists[0]), 0, "all is emptied");
	tap_ok(holds_both(&lists[0]) && count_sets("set block4_") == 0, "which needs no filling");
	for (unsigned i = 0; i < 4; i++)
		ranges_fini(&lists[i]);
}

/* A list that changes altogether faster than it is filled. */
static void test_hasty(void)
{
	const struct block_sets *sets = nft_block_sets(nft);
	unsigned version = 0;

	for (bool known = true; known && sets->listed.count == 0 && version < 9; version++) {
		struct ranges listed = { 0 };
		several(&listed, version);
		known = replace(&listed) == 1 && block_sets_fill(nft_block_sets(nft)) == 1 && block_sets_fill(nft_block_sets(nft)) == 1 &&
			block_sets_fill(nft_block_sets(nft)) == 1;
		ranges_fini(&listed);
	}
	tap_ok(version < 9, "what changes faster than it is filled comes into force, too");
	tap_int(block(&(struct ranges){ 0 }), 0, "it is emptied");
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
		tap_ok(holds_both(&ranges), "%zu ranges, and no other", ranges.count);
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
	tap_ok(holds_both(&old), "the old one stands until the table is committed");
	tap_int(nft_commit(nft, &what), 0, "committed %s", what);
	tap_ok(holds_both(&new), "and then the new one does");
	tap_int(block(&old), 0, "which is changed");
	tap_ok(holds_both(&old), "to the old one again");
	nft_begin(nft, &conf);
	tap_int(nft_commit(nft, &what), 0, "a table without lists");
	tap_int(block(&old), 0, "and then with one");
	tap_ok(holds_both(&old), "which it holds");
	tap_has(run("nft list chain inet mailward gate"), "jump block", "the first packets of connections");
	tap_has(run("nft list chain inet mailward block"), "goto block4", "go to their family's rules");
	tap_has(run("nft list chain inet mailward block4"), "ip saddr & 255.255.255.0 == @block4_24", "and meet one for each length");
	ranges_fini(&old);
	ranges_fini(&new);
	static const char *const three[] = { "198.51.100.0/24", "203.0.113.0/26", "203.0.113.128/26", "2001:db8::/48" };
	ranges_of(&new, three, 4);
	nft_begin(nft, &conf);
	tap_int(block(&new), 0, "one of many networks of a length");
	tap_int(nft_commit(nft, &what), 0, "committed");
	const char *chain = run("nft list chain inet mailward block4");
	const char *most = strstr(chain, "@block4_26"), *least = strstr(chain, "@block4_24");
	tap_ok(most && least && most < least, "has the largest set looked up first");
	tap_lacks(chain, "@block6", "and only those of its family");
	ranges_fini(&new);
}

/* two or three hundred prefixes from two small spaces, ever changing, each step by what differs or whole */
static void test_random_steps(void)
{
	unsigned wrong = 0, refused = 0;
	struct ranges list = { 0 };

	srandom(random_seed());
	for (unsigned round = 0; round < 150 && !wrong; round++) {
		struct ranges next = { 0 };
		for (size_t i = 0; i < list.count; i++)
			if (random() % 100 >= (long)(round % 3) * 20)
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
		wrong += !holds_both(&next);
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

/* each version with a stamp of its own, however coarse the kernel's clock is */
static void write_list(const char *text)
{
	static struct timespec last;
	struct stat now = { 0 };

	do {
		FILE *file = fopen(list_path, "w");
		if (!file || fputs(text, file) < 0 || fclose(file) != 0 || stat(list_path, &now) < 0)
			tap_ok(false, "the test's list");
	} while (memcmp(&now.st_ctim, &last, sizeof(last)) == 0);
	last = now.st_ctim;
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

static bool comes_to(const char *const *texts, size_t count)
{
	bool done;

	quiet = true;
	for (int waited = 0; !(done = drops(texts, count)) && waited < PATIENCE_MS; waited += 50)
		usleep(50000);
	quiet = false;
	return done;
}
#define COMES_TO_DROP(...) comes_to((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static bool asked_to_resend(void)
{
	struct wire_reply reply = { 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	do
		reply.seq = 0;
	while (poll(&p, 1, PATIENCE_MS) == 1 && recv(fd, &reply, sizeof(reply), 0) == sizeof(reply) && reply.seq == WIRE_SEQ_TOLD);
	return reply.seq == WIRE_SEQ_RESEND;
}

static bool comes_to_stand(void)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 50) {
		if (strstr(run("nft list set inet mailward ban4"), "comment"))
			return true;
		usleep(50000);
	}
	return false;
}

static void ban_for_long(void)
{
	struct wire_request ban = drop("198.51.100.9", 3600000, "x");
	struct wire_reply reply = { .seq = WIRE_SEQ_TOLD };

	send(fd, &ban, sizeof(ban), 0);
	while (reply.seq >= WIRE_SEQ_TOLD && recv(fd, &reply, sizeof(reply), 0) == sizeof(reply))
		continue;
}

static bool is_banned(void)
{
	return strstr(run("nft list set inet mailward ban4"), "198.51.100.9 timeout") != NULL;
}

/* The config with a blocklist, whose file write_list() writes. */
static struct conf conf_of_list(void)
{
	static char name[] = "a";
	static struct conf_blocklist list = { .name = name, .file = list_path };
	struct conf with_list = conf;

	with_list.blocklists = &list;
	with_list.blocklist_count = 1;
	return with_list;
}

/* young_s: below 0, each version of the file is known by its stamp; else those here are all too young */
static void test_warden(bool own, int young_s)
{
	struct conf with_list = conf_of_list();
	int status = -1;
	pid_t pid;

	nft_may_own = own;
	blocklists_young_s = young_s;
	write_list("198.51.100.0/24\n2001:db8::/32\n192.0.2.0/26\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "a warden starts, its table %s", own ? "its own" : "anybody's");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "the engine fills the table");
	tap_ok(COMES_TO_DROP("192.0.2.16/28", "192.0.2.32/27", "198.51.100.0/24", "2001:db8::/32"), "the list is in it, less what is allowed");
	write_list("198.51.100.0/25\n");
	tap_int(ask(WIRE_LISTS), 0, "the engine tells of a change");
	tap_ok(COMES_TO_DROP("198.51.100.0/25"), "the file was read, all of it");
	tap_ok(ask(WIRE_LISTS) == 0 && DROPS("198.51.100.0/25"), "a file that has not changed stays in force");
	write_list("198.51.101.0/25\n");
	tap_int(ask(WIRE_LISTS), 0, "a change leaves its size as it was");
	tap_ok(COMES_TO_DROP("198.51.101.0/25"), "it is read");
	write_list("198.51.100.0/25\n");
	tap_ok(ask(WIRE_LISTS) == 0 && COMES_TO_DROP("198.51.100.0/25"), "and so is the next at once");
	write_list("198.51.100.0/26\n0.0.0.0/0\n");
	tap_int(ask(WIRE_LISTS), 0, "it tells of a change that is wrong");
	tap_ok(DROPS("198.51.100.0/25"), "the old list stays");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "also when the table is filled anew");
	tap_ok(DROPS("198.51.100.0/25"), "it is there");
	if (!own) {
		run("nft flush ruleset");
		tap_ok(COMES_TO_DROP("198.51.100.0/25"), "after a foreign flush the list comes back, even if the engine has nothing to say");
		run("nft delete table inet mailward");
		tap_ok(comes_to_stand(), "the table comes back");
		tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "the engine fills it");
		tap_ok(COMES_TO_DROP("198.51.100.0/25"), "and the list follows");
		run("nft flush set inet mailward block4_25");
		tap_ok(asked_to_resend() && ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "after a foreign flush of a set the engine fills the table");
		tap_ok(DROPS("198.51.100.0/25"), "and the list is back");
		run("nft add element inet mailward block4_25 '{ 203.0.113.0 }'");
		tap_ok(asked_to_resend() && ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "after a foreign addition, too");
		tap_ok(DROPS("198.51.100.0/25"), "and the list is as it was");
	}
	run("ip addr add 198.51.100.127/32 dev lo");
	tap_ok(COMES_TO_DROP("198.51.100.0/26", "198.51.100.64/27", "198.51.100.96/28", "198.51.100.112/29", "198.51.100.120/30",
		"198.51.100.124/31", "198.51.100.126"), "an address that this machine gets is no longer dropped");
	run("ip addr del 198.51.100.127/32 dev lo");
	tap_ok(COMES_TO_DROP("198.51.100.0/25"), "until it is this machine's no more");
	close(fd);
	waitpid(pid, &status, 0);
	tap_int(status, 0, "it ends with its engine");
	tap_ok(DROPS("198.51.100.0/25"), "and the list stays");
	with_list.clear_on_stop = true;
	write_list("203.0.113.0/24\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "one that is to leave nothing");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "takes the table over");
	tap_ok(DROPS("203.0.113.0/24"), "with its list");
	ban_for_long();
	close(fd);
	waitpid(pid, &status, 0);
	tap_ok(DROPS("203.0.113.0/24") && is_banned(), "an engine that is killed leaves it, and who is banned");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "the next");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "takes the table over");
	ban_for_long();
	tap_ok(is_banned() && ask(WIRE_STOP) == 0 && !is_banned(), "one that is stopped has nobody banned");
	close(fd);
	waitpid(pid, &status, 0);
	tap_ok(holds_both(&(struct ranges){ 0 }), "and nobody listed");
	run("nft flush ruleset");
}

/* Engines that are killed: in the middle of a new table, and of a list that is being filled. */
static void test_killed(void)
{
	struct wire_request requests[] = { { .op = WIRE_BEGIN }, drop("198.51.100.10", 3600000, "x") };
	struct wire_reply reply = { .seq = 0 };
	struct conf with_list = conf_of_list();
	unsigned count = 3 * CHANGE_MAX;
	int status = -1;
	pid_t pid;

	write_list("203.0.113.0/24\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "a warden with a list");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0 && COMES_TO_DROP("203.0.113.0/24"), "which is in force");
	ban_for_long();
	for (size_t i = 0; i < 2; i++)
		send(fd, &requests[i], sizeof(requests[i]), 0);
	close(fd);
	waitpid(pid, &status, 0);
	tap_int(status, 0, "the engine is killed while it has a new table built");
	tap_ok(is_banned() && DROPS("203.0.113.0/24"), "the old one stands");
	tap_lacks(run("nft list set inet mailward ban4"), "198.51.100.10", "as it was");

	tap_int(warden_start(&with_list, &fd, &pid), 0, "the next one");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0, "fills its table");
	FILE *file = fopen(list_path, "w");
	struct ranges wanted = { 0 };
	for (uint32_t i = 0; i < count; i++) {
		fprintf(file, "20.%u.%u.%u\n", i >> 15, i >> 7 & 255, i << 1 & 255);
		ranges_add(&wanted, &(struct prefix){ { { [10] = 0xff, 0xff, 20, (uint8_t)(i >> 15), (uint8_t)(i >> 7), (uint8_t)(i << 1) } }, 128 });
	}
	fclose(file);
	ranges_seal(&wanted);
	tap_int(ask(WIRE_LISTS), 0, "a large list is read");
	while (recv(fd, &reply, sizeof(reply), 0) == sizeof(reply) && !(reply.op == WIRE_TOLD_LIST && reply.figures[0] == count))
		continue;
	tap_int(reply.state, WIRE_LIST_COMING, "and on its way");
	close(fd);
	waitpid(pid, &status, 0);
	tap_int(status, 0, "when the engine is killed");
	tap_ok(holds_both(&wanted), "it gets there, whole");
	tap_ok(count_sets("set block4_") == 1, "and nothing else is left");
	ranges_fini(&wanted);
	run("nft flush ruleset");
	run("nft delete table inet mailward");
}

/* nft(8) would read all elements first */
static bool stands(struct mnl_socket *socket, const char *set)
{
	_Alignas(struct nlmsghdr) char buffer[4096];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSET;
	message->nlmsg_flags = NLM_F_REQUEST;
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(message, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(message, NFTA_SET_TABLE, "mailward");
	mnl_attr_put_strz(message, NFTA_SET_NAME, set);
	return mnl_socket_sendto(socket, message, message->nlmsg_len) > 0 && mnl_socket_recvfrom(socket, buffer, sizeof(buffer)) > 0 &&
		message->nlmsg_type != NLMSG_ERROR;
}

/* A large list comes bit by bit: bans are served in between, and until it is there as a whole the one before it stands. */
static void test_bans_beside(void)
{
	struct wire_request ban = drop("203.0.113.9", 60000, "x");
	struct wire_reply reply;
	struct conf with_list = conf_of_list();
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	unsigned served = 0;
	bool beside = false;
	pid_t pid;

	write_list("198.51.100.0/24\n");
	tap_int(warden_start(&with_list, &fd, &pid), 0, "a warden with a small list");
	tap_ok(ask(WIRE_BEGIN) == 0 && ask(WIRE_COMMIT) == 0 && COMES_TO_DROP("198.51.100.0/24"), "which is in force");
	FILE *file = fopen(list_path, "w");
	for (uint32_t i = 0; i < 300000; i++)
		fprintf(file, "%u.%u.%u.%u/31\n", 20 + (i >> 18), i >> 10 & 255, i >> 2 & 255, (i & 3) << 6 | 2);
	fclose(file);
	tap_int(ask(WIRE_LISTS), 0, "becomes a large one");
	tap_ok(socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0, "netlink socket opened");
	for (; stands(socket, "block4_24"); served++) {	/* the old list's set goes when the chain looks at the new one's */
		beside |= stands(socket, "block4_31b");
		ban.prefix.addr.bytes[15] = (uint8_t)(10 + served % 200);
		if (send(fd, &ban, sizeof(ban), 0) < 0 || recv(fd, &reply, sizeof(reply), 0) != sizeof(reply) || reply.error)
			break;
	}
	tap_ok(!stands(socket, "block4_24") && stands(socket, "block4_31b"), "it takes the small one's place");
	tap_ok(beside, "having been filled beside it");
	tap_ok(served >= 5, "bans are served before that (%u)", served);
	tap_has(run("nft list set inet mailward ban4"), "203.0.113.10 timeout", "the bans are there, too");
	mnl_socket_close(socket);
	close(fd);
	waitpid(pid, NULL, 0);
	run("nft delete table inet mailward");
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
	test_again();
	test_hasty();
	test_creation();
	measure();
	nft_teardown(nft);
	nft_close(nft);
	test_warden(true, -1);
	run("nft flush ruleset");
	test_warden(false, 60);
	test_killed();
	test_bans_beside();
	unlink(list_path);
	rmdir(folder);
	ranges_fini(&conf.allow);
	return tap_done();
}
