/* enforce - see enforce.h
 *
 * Owns the engine's end of the socket. Which request a refusal speaks of, the warden has logged; here they are counted. */
#include "service/enforce.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"

#define PACKETS_AT_ONCE 16
#define BEHIND_MS 1000
#define SILENT_MS 10000	/* so long may a request wait */

struct enforce {
	sd_event *loop;
	sd_event_source *readable, *resend_due;
	enforce_resend_fn *resend;
	void *arg;
	enforce_reply_fn *replied;
	void *replied_arg;
	enforce_reply_fn *told;		/* hears what was asked for people, and what is told unasked */
	void *told_arg;
	int fd;
	uint32_t seq;
	uint32_t commit_seq;	/* of the latest WIRE_COMMIT */
	uint32_t ping_seq;	/* of the latest WIRE_PING */
	bool pinged;		/* and not answered */
	bool silent;		/* for so long that it was said */
	bool one_by_one;	/* the next resend goes without a transaction: it was refused as a whole */
	bool lost;
	int allow_error;	/* of the latest WIRE_ALLOW or WIRE_UNALLOW that was refused, and not asked for */
	/* a request goes at once if the warden has nothing else to do, else when this is full, and before the loop waits */
	struct wire_request queue[WIRE_TOGETHER_MAX];
	size_t queued;
	struct enforce_stats stats;
	struct wire_reply lists[CONF_NAMED_MAX];	/* what was told of each; op 0: nothing yet */
	int64_t answered_ms;	/* when the warden last answered, or was asked after it had answered all */
};

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void lose(struct enforce *enforce, const char *why)
{
	if (enforce->lost)
		return;
	enforce->lost = true;
	log_error("the process that drops is gone (%s): nothing can be banned any more, ending", why);
	sd_event_source_set_enabled(enforce->readable, SD_EVENT_OFF);
	sd_event_exit(enforce->loop, 1);
}

/* one line for the 1st, 2nd, 4th, 8th... refusal: the warden has logged each of them with its address */
static void count_refusal(struct enforce *enforce, int error)
{
	uint64_t count = ++enforce->stats.refused;

	if ((count & (count - 1)) == 0)
		log_warning("the firewall has refused %llu of %llu requests so far, the last with: %s",
			    (unsigned long long)count, (unsigned long long)enforce->stats.sent, strerror(error));
}

/* from the loop, not from here: we may be in the middle of sending */
static void resend_soon(struct enforce *enforce)
{
	sd_event_source_set_enabled(enforce->resend_due, SD_EVENT_ONESHOT);
}

static void take_reply(struct enforce *enforce, const struct wire_reply *reply)
{
	if (reply->seq == WIRE_SEQ_RESEND) {
		resend_soon(enforce);
		return;
	}
	if (reply->seq == WIRE_SEQ_TOLD) {
		if (reply->op == WIRE_TOLD_LIST && reply->index < COUNT(enforce->lists))
			enforce->lists[reply->index] = *reply;
		else if (enforce->told)
			enforce->told(enforce->told_arg, reply);
		return;
	}
	if (enforce->stats.waiting > 0)
		enforce->stats.waiting--;
	if (reply->seq == enforce->ping_seq)
		enforce->pinged = false;
	if (enforce->told && (reply->op == WIRE_LOOK || reply->op == WIRE_FIGURES))
		enforce->told(enforce->told_arg, reply);
	if (enforce->replied)
		enforce->replied(enforce->replied_arg, reply);
	if (!reply->error)
		return;
	if (reply->op == WIRE_ALLOW || reply->op == WIRE_UNALLOW)
		enforce->allow_error = reply->error;
	count_refusal(enforce, reply->error);
	if (reply->seq == enforce->commit_seq) {
		log_warning("the running bans could not be enforced together: trying one by one");
		enforce->one_by_one = true;
		resend_soon(enforce);
	}
}

static void read_replies(struct enforce *enforce)
{
	static struct wire_reply replies[PACKETS_AT_ONCE][WIRE_TOGETHER_MAX];
	int count;

	do {
		struct mmsghdr messages[PACKETS_AT_ONCE] = { 0 };
		struct iovec iov[PACKETS_AT_ONCE];
		for (size_t i = 0; i < PACKETS_AT_ONCE; i++) {
			iov[i] = (struct iovec){ replies[i], sizeof(replies[i]) };
			messages[i].msg_hdr.msg_iov = &iov[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		count = recvmmsg(enforce->fd, messages, PACKETS_AT_ONCE, MSG_DONTWAIT, NULL);
		if (count < 0) {
			if (errno != EAGAIN && errno != EINTR)
				lose(enforce, strerror(errno));
			return;
		}
		enforce->answered_ms = monotonic_ms();
		for (int i = 0; i < count; i++) {
			const size_t len = messages[i].msg_len;
			if (len == 0 || len % sizeof(struct wire_reply) != 0 || (messages[i].msg_hdr.msg_flags & MSG_TRUNC)) {
				lose(enforce, len ? "it speaks nonsense" : "its end is closed");
				return;
			}
			for (size_t k = 0; k < len / sizeof(struct wire_reply); k++)
				take_reply(enforce, &replies[i][k]);
		}
	} while (count == PACKETS_AT_ONCE);
}

/* wait for room; replies are read meanwhile, or the warden could not go on either */
static void wait_for_room(struct enforce *enforce)
{
	struct pollfd pollfd = { .fd = enforce->fd, .events = POLLIN | POLLOUT };

	if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
		lose(enforce, strerror(errno));
	else if (pollfd.revents & POLLIN)
		read_replies(enforce);
	else if (pollfd.revents & (POLLERR | POLLHUP))
		lose(enforce, "its end is closed");
}

static void send_queue(struct enforce *enforce)
{
	const size_t count = enforce->queued;

	enforce->queued = 0;
	while (count > 0 && !enforce->lost) {
		if (send(enforce->fd, enforce->queue, count * sizeof(*enforce->queue), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return;
		if (errno == EAGAIN)
			wait_for_room(enforce);
		else if (errno != EINTR)
			lose(enforce, strerror(errno));
	}
}

static void send_request(struct enforce *enforce, struct wire_request *request)
{
	if (enforce->seq >= WIRE_SEQ_TOLD)
		enforce->seq = 0;
	request->seq = enforce->seq++;
	if (enforce->lost)
		return;
	enforce->stats.sent++;
	if (enforce->stats.waiting++ == 0)
		enforce->answered_ms = monotonic_ms();
	enforce->queue[enforce->queued++] = *request;
	if (enforce->queued == WIRE_TOGETHER_MAX || enforce->stats.waiting == 1)
		send_queue(enforce);
}

void enforce_replied(struct enforce *enforce, enforce_reply_fn *fn, void *arg)
{
	enforce->replied = fn;
	enforce->replied_arg = arg;
}

void enforce_told(struct enforce *enforce, enforce_reply_fn *fn, void *arg)
{
	enforce->told = fn;
	enforce->told_arg = arg;
}

bool enforce_settle(struct enforce *enforce, int patience_ms)
{
	struct pollfd pollfd = { .fd = enforce->fd, .events = POLLIN };
	int64_t end_ms = monotonic_ms() + patience_ms, rest_ms;

	send_queue(enforce);
	while (enforce->stats.waiting > 0 && !enforce->lost && (rest_ms = end_ms - monotonic_ms()) >= 0)
		if (poll(&pollfd, 1, (int)rest_ms) > 0)
			read_replies(enforce);
	return enforce->stats.waiting == 0 && !enforce->lost;
}

static int before_waiting(sd_event_source *source, void *arg)
{
	(void)source;
	send_queue(arg);
	return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	(void)source, (void)fd, (void)revents;
	read_replies(arg);
	return 0;
}

static int on_resend_due(sd_event_source *source, void *arg)
{
	(void)source;
	enforce_rebuild(arg);
	return 0;
}

int enforce_new(struct enforce **enforce, sd_event *loop, int fd, enforce_resend_fn *resend, void *arg)
{
	struct enforce *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	int err = sd_event_add_io(loop, &made->readable, fd, EPOLLIN, on_readable, made);
	if (err >= 0)
		err = sd_event_source_set_prepare(made->readable, before_waiting);
	if (err >= 0)
		err = sd_event_add_defer(loop, &made->resend_due, on_resend_due, made);
	if (err >= 0)
		err = sd_event_source_set_enabled(made->resend_due, SD_EVENT_OFF);
	if (err < 0) {
		sd_event_source_unref(made->readable);
		sd_event_source_unref(made->resend_due);
		free(made);
		return err;
	}
	made->loop = sd_event_ref(loop);
	made->fd = fd;
	made->commit_seq = made->ping_seq = WIRE_SEQ_RESEND;	/* the seq of no request */
	made->resend = resend;
	made->arg = arg;
	*enforce = made;
	return 0;
}

void enforce_free(struct enforce *enforce)
{
	if (!enforce)
		return;
	send_queue(enforce);
	sd_event_source_unref(enforce->readable);
	sd_event_source_unref(enforce->resend_due);
	sd_event_unref(enforce->loop);
	close(enforce->fd);	/* the warden carries out what it was sent, then ends */
	free(enforce);
}

/* "ban: 6 errors, postfix/user-unknown"; the warden ends on anything but printable text */
static void put_comment(struct wire_request *request, const struct event *event)
{
	const char *what = event->kind == VERDICT_BAN ? "ban" : "delay";
	char raw[WIRE_COMMENT_SIZE];

	if (event->errors > 0)
		snprintf(raw, sizeof(raw), "%s: %u error%s, %s", what, event->errors, event->errors == 1 ? "" : "s", event->rule);
	else
		snprintf(raw, sizeof(raw), "%s: %s", what, event->rule);
	text_printable(request->comment, sizeof(request->comment), text_of(raw));
}

void enforce_verdict(void *enforce, const struct event *event)
{
	struct wire_request request = { .op = WIRE_RELEASE, .prefix = event->prefix };
	const int64_t now_ms = clock_now_ms();

	if (event->kind != VERDICT_RELEASE && !event_ends(event, now_ms)) {
		const int64_t rest_ms = event_rest_ms(event, now_ms);
		if (rest_ms <= 0)
			return;
		request.op = WIRE_DROP;
		request.cut = event->kind == VERDICT_BAN;	/* who is only delayed keeps his session */
		request.fresh = event->fresh;
		request.service = event->only;
		request.timeout_ms = (uint64_t)rest_ms;
		if (request.timeout_ms > WIRE_TIMEOUT_MAX_MS)
			request.timeout_ms = WIRE_TIMEOUT_MAX_MS;
		put_comment(&request, event);
	}
	send_request(enforce, &request);
}

void enforce_clear(struct enforce *enforce)
{
	struct wire_request request = { .op = WIRE_CLEAR };
	send_request(enforce, &request);
}

void enforce_stop(struct enforce *enforce)
{
	struct wire_request request = { .op = WIRE_STOP };
	send_request(enforce, &request);
}

void enforce_allow(struct enforce *enforce, const struct prefix *prefix, bool allowed)
{
	struct wire_request request = { .op = allowed ? WIRE_ALLOW : WIRE_UNALLOW, .prefix = *prefix };
	send_request(enforce, &request);
}

int enforce_allow_error(struct enforce *enforce)
{
	int error = enforce->allow_error;

	enforce->allow_error = 0;
	return error;
}

/* One packet of what stands, or its end; 1: there is more, 0: that was all, or -errno. */
static int read_standing(struct enforce *enforce, enforce_standing_fn *fn, void *arg)
{
	union { struct wire_request drops[WIRE_TOGETHER_MAX]; struct wire_reply reply; } packet;
	ssize_t len = recv(enforce->fd, &packet, sizeof(packet), 0);

	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	if (len == sizeof(packet.reply)) {
		take_reply(enforce, &packet.reply);
		return packet.reply.seq >= WIRE_SEQ_TOLD ? 1 : -packet.reply.error;
	}
	if (len == 0 || len % (ssize_t)sizeof(*packet.drops) != 0)
		return -EPROTO;
	for (size_t i = 0; i < (size_t)len / sizeof(*packet.drops); i++) {
		if (packet.drops[i].op != WIRE_DROP || !wire_request_valid(&packet.drops[i]))
			return -EPROTO;
		fn(arg, &packet.drops[i]);
	}
	return 1;
}

int enforce_standing(struct enforce *enforce, enforce_standing_fn *fn, void *arg)
{
	struct wire_request request = { .op = WIRE_STANDING };
	int more;

	send_request(enforce, &request);
	send_queue(enforce);
	do
		more = enforce->lost ? -EPIPE : read_standing(enforce, fn, arg);
	while (more > 0);
	return more;
}

void enforce_rebuild(struct enforce *enforce)
{
	struct wire_request begin = { .op = WIRE_BEGIN }, commit = { .op = WIRE_COMMIT };
	const bool together = !enforce->one_by_one;

	enforce->one_by_one = false;
	if (together)
		send_request(enforce, &begin);
	enforce->resend(enforce->arg);
	if (together) {
		send_request(enforce, &commit);
		enforce->commit_seq = commit.seq;
	}
}

void enforce_reload(struct enforce *enforce, uint64_t written)
{
	struct wire_request request = { .op = WIRE_RELOAD, .written = written };
	memset(enforce->lists, 0, sizeof(enforce->lists));
	send_request(enforce, &request);
}

void enforce_look(struct enforce *enforce, const struct prefix *prefix)
{
	struct wire_request request = { .op = WIRE_LOOK, .prefix = *prefix };
	send_request(enforce, &request);
}

void enforce_figures(struct enforce *enforce)
{
	struct wire_request request = { .op = WIRE_FIGURES };
	send_request(enforce, &request);
}

const struct wire_reply *enforce_list(const struct enforce *enforce, size_t index)
{
	return index < COUNT(enforce->lists) && enforce->lists[index].op ? &enforce->lists[index] : NULL;
}

void enforce_lists(struct enforce *enforce, uint64_t written)
{
	struct wire_request request = { .op = WIRE_LISTS, .written = written };
	send_request(enforce, &request);
}

bool enforce_ping(struct enforce *enforce)
{
	struct wire_request request = { .op = WIRE_PING };

	if (enforce->pinged) {
		if (!enforce->silent)
			log_error("the process that drops does not answer: %u %s", enforce->stats.waiting,
				  plural(enforce->stats.waiting, "request is waiting", "requests are waiting"));
		enforce->silent = true;
		return false;
	}
	if (enforce->silent)
		log_notice("the process that drops answers again");
	enforce->silent = false;
	enforce->pinged = true;		/* sending may read replies, but not yet this one's */
	send_request(enforce, &request);
	enforce->ping_seq = request.seq;
	return true;
}

bool enforce_is_silent(const struct enforce *enforce)
{
	return enforce->silent || (enforce->stats.waiting > 0 && monotonic_ms() - enforce->answered_ms > SILENT_MS);
}

bool enforce_is_behind(const struct enforce *enforce)
{
	return enforce->silent || (enforce->stats.waiting > 0 && monotonic_ms() - enforce->answered_ms > BEHIND_MS);
}

const struct enforce_stats *enforce_stats(const struct enforce *enforce)
{
	return &enforce->stats;
}
