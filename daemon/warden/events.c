/* events - see events.h */
#include "warden/events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "warden/elements.h"

#define QUEUE_BYTES (4 << 20)	/* of events: some ten thousand elements; what does not fit was lost, which is told */

/* All events in a datagram are of one transaction. Without the filter our own elements would flood the socket. */
static int only_others(int fd, uint32_t own_portid)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_portid), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { COUNT(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int events_open(struct events *events, uint32_t own_portid)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int group = NFNLGRP_NFTABLES, bytes = QUEUE_BYTES;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	*events = (struct events){ .fd = fd };
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (only_others(fd, own_portid) < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		int err = -errno;
		close(fd);
		events->fd = -1;
		return err;
	}
	return 0;
}

static bool is_of_nftables(const struct nlmsghdr *event, unsigned type)
{
	return event->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type);
}

/* Every event but that of a new generation begins with the name of its table. */
static bool is_ours(const struct nlmsghdr *event)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(event);
	const struct nlattr *first = mnl_nlmsg_get_payload_offset(event, sizeof(*nfg));

	return event->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES &&
	       mnl_nlmsg_get_payload_len(event) >= sizeof(*nfg) + sizeof(*first) + sizeof(TABLE_NAME) &&
	       nfg->nfgen_family == NFPROTO_INET && first->nla_type == NFTA_TABLE_NAME &&
	       first->nla_len == sizeof(*first) + sizeof(TABLE_NAME) && memcmp(first + 1, TABLE_NAME, sizeof(TABLE_NAME)) == 0;
}

static enum events_kind worse(enum events_kind a, enum events_kind b)
{
	return a > b ? a : b;
}

/* The new generation ends a transaction: what is heard of it afterwards would be taken for another change. */
static enum events_kind take(struct events *events, const struct nlmsghdr *event)
{
	enum events_kind whole = EVENTS_NONE;

	if (is_of_nftables(event, NFT_MSG_NEWGEN)) {
		whole = events->pending;
		events->pending = EVENTS_NONE;
	} else if (is_ours(event)) {
		bool element = is_of_nftables(event, NFT_MSG_NEWSETELEM) || is_of_nftables(event, NFT_MSG_DELSETELEM);
		events->pending = worse(events->pending, element ? EVENTS_ELEMENTS : EVENTS_TABLE);
	}
	return whole;
}

enum events_kind events_read(struct events *events)
{
	static _Alignas(struct nlmsghdr) char data[65536];
	enum events_kind worst = EVENTS_NONE;

	for (;;) {
		ssize_t got = recv(events->fd, data, sizeof(data), MSG_DONTWAIT);
		int len = got < 0 ? 0 : (int)got;
		if (got < 0 && errno == ENOBUFS)
			worst = worse(worst, EVENTS_ELEMENTS);
		else if (got < 0 && errno != EINTR)
			return worst;
		for (const struct nlmsghdr *event = (void *)data; mnl_nlmsg_ok(event, len); event = mnl_nlmsg_next(event, &len))
			worst = worse(worst, take(events, event));
	}
}
