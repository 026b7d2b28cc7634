/* batch - one nf_tables transaction: messages put together, sent at once, every answer read
 *
 * Either all of a batch is done or nothing. The first refusal is kept with the number of the message it speaks of and
 * the kernel's own words. Owns the netlink socket, and with it (table flag "owner") the table. Knows nothing of
 * what the messages mean. */
#ifndef MAILWARD_BATCH_H
#define MAILWARD_BATCH_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#define BATCH_MESSAGE_MAX 65536		/* bytes in one message: attribute lengths are 16 bits */
#define BATCH_KERNEL_TEXT_SIZE 128

struct batch {
	struct mnl_socket *socket;
	char *buffer;
	size_t room, used;	/* used: up to the message that is being put together */
	struct nlmsghdr *message;
	uint32_t seq, first_seq;
	bool open;		/* begun and not committed */
	int error;		/* -ENOMEM: the batch could not be put together and will not be sent */
	uint32_t refused;	/* after a failed commit: the number of the message, 0 = the batch as a whole */
	char kernel_text[BATCH_KERNEL_TEXT_SIZE];	/* extended ack, or "" */
};

/* batch_open - 0 or -errno (EPROTONOSUPPORT: a kernel without netfilter netlink) */
int batch_open(struct batch *batch);
void batch_close(struct batch *batch);

void batch_begin(struct batch *batch);

/* batch_message - start the next message; at least BATCH_MESSAGE_MAX bytes may be put into it
 * type: NFT_MSG_...    flags: NLM_F_..., besides NLM_F_REQUEST. Valid until the next call. */
struct nlmsghdr *batch_message(struct batch *batch, uint16_t type, uint16_t flags);

/* batch_commit - send it all and wait for the outcome: 0, or the first refusal as -errno */
int batch_commit(struct batch *batch);

/* batch_refused - after a failed commit: the message that was refused; NULL: the batch as a whole */
const struct nlmsghdr *batch_refused(const struct batch *batch);

#endif
