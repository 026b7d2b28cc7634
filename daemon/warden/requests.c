/* requests - see requests.h */
#include "warden/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

void requests_init(struct requests *requests, int fd)
{
	requests->fd = fd;
	for (size_t i = 0; i < REQUESTS_PACKETS; i++) {
		requests->iov_in[i] = (struct iovec){ &requests->packets[i], sizeof(requests->packets[i]) };
		requests->in[i].msg_hdr = (struct msghdr){ .msg_iov = &requests->iov_in[i], .msg_iovlen = 1 };
		requests->iov_out[i].iov_base = &requests->replies[i * WIRE_TOGETHER_MAX];
		requests->out[i].msg_hdr = (struct msghdr){ .msg_iov = &requests->iov_out[i], .msg_iovlen = 1 };
	}
}

void requests_nonsense(void)
{
	log_error("the process that drops was sent nonsense and ends");
	_exit(EXIT_FAILURE);
}

size_t requests_take(struct requests *requests)
{
	size_t taken = 0;
	int count;

	/* ECONNRESET comes once, when the engine has gone without reading its replies, and before the requests it left. */
	do
		count = recvmmsg(requests->fd, requests->in, REQUESTS_PACKETS, MSG_WAITFORONE, NULL);
	while (count < 0 && (errno == EINTR || errno == ECONNRESET));
	if (count < 0) {
		log_error("the process that drops cannot read its socket: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
	for (int i = 0; i < count; i++) {
		const struct requests_packet *packet = &requests->packets[i];
		size_t len = requests->in[i].msg_len;
		if (len == 0)	/* end of file, after what came before it */
			return taken;
		if (len > sizeof(packet->requests) || len % sizeof(*packet->requests) != 0)
			requests_nonsense();
		for (size_t k = 0; k < len / sizeof(*packet->requests); k++) {
			if (!wire_request_valid(&packet->requests[k]))
				requests_nonsense();
			requests->asked[taken++] = packet->requests[k];
		}
	}
	return taken;
}

void requests_answer(struct requests *requests, size_t count)
{
	size_t packets = (count + WIRE_TOGETHER_MAX - 1) / WIRE_TOGETHER_MAX;

	for (size_t i = 0; i < packets; i++) {
		size_t left = count - i * WIRE_TOGETHER_MAX;
		requests->iov_out[i].iov_len = (left < WIRE_TOGETHER_MAX ? left : WIRE_TOGETHER_MAX) * sizeof(*requests->replies);
	}
	for (size_t sent = 0; sent < packets;) {
		int count_sent = sendmmsg(requests->fd, requests->out + sent, (unsigned)(packets - sent), MSG_NOSIGNAL);
		if (count_sent < 0 && errno != EINTR)
			return;
		sent += count_sent > 0 ? (size_t)count_sent : 0;
	}
}
