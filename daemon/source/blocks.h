/* blocks - one log from where it stands to its end, in pieces of whole lines
 *
 * Plain or packed, file or stream. A line longer than a piece is in it with its first bytes, enough to be known as too long;
 * the rest is read and left out. Nothing else is changed, whatever the bytes are. */
#ifndef MAILWARD_BLOCKS_H
#define MAILWARD_BLOCKS_H

#include <stdint.h>
#include <sys/types.h>

#include "source/line.h"

#define BLOCK_BYTES LINE_BUFFER_BYTES

struct blocks;

/* blocks_open - fd stays the caller's, and must outlive it; its offset moves as it is read. Returns 0 or -errno.
 * Owns: *out until blocks_close(). */
int blocks_open(struct blocks **out, int fd);
void blocks_close(struct blocks *blocks);

/* blocks_next - the next piece; bytes: room for BLOCK_BYTES. Of a file a piece is full, of a stream it is what has come.
 * Returns its length; 0 at the end, or -errno: what is damaged or cut short is -EBADMSG, once all before it is handed out.
 * The last line of the last piece may have no end. */
ssize_t blocks_next(struct blocks *blocks, char *bytes);

/* blocks_read - bytes of the log so far, unpacked */
uint64_t blocks_read(const struct blocks *blocks);

#endif
