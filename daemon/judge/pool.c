/* pool - see pool.h. Owns the mapping; never logs. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/pages.h"
#include "judge/pool.h"

int pool_init(struct pool *pool, size_t bytes, uint32_t count)
{
	assert(bytes >= 8 && bytes % 8 == 0 && count > 0);
	*pool = (struct pool){ .at = pages_map(count, bytes), .bytes = bytes, .count = count };
	return pool->at ? 0 : -ENOMEM;
}

void pool_fini(struct pool *pool)
{
	pages_unmap(pool->at, pool->count, pool->bytes);
	*pool = (struct pool){ 0 };
}

uint32_t pool_take(struct pool *pool)
{
	uint32_t number = pool->free_head - 1;

	if (pool->free_head) {
		memcpy(&pool->free_head, pool_at(pool, number), sizeof(pool->free_head));
		return number;
	}
	assert(pool->high_water < pool->count);
	return pool->high_water++;
}

void pool_give(struct pool *pool, uint32_t number)
{
	memcpy(pool_at(pool, number), &pool->free_head, sizeof(pool->free_head));
	pool->free_head = number + 1;
}
