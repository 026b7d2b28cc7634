/* courier - see courier.h
 *
 * The keeper's life: become little, fork the carrier, wait for its end, fork another. A carrier that ends with success has
 * seen the engine's end of the socket closed. Signals end neither: the engine's end does. */
#include "courier/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "courier/carry.h"
#include "courier/courier_confine.h"
#include "courier/talk.h"

#define ENGINE_FD 3
#define QUEUE_BYTES (4 << 20)	/* of the socket */
#define PAUSE_MS 200		/* before another is forked */

/* Nothing of the engine's stays open; stderr is kept for the log. */
static void keep_descriptors(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (fd != ENGINE_FD && dup2(fd, ENGINE_FD) < 0) || close_range(ENGINE_FD + 1, ~0U, 0) < 0) {
		log_error("the courier cannot close its descriptors: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
}

static bool ended_well(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

__attribute__((noreturn))
static void keep(const struct conf *conf, const struct passwords *passwords, int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	pid_t pid;

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "mailward-keeper");
	keep_descriptors(fd);
	const char *wrong = talk_prepare(&conf->fleet);
	if (wrong) {
		log_error("[fleet] tls_ca_file = %s: %s", conf->fleet.tls_ca_file, wrong);
		_exit(EXIT_SUCCESS);
	}
	if (courier_confine_keeper(conf) < 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_NAME, "mailward-courier");
			_exit(courier_confine_carrier(conf) < 0 || carry(conf, passwords, ENGINE_FD) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
		}
		if (pid > 0 && ended_well(pid))
			_exit(EXIT_SUCCESS);
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
	}
}

/* The first line of the file, without its end; false: logged. */
static bool read_password(const char *path, char password[PASSWORD_BYTES])
{
	FILE *file = path ? fopen(path, "re") : NULL;
	bool good = !path || (file && fgets(password, PASSWORD_BYTES, file));

	if (!good)
		log_error("password_file = %s: %s", path, file ? "it is empty" : strerror(errno));
	if (file)
		fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	return good;
}

bool courier_wanted(const struct conf *conf)
{
	bool wanted = conf->fleet.server_count > 0;

	for (size_t i = 0; i < conf->source_count; i++)
		wanted |= *conf->sources[i].redis.name;
	return wanted;
}

int courier_start(const struct conf *conf, int *fd)
{
	static struct passwords passwords;
	int ends[2], bytes = QUEUE_BYTES, err = 0;
	bool good = read_password(conf->fleet.password_file, passwords.fleet);

	for (size_t i = 0; i < conf->source_count; i++)
		good &= read_password(conf->sources[i].password_file, passwords.sources[i]);
	if (!good)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	pid_t pid = fork();
	if (pid == 0)
		keep(conf, &passwords, ends[1]);
	explicit_bzero(&passwords, sizeof(passwords));
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err < 0) {
		log_error("the courier cannot be started: %s", strerror(-err));
		close(ends[0]);
	} else {
		*fd = ends[0];
	}
	return err;
}
