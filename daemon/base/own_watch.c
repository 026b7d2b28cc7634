/* own_watch - see own_watch.h
 *
 * A router sees a million routes come and go, and a host of containers a link-local address with each of them: the
 * kernel filters, so that nobody is woken for what ranges_add_own() would not read or nobody can come from. */
#include "base/own_watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

/* Default routes; addresses that are good beyond their link. A notification is a datagram of its own. */
static int filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWADDR), 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELADDR), 3, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct ifaddrmsg, ifa_scope)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RT_SCOPE_LINK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { COUNT(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int own_watch_open(void)
{
	static const int groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	int status = filter(fd) < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	for (size_t i = 0; i < COUNT(groups) && status == 0; i++)
		status = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i]));
	if (status < 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

bool own_watch_read(int fd)
{
	bool any = false;
	char first;

	for (;;) {
		ssize_t got = recv(fd, &first, sizeof(first), MSG_DONTWAIT | MSG_TRUNC);
		if (got >= 0 || errno == ENOBUFS)	/* some were lost: then there were some */
			any = true;
		else if (errno != EINTR)
			return any;
	}
}
