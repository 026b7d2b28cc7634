/* query - what the kernel is asked about the table inet mailward
 *
 * By the socket of batch.h, between two batches. Changes nothing. */
#ifndef MAILWARD_QUERY_H
#define MAILWARD_QUERY_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* query_begin - a message that asks for what is in our table; more attributes may be put into it
 * type: NFT_MSG_GET...    flags: NLM_F_DUMP, or 0 for one thing that is named. Valid until the next call. */
struct nlmsghdr *query_begin(uint16_t type, uint16_t flags);

/* query_run - send it, and call cb for each message of the answer; seq: the socket's next number, counted on
 * 0 or -errno (EINTR: a dump met a change, say it again; ENOENT: there is no such thing) */
int query_run(struct mnl_socket *socket, uint32_t *seq, mnl_cb_t cb, void *arg);

/* struct query_attrs - the attributes of one level, by type; query_attr - an mnl_attr_cb_t that files them */
#define QUERY_ATTRS 48
struct query_attrs {
	const struct nlattr *at[QUERY_ATTRS];
};
int query_attr(const struct nlattr *attr, void *attrs);

/* query_u64 - big-endian; 0: it is not there, or no such number */
uint64_t query_u64(const struct nlattr *attr);

#endif
