/* fleet_batch - what a host tells the others, as sealed bytes: a head, records of one size, a seal
 *
 * What came from outside is believed when its seal is of one of the keys, its head names the node whose stream it was in, and
 * each record is one that a node could have meant. All numbers are little-endian. The only user of libsodium: keyed
 * BLAKE2b, 32 bytes, compared in constant time.
 *
 *	head	version 4, count 2, zero 2, life 8, number 8, node 24, policy 4, allow 4, run 8
 *	record	kind 1, marks 1, halves 2, rule 4, age 4, domain 4, offset 8, generation 4, seconds 4, then prefix 17, zero 7, account 8;
 *		or, of what was said, words 32
 *	seal	32 */
#ifndef MAILWARD_FLEET_BATCH_H
#define MAILWARD_FLEET_BATCH_H

#include "base/addr.h"
#include "base/parcel.h"
#include "conf/conf.h"
#include "service/fleet_keys.h"

#define FLEET_BATCH_VERSION 1
#define FLEET_TOGETHER 128	/* records of a batch */
#define FLEET_HEAD_BYTES 64
#define FLEET_RECORD_BYTES 64
#define FLEET_SEAL_BYTES 32
#define FLEET_BATCH_BYTES(count) (FLEET_HEAD_BYTES + (count) * FLEET_RECORD_BYTES + FLEET_SEAL_BYTES)

_Static_assert(FLEET_BATCH_BYTES(FLEET_TOGETHER) <= PARCEL_BYTES, "a batch fits into a parcel");

enum fleet_kind {
	FLEET_ERROR = 1,	/* see judge/remote.h */
	FLEET_LOGIN,
	FLEET_NAME,
	FLEET_BAN,		/* the prefix, for seconds, from age ago on */
	FLEET_RELEASE,		/* the prefix; whatever of it is older */
	FLEET_PARDON,		/* the prefix's failed logins, for which an outage is to blame */
	FLEET_SAID,		/* by the operator, of the ban that comes next: the domain-th part of it */
	FLEET_KINDS,
};

#define FLEET_PERMANENT 1U	/* a mark of a ban: until it is released */
#define FLEET_WORDS 32		/* of a part of what was said */
#define FLEET_PARTS 4

struct fleet_record {
	uint8_t kind, marks;	/* marks: REMOTE_*; of a ban FLEET_PERMANENT */
	uint16_t halves;	/* of a ban: its errors */
	uint32_t rule;		/* hash of its name, 0: none */
	uint32_t age_ms;	/* when it was sealed */
	uint32_t domain;	/* of a ban: how many parts of what was said of it came before it */
	uint64_t offset;	/* ever higher in a generation; 0: none */
	uint32_t generation;	/* of the offsets: a source that is read, 0: what no line said */
	uint32_t seconds;
	union {
		struct {
			struct prefix prefix;	/* all zero: none */
			uint64_t account;
		};
		char words[FLEET_WORDS];	/* printable ASCII, and zeros behind it */
	};
};

struct fleet_head {
	uint64_t life;		/* of the node's database: offsets begin anew with each */
	uint64_t run;		/* of its process: numbers begin anew with each */
	uint64_t number;	/* of the last record in it, one by one; without any, of the last before */
	char node[FLEET_NODE_BYTES + 1];
	uint32_t policy, allow;	/* hashes: do the hosts judge alike? */
	size_t count;
};

/* fleet_batch_seal - write a batch of head->count records, 0..FLEET_TOGETHER; returns how many bytes it has */
size_t fleet_batch_seal(char bytes[PARCEL_BYTES], const struct fleet_keys *keys, const struct fleet_head *head,
			const struct fleet_record *records);

/* fleet_batch_open - NULL: it is whole, and all of it can be believed; else why it cannot, a static text */
const char *fleet_batch_open(const char *bytes, size_t len, const struct fleet_keys *keys, const char *node, struct fleet_head *head,
			     struct fleet_record records[FLEET_TOGETHER]);

/* fleet_batch_parse - the same without the seal: any bytes are safe */
const char *fleet_batch_parse(const char *bytes, size_t len, const char *node, struct fleet_head *head,
			      struct fleet_record records[FLEET_TOGETHER]);

#endif
