/* requests - the warden's end of the wire: packets in, one reply for each request out
 *
 * Takes all that waits in one go, so that it becomes one batch. Ends the process on anything that wire.h does not allow. */
#ifndef MAILWARD_REQUESTS_H
#define MAILWARD_REQUESTS_H

#include <sys/socket.h>

#include "base/wire.h"

#define REQUESTS_PACKETS 64
#define REQUESTS_MAX (REQUESTS_PACKETS * WIRE_TOGETHER_MAX)

struct requests {
	int fd;
	struct wire_request asked[REQUESTS_MAX];
	struct wire_reply replies[REQUESTS_MAX];
	/* one byte more than a packet may have, so that a longer one shows */
	struct requests_packet {
		struct wire_request requests[WIRE_TOGETHER_MAX];
		char excess;
	} packets[REQUESTS_PACKETS];
	struct iovec iov_in[REQUESTS_PACKETS], iov_out[REQUESTS_PACKETS];
	struct mmsghdr in[REQUESTS_PACKETS], out[REQUESTS_PACKETS];
};

/* requests_init - fd: the SOCK_SEQPACKET socket to the engine */
void requests_init(struct requests *requests, int fd);

/* requests_take - wait for requests, put all that are there into asked; their number, or 0: the engine is gone */
size_t requests_take(struct requests *requests);

/* requests_answer - send replies[0..count-1]. An engine that is gone needs none. */
void requests_answer(struct requests *requests, size_t count);

/* requests_nonsense - end the process: the other side is broken or taken over */
__attribute__((noreturn)) void requests_nonsense(void);

#endif
