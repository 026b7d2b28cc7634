/* link - one server: two connections to it, one that waits for news and one that asks and tells
 *
 * Connects by itself, again and again, ever more slowly. What a server says is bounded before it is believed: bytes and
 * elements of a reply, time until it comes. Commands are those of the ACL that "mailward fleet acl" prints. */
#ifndef MAILWARD_LINK_H
#define MAILWARD_LINK_H

#include <poll.h>

#include "base/parcel.h"
#include "conf/conf.h"
#include "courier/talk.h"

#define LINK_FDS 2

struct link {
	const struct fleet_conf *conf;
	const char *password;
	const struct redis_server *to;
	unsigned server;
	int engine;
	struct talk ask, news;
	enum { LINK_DOWN, LINK_OPENING, LINK_UP } state;
	bool reading;		/* the engine has said where to go on */
	int64_t retry_ms, pause_ms, up_ms;	/* by the boot's clock; up_ms: 0: it is not up */
	int64_t apart_ms;	/* the server's clock less the boot's */
	uint64_t own_ms, own_seq, own_bans;	/* of the own stream, when it was asked */
	unsigned waiting_told;	/* replies, until all that stands has been told */
	struct link_at {
		uint64_t ms, seq;
	} at[FLEET_NODES_MAX];	/* what was read last of each stream */
};

/* link_init - nothing is connected yet */
void link_init(struct link *link, const struct fleet_conf *conf, unsigned server, const char *password, int engine);

/* link_give - a parcel of the engine's for that server; if it is not up, it is dropped: the engine keeps it */
void link_give(struct link *link, const struct parcel *parcel);

/* link_wants - what to wait for; link_turn - what came of it, and what time has brought. 0; -EPIPE: the engine is gone */
void link_wants(const struct link *link, struct pollfd fds[LINK_FDS]);
int link_turn(struct link *link, const struct pollfd fds[LINK_FDS]);

#endif
