/* control - see control.h
 *
 * Owns the socket, its file and the clients. A client is a small state machine on the daemon's loop: it reads one
 * line, gets one answer from memory, and is gone; a clock ends it if it stalls. Never parses a request beyond
 * "one line of printable ASCII". */
#include "service/control.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"

unsigned control_timeout_ms = 5000;

#define PARTS_TIMEOUTS 12	/* so many times as long may a client take for all parts together */

struct client {
	struct control *control;
	struct client *next;
	int fd;
	bool trusted;			/* root or our own user: may ask for anything */
	sd_event_source *io, *clock;
	char request[CONTROL_REQUEST_MAX + 1];
	size_t request_len;
	bool whole, later;		/* the request is there; and is answered when control_resume() says so */
	char *answer;			/* NULL while the request is being read, and while it waits */
	size_t answer_len, answer_sent;
	control_part_fn *part;		/* NULL: the answer is whole */
	void (*part_free)(void *state);
	void *part_state;
	uint64_t begun_usec;
};

struct control {
	sd_event *loop;
	sd_event_source *io;
	int fd;
	struct sockaddr_un address;
	dev_t device;			/* of the socket's file: only ours is removed */
	ino_t inode;
	control_answer_fn *answer;
	void *arg;
	struct client *clients;
	struct client *answering;	/* whose request is being answered now */
	unsigned client_count;
	bool accept_failed;		/* and was said; once until it works again */
};

/* ---- clients ---- */

static void client_free(struct client *client)
{
	struct control *control = client->control;
	struct client **at = &control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	/* one place is free again: accept who waits */
	if (control->client_count-- == CONTROL_CLIENTS_MAX && control->io)
		sd_event_source_set_enabled(control->io, SD_EVENT_ON);
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->clock);
	close(client->fd);
	if (client->part_free)
		client->part_free(client->part_state);
	free(client->answer);
	free(client);
}

static int on_clock(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	log_debug("control: a client was too slow and is gone");
	client_free(arg);
	return 0;
}

/* client_next - the next part of the answer; false: that was all */
static bool client_next(struct client *client)
{
	FILE *out;
	bool more;

	if (client->part == NULL)
		return false;
	free(client->answer);
	client->answer = NULL;
	client->answer_len = client->answer_sent = 0;
	out = open_memstream(&client->answer, &client->answer_len);
	if (out == NULL)
		return false;
	more = client->part(client->part_state, out);
	if (!more)
		client->part = NULL;
	return fclose(out) == 0;
}

/* client_renew - it has taken a part: it gets the same time for the next, unless it has been at it for long. false: not so */
static bool client_renew(struct client *client)
{
	uint64_t now_usec = 0;

	sd_event_now(client->control->loop, CLOCK_MONOTONIC, &now_usec);
	if (client->begun_usec == 0)
		client->begun_usec = now_usec;
	if (now_usec - client->begun_usec > PARTS_TIMEOUTS * control_timeout_ms * 1000ULL)
		return true;	/* what it had is what it gets */
	return sd_event_source_set_time_relative(client->clock, control_timeout_ms * 1000ULL) >= 0;
}

/* client_send - as much of the answer as the socket takes now; parts come one in a turn, and who takes them is not too slow */
static void client_send(struct client *client)
{
	while (client->answer_sent < client->answer_len) {
		ssize_t sent = send(client->fd, client->answer + client->answer_sent, client->answer_len - client->answer_sent, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			if (sd_event_source_set_io_events(client->io, EPOLLOUT) < 0)
				client_free(client);
			return;
		}
		if (sent < 0) {
			client_free(client);	/* it did not wait for the answer */
			return;
		}
		client->answer_sent += (size_t)sent;
	}
	if (!client_next(client) || sd_event_source_set_io_events(client->io, EPOLLOUT) < 0 || !client_renew(client))
		client_free(client);
}

/* what is wrong with a request before anybody reads its words; NULL: nothing */
static const char *request_fault(const char *request, size_t len)
{
	if (len == 0)
		return "the request is empty";
	for (size_t i = 0; i < len; i++)
		if (request[i] < 0x20 || request[i] > 0x7e)
			return "the request holds bytes that are no printable ASCII";
	return NULL;
}

/* Does the request begin with a word that changes nothing and tells nothing of who is at home where? */
static bool is_public(const char *request)
{
	static const char *const words[] = { "status", "list", "events", "metrics", "top" };
	size_t len = strcspn(request, " ");

	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == len && strncmp(request, words[i], len) == 0)
			return true;
	return false;
}

/* client_answer - the request is there: write the answer into memory, then begin to send it */
static void client_answer(struct client *client, const char *fault)
{
	char request[CONTROL_REQUEST_MAX + 1];	/* the answer takes it apart, and may want it again */
	FILE *out = open_memstream(&client->answer, &client->answer_len);

	if (out == NULL) {
		client_free(client);
		return;
	}
	client->whole = true;
	client->later = false;
	memcpy(request, client->request, client->request_len);
	request[client->request_len] = '\0';
	if (fault == NULL)
		fault = request_fault(request, client->request_len);
	if (fault == NULL && !client->trusted && !is_public(request))
		fault = "only root and the daemon's own user may ask that";
	if (fault) {
		fprintf(out, "error %s\n", fault);
	} else {
		client->control->answering = client;
		client->control->answer(client->control->arg, request, out);
		client->control->answering = NULL;
	}
	if (fclose(out) != 0) {
		client_free(client);
	} else if (client->later) {
		free(client->answer);
		client->answer = NULL;
		if (sd_event_source_set_io_events(client->io, 0) < 0)
			client_free(client);
	} else {
		client_send(client);
	}
}

/* client_whole - the request's line has ended, at that many bytes */
static void client_whole(struct client *client, size_t len, const char *fault)
{
	client->request_len = len;
	client_answer(client, fault);
}

/* client_receive - bytes up to the line's end; the end of the stream ends it too */
static void client_receive(struct client *client)
{
	size_t room = CONTROL_REQUEST_MAX - client->request_len;
	ssize_t got = recv(client->fd, client->request + client->request_len, room, 0);

	if (got < 0) {
		if (errno != EINTR && errno != EAGAIN)
			client_free(client);
		return;
	}
	const char *end = memchr(client->request + client->request_len, '\n', (size_t)got);
	client->request_len += (size_t)got;
	if (end)
		client_whole(client, (size_t)(end - client->request), NULL);
	else if (client->request_len == CONTROL_REQUEST_MAX)
		client_whole(client, 0, "the request is too long");
	else if (got == 0 && client->request_len == 0)
		client_free(client);	/* somebody asked only whether we live */
	else if (got == 0)
		client_whole(client, client->request_len, NULL);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct client *client = arg;

	(void)source;
	(void)fd;
	(void)events;	/* EPOLLHUP and EPOLLERR show in what recv and send return */
	if (client->answer)
		client_send(client);
	else if (client->whole)
		client_free(client);	/* it hung up while it waited */
	else
		client_receive(client);
	return 0;
}

/* Who is at the other end, by the kernel's word. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

/* client_new - takes fd over, also on failure */
static int client_new(struct control *control, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		return -ENOMEM;
	}
	client->control = control;
	client->fd = fd;
	client->trusted = is_trusted(fd);
	client->next = control->clients;
	control->clients = client;
	control->client_count++;
	int error = sd_event_add_io(control->loop, &client->io, fd, EPOLLIN, on_client, client);
	if (error >= 0)
		error = sd_event_add_time_relative(control->loop, &client->clock, CLOCK_MONOTONIC, control_timeout_ms * 1000ULL,
						   100000, on_clock, client);
	if (error < 0)
		client_free(client);
	return error;
}

static int on_connection(sd_event_source *source, int listening, uint32_t events, void *arg)
{
	struct control *control = arg;

	(void)source;
	(void)events;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED && !control->accept_failed) {
			log_warning("control: a client could not be accepted: %s", strerror(errno));
			control->accept_failed = true;
		}
		return 0;
	}
	control->accept_failed = false;
	int error = client_new(control, fd);
	if (error < 0)
		log_warning("control: a client could not be served: %s", strerror(-error));
	else if (control->client_count == CONTROL_CLIENTS_MAX)
		sd_event_source_set_enabled(control->io, SD_EVENT_OFF);	/* the others wait in the kernel's queue */
	return 0;
}

/* ---- the socket ---- */

/* folder_lock - held while we look whether the path is free and take it, so that of two daemons one wins. fd or -errno */
static int folder_lock(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)] = ".";

	if (slash)
		memcpy(folder, path, (size_t)(slash - path)), folder[slash - path] = '\0';
	if (slash == path)
		folder[0] = '/', folder[1] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	int error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* answers - 0: nobody does; -EADDRINUSE: a daemon; or another -errno */
static int answers(const struct sockaddr_un *address)
{
	/* non-blocking, for a live daemon's queue may be full: that is EAGAIN, and it lives */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (error == 0 || error == EAGAIN)
		return -EADDRINUSE;
	return error == ECONNREFUSED || error == ENOENT ? 0 : -error;
}

/* address_of - 0 or -ENAMETOOLONG */
static int address_of(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

bool control_answers(const char *path)
{
	struct sockaddr_un address;

	return address_of(path, &address) == 0 && answers(&address) == -EADDRINUSE;
}

/* stale_remove - a socket that nobody answers on goes away; anything else stays. 0 or -errno */
static int stale_remove(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int error = answers(address);
	if (error < 0)
		return error;
	return unlink(address->sun_path) == 0 ? 0 : -errno;
}

/* A group of our own name is there for those who may look: the file's mode is how they get in. */
static mode_t mode_of_socket(void)
{
	const struct group *group = getgrgid(getegid());

	return group && strcmp(group->gr_name, "mailward") == 0 ? 0660 : 0600;
}

static int socket_listen(struct control *control)
{
	struct stat st;

	int error = stale_remove(&control->address);
	if (error < 0)
		return error;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* the mode that the file is created with, whatever the umask: at no moment may anybody else connect */
	if (control->fd < 0 || fchmod(control->fd, 0600) < 0 ||
	    bind(control->fd, (struct sockaddr *)&control->address, sizeof(control->address)) < 0)
		return -errno;
	/* Then it is opened to the group: what the umask forbids, no mode at its creation gives. */
	if (mode_of_socket() != 0600 && chmod(control->address.sun_path, mode_of_socket()) < 0)
		return -errno;
	if (stat(control->address.sun_path, &st) < 0)
		return -errno;
	control->device = st.st_dev;
	control->inode = st.st_ino;
	return listen(control->fd, SOMAXCONN) == 0 ? 0 : -errno;
}

static int held = -1;	/* by control_hold(), for the control_open() that follows; or -errno */

/* The folder may be ours to make, later: then the one it will be in does as well. */
void control_hold(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *slash = strrchr(path, '/');

	if (held < 0)
		held = folder_lock(path);
	if (held != -ENOENT || !slash || (size_t)(slash - path) >= sizeof(folder))
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	held = folder_lock(folder);
}

int control_open(struct control **result, sd_event *loop, const char *path, control_answer_fn *answer, void *arg)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return -ENOMEM;
	*control = (struct control){ .loop = sd_event_ref(loop), .fd = -1, .answer = answer, .arg = arg };
	int lock = held, error = address_of(path, &control->address);
	held = -1;
	if (error == 0 && lock < 0)
		lock = error = folder_lock(path);
	if (error == -ENOENT)
		log_warning("control: the folder of %s does not exist", path);
	if (error >= 0)
		error = socket_listen(control);
	if (error >= 0)
		error = sd_event_add_io(loop, &control->io, control->fd, EPOLLIN, on_connection, control);
	if (error >= 0)	/* out of descriptors the queue stays readable: that must not become a busy loop */
		error = sd_event_source_set_ratelimit(control->io, 100000, 100);
	if (lock >= 0)
		close(lock);
	if (error < 0) {
		control_close(control);
		return error;
	}
	*result = control;
	return 0;
}

int control_keep(const struct control *control)
{
	int fd = control && control->answering ? fcntl(control->answering->fd, F_DUPFD_CLOEXEC, 0) : -1;

	return fd >= 0 ? fd : control && control->answering ? -errno : -ENOTSUP;
}

bool control_parts(const struct control *control, control_part_fn *part, void (*free_it)(void *state), void *state)
{
	struct client *client = control ? control->answering : NULL;

	if (client == NULL || client->later)
		return false;
	client->part = part;
	client->part_free = free_it;
	client->part_state = state;
	return true;
}

bool control_later(const struct control *control)
{
	if (!control || !control->answering)
		return false;
	control->answering->later = true;
	return true;
}

void control_resume(struct control *control)
{
	/* An answer may end its client, and no other: the next one is known before. */
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		if (!client->later)
			continue;
		if (sd_event_source_set_io_events(client->io, EPOLLIN) < 0)
			client_free(client);
		else
			client_answer(client, NULL);
	}
}

void control_close(struct control *control)
{
	struct stat st;

	if (control == NULL)
		return;
	while (control->clients)
		client_free(control->clients);
	sd_event_source_disable_unref(control->io);
	if (control->inode && lstat(control->address.sun_path, &st) == 0 && st.st_dev == control->device && st.st_ino == control->inode)
		unlink(control->address.sun_path);
	if (control->fd >= 0)
		close(control->fd);
	sd_event_unref(control->loop);
	free(control);
}
