/* pool - equal blocks of memory, known by number, handed out and taken back
 *
 * One mapping, touched only as it fills. What is given back is handed out next. Never grows: the caller knows how many
 * blocks there can be. */
#ifndef MAILWARD_POOL_H
#define MAILWARD_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	char *at;
	size_t bytes;		/* of a block */
	uint32_t count, high_water;
	uint32_t free_head;	/* the number of a free block + 1, in whose first bytes is that of the next; 0: none */
};

/* pool_init - bytes: of a block, a multiple of 8; count: 1.. 0 or -ENOMEM. A struct of zeros has no blocks, and may be given
 * to pool_fini() */
int pool_init(struct pool *pool, size_t bytes, uint32_t count);
void pool_fini(struct pool *pool);

/* pool_take - the number of a block that is free; there must be one. What is in it is of no meaning. */
uint32_t pool_take(struct pool *pool);

/* pool_give - a block is free again */
void pool_give(struct pool *pool, uint32_t number);

static inline void *pool_at(const struct pool *pool, uint32_t number)
{
	return pool->at + number * pool->bytes;
}

#endif
