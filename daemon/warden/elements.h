/* elements - set elements as raw netlink, built in place
 *
 * Adding and deleting a million elements is the one thing here that must be fast: no object per element, messages
 * kept below the size at which attribute lengths wrap. */
#ifndef MAILWARD_ELEMENTS_H
#define MAILWARD_ELEMENTS_H

#include "base/ranges.h"
#include "warden/batch.h"

#define TABLE_NAME "mailward"	/* the table of all sets */

struct elements {
	struct batch *batch;
	const char *set;
	uint16_t type;		/* NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM */
	struct nlmsghdr *message;
	struct nlattr *list;
};

struct element {
	const uint8_t *key;	/* network order */
	size_t key_len;
	uint32_t flags;		/* NFT_SET_ELEM_... */
	uint64_t timeout_ms;	/* 0: none */
	const char *comment;	/* NULL: none; at most 253 bytes */
	bool counted;		/* has a counter of its own, see counters.h */
};

void elements_begin(struct elements *elements, struct batch *batch, uint16_t type, const char *set);
void elements_put(struct elements *elements, const struct element *element);
void elements_end(struct elements *elements);

/* elements_flush - put a message that empties the set */
void elements_flush(struct batch *batch, const char *set);

/* elements_put_ranges - all ranges of one family, as an interval set wants them; type: as above */
void elements_put_ranges(struct batch *batch, uint16_t type, const char *set, const struct ranges *ranges, bool v4);

#endif
