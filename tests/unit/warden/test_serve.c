/* test_serve - what the kernel refuses for now is asked for again, by the warden itself
 *
 * A warden in a network of its own, whose blocklists the kernel is made to refuse some times. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "own_file.h"
#include "warden/nft.h"
#include "warden/warden.h"

static int refuse_by;
static unsigned refuse_lists, refuse_allow;

static int replace(struct block_sets *sets, struct ranges *listed, const uint32_t *networks)
{
	return refuse_lists > 0 && refuse_lists-- ? -refuse_by : block_sets_replace(sets, listed, networks);
}

static int allow_now(struct nft *nft, const struct conf *conf)
{
	return refuse_allow > 0 && refuse_allow-- ? -refuse_by : nft_allow(nft, conf);
}

static bool fill_stands_still;

static int fill(struct block_sets *sets)
{
	return fill_stands_still ? 1 : block_sets_fill(sets);
}

#define block_sets_replace replace
#define block_sets_fill fill
#define nft_allow allow_now
#include "warden/serve.c"

#define PATIENCE_MS 60000

static struct conf conf = { .ports = { 25 }, .port_count = 1, .policy = { .ipv6_prefix = 64, .ban_time_max_s = 86400 } };
static int fd;
static pid_t pid;

/* The next that it says; false: nothing for long. */
static bool hear(struct wire_reply *reply)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE_MS) == 1 && recv(fd, reply, sizeof(*reply), 0) == sizeof(*reply);
}

static int ask_for(struct wire_request request)
{
	struct wire_reply reply = { .seq = WIRE_SEQ_TOLD };

	if (send(fd, &request, sizeof(request), 0) != sizeof(request))
		return -1;
	while (reply.seq == WIRE_SEQ_TOLD)
		if (!hear(&reply))
			return -1;
	return reply.error;
}

static void begin(unsigned lists, unsigned allow, int by)
{
	refuse_lists = lists;
	refuse_allow = allow;
	refuse_by = by;
	tap_int(warden_start(&conf, &fd, &pid), 0, "a warden starts; %u times the kernel refuses with %s", lists + allow, strerror(by));
}

static void end(void)
{
	close(fd);
	waitpid(pid, NULL, 0);
	run("nft delete table inet mailward");
}

/* What is told of the list, until it is that. */
static bool becomes(enum wire_list state)
{
	struct wire_reply reply;

	while (hear(&reply))
		if (reply.seq == WIRE_SEQ_TOLD && reply.op == WIRE_TOLD_LIST && reply.state == state)
			return true;
	return false;
}

static bool stands(const char *set, const char *element)
{
	return strstr(run("nft list set inet mailward %s", set), element) != NULL;
}

static void test_lists(int by, unsigned times)
{
	begin(times, 0, by);
	tap_ok(becomes(WIRE_LIST_REFUSED), "the list is refused, which is told");
	tap_ok(becomes(WIRE_LIST_FORCE) && stands("block4_24", "203.0.113.0"), "and without anybody's doing it is in force");
	end();
}

static void test_for_good(void)
{
	begin(1, 0, EINVAL);
	tap_ok(becomes(WIRE_LIST_REFUSED), "what is refused for good");
	struct pollfd p = { .fd = fd, .events = POLLIN };
	tap_int(poll(&p, 1, 2 * RETRY_MS), 0, "is not asked for again");
	tap_int(ask_for((struct wire_request){ .op = WIRE_LISTS }), 0, "until somebody says so");
	tap_ok(becomes(WIRE_LIST_FORCE) && stands("block4_24", "203.0.113.0"), "then it is in force");
	end();
}

static void test_allow(void)
{
	struct wire_request request = { .op = WIRE_ALLOW };

	begin(0, 1, ENOBUFS);
	prefix_parse(TEXT("192.0.2.7"), true, &request.prefix);
	tap_int(ask_for(request), ENOBUFS, "the allow-list is refused");
	tap_int(ask_for((struct wire_request){ .op = WIRE_LISTS }), 0, "the lists are not, when they are read");
	for (unsigned i = 0; i < PATIENCE_MS / 100 && !stands("allow4", "192.0.2.7"); i++)
		usleep(100000);
	tap_ok(stands("allow4", "192.0.2.7"), "it is asked for again, too");
	end();
}

/* Lists that are always on their way do not hold up the rest. */
static void test_allow_beside(void)
{
	struct wire_request request = { .op = WIRE_ALLOW };
	char *list = NULL;
	size_t len;
	FILE *file = open_memstream(&list, &len);

	for (unsigned i = 0; i < 20000; i++)
		fprintf(file, "203.0.%u.%u\n", i >> 7, i << 1 & 255);
	fclose(file);
	own_file_write(list, len);
	free(list);
	fill_stands_still = true;
	begin(0, 1, ENOBUFS);
	tap_ok(becomes(WIRE_LIST_COMING), "a list is on its way");
	prefix_parse(TEXT("192.0.2.7"), true, &request.prefix);
	tap_int(ask_for(request), ENOBUFS, "the allow-list is refused meanwhile");
	for (unsigned i = 0; i < PATIENCE_MS / 100 && !stands("allow4", "192.0.2.7"); i++)
		usleep(100000);
	tap_ok(stands("allow4", "192.0.2.7"), "and asked for again all the same");
	kill(pid, SIGKILL);	/* it would fill to the end */
	end();
}

int main(void)
{
	static const char list[] = "203.0.113.0/24\n";
	static char name[] = "local";

	enter_netns();
	own_file_write(list, strlen(list));
	conf.blocklists = &(struct conf_blocklist){ .name = name, .file = own_file };
	conf.blocklist_count = 1;
	test_lists(ENOMEM, 2);
	test_lists(ENOBUFS, 1);
	test_for_good();
	test_allow();
	test_allow_beside();
	return tap_done();
}
