/* source_find - the neighbours of a log: what it became when it was rotated, plain or packed */
#ifndef MAILWARD_SOURCE_FIND_H
#define MAILWARD_SOURCE_FIND_H

#include "source/tail.h"

/* source_find - open the file that a mark was taken in: under path, or a neighbour
 * A plain one before a packed one, that with the mark's inode before a copy. but: an inode that is not meant, or 0.
 * conf: the files of its other sources are no neighbours.
 * Returns 0, *out is NULL when there is none; or -errno: it cannot be told now (-EMFILE, -ENOMEM). */
int source_find(struct tail **out, const char *path, const struct conf *conf, const struct mark *mark, uint64_t but);

/* struct source_find_when - which neighbours are meant: written at since_ns or later, and begun no earlier than begin_ms as
 * far as their stamps say, which may be of the clock before it was set. Of those that are written later than now, and so
 * before it was set back, all up to seen_ns were seen, but those from unseen_ns to until_ns. */
struct source_find_when {
	int64_t since_ns, begin_ms, seen_ns, unseen_ns, until_ns;
	struct clock_set set;
};

/* source_find_later - open the oldest of those. is_known: it is, and is not meant. Returns as above. */
typedef bool source_find_known_fn(void *arg, struct tail *tail);
int source_find_later(struct tail **out, const char *path, const struct conf *conf, const struct source_find_when *when,
		      source_find_known_fn *is_known, void *arg);

#endif
