/* report_mail - see report_mail.h. Starts one program, by its arguments: no shell sees a word of it. */
#include "cli/report_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS_MAX 320
#define BASE64_LINE 57		/* bytes: 76 columns */

extern char **environ;

bool mail_address_good(const char *address)
{
	size_t len = strlen(address);

	if (len == 0 || len > ADDRESS_MAX || *address == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (address[i] <= ' ' || address[i] > '~' || strchr("\"(),:;<>[\\]|", address[i]))
			return false;
	return true;
}

/* Lines short enough for any server, and nothing in it that one could take for its own end. */
static void base64(FILE *out, const char *at, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)at;

	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		unsigned bits = (unsigned)p[i] << 16 | (have > 1 ? (unsigned)p[i + 1] << 8 : 0) | (have > 2 ? p[i + 2] : 0);

		fputc(digits[bits >> 18 & 63], out);
		fputc(digits[bits >> 12 & 63], out);
		fputc(have > 1 ? digits[bits >> 6 & 63] : '=', out);
		fputc(have > 2 ? digits[bits & 63] : '=', out);
		if ((i + 3) % BASE64_LINE == 0 || i + 3 >= len)
			fputc('\n', out);
	}
}

static void part(FILE *out, const char *type, const char *at, size_t len)
{
	fprintf(out, "--=_mailward\nContent-Type: %s; charset=utf-8\nContent-Transfer-Encoding: base64\n\n", type);
	base64(out, at, len);
}

void mail_write(FILE *out, const char *to, const char *subject, const char *text, size_t text_len, const char *page, size_t page_len)
{
	time_t now = time(NULL);
	char date[64] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &tm);
	fprintf(out, "Subject: %s\nTo: %s\nDate: %s\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		"Content-Type: multipart/alternative; boundary=\"=_mailward\"\n\n", subject, to, date);
	part(out, "text/plain", text, text_len);
	part(out, "text/html", page, page_len);
	fputs("--=_mailward--\n", out);
}

/* What a program that ended says: its status, or that of a shell for one that was killed. */
static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int start(const char *program, const char *to, int input, pid_t *pid)
{
	const char *argv[] = { "sendmail", "-i", "--", to, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t pipes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error) {
		posix_spawn_file_actions_destroy(&actions);
		return -error;
	}
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);	/* is ignored by us alone */
	posix_spawnattr_setsigdefault(&attributes, &pipes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (error == 0)
		error = posix_spawn(pid, program, &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

int mail_send(const char *program, const char *to, const char *message, size_t len)
{
	void (*pipes)(int) = signal(SIGPIPE, SIG_IGN);	/* it may end before it has read all */
	int ends[2], status = 0, err = 0;
	size_t sent = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	err = start(program, to, ends[0], &pid);
	close(ends[0]);
	while (err == 0 && sent < len) {
		ssize_t n = write(ends[1], message + sent, len - sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	close(ends[1]);
	if (err == 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		err = status_of(status);
		if (err == 0 && sent < len)
			err = -EPIPE;
	}
	signal(SIGPIPE, pipes);
	return err;
}
