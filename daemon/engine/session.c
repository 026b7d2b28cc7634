/* session - has this session already been counted for? A direct-mapped cache; used by engine.c alone. */
#include <errno.h>
#include <sys/random.h>

#include "engine/session.h"

int session_init(struct session_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	return getrandom(&cache->seed, sizeof(cache->seed), 0) == (ssize_t)sizeof(cache->seed) ? 0 : -errno;
}

static uint64_t who(const struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule)
{
	return addr_hash(addr, cache->seed ^ ((uint64_t)session << 32 | rule));
}

bool session_seen(const struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	uint64_t hash = who(cache, session, addr, rule);
	const struct session_slot *slot = &cache->slots[hash % SESSION_SLOTS];

	return slot->who == hash && now_ms < slot->until_ms;
}

void session_mark(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	uint64_t hash = who(cache, session, addr, rule);

	cache->slots[hash % SESSION_SLOTS] = (struct session_slot){ hash, now_ms + SESSION_LIFE_S * 1000 };
	cache->dirty[hash % SESSION_SLOTS / 64] |= 1ULL << hash % 64;
}

void session_forget(struct session_cache *cache, uint32_t session, const struct addr *addr)
{
	uint64_t hash = who(cache, session, addr, 0);

	if (cache->slots[hash % SESSION_SLOTS].who != hash)
		return;
	cache->slots[hash % SESSION_SLOTS] = (struct session_slot){ 0 };
	cache->dirty[hash % SESSION_SLOTS / 64] |= 1ULL << hash % 64;
}
