/* fuzz_control - any bytes from a client, in any packets: one answer that can be read, or none to one who said nothing
 *
 * The first byte chooses the packets. The client state machine is driven through a socket pair. */
#include "service/control.c"

#include "fuzz.h"

static bool asked;

/* what reaches the one who answers is one line of printable ASCII */
static void echo(void *arg, char *request, FILE *out)
{
	size_t len = strlen(request);

	(void)arg;
	must_hold(len > 0 && len < CONTROL_REQUEST_MAX);
	for (size_t i = 0; i < len; i++)
		must_hold(request[i] >= 0x20 && request[i] <= 0x7e);
	asked = true;
	fprintf(out, "ok\n%s\n", request);
}

/* wanted - what should come of these bytes, said once more and in another way */
static void check(const uint8_t *data, size_t size, const char *answer, size_t len)
{
	size_t line = 0;
	bool printable = true;

	for (; line < size && data[line] != '\n'; line++)
		printable = printable && data[line] >= 0x20 && data[line] <= 0x7e;
	bool too_long = line >= CONTROL_REQUEST_MAX;
	must_hold(asked == (line > 0 && printable && !too_long));
	must_hold((len == 0) == (size == 0));
	must_hold(len == 0 || answer[len - 1] == '\n');
	must_hold(len == 0 || asked || memcmp(answer, "error ", 6) == 0);
	must_hold(!asked || (len == line + 4 && memcmp(answer, "ok\n", 3) == 0 && memcmp(answer + 3, data, line) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control control = { .fd = -1, .answer = echo };
	size_t packet = size ? data[0] + 1U : 1, sent = 0, len = 0;
	char answer[CONTROL_REQUEST_MAX + 64];
	int pair[2];
	ssize_t got = 1;

	if (size)
		data++, size--;
	if (control.loop == NULL)
		must_hold(sd_event_new(&control.loop) >= 0);
	asked = false;
	must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	must_hold(client_new(&control, pair[1]) >= 0);
	while (control.clients) {
		size_t n = size - sent < packet ? size - sent : packet;
		if (n && send(pair[0], data + sent, n, MSG_NOSIGNAL) == (ssize_t)n)
			sent += n;
		if (sent == size)
			shutdown(pair[0], SHUT_WR);
		must_hold(sd_event_run(control.loop, 1000000) >= 0);
	}
	must_hold(control.client_count == 0);
	while (len < sizeof(answer) && (got = recv(pair[0], answer + len, sizeof(answer) - len, 0)) > 0)
		len += (size_t)got;
	must_hold(len < sizeof(answer));
	check(data, size, answer, len);
	close(pair[0]);
	return 0;
}
