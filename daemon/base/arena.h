/* arena - memory that is filled once, while something loads, and freed as a whole */
#ifndef MAILWARD_ARENA_H
#define MAILWARD_ARENA_H

#include "base/text.h"

struct arena;

/* arena_alloc - zeroed bytes, aligned for any object; *arena NULL: a new arena. NULL: out of memory */
void *arena_alloc(struct arena **arena, size_t bytes);

/* arena_push - room for one more element of an array kept in the arena: the array, moved if need be, or NULL
 * count: elements it holds now; it doubles at each power of two */
void *arena_push(struct arena **arena, void *array, size_t count, size_t element_bytes);

void arena_free(struct arena **arena);

#endif
