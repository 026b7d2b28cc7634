/* source_find - find a log file again after it was rotated: among its neighbours, by its bytes */
#ifndef MAILWARD_SOURCE_FIND_H
#define MAILWARD_SOURCE_FIND_H

#include <time.h>

#include "engine/source.h"

/* source_find - open the file that a position was taken in: under path, or a neighbour whose name begins with path's
 * *newest is moved up to the file's time of change. Returns a descriptor, or -1. */
int source_find(const char *path, const struct source_position *position, struct timespec *newest);

/* source_find_later - open the neighbour (not the file under path) that was written next after *newest, and move that up
 * Compressed files are passed over. Returns a descriptor, or -1 when there is none. */
int source_find_later(const char *path, struct timespec *newest);

#endif
