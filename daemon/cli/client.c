/* client - see client.h
 *
 * Trusts the daemon with the words of its answer, not with its bytes: what a terminal could obey is escaped again. */
#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/conf.h"
#include "service/control.h"

#define ANSWER_TIMEOUT_S 10

/* A socket to the daemon, or -errno. */
static int connected(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* The request out. A daemon that has enough of us answers and closes early: then there is still something to read. */
static int send_request(int fd, const char *request)
{
	char line[CONTROL_REQUEST_MAX + 1];
	int line_len = snprintf(line, sizeof(line), "%s\n", request);

	if (send(fd, line, (size_t)line_len, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return -errno;
	return 0;
}

/* The whole answer in: it is all read before anything is printed, so that a pager that nobody scrolls does not keep the
 * daemon waiting. 0 or -errno. */
static int receive_answer(int fd, char **answer, size_t *len)
{
	char chunk[65536];
	ssize_t got;

	FILE *all = open_memstream(answer, len);
	if (!all)
		return -ENOMEM;
	while ((got = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		fwrite(chunk, 1, (size_t)got, all);
	int err = got < 0 && errno != ECONNRESET ? -errno : 0;
	if (fclose(all) != 0)
		err = -ENOMEM;
	return err;
}

void client_print(FILE *out, struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '\n' || (c >= 0x20 && c <= 0x7e))
			putc_unlocked(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

/* "ok" and the lines; "amiss" or "critical" and the same, but what they tell is not as it should be; or "error TEXT" and perhaps lines
 * that say more. */
int client_said(const char *path, struct text answer)
{
	const char *end = answer.len ? memchr(answer.at, '\n', answer.len) : NULL;
	struct text first = { answer.at, end ? (size_t)(end - answer.at) : 0 };

	bool amiss = text_equal(first, TEXT("amiss")), critical = text_equal(first, TEXT("critical"));
	if (amiss || critical || text_equal(first, TEXT("ok"))) {
		client_print(stdout, (struct text){ end + 1, answer.len - first.len - 1 });
		return critical ? CLIENT_CRITICAL : amiss ? EXIT_INPUT : EXIT_DONE;
	}
	if (text_starts(first, TEXT("error "))) {
		fputs("mailward: ", stderr);
		client_print(stderr, (struct text){ answer.at + 6, answer.len - 6 });
		return EXIT_INPUT;
	}
	fprintf(stderr, "mailward: no answer from the daemon on %s\n", path);
	return EXIT_NO_DAEMON;
}

/* Say why there is no conversation. */
static int refused(const char *path, int err)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(stderr, "mailward: no daemon answers on %s\n", path);
		return EXIT_NO_DAEMON;
	case -EAGAIN:
		fprintf(stderr, "mailward: the daemon on %s does not answer within %d seconds\n", path, ANSWER_TIMEOUT_S);
		return EXIT_NO_DAEMON;
	default:
		fprintf(stderr, "mailward: cannot ask the daemon on %s: %s%s\n", path, strerror(-err),
			err == -EACCES ? " (root or the daemon's own user may)" : "");
		return EXIT_INPUT;
	}
}

/* The faults of a config that nobody answers for. */
static bool conf_fit(const char *conf_path)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	bool fit = conf_load(&conf, conf_path, &problems);

	conf_fini(&conf);
	return fit;
}

int client_exchange(const char *path, const char *request, char **answer, size_t *len)
{
	int fd = connected(path), err = fd;

	if (fd >= 0) {
		err = send_request(fd, request);
		if (err == 0)
			err = receive_answer(fd, answer, len);
		close(fd);
	}
	return err;
}

/* A config that is being mended must not part the postmaster from the daemon, which runs on with the old one: its
 * faults matter only if nobody answers. */
int client_begin(const struct cli *cli, const char *request, char **path)
{
	const char *conf_path = cli_given(cli, "config");
	struct problems quiet = { 0 };
	struct conf conf;
	int fd = -ENOENT, err = 0;

	conf_load(&conf, conf_path, &quiet);
	if (conf.socket && (!conf_path || access(conf_path, R_OK) == 0))
		fd = connected(conf.socket);
	if (fd >= 0)
		err = send_request(fd, request);
	if (err < 0) {
		close(fd);
		fd = err;
	}
	*path = conf.socket ? strdup(conf.socket) : NULL;
	conf_fini(&conf);
	return fd;
}

int client_refused(const struct cli *cli, const char *path, int err)
{
	return conf_fit(cli_given(cli, "config")) && path ? refused(path, err) : EXIT_INPUT;
}

int client_receive(const struct cli *cli, const char *request, char **path, char **answer, size_t *len)
{
	int fd = client_begin(cli, request, path), err = fd;

	if (fd >= 0) {
		err = receive_answer(fd, answer, len);
		close(fd);
	}
	return err;
}

int client_ask(const struct cli *cli, const char *request)
{
	char *answer = NULL, *path = NULL;
	size_t len = 0;
	int status, err;

	if (strlen(request) >= CONTROL_REQUEST_MAX)
		return cli_refuse(cli, "a request of %zu bytes is too long, at most %d would be right", strlen(request),
				  CONTROL_REQUEST_MAX - 1);
	err = client_receive(cli, request, &path, &answer, &len);
	status = err >= 0 ? client_said(path, (struct text){ answer, len }) : client_refused(cli, path, err);
	free(answer);
	free(path);
	return status;
}

int client_show(const struct cli *cli)
{
	char request[32];

	snprintf(request, sizeof(request), "%s%s", cli->command->name, cli_given(cli, "json") ? " json" : "");
	return client_ask(cli, request);
}

bool client_prefixes(const struct cli *cli)
{
	char text[PREFIX_FMT_SIZE];

	if (cli->count == 0)
		cli_refuse(cli, "which address?");
	for (int i = 0; i < cli->count; i++)
		if (!client_prefix(cli, i, text))
			return false;
	return cli->count > 0;
}

bool client_prefix(const struct cli *cli, int operand, char *text)
{
	const char *arg = cli->operands[operand], *wrong;
	struct prefix prefix;

	wrong = prefix_parse(text_of(arg), true, &prefix);
	if (!wrong)
		prefix_fmt(text, PREFIX_FMT_SIZE, &prefix);
	else if (!prefix_parse(text_of(arg), false, &prefix))
		cli_refuse(cli, "'%s' %s; %s would be right", arg, wrong, prefix_fmt(text, PREFIX_FMT_SIZE, &prefix));
	else
		cli_refuse(cli, "'%s' %s; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64 would be right", arg, wrong);
	return !wrong;
}
