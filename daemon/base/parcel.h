/* parcel - the only words that pass between engine and courier
 *
 * Fixed-size messages, one in a SOCK_SEQPACKET packet, both ways. A packet of another size, an unknown op or a number
 * out of range means that the other side is broken or taken over: the receiver closes. What the bytes are, the courier does
 * not know: the engine seals them and looks at the seal of what comes back (service/fleet_batch.h). */
#ifndef MAILWARD_PARCEL_H
#define MAILWARD_PARCEL_H

#include <stdbool.h>
#include <stdint.h>

enum parcel_op {
	/* to the courier */
	PARCEL_START = 1,	/* of a node's stream on a server: the id that was read last */
	PARCEL_READ,		/* all have been started: tell what stands, then read */
	PARCEL_ADD,		/* the bytes, to the own stream */
	PARCEL_BAN,		/* the bytes, to the own bans, for ms from now */
	PARCEL_RELEASE,		/* the bytes, to the own releases, for ms from now */
	PARCEL_BEAT,		/* the bytes are what stands under the own name for a while: text */
	/* to the engine */
	PARCEL_HELLO,		/* a courier begins: nothing is connected, nothing is under way */
	PARCEL_UP,		/* a server is connected; id: the last of the own stream there, 0: it is empty; number: bans of our own there */
	PARCEL_DOWN,		/* it is not; the bytes say why, for people */
	PARCEL_ADDED,		/* what was to be added, by its number, has become id */
	PARCEL_ENTRY,		/* of a node's stream: id, and how long ago it was added in ms; no bytes: it was too long */
	PARCEL_BANNED,		/* of a node's bans, and for how long still in ms */
	PARCEL_RELEASED,	/* of a node's releases, and how long ago that was in ms */
	PARCEL_TOLD,		/* what stands on the server has been told */
	PARCEL_LISTENS,		/* the channel of a source is listened to; node: the source's number in the config */
	PARCEL_SILENT,		/* it is not; the bytes say why, for people */
	PARCEL_LINE,		/* what was published there; cut off where it is too long */
	PARCEL_OPS,
};

#define PARCEL_BYTES 8320
#define PARCEL_SERVERS 3
#define PARCEL_NODES 64

struct parcel {
	uint8_t op;		/* enum parcel_op */
	uint8_t server, node;
	uint8_t padding;	/* zero */
	uint32_t len;		/* so many of the bytes are meant */
	uint64_t number;
	uint64_t id_ms, id_seq;
	int64_t ms;
	char bytes[PARCEL_BYTES];
};

_Static_assert(sizeof(struct parcel) == 40 + PARCEL_BYTES, "struct parcel has hidden padding");

/* parcel_valid - does every field hold what is said above? */
bool parcel_valid(const struct parcel *parcel);

#endif
