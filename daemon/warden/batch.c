/* batch - see batch.h
 *
 * The kernel works through a batch inside sendmsg(2) and has queued every answer when that returns. */
#include "warden/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_MIN_BYTES (4 * BATCH_MESSAGE_MAX)
#define SEND_BUFFER_BYTES (256 << 20)	/* a limit, not an allocation: a restart with a million bans is one batch */
#define RESENDS_MAX 3

static int set_options(struct batch *batch)
{
	int on = 1, bytes = SEND_BUFFER_BYTES, fd = mnl_socket_get_fd(batch->socket);

	/* Without these two the kernel sends whole messages back and no words. */
	if (mnl_socket_setsockopt(batch->socket, NETLINK_CAP_ACK, &on, sizeof(on)) < 0 ||
	    mnl_socket_setsockopt(batch->socket, NETLINK_EXT_ACK, &on, sizeof(on)) < 0)
		return -errno;
	/* Refused inside some containers: then large batches fail with EMSGSIZE, and that is reported. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

int batch_open(struct batch *batch)
{
	*batch = (struct batch){ .room = BUFFER_MIN_BYTES };
	batch->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!batch->socket)
		return -errno;
	batch->buffer = calloc(1, batch->room);	/* libmnl 1.0.4 leaves the padding of attributes as it is */
	int err = batch->buffer ? set_options(batch) : -ENOMEM;
	if (err == 0 && mnl_socket_bind(batch->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		err = -errno;
	if (err < 0)
		batch_close(batch);
	return err;
}

void batch_close(struct batch *batch)
{
	if (batch->socket)
		mnl_socket_close(batch->socket);
	free(batch->buffer);
	*batch = (struct batch){ 0 };
}

/* Finish the message in hand; the next one starts behind it. */
static void finish(struct batch *batch)
{
	if (batch->message)
		batch->used += NLMSG_ALIGN(batch->message->nlmsg_len);
	batch->message = NULL;
}

/* Always leaves room for one message: out of memory it is built over the earlier ones, and never sent. */
static void make_room(struct batch *batch)
{
	if (batch->room - batch->used >= BATCH_MESSAGE_MAX)
		return;
	char *buffer = realloc(batch->buffer, 2 * batch->room);
	if (buffer) {
		batch->buffer = buffer;
		batch->room *= 2;
	} else {
		batch->error = -ENOMEM;
		batch->used = 0;
	}
}

static struct nlmsghdr *put_header(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	finish(batch);
	make_room(batch);
	struct nlmsghdr *message = mnl_nlmsg_put_header(batch->buffer + batch->used);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = batch->seq++;
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(message, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(resource);
	return batch->message = message;
}

/* After a large batch: give the memory back. */
static void shrink(struct batch *batch)
{
	char *buffer = batch->room > BUFFER_MIN_BYTES ? realloc(batch->buffer, BUFFER_MIN_BYTES) : NULL;

	if (buffer) {
		batch->buffer = buffer;
		batch->room = BUFFER_MIN_BYTES;
	}
}

void batch_begin(struct batch *batch)
{
	shrink(batch);
	batch->used = 0;
	batch->message = NULL;
	batch->error = 0;
	batch->open = true;
	batch->first_seq = batch->seq;
	put_header(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

struct nlmsghdr *batch_message(struct batch *batch, uint16_t type, uint16_t flags)
{
	return put_header(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, NFPROTO_INET, 0);
}

/* The words of an extended ack, if there are any. */
static void keep_kernel_text(struct batch *batch, const struct nlmsghdr *answer)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);
	const struct nlattr *attr;
	size_t head = sizeof(*err);

	batch->kernel_text[0] = '\0';
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		head += NLMSG_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	if (head > mnl_nlmsg_get_payload_len(answer))
		return;
	for (attr = mnl_nlmsg_get_payload_offset(answer, head);
	     mnl_attr_ok(attr, (int)((const char *)mnl_nlmsg_get_payload_tail(answer) - (const char *)attr));
	     attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(batch->kernel_text, sizeof(batch->kernel_text), "%.*s", (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
}

/* One datagram of answers; those of an earlier batch are stale and passed over. Returns the first refusal, err if that is one. */
static int read_answers(struct batch *batch, const char *data, int len, int err)
{
	for (const struct nlmsghdr *answer = (const void *)data; mnl_nlmsg_ok(answer, len); answer = mnl_nlmsg_next(answer, &len)) {
		const struct nlmsgerr *said = mnl_nlmsg_get_payload(answer);
		if (answer->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(answer) < sizeof(*said) || said->error == 0 ||
		    answer->nlmsg_seq - batch->first_seq >= batch->seq - batch->first_seq || err < 0)
			continue;
		err = said->error;
		batch->refused = answer->nlmsg_seq - batch->first_seq;
		keep_kernel_text(batch, answer);
	}
	return err;
}

/* Read all answers, past the first refusal; 0, the first refusal, or -ENOBUFS: answers were lost. */
static int drain(struct batch *batch)
{
	_Alignas(struct nlmsghdr) char data[8192];
	int err = 0;

	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(batch->socket), data, sizeof(data), MSG_DONTWAIT);
		if (len > 0)
			err = read_answers(batch, data, (int)len, err);
		else if (len == 0 || errno == EAGAIN)
			return err;
		else if (errno != EINTR)
			return -errno;
	}
}

int batch_commit(struct batch *batch)
{
	int err = -ENOBUFS;

	/* Asked for on the last message only, and judged by errors alone: kernels differ about acks of begin and end. */
	if (batch->message)
		batch->message->nlmsg_flags |= NLM_F_ACK;
	put_header(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	finish(batch);
	batch->open = false;
	batch->refused = 0;
	batch->kernel_text[0] = '\0';
	if (batch->error < 0)
		return batch->error;
	/* Answers lost: the outcome is unknown, and what we send means the same a second time. */
	for (unsigned tries = 0; err == -ENOBUFS && tries <= RESENDS_MAX; tries++) {
		drain(batch);
		if (mnl_socket_sendto(batch->socket, batch->buffer, batch->used) < 0)
			return -errno;
		err = drain(batch);
	}
	return err;
}

const struct nlmsghdr *batch_refused(const struct batch *batch)
{
	const struct nlmsghdr *message = (const void *)batch->buffer;
	int left = (int)batch->used;

	if (batch->refused == 0 || batch->error < 0)
		return NULL;
	for (uint32_t i = 0; i < batch->refused; i++)
		message = mnl_nlmsg_next(message, &left);
	return message;
}
