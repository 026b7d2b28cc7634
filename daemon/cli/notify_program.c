/* notify_program - see notify_program.h; the one place that starts a program
 *
 * The batch is a file in memory that the program reads: nobody has to write to a program that does not read. */
#include "cli/notify_program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 64
#define CANNOT_EXECUTE 127

/* The batch, to be read from its beginning; or -errno. */
static int memory_of(struct text input)
{
	int fd = memfd_create("mailward-batch", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < input.len;) {
		ssize_t put = write(fd, input.at + at, input.len - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			int err = -errno;
			close(fd);
			return err;
		}
		at += (size_t)put;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* What becomes of the child: nothing here may allocate or print by stdio. */
__attribute__((noreturn)) static void become(char *const *words, int input, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    dup2(input, STDIN_FILENO) >= 0 && syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		execv(words[0], words);
	_exit(CANNOT_EXECUTE);
}

int notify_program_start(struct notify_program *program, const char *command, struct text input)
{
	char *words[WORDS_MAX + 1], *copy = strdup(command), *rest = copy;
	pid_t parent = getpid();
	size_t count = 0;
	int err, fd;

	*program = (struct notify_program){ .pidfd = -1 };
	if (!copy)
		return -ENOMEM;
	for (char *word; (word = strsep(&rest, " ")) != NULL && count < WORDS_MAX;)
		words[count++] = word;
	words[count] = NULL;
	err = fd = rest ? -E2BIG : memory_of(input);
	if (fd >= 0) {
		program->pid = fork();
		if (program->pid == 0)
			become(words, fd, parent);
		err = program->pid < 0 ? -errno : 0;
		close(fd);
	}
	free(copy);
	if (err < 0) {
		program->pid = 0;
		return err;
	}
	setpgid(program->pid, program->pid);	/* whichever of us comes first */
	program->pidfd = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->pidfd < 0) {
		err = -errno;
		notify_program_kill(program);
		waitpid(program->pid, NULL, 0);
		program->pid = 0;
	}
	return err;
}

void notify_program_kill(const struct notify_program *program)
{
	if (program->pid > 0)
		kill(-program->pid, SIGKILL);
}

bool notify_program_end(struct notify_program *program, char *why, size_t size)
{
	siginfo_t info = { .si_code = 0 };

	/* Its number stays its own until it is waited for: so nobody else's group is meant. */
	while (waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	notify_program_kill(program);
	waitpid(program->pid, NULL, 0);
	close(program->pidfd);
	*program = (struct notify_program){ .pidfd = -1 };
	if (info.si_code == CLD_EXITED && info.si_status == CANNOT_EXECUTE)
		snprintf(why, size, "it cannot be executed, or says so (status %d)", CANNOT_EXECUTE);
	else if (info.si_code == CLD_EXITED)
		snprintf(why, size, "status %d", info.si_status);
	else
		snprintf(why, size, "killed by signal %d", info.si_status);
	return info.si_code == CLD_EXITED && info.si_status == 0;
}
