/* warden - see warden.h
 *
 * Its life: become little (few descriptors, no user, one capability), set the table up, say so, then take requests
 * until the engine's end of the socket is closed. Signals do not end it: what the engine has sent is carried out first. */
#include "warden/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wire.h"
#include "warden/nft.h"
#include "warden/privilege.h"
#include "warden/sockets.h"
#include "warden/events.h"

#define ENGINE_FD 3		/* the only descriptor besides 0, 1 and 2 that survives the fork */
#define AT_ONCE 1024		/* requests taken in one go: what waits becomes one batch */
#define QUEUE_BYTES (4 << 20)	/* of the socket: a few thousand requests */
#define IPV4_LEN_MIN (96 + 16)
#define IPV6_LEN_MIN 32

static struct warden {
	const struct conf *conf;
	const char *conf_path;		/* as at the start */
	struct conf *reloaded;		/* conf, if it is no longer the engine's */
	struct nft *nft;
	struct sockets sockets;
	int events;			/* -1: the table is ours alone */
	/* one slot more than a message may have, so that a longer one shows */
	struct packet {
		struct wire_request request;
		char excess;
	} packets[AT_ONCE];
	struct wire_request requests[AT_ONCE];
	struct wire_reply replies[AT_ONCE];
	int errors[AT_ONCE];
	struct iovec iov_in[AT_ONCE], iov_out[AT_ONCE];
	struct mmsghdr in[AT_ONCE], out[AT_ONCE];
} warden;

static void lay_out(void)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		warden.iov_in[i] = (struct iovec){ &warden.packets[i], sizeof(warden.packets[i]) };
		warden.in[i].msg_hdr = (struct msghdr){ .msg_iov = &warden.iov_in[i], .msg_iovlen = 1 };
		warden.iov_out[i] = (struct iovec){ &warden.replies[i], sizeof(warden.replies[i]) };
		warden.out[i].msg_hdr = (struct msghdr){ .msg_iov = &warden.iov_out[i], .msg_iovlen = 1 };
	}
}

static void refuse(const struct wire_request *request, const char *why)
{
	char text[PREFIX_FMT_SIZE];
	log_error("cannot ban %s: %s", prefix_fmt(text, sizeof(text), &request->prefix), why);
}

/* what no engine in its right mind asks for; 0 or an errno */
static int judge(const struct wire_request *request)
{
	if (request->op != WIRE_DROP)
		return 0;
	if (request->prefix.len < (addr_is_v4(&request->prefix.addr) ? IPV4_LEN_MIN : IPV6_LEN_MIN)) {
		refuse(request, "wider than IPv4 /16 or IPv6 /32");
		return EINVAL;
	}
	if (ranges_touch(&warden.conf->allow, &request->prefix)) {
		refuse(request, "an allowed address is in it");
		return EPERM;
	}
	return 0;
}

/* take all requests that are there; 0: the engine is gone */
static size_t take_requests(void)
{
	int count;

	/* ECONNRESET comes once, when the engine has gone without reading its replies, and before the requests it left */
	do
		count = recvmmsg(ENGINE_FD, warden.in, AT_ONCE, MSG_WAITFORONE, NULL);
	while (count < 0 && (errno == EINTR || errno == ECONNRESET));
	if (count < 0) {
		log_error("the warden cannot read its socket: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
	for (int i = 0; i < count; i++) {
		if (warden.in[i].msg_len == 0)	/* end of file, after what came before it */
			return (size_t)i;
		if (warden.in[i].msg_len != sizeof(struct wire_request) || !wire_request_valid(&warden.packets[i].request)) {
			log_error("the warden was sent nonsense and ends");
			_exit(EXIT_FAILURE);
		}
	}
	return (size_t)count;
}

/* an engine that has gone needs no answer, but what it asked for is still carried out */
static void send_replies(size_t count)
{
	for (size_t sent = 0; sent < count;) {
		int n = sendmmsg(ENGINE_FD, warden.out + sent, (unsigned)(count - sent), MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return;
		sent += n > 0 ? (size_t)n : 0;
	}
}

static int set_up(const struct conf *conf)
{
	const char *what = "";
	int err = nft_setup(warden.nft, conf, &what);

	if (err < 0) {
		const char *said = nft_kernel_text(warden.nft);
		log_error("cannot set up nftables: %s: %s%s%s%s", what, strerror(-err), *said ? " (kernel: " : "", said, *said ? ")" : "");
	}
	return err;
}

/* the table as the config is now, and empty; with a bad config, or a kernel that refuses, nothing changes */
static int reload(void)
{
	struct problems problems = { .out = stderr };
	struct conf *conf = calloc(1, sizeof(*conf));
	int err = -EINVAL;

	if (!conf)
		return ENOMEM;
	if (conf_load(conf, warden.conf_path, &problems))
		err = set_up(conf);
	struct conf *old = err == 0 ? warden.reloaded : conf;
	if (err == 0)
		warden.conf = warden.reloaded = conf;
	if (old)
		conf_fini(old);
	free(old);
	return -err;
}

static void tell_rebuilt(void)
{
	const struct wire_reply reply = { .seq = WIRE_SEQ_REBUILT };
	send(ENGINE_FD, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* requests that need no more than elements */
static void apply(size_t begin, size_t end)
{
	size_t willing = 0;

	for (size_t i = begin; i < end; i++) {
		const struct wire_request *request = &warden.packets[i].request;
		warden.replies[i] = (struct wire_reply){ request->seq, judge(request) };
		if (warden.replies[i].error == 0)
			warden.requests[willing++] = *request;
	}
	nft_apply(warden.nft, warden.requests, willing, warden.errors);
	for (size_t i = 0; i < willing; i++)
		if (warden.requests[i].cut && warden.errors[i] == 0)
			sockets_mark(&warden.sockets, &warden.requests[i].prefix);
	for (size_t i = begin, j = 0; i < end; i++)
		if (warden.replies[i].error == 0)
			warden.replies[i].error = warden.errors[j++];
}

static void serve_requests(size_t count)
{
	bool rebuilt = false;

	for (size_t i = 0, begin = 0; i <= count; i++) {
		if (i < count && warden.packets[i].request.op != WIRE_RELOAD)
			continue;
		apply(begin, i);
		begin = i + 1;
		if (i == count)
			break;
		warden.replies[i] = (struct wire_reply){ warden.packets[i].request.seq, reload() };
		rebuilt |= warden.replies[i].error == 0;
	}
	send_replies(count);
	if (rebuilt)
		tell_rebuilt();
}

/* somebody changed nftables: if it was our part, it is built anew, and the engine says what belongs into it */
static void check_table(void)
{
	if (!events_foreign(warden.events, nft_portid(warden.nft)) || nft_intact(warden.nft))
		return;
	log_warning("somebody changed the table inet mailward: building it anew");
	if (set_up(warden.conf) < 0)
		_exit(EXIT_FAILURE);
	tell_rebuilt();
}

/* Requests come first; connections are cut when none is waiting, or too many of them are. */
static void serve(void)
{
	struct pollfd fds[] = { { .fd = ENGINE_FD, .events = POLLIN }, { .fd = warden.events, .events = POLLIN } };
	size_t count;

	for (;;) {
		const bool idle = sockets_marked(&warden.sockets) == 0;
		int ready = poll(fds, 2, idle ? -1 : 0);
		if (ready < 0 && errno != EINTR)
			return;
		if (ready > 0 && fds[1].revents)
			check_table();
		if (ready > 0 && fds[0].revents) {
			if ((count = take_requests()) == 0)
				return;
			serve_requests(count);
		}
		if (ready == 0 || sockets_marked(&warden.sockets) >= SOCKETS_MARKED_MAX) {
			size_t cut = sockets_cut(&warden.sockets, warden.conf);
			if (cut > 0)
				log_debug("%zu live connections of banned addresses cut", cut);
		}
	}
}

/* nothing of the engine's stays open; stderr is kept for the log */
static void keep_descriptors(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (fd != ENGINE_FD && dup2(fd, ENGINE_FD) < 0) || close_range(ENGINE_FD + 1, ~0U, 0) < 0) {
		log_error("the warden cannot close its descriptors: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
}

/* the descriptor, or -1 where nobody can change the table but us, or without which we go on */
static int open_events(void)
{
	if (nft_owned(warden.nft))
		return -1;
	int fd = events_open();
	if (fd < 0)
		log_warning("changes that others make to the table will go unnoticed: %s", strerror(-fd));
	return fd < 0 ? -1 : fd;
}

__attribute__((noreturn))
static void live(const struct conf *conf, int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "mailward-warden");
	keep_descriptors(fd);
	int err = privilege_drop();
	warden.conf = conf;
	warden.conf_path = conf->path;
	lay_out();
	if (err == 0 && (err = nft_open(&warden.nft)) < 0)
		log_error("cannot set up nftables: no netlink socket: %s", strerror(-err));
	if (err == 0)
		err = set_up(conf);
	if (err == 0) {
		warden.events = open_events();
		sockets_open(&warden.sockets);
	}
	warden.replies[0].error = -err;
	send_replies(1);
	if (err == 0) {
		serve();
		sockets_cut(&warden.sockets, warden.conf);
	}
	nft_close(warden.nft);
	_exit(err == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* the first reply of all: the table stands, or it does not */
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

/* without the privilege to go beyond it, the system's limit has to do: then less waits in the queue */
static void widen(int fd)
{
	int bytes = QUEUE_BYTES;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int warden_start(const struct conf *conf, int *fd, pid_t *pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	widen(ends[0]);
	widen(ends[1]);
	*pid = fork();
	if (*pid < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (*pid == 0)
		live(conf, ends[1]);
	close(ends[1]);
	int err = await_hello(ends[0], *pid);
	if (err < 0)
		close(ends[0]);
	else
		*fd = ends[0];
	return err;
}
