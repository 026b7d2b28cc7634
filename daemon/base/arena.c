/* arena - see arena.h
 *
 * A list of chunks; a large request gets a chunk of its own. Never gives memory back before arena_free(). */
#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_BYTES (256U << 10)	/* the kernel maps so much, zeroed; from the heap it would have to be cleared */
#define ALIGN 16U

struct arena {
	struct arena *next;
	size_t used, room;
	_Alignas(16) char bytes[];
};

void *arena_alloc(struct arena **arena, size_t bytes)
{
	struct arena *chunk = *arena;

	bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!chunk || chunk->room - chunk->used < bytes) {
		size_t room = bytes > CHUNK_BYTES / 4 ? bytes : CHUNK_BYTES;

		struct arena *new = calloc(1, sizeof(*new) + room);
		if (!new)
			return NULL;
		new->room = room;
		if (chunk && room == bytes) {	/* keep filling the chunk in front */
			new->next = chunk->next;
			chunk->next = new;
		} else {
			new->next = chunk;
			*arena = new;
		}
		chunk = new;
	}
	chunk->used += bytes;
	return chunk->bytes + chunk->used - bytes;
}

void *arena_push(struct arena **arena, void *array, size_t count, size_t element_bytes)
{
	if (count & (count - 1) || (count == 0 && array))
		return array;
	void *grown = arena_alloc(arena, (count ? 2 * count : 1) * element_bytes);
	if (grown && count)
		memcpy(grown, array, count * element_bytes);
	return grown;
}

void arena_free(struct arena **arena)
{
	while (*arena) {
		struct arena *next = (*arena)->next;

		free(*arena);
		*arena = next;
	}
}
