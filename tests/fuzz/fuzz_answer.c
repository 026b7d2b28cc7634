/* fuzz_answer - any requests to a running daemon: an answer that can be read, and nothing to make the warden end
 *
 * A line is a request, as control.c hands it on. "reload" included. */
#include "base/clock.h"
#include "fuzz_daemon.h"
#include "service/orders.h"

#define REQUESTS_MAX 40

static bool is_request(struct text line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < 0x20 || line.at[i] > 0x7e)
			return false;
	return line.len > 0 && line.len < CONTROL_REQUEST_MAX;
}

static void count(void *arg, const struct event *verdict)
{
	must_hold(verdict->kind != VERDICT_RELEASE && verdict->until_ms > verdict->time_ms && verdict->until_ms - verdict->time_ms <= DURATION_MAX_S * INT64_C(1000));
	(*(size_t *)arg)++;
}

static size_t running(const struct daemon *daemon)
{
	size_t bans = 0;

	judge_active(daemon->judge, clock_now_ms(), count, &bans);
	return bans;
}

static void ask(struct daemon *daemon, const char *request)
{
	size_t before = running(daemon);
	char *said = fuzz_ask(daemon, request);
	size_t after = running(daemon);
	bool ok = memcmp(said, "ok\n", 3) == 0, reload = strncmp(request + strspn(request, " "), "reload", 6) == 0;

	/* an error is told, too, where the kernel refuses for now, or a list still drops what was released */
	must_hold(ok || after == before || strstr(request, "ban"));
	must_hold(after == before || (after == before + 1 && strstr(request, "ban")) || (after < before && (strstr(request, "unban") || strstr(request, "allow") || strstr(request, "forget"))));
	must_hold(!reload || after == before);
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct daemon daemon;

	if (!daemon.setup) {
		fuzz_daemon_make(&daemon);
		must_hold(follows_open(&daemon.follows, daemon.loop, daemon.setup, NULL, NULL, daemon.heard, &daemon) == 0);
	}
	judge_free(daemon.judge);
	daemon.judge = judge_new(&daemon.setup->conf, &daemon.setup->rules, daemon.tell, &daemon);
	must_hold(daemon.judge);
	orders_free(daemon.orders);
	must_hold(orders_new(&daemon.orders, &daemon) == 0);
	orders_enforce(daemon.orders, true);	/* nobody is allowed by what was asked before */
	for (int i = 0; size > 0 && i < REQUESTS_MAX; i++) {
		const uint8_t *lf = memchr(data, '\n', size);
		struct text line = { (const char *)data, lf ? (size_t)(lf - data) : size };
		char request[CONTROL_REQUEST_MAX];

		if (is_request(line)) {
			snprintf(request, sizeof(request), "%.*s", (int)line.len, line.at);
			ask(&daemon, request);
		}
		data += line.len + (lf != NULL);
		size -= line.len + (lf != NULL);
	}
	free(fuzz_ask(&daemon, "status"));
	free(fuzz_ask(&daemon, "list json"));
	free(fuzz_ask(&daemon, "unban --all"));
	must_hold(running(&daemon) == 0);
	return 0;
}
