/* source_find - find a log file again after it was rotated: among its neighbours, by its bytes */
#ifndef MAILWARD_SOURCE_FIND_H
#define MAILWARD_SOURCE_FIND_H

#include <time.h>

#include "source/source.h"

/* source_find - open the file that a position was taken in: under path, or a neighbour whose name begins with path's
 * but: an inode that is not meant (the file under path after it was emptied), or 0. Returns a descriptor, or -1. */
int source_find(const char *path, const struct source_position *position, uint64_t but);

/* source_find_later - open the oldest neighbour, not the file under path, that was written last at *newest or after it
 * taken: inodes that are read already. Compressed files are passed over. *newest is moved up.
 * Returns a descriptor, or -1 when there is none. */
int source_find_later(const char *path, struct timespec *newest, const uint64_t *taken, size_t taken_count);

#endif
