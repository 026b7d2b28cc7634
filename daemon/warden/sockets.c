/* sockets - see sockets.h
 *
 * sock_diag(7): the kernel filters by state and by our port, we by the other side's address. IPv4 connections to a
 * socket that listens on both families appear among the IPv6 ones as ::ffff:a.b.c.d, which is how an address is
 * written here anyway. */
#include "warden/sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "base/log.h"

#define STATES (1U << TCP_ESTABLISHED | 1U << TCP_SYN_RECV | 1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 | \
	1U << TCP_CLOSE_WAIT | 1U << TCP_LAST_ACK | 1U << TCP_CLOSING)
#define PORT_TEST_OPS 3

/* Connections found, to be cut when the walk is over. */
struct found {
	const struct ranges *wanted;	/* of whom */
	struct inet_diag_req_v2 *at;
	size_t count, room;
};

static void give_up(struct sockets *sockets, int err)
{
	log_warning("live connections of banned addresses cannot be cut: %s", strerror(-err));
	sockets_close(sockets);
}

void sockets_open(struct sockets *sockets)
{
	*sockets = (struct sockets){ .socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC) };
	if (!sockets->socket || mnl_socket_bind(sockets->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		give_up(sockets, -errno);
}

void sockets_close(struct sockets *sockets)
{
	if (sockets->socket)
		mnl_socket_close(sockets->socket);
	for (unsigned i = 0; i <= CONF_SERVICES_MAX; i++)
		ranges_fini(&sockets->marked[i]);
	*sockets = (struct sockets){ 0 };
}

void sockets_mark(struct sockets *sockets, const struct prefix *prefix, unsigned service)
{
	if (sockets->socket && ranges_add(&sockets->marked[service], prefix) < 0)
		log_warning("out of memory: the connections of a banned address are not cut");
}

/* "Our port is one of these": for each port, equal jumps to acceptance, else on to the next; past the end is refusal. */
static void put_port_filter(struct nlmsghdr *message, const uint16_t *ports, size_t count)
{
	struct inet_diag_bc_op ops[CONF_PORTS_MAX * PORT_TEST_OPS];
	size_t bytes = count * PORT_TEST_OPS * sizeof(*ops);

	for (size_t i = 0; i < count; i++) {
		struct inet_diag_bc_op *op = &ops[i * PORT_TEST_OPS];
		size_t left = bytes - i * PORT_TEST_OPS * sizeof(*ops);
		bool last = i + 1 == count;
		op[0] = (struct inet_diag_bc_op){ INET_DIAG_BC_S_EQ, 2 * sizeof(*op), last ? 4 * sizeof(*op) : 3 * sizeof(*op) };
		op[1] = (struct inet_diag_bc_op){ .no = ports[i] };
		op[2] = (struct inet_diag_bc_op){ INET_DIAG_BC_JMP, sizeof(*op), (uint16_t)(left - 2 * sizeof(*op)) };
	}
	mnl_attr_put(message, INET_DIAG_REQ_BYTECODE, bytes, ops);
}

/* Remember a connection if a marked address is at its other end. */
static int consider(const struct inet_diag_msg *socket, struct found *found)
{
	struct addr other = { { [10] = 0xff, [11] = 0xff } };

	if (socket->idiag_family == AF_INET)
		memcpy(other.bytes + 12, socket->id.idiag_dst, 4);
	else
		memcpy(other.bytes, socket->id.idiag_dst, 16);
	if (!ranges_contain(found->wanted, &other))
		return 0;
	if (found->count == found->room) {
		size_t room = found->room ? 2 * found->room : 64;
		struct inet_diag_req_v2 *at = reallocarray(found->at, room, sizeof(*at));
		if (!at)
			return -ENOMEM;
		found->at = at;
		found->room = room;
	}
	found->at[found->count++] = (struct inet_diag_req_v2){ .sdiag_family = socket->idiag_family, .sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1U << socket->idiag_state, .id = socket->id };
	return 0;
}

/* Read the answers to one request; 0 or -errno. found: NULL when no sockets are expected. */
static int read_answers(struct sockets *sockets, struct found *found)
{
	_Alignas(struct nlmsghdr) static char data[32768];

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(sockets->socket, data, sizeof(data));
		if (got < 0 && errno != EINTR)
			return -errno;
		int len = (int)got;
		for (const struct nlmsghdr *answer = (void *)data; mnl_nlmsg_ok(answer, len); answer = mnl_nlmsg_next(answer, &len)) {
			const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(answer);
			if (answer->nlmsg_seq != sockets->seq)
				continue;
			if (answer->nlmsg_type == NLMSG_DONE)
				return 0;
			if (answer->nlmsg_type == NLMSG_ERROR)
				return mnl_nlmsg_get_payload_len(answer) < sizeof(*refusal) ? -EBADMSG : refusal->error;
			if (!found || answer->nlmsg_type != TCPDIAG_GETSOCK ||
			    mnl_nlmsg_get_payload_len(answer) < sizeof(struct inet_diag_msg))
				continue;
			int err = consider(mnl_nlmsg_get_payload(answer), found);
			if (err < 0)
				return err;
		}
	}
}

static int ask(struct sockets *sockets, struct nlmsghdr *message, struct found *found)
{
	message->nlmsg_seq = ++sockets->seq;
	if (mnl_socket_sendto(sockets->socket, message, message->nlmsg_len) < 0)
		return -errno;
	return read_answers(sockets, found);
}

static struct nlmsghdr *request(char *buffer, uint16_t type, uint16_t flags, const void *what, size_t size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(mnl_nlmsg_put_extra_header(message, size), what, size);
	return message;
}

/* The older request knows no family: one walk through the kernel's table, of a third of a millisecond, finds both. */
static int walk(struct sockets *sockets, const uint16_t *ports, size_t port_count, struct found *found)
{
	_Alignas(struct nlmsghdr) char buffer[2048];
	struct inet_diag_req all = { .idiag_states = STATES };
	struct nlmsghdr *message = request(buffer, TCPDIAG_GETSOCK, NLM_F_DUMP, &all, sizeof(all));

	if (port_count > 0)
		put_port_filter(message, ports, port_count);
	return ask(sockets, message, found);
}

static int destroy(struct sockets *sockets, const struct inet_diag_req_v2 *which)
{
	_Alignas(struct nlmsghdr) char buffer[256];

	int err = ask(sockets, request(buffer, SOCK_DESTROY, NLM_F_ACK, which, sizeof(*which)), NULL);
	return err == -ENOENT ? 0 : err;	/* it went by itself */
}

/* ports: none: all of them */
static int cut_marked(struct sockets *sockets, struct ranges *marked, const struct ranges *allow, const uint16_t *ports,
		      size_t port_count, size_t *cut)
{
	struct found found = { .wanted = marked };
	size_t done = 0;
	int err;

	ranges_seal(marked);
	err = ranges_subtract(marked, allow);	/* who is allowed in a banned network goes on */
	if (err == 0)
		err = walk(sockets, ports, port_count, &found);
	while (err == 0 && done < found.count)
		if ((err = destroy(sockets, &found.at[done])) == 0)
			done++;
	*cut += done;
	free(found.at);
	return err;
}

size_t sockets_cut(struct sockets *sockets, const struct conf *conf)
{
	size_t cut = 0;
	int err = 0;

	for (size_t i = 0; i <= CONF_SERVICES_MAX && err == 0; i++) {
		const struct conf_service *service = i > 0 && i <= conf->service_count ? &conf->services[i - 1] : NULL;
		bool all = !service || service->port_count == 0;	/* a reload may have taken its ports */

		if (sockets->marked[i].count > 0 && (!all || conf->all_ports || conf->port_count > 0))
			err = cut_marked(sockets, &sockets->marked[i], &conf->allow, all ? conf->ports : service->ports,
					 !all ? service->port_count : conf->all_ports ? 0 : conf->port_count, &cut);
		sockets->marked[i].count = 0;
	}
	if (err < 0)
		give_up(sockets, err);
	return cut;
}
