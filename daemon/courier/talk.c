/* talk - see talk.h
 *
 * The socket is made here, since hiredis would look up names; hiredis cuts the bytes into replies. It has no limits of
 * its own in every version: elements and strings are counted before room is made for them. */
#include "courier/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef MAILWARD_TLS
#include <hiredis/hiredis_ssl.h>
#endif

#define WORDS_MAX (2 * FLEET_NODES_MAX + 16)

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

static redisReplyObjectFunctions plain, bounded;

static void *bounded_string(const redisReadTask *task, char *bytes, size_t len)
{
	struct talk *talk = task->privdata;

	talk->bytes += len;
	return talk->bytes > TALK_REPLY_BYTES ? NULL : plain.createString(task, bytes, len);
}

static void *bounded_array(const redisReadTask *task, element_count count)
{
	struct talk *talk = task->privdata;

	if ((size_t)count > TALK_REPLY_ELEMENTS - talk->elements)
		return NULL;
	talk->elements += (size_t)count;
	return plain.createArray(task, count);
}

/* ---- TLS: who has a certificate by the authority that is configured is the server; its name is not looked at ---- */

#ifdef MAILWARD_TLS
static redisSSLContext *tls;

const char *talk_prepare(const struct fleet_conf *conf)
{
	redisSSLContextError error = REDIS_SSL_CTX_NONE;

	if (!conf->tls_ca_file)
		return NULL;
	redisInitOpenSSL();
	tls = redisCreateSSLContext(conf->tls_ca_file, NULL, NULL, NULL, NULL, &error);
	return tls ? NULL : redisSSLContextGetError(error);
}

static bool shake_hands(const struct talk *talk)
{
	return !tls || talk->plain || redisInitiateSSLWithContext(talk->redis, tls) == REDIS_OK;
}
#else
const char *talk_prepare(const struct fleet_conf *conf)
{
	return conf->tls_ca_file ? "this mailward is built with a hiredis that knows no TLS: a tunnel (docs/fleet.md) would be right" : NULL;
}

static bool shake_hands(const struct talk *talk)
{
	(void)talk;
	return true;
}
#endif

static socklen_t address_of(const struct redis_server *to, struct sockaddr_storage *address)
{
	struct sockaddr_un *local = (struct sockaddr_un *)address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (*to->path) {
		local->sun_family = AF_UNIX;
		memcpy(local->sun_path, to->path, sizeof(local->sun_path));
		return sizeof(*local);
	}
	if (addr_is_v4(&to->addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(to->port);
		memcpy(&v4->sin_addr, to->addr.bytes + 12, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(to->port);
	memcpy(&v6->sin6_addr, to->addr.bytes, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

int talk_open(struct talk *talk, const struct redis_server *to, int64_t now_ms)
{
	struct sockaddr_storage address;
	socklen_t len = address_of(to, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err, on = 1;

	*talk = (struct talk){ .since_ms = now_ms };
	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	err = connect(fd, (const struct sockaddr *)&address, len) < 0 ? -errno : 0;
	if (err == 0 || err == -EINPROGRESS) {
		talk->redis = redisConnectFd(fd);
		err = talk->redis ? 0 : -ENOMEM;
	}
	if (err < 0) {
		close(fd);
		return err;
	}
	talk->connecting = true;
	talk->plain = *to->path;
	talk->redis->flags &= ~REDIS_BLOCK;
	if (!plain.createString) {
		plain = bounded = *talk->redis->reader->fn;
		bounded.createString = bounded_string;
		bounded.createArray = bounded_array;
	}
	talk->redis->reader->fn = &bounded;
	talk->redis->reader->privdata = talk;
	return 0;
}

void talk_close(struct talk *talk)
{
	if (talk->redis)
		redisFree(talk->redis);
	talk->redis = NULL;
	talk->count = 0;
}

int64_t talk_pause(int64_t *pause_ms, int64_t up_ms, int64_t now_ms)
{
	int64_t pause = up_ms && now_ms - up_ms >= TALK_PAUSE_MAX_MS ? TALK_PAUSE_MIN_MS : *pause_ms;

	*pause_ms = 2 * pause < TALK_PAUSE_MAX_MS ? 2 * pause : TALK_PAUSE_MAX_MS;
	return pause;
}

bool talk_say(struct talk *talk, const struct awaited *awaited, const struct word *words, size_t count, int64_t now_ms)
{
	const char *at[WORDS_MAX];
	size_t lens[WORDS_MAX];

	if (!talk->redis || talk->count == TALK_WAITING_MAX || count > WORDS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		at[i] = words[i].at;
		lens[i] = words[i].len;
	}
	if (redisAppendCommandArgv(talk->redis, (int)count, at, lens) != REDIS_OK)
		return false;
	if (talk->count == 0)
		talk->since_ms = now_ms;
	talk->queue[(talk->first + talk->count++) % TALK_WAITING_MAX] = *awaited;
	talk->unsent = true;
	return true;
}

short talk_wants(const struct talk *talk)
{
	return (short)(POLLIN | (talk->connecting || talk->unsent ? POLLOUT : 0));
}

static const char *said(struct talk *talk)
{
	static char why[128];

	snprintf(why, sizeof(why), "%s", talk->redis->err == REDIS_ERR_OOM ? "its answer is too large" :
		 talk->redis->err == REDIS_ERR_IO ? strerror(errno) : talk->redis->errstr);
	return why;
}

static const char *connected(struct talk *talk)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(talk->redis->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
		return strerror(error ? error : errno);
	talk->connecting = false;
	return shake_hands(talk) ? NULL : said(talk);
}

const char *talk_turn(struct talk *talk, short events, int64_t now_ms)
{
	const char *why = NULL;
	int done = 0;

	if (talk->connecting && events & (POLLOUT | POLLERR | POLLHUP))
		why = connected(talk);
	if (!why && !talk->connecting && talk->unsent) {
		if (redisBufferWrite(talk->redis, &done) != REDIS_OK)
			return said(talk);
		talk->unsent = !done;
	}
	if (!why && !talk->connecting && events & (POLLIN | POLLHUP | POLLERR)) {
		if (redisBufferRead(talk->redis) != REDIS_OK)
			return said(talk);
		talk->since_ms = now_ms;
	}
	if (!why && (talk->count || talk->connecting) && now_ms - talk->since_ms > TALK_PATIENCE_MS)
		why = "it does not answer in time";
	return why;
}

/* What is left over is the beginning of a reply, or of a part of one, and that begins with a line. hiredis would look through it from
 * its beginning each time that some more of it has come. */
static const char *overlong(const redisReader *reader)
{
	const size_t left = reader->len - reader->pos;

	if (left > TALK_LINE_BYTES && !memchr(reader->buf + reader->pos, '\n', TALK_LINE_BYTES))
		return "it sends a line that does not end";
	return left > TALK_REPLY_BYTES ? "its answer is too large" : NULL;
}

redisReply *talk_next(struct talk *talk, struct awaited *awaited, const char **why)
{
	void *reply = NULL;

	*why = NULL;
	if (redisGetReplyFromReader(talk->redis, &reply) != REDIS_OK)
		*why = said(talk);
	else if (!reply)
		*why = overlong(talk->redis->reader);
	if (!reply)
		return NULL;
	talk->bytes = talk->elements = 0;
	if (talk->subscribed) {
		talk->count = 0;
		return reply;
	}
	if (talk->count == 0) {
		*why = "it answers what was not asked";
		freeReplyObject(reply);
		return NULL;
	}
	*awaited = talk->queue[talk->first];
	talk->first = (talk->first + 1) % TALK_WAITING_MAX;
	talk->count--;
	return reply;
}

void talk_free(redisReply *reply)
{
	freeReplyObject(reply);
}
