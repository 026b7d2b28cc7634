/* metrics_serve - see metrics_serve.h
 *
 * A client is a buffer that takes a request in and sends an answer out; its time limit ends it. */
#include "cli/metrics_serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"

struct client {
	int fd;				/* -1: a free place */
	int64_t end_s;
	char request[METRICS_REQUEST_MAX];
	size_t request_len;
	char *answer;			/* NULL: the request is not whole yet */
	size_t len, sent;
};

struct server {
	int listening, signals;
	metrics_write_fn *write;
	void *arg;
	struct client clients[METRICS_CLIENTS_MAX];
};

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- the address ---- */

static bool read_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* A socket that listens there, or -errno. */
static int listen_at(const char *where)
{
	const char *colon = strrchr(where, ':');
	struct text host = { where, colon ? (size_t)(colon - where) : 0 };
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	struct addr addr;
	uint16_t port;
	int on = 1, off = 0;

	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		host = (struct text){ host.at + 1, host.len - 2 };
	if (!colon || !read_port(colon + 1, &port) || !addr_parse(host, &addr))
		return -EINVAL;
	/* An IPv4 address is an IPv6 one here; where the kernel has no IPv6, it is asked for the old kind. */
	struct sockaddr_in old = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool v4 = addr_is_v4(&addr);
	address.sin6_port = htons(port);
	memcpy(&address.sin6_addr, addr.bytes, sizeof(addr.bytes));
	memcpy(&old.sin_addr, addr.bytes + 12, sizeof(old.sin_addr));
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, v4 ? (struct sockaddr *)&old : (struct sockaddr *)&address, v4 ? sizeof(old) : sizeof(address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* ---- clients ---- */

static void client_end(struct client *client)
{
	close(client->fd);
	free(client->answer);
	*client = (struct client){ .fd = -1 };
}

static bool asks_for(const struct client *client, const char *what)
{
	return strncmp(client->request, what, strlen(what)) == 0;
}

/* The answer as a whole: its length has to be known. */
static void client_answer(const struct server *server, struct client *client)
{
	const char *status = "200 OK", *type = "text/plain; version=0.0.4; charset=utf-8";
	bool get = asks_for(client, "GET /metrics "), head = asks_for(client, "HEAD /metrics ");
	char *body = NULL;
	size_t body_len = 0;
	FILE *out = open_memstream(&body, &body_len);

	if (!out) {
		client_end(client);
		return;
	}
	if (get || head) {
		server->write(server->arg, out);
	} else if (asks_for(client, "GET ") || asks_for(client, "HEAD ")) {
		status = "404 Not Found";
		fputs("There is /metrics, and nothing else.\n", out);
	} else {
		status = "405 Method Not Allowed";
		fputs("GET /metrics would be right.\n", out);
	}
	if (fclose(out) != 0 || (out = open_memstream(&client->answer, &client->len)) == NULL) {
		free(body);
		client_end(client);
		return;
	}
	fprintf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n", status, type,
		body_len);
	if (!asks_for(client, "HEAD "))
		fwrite(body, 1, body_len, out);
	free(body);
	if (fclose(out) != 0)
		client_end(client);
}

static void client_send(struct client *client)
{
	ssize_t sent = send(client->fd, client->answer + client->sent, client->len - client->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->sent += sent > 0 ? (size_t)sent : 0;
	if (sent < 0 || client->sent == client->len) {
		shutdown(client->fd, SHUT_WR);
		client_end(client);
	}
}

/* A request ends with an empty line; what it says besides its first does not matter. */
static void client_receive(const struct server *server, struct client *client)
{
	size_t room = sizeof(client->request) - 1 - client->request_len;
	ssize_t got = recv(client->fd, client->request + client->request_len, room, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		client_end(client);
		return;
	}
	client->request_len += (size_t)got;
	client->request[client->request_len] = '\0';
	if (memmem(client->request, client->request_len, "\r\n\r\n", 4) || memmem(client->request, client->request_len, "\n\n", 2))
		client_answer(server, client);
	else if (client->request_len == sizeof(client->request) - 1)
		client_end(client);
}

static void serve_client(const struct server *server, struct client *client, short revents)
{
	if (revents && client->answer)
		client_send(client);
	else if (revents)
		client_receive(server, client);
	if (client->fd >= 0 && now_s() >= client->end_s)
		client_end(client);
}

static void accept_client(struct server *server)
{
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client->fd >= 0)
			continue;
		client->fd = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		client->end_s = now_s() + METRICS_CLIENT_S;
		return;
	}
}

/* ---- the loop ---- */

/* Who finds no place waits in the kernel's queue. */
static void turn(struct server *server)
{
	struct pollfd pollfds[METRICS_CLIENTS_MAX + 2] = { { .fd = server->signals, .events = POLLIN } };
	int busy = 0;

	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
		const struct client *client = &server->clients[i];

		pollfds[i + 2] = (struct pollfd){ .fd = client->fd, .events = client->answer ? POLLOUT : POLLIN };
		busy += client->fd >= 0;
	}
	pollfds[1] = (struct pollfd){ .fd = busy < METRICS_CLIENTS_MAX ? server->listening : -1, .events = POLLIN };
	if (poll(pollfds, METRICS_CLIENTS_MAX + 2, busy ? 1000 : -1) < 0)
		return;
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++)
		if (server->clients[i].fd >= 0)
			serve_client(server, &server->clients[i], pollfds[i + 2].revents);
	if (pollfds[1].revents)
		accept_client(server);
}

static bool is_told_to_end(const struct server *server)
{
	struct signalfd_siginfo info;

	return read(server->signals, &info, sizeof(info)) > 0;
}

int metrics_serve(const char *where, metrics_write_fn *write, void *arg)
{
	struct server *server = calloc(1, sizeof(*server));
	sigset_t set;
	int err;

	if (!server)
		return -ENOMEM;
	server->write = write;
	server->arg = arg;
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++)
		server->clients[i].fd = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	err = server->listening = server->signals < 0 ? -errno : listen_at(where);
	if (err >= 0)
		log_notice("metrics: listening on %s", where);
	while (err >= 0 && !is_told_to_end(server))
		turn(server);
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++)
		if (server->clients[i].fd >= 0)
			client_end(&server->clients[i]);
	if (server->listening >= 0)
		close(server->listening);
	if (server->signals >= 0)
		close(server->signals);
	free(server);
	return err < 0 ? err : 0;
}
