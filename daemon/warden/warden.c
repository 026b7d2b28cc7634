/* warden - see warden.h
 *
 * Its life: become little (few descriptors, no user, one capability), set the table up, say so, then take requests
 * until the engine's end of the socket is closed. Signals do not end it: what the engine has sent is carried out first. */
#include "warden/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/wire.h"
#include "warden/serve.h"
#include "warden/warden_confine.h"

#define ENGINE_FD 3		/* the only descriptor besides 0, 1 and 2 that survives the fork */
#define QUEUE_BYTES (4 << 20)	/* of the socket: a few thousand requests */

/* Nothing of the engine's stays open; stderr is kept for the log. */
static void keep_descriptors(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (fd != ENGINE_FD && dup2(fd, ENGINE_FD) < 0) || close_range(ENGINE_FD + 1, ~0U, 0) < 0) {
		log_error("the process that drops cannot close its descriptors: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
}

__attribute__((noreturn))
static void live(struct conf *conf, int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "mailward-warden");
	keep_descriptors(fd);
	int err = warden_confine(conf);
	if (err == 0)
		err = serve_begin(conf, ENGINE_FD);
	send(ENGINE_FD, &(struct wire_reply){ .error = -err }, sizeof(struct wire_reply), MSG_NOSIGNAL);
	if (err == 0)
		serve_to_the_end();
	_exit(err == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The first reply of all: the table stands, or it does not. */
static int await_hello(int fd, pid_t pid)
{
	struct wire_reply hello;
	ssize_t len;

	do
		len = recv(fd, &hello, sizeof(hello), 0);
	while (len < 0 && errno == EINTR);
	if (len == sizeof(hello) && hello.error == 0)
		return 0;
	waitpid(pid, NULL, 0);
	return len == sizeof(hello) ? -hello.error : -EIO;
}

/* Without the privilege to go beyond it, the system's limit has to do: then less waits in the queue. */
static void widen(int fd)
{
	int bytes = QUEUE_BYTES;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int warden_start(struct conf *conf, int *fd, pid_t *pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	widen(ends[0]);
	widen(ends[1]);
	*pid = fork();
	if (*pid == 0)
		live(conf, ends[1]);
	int err = *pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err == 0)
		err = await_hello(ends[0], *pid);
	if (err < 0)
		close(ends[0]);
	else
		*fd = ends[0];
	return err;
}
