/* talk - one connection to a Redis server: commands out, bounded replies in, none of it waiting; the only user of hiredis
 *
 * Knows the protocol, not what is said by it. */
#ifndef MAILWARD_TALK_H
#define MAILWARD_TALK_H

#include <hiredis/hiredis.h>

#include "conf/conf.h"

#define TALK_WAITING_MAX 1024		/* replies that are waited for at once */
#define TALK_REPLY_BYTES (8U << 20)	/* of one reply */
#define TALK_REPLY_ELEMENTS 32768U
#define TALK_LINE_BYTES 4096U		/* of a line; what is longer is told by its length */
#define TALK_PAUSE_MIN_MS 100		/* before the next try */
#define TALK_PAUSE_MAX_MS 10000
#define TALK_PATIENCE_MS 10000		/* with a reply, beyond what the command itself waits */

/* what a reply is the answer to; the caller's */
struct awaited {
	unsigned what;
	uint8_t node;
	uint64_t number;
};

struct talk {
	redisContext *redis;	/* NULL: closed */
	bool connecting, unsent;
	bool plain;		/* without TLS, whatever is configured */
	bool subscribed;	/* it says what nobody has asked for, and that it says anything answers everything */
	struct awaited queue[TALK_WAITING_MAX];
	unsigned first, count;
	int64_t since_ms;	/* of the last progress, by the boot's clock */
	size_t bytes, elements;	/* of the reply that is being read */
};

/* talk_prepare - with TLS: read what is believed of a server, while files can be read. NULL, or why not, static text */
const char *talk_prepare(const struct fleet_conf *conf);

/* talk_open - begin to connect. 0 or -errno; talk_close - whatever it is */
int talk_open(struct talk *talk, const struct redis_server *to, int64_t now_ms);
void talk_close(struct talk *talk);

/* talk_pause - how long to wait before the next try: ever longer, but for a connection that has been of use for a while
 * pause_ms: of the last one; up_ms: since when it was of use, 0: it never was */
int64_t talk_pause(int64_t *pause_ms, int64_t up_ms, int64_t now_ms);

/* talk_say - a command, of words: each its bytes and their length; false: too much is waited for already, or no memory */
struct word {
	const char *at;
	size_t len;
};
bool talk_say(struct talk *talk, const struct awaited *awaited, const struct word *words, size_t count, int64_t now_ms);

short talk_wants(const struct talk *talk);

/* talk_turn - write and read what can be. NULL, or why it cannot go on, static text
 * talk_next - the next whole reply, and to what; NULL: none yet, or *why tells why there will be none. Freed by talk_free(). */
const char *talk_turn(struct talk *talk, short events, int64_t now_ms);
redisReply *talk_next(struct talk *talk, struct awaited *awaited, const char **why);
void talk_free(redisReply *reply);

#endif
