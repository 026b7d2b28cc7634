/* test_control - the control socket, through a real one: good clients, bad ones, many of them, and who owns the path
 *
 * The daemon's loop runs in a thread; each test is a client of it. Nothing here measures time: what the daemon does by
 * its clock (dropping a client that stalls) is waited for. */
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/control.h"
#include "tap.h"

static char folder[] = "/tmp/mailward-test-control.XXXXXX";
static char path[80];
static atomic_uint answered, waiting, states;
static struct control *control_of_all;
static bool released;

/* ---- the daemon ---- */

/* Every other part is empty, as of a stretch in which there is nothing. */
static bool part(void *state, FILE *out)
{
	unsigned *left = state;

	if (*left % 2)
		for (int i = 0; i < 1000; i++)
			fprintf(out, "%063u\n", *left);
	return --*left > 0;
}

static void part_free(void *state)
{
	free(state);
	atomic_fetch_sub(&states, 1);
}

static void answer(void *arg, char *request, FILE *out)
{
	(void)arg;
	atomic_fetch_add(&answered, 1);
	if (strcmp(request, "big") == 0) {
		fputs("ok\n", out);
		for (int i = 0; i < 20000; i++)
			fprintf(out, "%063d\n", i);
	} else if (strncmp(request, "parts", 5) == 0) {
		unsigned *left = malloc(sizeof(*left));
		*left = (unsigned)atoi(request + 5);
		atomic_fetch_add(&states, 1);
		fputs("ok\n", out);
		if (!control_parts(control_of_all, part, part_free, left))
			part_free(left);
	} else if (strncmp(request, "wait", 4) == 0 && !released) {
		fputs("ok\nnobody hears this\n", out);
		control_later(control_of_all);
		strtok_r(request, " ", &(char *){ NULL });	/* as an answer takes it apart */
		atomic_fetch_add(&waiting, 1);
	} else if (strcmp(request, "go") == 0) {
		released = true;
		control_resume(control_of_all);
		fputs("ok\ngone\n", out);
	} else {
		fprintf(out, "ok\n%s\n", request);
	}
}

struct server {
	pthread_t thread;
	sd_event *loop;
	struct control *control;
	int stop;
};

static int on_stop(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)source, (void)fd, (void)events;
	return sd_event_exit(arg, 0);
}

static void *serve(void *arg)
{
	struct server *server = arg;
	sd_event_loop(server->loop);
	return NULL;
}

static void server_start(struct server *server)
{
	server->stop = eventfd(0, EFD_CLOEXEC);
	if (sd_event_new(&server->loop) < 0 || sd_event_add_io(server->loop, NULL, server->stop, EPOLLIN, on_stop, server->loop) < 0 ||
	    control_open(&server->control, server->loop, path, answer, NULL) < 0 ||
	    (control_of_all = server->control) == NULL || pthread_create(&server->thread, NULL, serve, server) != 0) {
		puts("Bail out! no server");
		exit(1);
	}
}

static void server_stop(struct server *server)
{
	uint64_t one = 1;

	if (write(server->stop, &one, sizeof(one)) != sizeof(one))
		abort();
	pthread_join(server->thread, NULL);
	control_close(server->control);
	sd_event_unref(server->loop);
	close(server->stop);
}

/* ---- clients ---- */

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 60 };	/* generous: a test that hangs fails in the end */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* hear - all that comes until the daemon closes; the length, or -1 if it does not. The first bytes are in dst */
static ssize_t hear(int fd, char *dst, size_t size)
{
	char chunk[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = recv(fd, chunk, sizeof(chunk), 0)) > 0) {
		if (len < size - 1)
			memcpy(dst + len, chunk, (size_t)got < size - 1 - len ? (size_t)got : size - 1 - len);
		len += (size_t)got;
	}
	dst[len < size - 1 ? len : size - 1] = '\0';
	return got < 0 && errno != ECONNRESET ? -1 : (ssize_t)len;
}

/* ask - one whole conversation: send, perhaps half-close, hear */
static const char *ask(const char *bytes, size_t len, bool half_close)
{
	static char said[1024];
	int fd = dial();

	if (fd < 0)
		return "(not connected)";
	send(fd, bytes, len, MSG_NOSIGNAL);
	if (half_close)
		shutdown(fd, SHUT_WR);
	if (hear(fd, said, sizeof(said)) < 0)
		snprintf(said, sizeof(said), "(no end)");
	close(fd);
	return said;
}

static const char *ask_text(const char *text)
{
	return ask(text, strlen(text), false);
}

static void test_requests(void)
{
	char longest[CONTROL_REQUEST_MAX], longer[4 * CONTROL_REQUEST_MAX], wanted[CONTROL_REQUEST_MAX + 8];

	tap_str(ask_text("status json\n"), "ok\nstatus json\n", "a request is answered");
	tap_str(ask_text("one\ntwo\n"), "ok\none\n", "one request a connection");
	tap_str(ask("status", 6, true), "ok\nstatus\n", "a client that closes its half instead of sending LF is answered");
	tap_str(ask("", 0, true), "", "one that says nothing gets nothing");
	tap_str(ask_text("\n"), "error the request is empty\n", "an empty line is refused");
	tap_str(ask_text("list\x1b[2J\n"), "error the request holds bytes that are no printable ASCII\n", "control bytes are refused");
	tap_str(ask("list\0x\n", 7, false), "error the request holds bytes that are no printable ASCII\n", "a NUL is refused");
	tap_str(ask("\xff\xfe\x80\x90\n", 5, false), "error the request holds bytes that are no printable ASCII\n", "binary garbage is refused");
	tap_str(ask_text("list\r\n"), "error the request holds bytes that are no printable ASCII\n", "CR is refused");

	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\n';
	snprintf(wanted, sizeof(wanted), "ok\n%.*s", (int)sizeof(longest), longest);
	tap_str(ask(longest, sizeof(longest), false), wanted, "a request of just the greatest size is answered");
	memset(longer, 'a', sizeof(longer));
	tap_str(ask(longer, CONTROL_REQUEST_MAX, false), "error the request is too long\n", "one byte more is refused, before its line ends");
	tap_str(ask(longer, sizeof(longer), false), "error the request is too long\n", "far too much is refused");
	memset(longer, 0, sizeof(longer));
	tap_str(ask(longer, sizeof(longer), false), "error the request is too long\n", "a flood of NULs is refused");
}

static void test_slow(void)
{
	char said[64];
	int fd = dial();

	for (const char *p = "status\n"; *p; p++)	/* a byte a packet */
		send(fd, p, 1, MSG_NOSIGNAL);
	tap_ok(hear(fd, said, sizeof(said)) == 10 && strcmp(said, "ok\nstatus\n") == 0, "a request may come byte by byte");
	close(fd);

	fd = dial();
	send(fd, "big\n", 4, MSG_NOSIGNAL);
	tap_str(ask_text("meanwhile\n"), "ok\nmeanwhile\n", "a reader that does not read keeps nobody else waiting");
	tap_int(hear(fd, said, sizeof(said)), 3 + 20000 * 64, "and gets all of a big answer when it does");
	close(fd);

	fd = dial();
	send(fd, "big\n", 4, MSG_NOSIGNAL);
	close(fd);
	fd = dial();
	send(fd, "gone\n", 5, MSG_NOSIGNAL);
	close(fd);
	tap_str(ask_text("still there\n"), "ok\nstill there\n", "clients that leave before the answer do no harm");

	control_timeout_ms = 100;
	fd = dial();
	send(fd, "half a requ", 11, MSG_NOSIGNAL);
	tap_int(hear(fd, said, sizeof(said)), 0, "a client that stalls is dropped, unanswered");
	close(fd);
	control_timeout_ms = 5000;
}

/* each of the crowd: its own question, its own answer */
static void *crowd_member(void *arg)
{
	char question[32], wanted[40], said[64];
	int fd = dial();

	snprintf(question, sizeof(question), "client %d\n", *(const int *)arg);
	snprintf(wanted, sizeof(wanted), "ok\n%s", question);
	bool good = fd >= 0 && send(fd, question, strlen(question), MSG_NOSIGNAL) > 0 && hear(fd, said, sizeof(said)) > 0 &&
		strcmp(said, wanted) == 0;
	close(fd);
	return good ? arg : NULL;
}

static void test_crowd(void)
{
	enum { CROWD = 100 };
	pthread_t threads[CROWD];
	int numbers[CROWD], silent[CONTROL_CLIENTS_MAX], served = 0, unread;
	char said[64];

	/* every place is taken by one who says nothing more: the others wait in the queue, then get theirs */
	control_timeout_ms = 500;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		silent[i] = dial();
		send(silent[i], "x", 1, MSG_NOSIGNAL);
		while (ioctl(silent[i], SIOCOUTQ, &unread) == 0 && unread > 0)
			usleep(1000);	/* until he has his place, and his time */
	}
	control_timeout_ms = 5000;
	for (int i = 0; i < CROWD; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, crowd_member, &numbers[i]);
	}
	for (int i = 0; i < CROWD; i++) {
		void *result;
		pthread_join(threads[i], &result);
		served += result != NULL;
	}
	tap_int(served, CROWD, "100 clients at once are all served, though %d silent ones came first", CONTROL_CLIENTS_MAX);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		hear(silent[i], said, sizeof(said));
		close(silent[i]);
	}
	tap_str(ask_text("after\n"), "ok\nafter\n", "and the place is open afterwards");
}

/* an answer that takes its time keeps nobody else waiting */
static void test_later(void)
{
	char said[64];
	int patient = dial(), gone = dial();

	tap_ok(!control_later(control_of_all), "what nobody asks is not put off");
	send(patient, "wait for it\n", 12, MSG_NOSIGNAL);
	send(gone, "wait in vain\n", 13, MSG_NOSIGNAL);
	while (atomic_load(&waiting) < 2)
		usleep(1000);
	close(gone);
	tap_str(ask_text("meanwhile\n"), "ok\nmeanwhile\n", "who waits for an answer keeps nobody else waiting");
	tap_str(ask_text("go\n"), "ok\ngone\n", "when it is there,");
	tap_ok(hear(patient, said, sizeof(said)) > 0 && strcmp(said, "ok\nwait for it\n") == 0, "the whole request is answered anew");
	close(patient);
	released = false;
	control_timeout_ms = 100;
	patient = dial();
	send(patient, "wait\n", 5, MSG_NOSIGNAL);
	tap_int(hear(patient, said, sizeof(said)), 0, "one that waits too long is dropped");
	close(patient);
	control_timeout_ms = 5000;
}

static void test_parts(void)
{
	char said[64];
	int slow = dial(), gone = dial();

	send(slow, "parts200\n", 9, MSG_NOSIGNAL);
	send(gone, "parts100000\n", 12, MSG_NOSIGNAL);
	while (atomic_load(&states) < 2)
		usleep(1000);
	tap_str(ask_text("meanwhile\n"), "ok\nmeanwhile\n", "who is told in parts keeps nobody waiting");
	tap_int(hear(slow, said, sizeof(said)), 3 + 100 * 64000, "and hears all of them");
	close(gone);
	while (atomic_load(&states) > 0)
		usleep(1000);
	tap_ok(true, "of who goes meanwhile nothing is left");
	close(slow);
	tap_ok(!control_parts(control_of_all, part, part_free, NULL), "what nobody asks has no parts");
}

/* ---- who asks ---- */

/* What somebody else hears whom the file's mode lets in. */
static void *stranger(void *arg)
{
	static char said[256];
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		const char *answer = setresuid(65534, 65534, 65534) == 0 ? ask_text(arg) : "(still root)";
		_exit(write(pipes[1], answer, strlen(answer) + 1) > 0 ? 0 : 1);
	}
	close(pipes[1]);
	if (read(pipes[0], said, sizeof(said)) <= 0)
		snprintf(said, sizeof(said), "(nothing)");
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	return said;
}

static void test_who(void)
{
	static char ban[] = "ban 192.0.2.1 60\n", lists[] = "lists\n", status[] = "status json\n", list[] = "list\n";

	if (geteuid() != 0) {
		tap_ok(true, "others may only look # SKIP not root");
		return;
	}
	chmod(folder, 0755);
	chmod(path, 0666);
	tap_str(stranger(ban), "error only root and the daemon's own user may ask that\n", "others may not ban");
	tap_str(stranger(lists), "error only root and the daemon's own user may ask that\n", "nor ask what nobody has thought of");
	tap_str(stranger(status), "ok\nstatus json\n", "they may look at the status");
	tap_str(stranger(list), "ok\nlist\n", "and at the list");
}

/* ---- the path ---- */

static int open_at(const char *where)
{
	struct control *control = NULL;
	sd_event *loop;

	sd_event_new(&loop);
	int error = control_open(&control, loop, where, answer, NULL);
	control_close(control);
	sd_event_unref(loop);
	return error;
}

static void test_path(void)
{
	struct server server;
	struct stat st;
	char other[200], longer[160];

	mode_t mask = umask(0);
	server_start(&server);
	umask(mask);
	tap_ok(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600, "mode 0600, whatever the umask");
	tap_int(open_at(path), -EADDRINUSE, "a second daemon on the same path is refused");
	tap_ok(control_answers(path), "as it can know before it tries");
	tap_str(ask_text("first\n"), "ok\nfirst\n", "and the first still answers");
	server_stop(&server);
	tap_ok(stat(path, &st) < 0 && errno == ENOENT, "the socket is gone with its daemon");

	/* a daemon that died leaves its socket behind */
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, strlen(path) + 1);
	bool left = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	tap_ok(left && stat(path, &st) == 0, "a stale socket stands there");
	tap_ok(!control_answers(path), "on which nobody answers");
	server_start(&server);
	tap_str(ask_text("new\n"), "ok\nnew\n", "and is replaced");

	/* our path is taken from us: what stands there now is not ours to remove */
	snprintf(other, sizeof(other), "%s.aside", path);
	rename(path, other);
	FILE *file = fopen(path, "w");
	fclose(file);
	server_stop(&server);
	tap_ok(stat(path, &st) == 0 && S_ISREG(st.st_mode), "somebody else's file is not removed");
	tap_int(open_at(path), -EEXIST, "nor replaced by a socket");
	unlink(path);
	unlink(other);

	snprintf(other, sizeof(other), "%s/missing/control", folder);
	tap_int(open_at(other), -ENOENT, "a missing folder is an error");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	tap_int(open_at(longer), -ENAMETOOLONG, "so is a path that fits no socket");
	tap_ok(!control_answers(other) && !control_answers(longer), "where nobody answers either");
}

/* of many daemons that start together on a stale socket, one wins */
static void test_race(void)
{
	enum { DAEMONS = 8, ROUNDS = 20 };
	unsigned wrong = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int start[2], hold[2], won = 0;
		char byte;
		if (pipe(start) < 0 || pipe(hold) < 0)
			abort();
		for (int i = 0; i < DAEMONS; i++) {
			if (fork() != 0)
				continue;
			struct control *control;
			sd_event *loop;
			close(start[1]);
			close(hold[1]);
			sd_event_new(&loop);
			if (read(start[0], &byte, 1) != 0)	/* all begin when the pipe closes */
				_exit(9);
			int error = control_open(&control, loop, path, answer, NULL);
			_exit(error == 0 ? (write(STDOUT_FILENO, "", 0) == 0 && read(hold[0], &byte, 1) == 0 ? 0 : 9) : error == -EADDRINUSE ? 1 : 9);
		}
		close(start[0]);
		close(hold[0]);
		close(start[1]);
		for (int i = 0; i < DAEMONS; i++) {
			int status;
			if (i == DAEMONS - 1)
				close(hold[1]);	/* the losers are gone: the winner may end, and leaves a stale socket */
			wait(&status);
			won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
			wrong += !WIFEXITED(status) || WEXITSTATUS(status) > 1;
		}
		wrong += won != 1;
	}
	tap_int(wrong, 0, "%d times %d daemons start together: one wins, the others say that it lives", ROUNDS, DAEMONS);
	unlink(path);
}

int main(void)
{
	struct server server;

	alarm(300);	/* two winners of the race would wait for each other */
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/control", folder);
	test_race();
	test_path();
	server_start(&server);
	test_requests();
	test_slow();
	test_crowd();
	test_later();
	test_parts();
	test_who();
	server_stop(&server);
	tap_ok(atomic_load(&answered) > 100, "requests reached the daemon");
	rmdir(folder);
	return tap_done();
}
