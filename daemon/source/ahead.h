/* ahead - a long backlog, read by several threads before its turn comes, so that what its lines say is known by then
 *
 * Nobody has to believe it: the follower reads the same bytes at his own pace, and takes what was found of exactly these. So
 * whatever happens to the file, his lines, his place in it and their order are what they are without it. */
#ifndef MAILWARD_AHEAD_H
#define MAILWARD_AHEAD_H

#include "source/block.h"

#define AHEAD_BYTES_MIN (UINT64_C(8) << 20)	/* where less is left, it is not worth it */

struct ahead;

/* ahead_open - read a plain file from offset on, where a line begins; fd stays the caller's, and its offset where it is
 * matcher: is copied, and must outlive it.
 * NULL: there is one processor, another one is open in this process, or there is no thread or no memory. */
struct ahead *ahead_open(int fd, uint64_t offset, const struct matcher *matcher);
void ahead_close(struct ahead *ahead);		/* its threads have ended then */

/* ahead_next - what was found of the whole lines of these bytes, which come behind those of the block before
 * Holds until the next call. NULL: it is of no use any more, as the end is near or others stand there now. */
struct block *ahead_next(struct ahead *ahead, const char *bytes, size_t len);

#endif
