/* fuzz_checkpoint - any rows in the state file: what is loaded can be worked with, shown, carried over and saved again
 *
 * The input is rows: kind, number, two bytes of length, bytes. A source's row ends with the path of the followed file. */
#include "service/checkpoint.c"

#include "judge/judge_state.h"
#include "service/report.h"
#include "fuzz_daemon.h"

#define NOW_MS INT64_C(1795380000000)
#define LATEST_MS (NOW_MS + DURATION_MAX_S * INT64_C(1000))

static void decided(void *arg, const struct event *event)
{
	(void)arg;
	if (!event_is_verdict(event))
		return;
	must_hold(prefix_valid(&event->prefix) && event->time_ms >= 0 && event->time_ms <= LATEST_MS && event->rule[0]);
	must_hold(event->kind == VERDICT_RELEASE || (event->until_ms >= event->time_ms && rest_s(event, event->time_ms) <= DURATION_MAX_S));
}

static struct judge *make(const struct conf *conf, const struct daemon *daemon)
{
	struct judge *judge = judge_new(conf, &daemon->setup->rules, decided, NULL);

	must_hold(judge);
	return judge;
}

static void hear(struct judge *judge, struct feed *feed, const char *text, bool backlog)
{
	struct hit hit;

	if (feed_text(feed, (struct text){ text, strlen(text) }, backlog, &hit))
		judge_hit(judge, &hit);
}

/* What a seed's numbers mean; a new kind goes to the end, so that they go on to mean it. */
static const char *const names[] = {
	"meta", "rule", "source", "count", "ban", "session", "network", "customer", "figure", "told", "logins", "account", "home",
	"customer_net", "name", "tried", "domain", "correspondent", "queued", "sum", "stay", "met", "clock",
};
#define NAMES (sizeof(names) / sizeof(*names))

static unsigned kind_of(const char *name)
{
	unsigned kind = 0;

	if (strcmp(name, "source") == 0 || strcmp(name, "clock") == 0)
		return *name == 's' ? SOURCE_ROWS : CLOCK_ROWS;
	while (kind < MEMORY_KINDS && strcmp(memory_name((enum memory_kind)kind), name) != 0)
		kind++;
	must_hold(kind < MEMORY_KINDS);
	return kind;
}

static void load_rows(struct checkpoint *checkpoint, const uint8_t *data, size_t size)
{
	static uint8_t row[UINT16_MAX + PATH_MAX];
	const char *name = follow_name(&checkpoint->daemon->follows.at[0]);

	while (size >= 4) {
		size_t len = (size_t)data[2] << 8 | data[3];

		size -= 4;
		len = len < size ? len : size;
		memcpy(row, data + 4, len);
		unsigned kind = kind_of(names[data[0] % NAMES]);
		size_t tail = kind == SOURCE_ROWS ? strlen(name) : 0;
		memcpy(row + len, name, tail);
		load_row(checkpoint, kind, 1 + data[0] / NAMES % 2, data[1], row, len + tail);
		data += 4 + len;
		size -= len;
	}
}

/* logins of the customers that the rows know, failed ones first */
static void log_in(struct judge *judge, struct feed *feed)
{
	static const char *const rests[] = { "failed login from", "cannot look up", "login from" };
	uint32_t cursor = 0;
	const struct table_slot *slot;

	for (int i = 0; i < 20 && (slot = table_next(&judge->breaker.customers, &cursor)) != NULL; i++) {
		char text[200], addr[ADDR_FMT_SIZE];
		struct prefix key = table_key(slot);

		must_hold(prefix_valid(&key));
		addr_fmt(addr, sizeof(addr), &key.addr);
		for (int n = 0; n < 12; n++) {
			snprintf(text, sizeof(text), "Nov 22 20:00:00 mx a/smtpd[%d]: %s x[%s]", i, rests[n < 7 ? 0 : n < 11 ? 1 : 2], addr);
			hear(judge, feed, text, n & 1);
		}
	}
	for (int i = 0; i < 4; i++)
		hear(judge, feed, "Nov 22 20:00:00 mx a/smtpd[1]: cannot look anybody up", false);
	must_hold(judge->breaker.customers.used <= CUSTOMERS_MAX);
}

/* lines for the addresses that the rows know, until each is banned */
static void work(struct judge *judge, struct feed *feed)
{
	uint32_t cursor = 0;
	const struct table_slot *slot;

	for (int i = 0; i < 20 && (slot = table_next(&judge->window.table, &cursor)) != NULL; i++) {
		char text[200], addr[ADDR_FMT_SIZE];
		struct prefix key = table_key(slot);

		must_hold(prefix_valid(&key));
		addr_fmt(addr, sizeof(addr), &key.addr);
		snprintf(text, sizeof(text), "Nov 22 20:00:00 mx a/smtpd[%d]: NOQUEUE: reject: RCPT from x[%s]: 550 no", i, addr);
		for (int n = 0; n < 12; n++)
			hear(judge, feed, text, n & 1);
	}
	log_in(judge, feed);
	judge_active(judge, NOW_MS, decided, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct daemon daemon;
	static struct follows kept;
	struct checkpoint checkpoint = { .daemon = &daemon };

	if (!daemon.setup) {
		fuzz_daemon_make(&daemon);
		/* keeps the loop's inotify descriptor open, whose closing is slow */
		must_hold(follows_open(&kept, daemon.loop, daemon.setup, NULL, NULL, daemon.heard, &daemon) == 0);
	}
	clock_stand(NOW_MS);
	daemon.judge = make(&daemon.setup->conf, &daemon);
	must_hold(follows_open(&daemon.follows, daemon.loop, daemon.setup, daemon.judge, NULL, daemon.heard, &daemon) == 0);
	struct follow *follow = &daemon.follows.at[0];
	kept.at[0].feed = follow->feed;
	kept.at[0].judge = daemon.judge;
	for (size_t i = 0; i < NAMES; i++)	/* all of them are there */
		kind_of(names[i]);
	memory_load_begin(&checkpoint.load, daemon.judge, NOW_MS);
	load_rows(&checkpoint, data, size);
	do
		must_hold(sd_event_run(daemon.loop, 0) >= 0);
	while (!follow_stats(follow)->caught_up);
	work(daemon.judge, &follow->feed);
	free(fuzz_ask(&daemon, "list"));
	free(fuzz_ask(&daemon, "explain 198.51.100.7"));

	struct conf stricter = daemon.setup->conf;
	stricter.policy.hard_error_limit = stricter.policy.soft_error_limit = 2;
	struct judge *next = make(&stricter, &daemon);
	struct feed feed = feed_new(daemon.setup->matcher);
	memory_carry(next, daemon.judge, NOW_MS);
	work(next, &feed);
	judge_free(next);
	follows_close(&daemon.follows);
	judge_free(daemon.judge);
	return 0;
}
