/* wire - the only words that pass between engine and warden
 *
 * Fixed-size requests, one fixed-size reply for each, 1..WIRE_TOGETHER_MAX of a kind
 * in a SOCK_SEQPACKET packet: one costs the kernel as much as sixteen. How the blocklists are, the warden tells unasked, as a
 * reply that answers nothing. An engine that has
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
	WIRE_LISTS = 7,		/* a blocklist's file may have changed: all of them are read again, after the answer, but those in written */
	WIRE_PING = 8,		/* the reply says that everything before has been done */
	WIRE_STANDING = 9,	/* before the reply: what is dropped now, each as the WIRE_DROP that would bring it about */
	WIRE_ALLOW = 10,	/* the prefix is on the allow-list, too, over each WIRE_RELOAD; see wire_allowable() */
	WIRE_UNALLOW = 11,	/* as far as that put it there, it no longer is; no error if it was not */
	WIRE_LOOK = 12,		/* the reply says what the kernel does with the prefix; see enum wire_seen */
	WIRE_FIGURES = 13,	/* before the reply: a WIRE_TOLD_SET for each set of bans and of the blocklists that stands */
	WIRE_STOP = 14,		/* the engine is going to end, and is not killed: what is dropped stops, lists and all, if on_stop = clear */
};

/* what is told in a reply with the seq WIRE_SEQ_TOLD */
enum wire_told {
	WIRE_TOLD_LIST = 64,	/* blocklist number index of the config: state is an enum wire_list, figures: lines that drop, and
				 * when it was read (seconds since 1970, 0: never); told again when one of these changes */
	WIRE_TOLD_SET = 65,	/* state: 1: of the blocklists, 0: of bans; of networks as long as prefix, and of its family; figures:
				 * packets and bytes that it met since the table was made, or the set replaced */
};

enum wire_list {
	WIRE_LIST_NONE,		/* it was never read: it drops nothing */
	WIRE_LIST_FORCE,	/* in force */
	WIRE_LIST_KEPT,		/* the file is wrong or gone; what was read before is in force */
	WIRE_LIST_COMING,	/* being read, or on its way into the kernel */
	WIRE_LIST_REFUSED,	/* read, and refused by the kernel */
	WIRE_LISTS_STATES,
};

enum wire_seen {
	WIRE_SEEN_BANNED = 1,	/* the kernel drops just that prefix */
	WIRE_SEEN_COUNTED = 2,	/* and has counted from the start of the ban: figures are packets and bytes */
	WIRE_SEEN_LISTED = 4,	/* the blocklists that are in force hold its first address */
};

#define WIRE_TOGETHER_MAX 16
#define WIRE_SERVICES_MAX 15
#define WIRE_COMMENT_SIZE 88
#define WIRE_TIMEOUT_MAX_MS (10ULL * 366 * 86400 * 1000)

struct wire_request {
	uint32_t op;			/* enum wire_op */
	uint32_t seq;			/* comes back in the reply */
	union {
		uint64_t timeout_ms;	/* WIRE_DROP: 1..WIRE_TIMEOUT_MAX_MS, or 0 = until released */
		uint64_t written;	/* WIRE_LISTS, WIRE_RELOAD: bit i: the config's blocklist i is being written, not whole */
	};
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

#define WIRE_SEQ_TOLD (UINT32_MAX - 1)	/* of what nobody asked for, see enum wire_told */

struct wire_reply {
	uint32_t seq;
	int32_t error;			/* 0, or an errno: the kernel's, EPERM where all is allowed, EINVAL, EDQUOT (see quota.h) */
	uint32_t retry_ms;		/* of an error that goes by: ask again then, if it is still wanted; 0: asking again is no use */
	struct prefix prefix;		/* the request's */
	uint8_t op;			/* the request's, or enum wire_told; 0 in the first reply of all, and in WIRE_SEQ_RESEND */
	uint8_t index, state;		/* see above; else 0 */
	uint64_t figures[2];		/* likewise */
};

_Static_assert(sizeof(struct prefix) == 17, "struct prefix has padding");
_Static_assert(sizeof(struct wire_request) == 128, "struct wire_request has hidden padding");
_Static_assert(sizeof(struct wire_reply) == 48, "struct wire_reply has hidden padding");

/* wire_request_valid - does every field hold what is said above? */
bool wire_request_valid(const struct wire_request *request);

/* wire_allowable - may the engine have the prefix allowed? An IPv4 address, an IPv6 one or a /64. WIRE_ALLOWED_MAX at a time */
#define WIRE_ALLOWED_MAX 256
bool wire_allowable(const struct prefix *prefix);

/* wire_never_dropped - why no warden drops that prefix, whatever its config says (wider than an IPv4 /16 or an IPv6 /32,
 * an IPv6 network with all of IPv4 in it), as a static text; NULL: it may. The reply to a WIRE_DROP would be EINVAL. */
const char *wire_never_dropped(const struct prefix *prefix);

#endif
