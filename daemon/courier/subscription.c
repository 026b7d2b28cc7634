/* subscription - see subscription.h */
#include "courier/subscription.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/parcel.h"

#define ASK_MS 4000	/* so often is it asked whether it is still there */

static int64_t boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Blocking; bytes that do not fit are cut off. false: the engine is gone. */
static bool tell(const struct subscription *subscription, enum parcel_op op, const char *bytes, size_t len)
{
	static struct parcel parcel;
	ssize_t sent;

	parcel = (struct parcel){ .op = (uint8_t)op, .node = (uint8_t)subscription->number, .len = (uint32_t)(len < PARCEL_BYTES ? len : PARCEL_BYTES) };
	memcpy(parcel.bytes, bytes, parcel.len);
	do
		sent = send(subscription->engine, &parcel, sizeof(parcel), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == sizeof(parcel);
}

static struct word word(const char *text)
{
	return (struct word){ text, strlen(text) };
}

static bool say(struct subscription *subscription, const char *first, const char *second)
{
	struct word words[] = { word(first), word(second) };

	return talk_say(&subscription->talk, &(struct awaited){ .what = 0 }, words, *second ? 2 : 1, boot_ms());
}

static bool close_it(struct subscription *subscription, const char *why)
{
	talk_close(&subscription->talk);
	subscription->open = false;
	subscription->retry_ms = boot_ms() + talk_pause(&subscription->pause_ms, subscription->up_ms, boot_ms());
	subscription->up_ms = 0;
	return tell(subscription, PARCEL_SILENT, why, strnlen(why, 200));
}

static bool open_it(struct subscription *subscription)
{
	int err = talk_open(&subscription->talk, &subscription->source->redis, boot_ms());

	if (err < 0)
		return close_it(subscription, strerror(-err));
	subscription->open = true;
	subscription->talk.subscribed = true;
	subscription->talk.plain = true;
	subscription->asked_ms = boot_ms();
	return ((!*subscription->password || say(subscription, "AUTH", subscription->password)) &&
		say(subscription, "SUBSCRIBE", subscription->source->channel ? subscription->source->channel : REDIS_CHANNEL)) || close_it(subscription, "out of memory");
}

/* NULL, or why it has to be closed; "": the engine is gone. */
static const char *take(struct subscription *subscription, const redisReply *reply)
{
	static char why[200];
	const redisReply *kind;

	if (reply->type == REDIS_REPLY_ERROR) {
		snprintf(why, sizeof(why), "it says: %.150s", reply->str);
		return why;
	}
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 || reply->element[0]->type != REDIS_REPLY_STRING)
		return NULL;
	kind = reply->element[0];
	if (strcmp(kind->str, "subscribe") == 0) {
		subscription->up_ms = boot_ms();
		return tell(subscription, PARCEL_LISTENS, "", 0) ? NULL : "";
	}
	if (strcmp(kind->str, "message") != 0 || reply->elements != 3 || reply->element[2]->type != REDIS_REPLY_STRING)
		return NULL;
	return tell(subscription, PARCEL_LINE, reply->element[2]->str, reply->element[2]->len) ? NULL : "";
}

void subscription_init(struct subscription *subscription, const struct conf_source *source, unsigned number, const char *password, int engine)
{
	*subscription = (struct subscription){ .source = source, .number = number, .password = password, .engine = engine, .pause_ms = TALK_PAUSE_MIN_MS };
}

struct pollfd subscription_wants(const struct subscription *subscription)
{
	struct pollfd wants = { .fd = -1 };

	if (subscription->open)
		wants = (struct pollfd){ .fd = subscription->talk.redis->fd, .events = talk_wants(&subscription->talk) };
	return wants;
}

int subscription_turn(struct subscription *subscription, short events)
{
	struct awaited awaited;
	redisReply *reply;
	const char *why;

	if (!subscription->open)
		return subscription->retry_ms > boot_ms() || open_it(subscription) ? 0 : -EPIPE;
	why = talk_turn(&subscription->talk, events, boot_ms());
	while (!why && (reply = talk_next(&subscription->talk, &awaited, &why)) != NULL) {
		why = take(subscription, reply);
		talk_free(reply);
	}
	if (!why && boot_ms() - subscription->asked_ms > ASK_MS) {
		subscription->asked_ms = boot_ms();
		if (!say(subscription, "PING", ""))
			why = "out of memory";
	}
	if (why && !*why)
		return -EPIPE;
	return !why || close_it(subscription, why) ? 0 : -EPIPE;
}
