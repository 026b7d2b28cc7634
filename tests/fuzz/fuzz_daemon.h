/* fuzz_daemon - a daemon in memory: a real engine with five rules, one followed file, a warden who agrees
 *
 * For the targets that need more than a function. Made once a process; the engine is new for each input. */
#ifndef MAILWARD_FUZZ_DAEMON_H
#define MAILWARD_FUZZ_DAEMON_H

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/answer.h"
#include "service/daemon_state.h"
#include "fuzz.h"

static void fuzz_resend(void *arg)
{
	(void)arg;
}

static void fuzz_event(void *daemon, const struct event *event)
{
	if (event_is_verdict(event))
		enforce_verdict(((struct daemon *)daemon)->enforce, event);
}

static void fuzz_heard(void *arg, const struct heard *heard)
{
	(void)arg, (void)heard;
}

/* The warden, as a thread: ends at the first nonsense. */
static void *fuzz_warden(void *arg)
{
	struct wire_request requests[WIRE_TOGETHER_MAX];
	int fd = *(int *)arg;
	ssize_t len;

	while ((len = recv(fd, requests, sizeof(requests), MSG_TRUNC)) > 0) {
		must_hold((size_t)len <= sizeof(requests) && (size_t)len % sizeof(*requests) == 0);
		for (size_t i = 0; i < (size_t)len / sizeof(*requests); i++) {
			const struct wire_request *request = &requests[i];
			struct wire_reply reply = { .seq = request->seq, .prefix = request->prefix, .op = (uint8_t)request->op };

			must_hold(wire_request_valid(request));
			if (request->op == WIRE_DROP && wire_never_dropped(&request->prefix))
				reply.error = EINVAL;
			must_hold(send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply));
		}
	}
	return NULL;
}

static void fuzz_daemon_make(struct daemon *daemon)
{
	struct problems problems = { .out = stderr };
	static int ends[2];
	pthread_t warden;
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char here[400], path[32];

	must_hold(fd >= 0 && getcwd(here, sizeof(here)));
	must_hold(dprintf(fd, "[mailward]\npatterns = %s/tests/fuzz/patterns\nmax_addresses = 1000\nmax_bans = 1000\n"
			      "[source s]\nfile = %s/tests/fuzz/fuzz.h\n[allow]\naddresses = 192.0.2.0/28\n", here, here) > 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	daemon->setup = setup_load(path, &problems);
	daemon->tell = fuzz_event;
	daemon->heard = fuzz_heard;
	must_hold(daemon->setup && sd_event_new(&daemon->loop) >= 0);
	must_hold(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	must_hold(pthread_create(&warden, NULL, fuzz_warden, &ends[0]) == 0 && pthread_detach(warden) == 0);
	must_hold(enforce_new(&daemon->enforce, daemon->loop, ends[1], fuzz_resend, NULL) == 0);
}

/* fuzz_ask - the answer to a request; heap */
static char *fuzz_ask(struct daemon *daemon, const char *request)
{
	char copy[CONTROL_REQUEST_MAX], *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);

	must_hold(out && strlen(request) < sizeof(copy));
	answer(daemon, strcpy(copy, request), out);
	fclose(out);
	must_hold(len >= 3 && said[len - 1] == '\n' && (memcmp(said, "ok\n", 3) == 0 || strncmp(said, "error ", 6) == 0));
	for (size_t i = 0; i < len; i++)
		must_hold((said[i] >= 0x20 && said[i] <= 0x7e) || said[i] == '\n');
	return said;
}

#endif
