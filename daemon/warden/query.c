/* query - see query.h */
#include "warden/query.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "warden/elements.h"

#define ANSWER_BYTES 65536

static _Alignas(struct nlmsghdr) char data[ANSWER_BYTES];

struct nlmsghdr *query_begin(uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(message, sizeof(*nfg));
	*nfg = (struct nfgenmsg){ .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	mnl_attr_put_strz(message, NFTA_SET_TABLE, TABLE_NAME);	/* which is NFTA_SET_ELEM_LIST_TABLE and NFTA_RULE_TABLE, too */
	return message;
}

int query_run(struct mnl_socket *socket, uint32_t *seq, mnl_cb_t cb, void *arg)
{
	struct nlmsghdr *message = (void *)data;
	uint32_t number = message->nlmsg_seq = (*seq)++;
	bool all = message->nlmsg_flags & NLM_F_DUMP;
	int got;

	if (!all)
		message->nlmsg_flags |= NLM_F_ACK;	/* which ends the answer, as a dump's end does */
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = mnl_socket_recvfrom(socket, data, sizeof(data));
		if (len < 0)
			return -errno;
		got = mnl_cb_run(data, (size_t)len, number, mnl_socket_get_portid(socket), cb, arg);
	} while (got > MNL_CB_STOP);
	return got < 0 ? -errno : 0;
}

int query_attr(const struct nlattr *attr, void *attrs)
{
	uint16_t type = mnl_attr_get_type(attr);

	if (type < QUERY_ATTRS)
		((struct query_attrs *)attrs)->at[type] = attr;
	return MNL_CB_OK;
}

uint64_t query_u64(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U64) >= 0 ? be64toh(mnl_attr_get_u64(attr)) : 0;
}
