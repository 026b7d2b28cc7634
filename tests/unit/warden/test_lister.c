/* test_lister - what is asked last is what is found at last, by the thread or without one */
#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "own_file.h"
#include "tap.h"

static bool no_thread;

static int thread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	return no_thread ? EAGAIN : pthread_create(thread, attr, start, arg);
}

#define pthread_create thread_create
#include "warden/lister.c"

static struct conf_blocklist list = { .name = (char[]){ "bad" }, .file = own_file };
static struct conf conf = { .blocklists = &list, .blocklist_count = 1 };
static struct lister *lister;

static struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };

	if (prefix_parse(text_of(text), true, &p))
		tap_ok(false, "the test's own prefix %s", text);
	return p;
}

static void put(const char *text)
{
	own_file_write(text, strlen(text));
}

static bool readable(void)
{
	struct pollfd p = { .fd = lister_fd(lister), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static bool lists(const struct lister_found *found, const char *const *texts, size_t count)
{
	struct ranges wanted = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct prefix p = prefix(texts[i]);
		ranges_add(&wanted, &p);
	}
	ranges_seal(&wanted);
	bool same = found->err == 0 && ranges_equal(&wanted, &found->listed);
	ranges_fini(&wanted);
	return same;
}
#define LISTS(found, ...) \
	lists(found, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void test_reader(void)
{
	struct lister_found found;
	struct prefix allowed = prefix("198.51.100.7");

	tap_int(lister_open(&lister), 0, no_thread ? "without a thread" : "a thread");
	tap_ok(!readable() && !lister_take(lister, &found), "nothing is found before it is asked");
	put("2001:db8:7::/48\n198.51.100.6/31\n");
	lister_ask(lister, &conf, 1);
	lister_wait(lister);
	tap_ok(lister_take(lister, &found) && found.err == 0 && found.listed.count == 0 && found.lists[0].read_s == 0 && !found.lists[0].wrong,
	       "a file that is being written is not read");
	ranges_fini(&found.listed);
	tap_int(lister_ask(lister, &conf, 0), 0, "it is asked");
	lister_wait(lister);
	tap_ok(readable() && lister_take(lister, &found), "and has found something");
	tap_ok(LISTS(&found, "2001:db8:7::/48", "198.51.100.6/31"), "what the file says");
	tap_ok(found.networks[set_id(false, 48)] == 1 && found.networks[set_id(true, 127)] == 1, "which takes two sets");
	tap_ok(found.lists[0].lines == 2 && found.lists[0].read_s > 0 && !found.lists[0].wrong, "and is told of the list");
	ranges_fini(&found.listed);
	tap_ok(!readable() && !lister_take(lister, &found), "which is found once");

	ranges_add(&conf.allow, &allowed);
	ranges_seal(&conf.allow);
	put("203.0.113.0/24\n198.51.100.6/31\n");
	for (int i = 0; i < 9; i++)
		lister_ask(lister, &conf, 0);
	ranges_fini(&conf.allow);
	lister_wait(lister);
	tap_ok(lister_take(lister, &found) && LISTS(&found, "203.0.113.0/24", "198.51.100.6"),
	       "asked often, it finds what was to be found at last, less who was allowed then");
	ranges_fini(&found.listed);
	tap_ok(!readable() && !lister_take(lister, &found), "once");

	put("203.0.113.7\n");
	lister_ask(lister, &conf, 1);
	lister_wait(lister);
	tap_ok(lister_take(lister, &found) && LISTS(&found, "203.0.113.0/24", "198.51.100.6/31") && found.lists[0].lines == 2 && !found.lists[0].wrong,
	       "one that is being written again is as it was");
	ranges_fini(&found.listed);

	put("203.0.113.0/33\n");
	lister_ask(lister, &conf, 0);
	lister_wait(lister);
	tap_ok(lister_take(lister, &found) && LISTS(&found, "203.0.113.0/24", "198.51.100.6/31") && found.lists[0].wrong,
	       "a file that is wrong leaves the list as it was");
	ranges_fini(&found.listed);

	conf.blocklist_count = 0;
	lister_ask(lister, &conf, 0);
	lister_wait(lister);
	tap_ok(lister_take(lister, &found) && found.err == 0 && found.listed.count == 0, "without a list nothing is listed");
	ranges_fini(&found.listed);
	conf.blocklist_count = 1;
}

int main(void)
{
	blocklists_young_s = 60;
	test_reader();
	no_thread = true;
	test_reader();
	return tap_done();
}
