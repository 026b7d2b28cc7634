/* test_refusals - what the firewall refuses comes back until it is taken, and is known not to be in force until then
 *
 * The warden is the test's own: it refuses what it is told to, and keeps what it has not refused. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "judge/judge_state.h"
#include "service/refusals.h"
#include "judge_world.h"

#define PATIENCE_TURNS 200	/* of at most a second each */

static int warden_fd;
static unsigned refuse_next, drops, begins, commits;
static int refuse_by;

static struct wire_reply answer_to(const struct wire_request *request)
{
	struct wire_reply reply = { .seq = request->seq, .prefix = request->prefix, .op = (uint8_t)request->op };

	drops += request->op == WIRE_DROP;
	begins += request->op == WIRE_BEGIN;
	commits += request->op == WIRE_COMMIT;
	if (refuse_next > 0 && (request->op == WIRE_DROP || request->op == WIRE_RELEASE)) {
		refuse_next--;
		reply.error = refuse_by;
	}
	return reply;
}

/* as many replies in a packet as there were requests */
static void serve(void)
{
	struct wire_request requests[WIRE_TOGETHER_MAX];
	struct wire_reply replies[WIRE_TOGETHER_MAX];
	ssize_t len;

	while ((len = recv(warden_fd, requests, sizeof(requests), MSG_DONTWAIT)) > 0) {
		size_t count = (size_t)len / sizeof(*requests);

		for (size_t i = 0; i < count; i++)
			replies[i] = answer_to(&requests[i]);
		if (send(warden_fd, replies, count * sizeof(*replies), MSG_DONTWAIT) < 0)
			tap_ok(false, "the test's own warden answers");
	}
}

static void turn(sd_event *loop)
{
	serve();
	sd_event_run(loop, 100000);
	serve();
}

static struct world world;
static struct enforce *enforce;
static unsigned resent;

static void resend(void *arg)
{
	(void)arg;
	resent++;
	judge_active(world.judge, world_now_ms, enforce_verdict, enforce);
}

static void told(void *arg, const struct event *event)
{
	(void)arg;
	if (event_is_verdict(event))
		enforce_verdict(enforce, event);
}

static void ban(const char *text)
{
	struct prefix prefix = world_prefix(text);

	judge_ban(world.judge, &prefix, 3600, clock_now_ms());
}

static int refused(const char *text)
{
	struct prefix prefix = world_prefix(text);

	return judge_refused(world.judge, &prefix, clock_now_ms());
}

static unsigned listed;

static void list(void *arg, const struct event *event)
{
	(void)arg, (void)event;
	listed++;
}

static unsigned list_all(void)
{
	listed = 0;
	judge_active(world.judge, clock_now_ms(), list, NULL);
	return listed;
}

int main(void)
{
	struct refusals refusals;
	sd_event *loop = NULL;
	int ends[2];

	if (sd_event_new(&loop) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return 1;
	warden_fd = ends[1];
	world_init(&world, WORLD_RULES, NULL);
	world_judge(&world);
	clock_stand(0);
	world.judge->tell = told;
	tap_int(enforce_new(&enforce, loop, ends[0], resend, NULL), 0, "the engine's end");
	tap_int(refusals_open(&refusals, loop, &world.judge, enforce), 0, "refusals are heard");

	refuse_next = 1, refuse_by = ENOMEM;
	ban("198.51.100.7");
	ban("198.51.100.8");
	turn(loop);
	tap_int(refused("198.51.100.7"), ENOMEM, "what is refused is known not to be in force");
	tap_int(refused("198.51.100.8"), 0, "what is not is in force");
	tap_int(list_all(), 2, "both are listed");
	for (unsigned i = 0; i < PATIENCE_TURNS && refused("198.51.100.7") != 0; i++)
		turn(loop);
	tap_int(refused("198.51.100.7"), 0, "it is asked for again, and taken");
	tap_int(drops, 3, "that one alone");

	refuse_next = 1, refuse_by = EPERM;
	ban("198.51.100.9");
	turn(loop);
	tap_int(refused("198.51.100.9"), EPERM, "what is allowed");
	tap_int(list_all(), 2, "is not listed");
	for (unsigned i = 0; i < PATIENCE_TURNS && refused("198.51.100.9") >= 0; i++)
		turn(loop);
	tap_int(refused("198.51.100.9"), -1, "and forgotten");
	tap_int(drops, 4, "without being asked for again");

	drops = 0;
	refuse_next = 700, refuse_by = EDQUOT;
	for (unsigned i = 0; i < 600; i++) {
		char text[24];

		snprintf(text, sizeof(text), "203.0.%u.%u", 113 + i / 250, i % 250);
		ban(text);
		if (i % 16 == 15)
			turn(loop);
	}
	unsigned waiting = 0;
	for (unsigned i = 0; i < PATIENCE_TURNS; i++) {
		turn(loop);
		waiting = 0;
		for (unsigned k = 0; k < 600; k++) {
			char text[24];

			snprintf(text, sizeof(text), "203.0.%u.%u", 113 + k / 250, k % 250);
			waiting += refused(text) != 0;
		}
		if (waiting == 0)
			break;
	}
	tap_int(waiting, 0, "600 that were over the quota are all taken in the end");
	tap_int(refuse_next, 0, "through 700 refusals");
	tap_ok(drops >= 1300 && drops < 2000, "without being asked for more often than they need (%u)", drops);

	refuse_next = 1, refuse_by = ENOBUFS;
	struct prefix prefix = world_prefix("198.51.100.8");
	judge_release(world.judge, &prefix, clock_now_ms());
	turn(loop);
	tap_ok(refusals.rebuild, "a release that is refused is noted");
	for (unsigned i = 0; i < PATIENCE_TURNS && commits == 0; i++)
		turn(loop);
	tap_int(begins, 1, "and the table is built anew");
	tap_int(resent, 1, "with all that is to be dropped");
	tap_ok(!refusals.rebuild, "once");

	refusals_close(&refusals);
	enforce_free(enforce);
	close(warden_fd);
	world_fini(&world);
	sd_event_unref(loop);
	return tap_done();
}
