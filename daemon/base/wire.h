/* wire - the only words that pass between engine and warden
 *
 * Fixed-size requests, one fixed-size reply for each, 1..WIRE_TOGETHER_MAX of a kind
 * in a SOCK_SEQPACKET packet: one costs the kernel as much as sixteen. An engine that has
 * lost its memory asks what stands, alone and waiting, and is told in requests. A packet of any
 * other size, an unknown op or a length out of range means that the other side is
 * broken or taken over: the receiver ends. Nothing in a message is a pointer, a
 * length of what follows, or text to interpret. */
#ifndef MAILWARD_WIRE_H
#define MAILWARD_WIRE_H

#include "base/addr.h"

enum wire_op {
	WIRE_DROP = 1,		/* drop the prefix for timeout_ms from now, replacing what was there */
	WIRE_RELEASE = 2,	/* stop dropping the prefix; no error if it was not dropped */
	WIRE_CLEAR = 3,		/* stop dropping everything that WIRE_DROP put there */
	WIRE_RELOAD = 4,	/* read the config file again (allow-list, ports); WIRE_SEQ_RESEND follows */
	WIRE_BEGIN = 5,		/* the WIRE_DROPs from here to WIRE_COMMIT, and nothing else, are to be what is dropped; */
	WIRE_COMMIT = 6,	/* the old table stands until this, and then the new one does, in one transaction */
	WIRE_LISTS = 7,		/* a blocklist's file may have changed: read all of them again */
	WIRE_PING = 8,		/* the reply says that everything before has been done */
	WIRE_STANDING = 9,	/* before the reply: what is dropped now, each as the WIRE_DROP that would bring it about */
	WIRE_ALLOW = 10,	/* the prefix is on the allow-list, too, over each WIRE_RELOAD; see wire_allowable() */
	WIRE_UNALLOW = 11,	/* as far as that put it there, it no longer is; no error if it was not */
};

#define WIRE_TOGETHER_MAX 16
#define WIRE_SERVICES_MAX 15
#define WIRE_COMMENT_SIZE 88
#define WIRE_TIMEOUT_MAX_MS (10ULL * 366 * 86400 * 1000)

struct wire_request {
	uint32_t op;			/* enum wire_op */
	uint32_t seq;			/* comes back in the reply */
	uint64_t timeout_ms;		/* WIRE_DROP: 1..WIRE_TIMEOUT_MAX_MS, or 0 = until released */
	struct prefix prefix;		/* masked; zero for what names none */
	uint8_t cut;			/* WIRE_DROP: 1: end the prefix's live connections too, else 0 */
	uint8_t fresh;			/* WIRE_DROP: 1: nothing of the prefix is being dropped, as far as the engine knows */
	uint8_t service;		/* WIRE_DROP: from the ports of the config's service of that number, 1..; 0: from all that are guarded */
	uint8_t padding[4];		/* zero */
	char comment[WIRE_COMMENT_SIZE];/* printable ASCII, NUL-terminated: shown by nft beside the element */
};

/* The seq of a reply that no request asked for: all that is to be dropped must be sent again, between WIRE_BEGIN and
 * WIRE_COMMIT, after a reload or because somebody had flushed or changed the table. */
#define WIRE_SEQ_RESEND UINT32_MAX

struct wire_reply {
	uint32_t seq;
	int32_t error;			/* 0, or an errno: the kernel's, EPERM for an allowed address, EINVAL, EDQUOT (see quota.h) */
	uint32_t retry_ms;		/* of an error that goes by: ask again then, if it is still wanted; 0: asking again is no use */
	struct prefix prefix;		/* the request's */
	uint8_t op;			/* the request's; 0 in the first reply of all, and in WIRE_SEQ_RESEND */
	uint8_t padding[2];		/* zero */
};

_Static_assert(sizeof(struct prefix) == 17, "struct prefix has padding");
_Static_assert(sizeof(struct wire_request) == 128, "struct wire_request has hidden padding");
_Static_assert(sizeof(struct wire_reply) == 32, "struct wire_reply has hidden padding");

/* wire_request_valid - does every field hold what is said above? */
bool wire_request_valid(const struct wire_request *request);

/* wire_allowable - may the engine have the prefix allowed? An IPv4 address, an IPv6 one or a /64. WIRE_ALLOWED_MAX at a time */
#define WIRE_ALLOWED_MAX 256
bool wire_allowable(const struct prefix *prefix);

/* wire_never_dropped - why no warden drops that prefix, whatever its config says (wider than an IPv4 /16 or an IPv6 /32,
 * an IPv6 network with all of IPv4 in it), as a static text; NULL: it may. The reply to a WIRE_DROP would be EINVAL. */
const char *wire_never_dropped(const struct prefix *prefix);

#endif
