/* events - see events.h
 *
 * Of the events of a transaction only the last, NEWGEN, passes the socket's filter: else our own elements would flood it. */
#include "warden/events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

static int only_newgen(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { COUNT(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int events_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int group = NFNLGRP_NFTABLES;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	if (only_newgen(fd) < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

bool events_foreign(int fd, uint32_t own_portid)
{
	_Alignas(struct nlmsghdr) char data[4096];
	bool foreign = false;

	for (;;) {
		ssize_t got = recv(fd, data, sizeof(data), MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			return foreign;
		if (got < 0 && errno != EINTR)
			return true;	/* ENOBUFS: events were lost, it might have been */
		int len = (int)got;
		for (const struct nlmsghdr *event = (void *)data; mnl_nlmsg_ok(event, len); event = mnl_nlmsg_next(event, &len))
			foreign |= event->nlmsg_pid != own_portid;
	}
}
