/* session - has this session already been counted for, and under which rule? A set-associative cache. */
#include <errno.h>
#include <sys/random.h>

#include "judge/session.h"

int session_init(struct session_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	return getrandom(&cache->seed, sizeof(cache->seed), 0) == (ssize_t)sizeof(cache->seed) ? 0 : -errno;
}

/* mark: 0 for the session as a whole, a rule for what that rule has counted in it */
static uint64_t who(const struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t mark)
{
	return addr_hash(addr, cache->seed ^ ((uint64_t)session << 32 | mark));
}

/* where the session's slot is, or SESSION_SLOTS */
static unsigned find(const struct session_cache *cache, uint64_t hash)
{
	unsigned first = (unsigned)(hash % (SESSION_SLOTS / SESSION_WAYS)) * SESSION_WAYS;

	for (unsigned i = first; i < first + SESSION_WAYS; i++)
		if (cache->slots[i].who == hash)
			return i;
	return SESSION_SLOTS;
}

static unsigned oldest(const struct session_cache *cache, uint64_t hash)
{
	unsigned first = (unsigned)(hash % (SESSION_SLOTS / SESSION_WAYS)) * SESSION_WAYS, at = first;

	for (unsigned i = first; i < first + SESSION_WAYS; i++)
		if (cache->slots[i].until_ms < cache->slots[at].until_ms)
			at = i;
	return at;
}

static void put(struct session_cache *cache, unsigned at, struct session_slot slot)
{
	cache->slots[at] = slot;
	cache->dirty[at / 64] |= 1ULL << at % 64;
}

/* The mark, if it is alive. */
static const struct session_slot *alive(const struct session_cache *cache, uint64_t hash, int64_t now_ms)
{
	unsigned at = find(cache, hash);

	return at < SESSION_SLOTS && now_ms < cache->slots[at].until_ms ? &cache->slots[at] : NULL;
}

uint32_t session_leader(const struct session_cache *cache, uint32_t session, const struct addr *addr, int64_t now_ms)
{
	const struct session_slot *own = alive(cache, who(cache, session, addr, 0), now_ms);

	return own ? own->leader : SESSION_NOBODY;
}

static void set(struct session_cache *cache, uint64_t hash, uint32_t number, uint32_t leader, int64_t now_ms)
{
	unsigned at = find(cache, hash);

	put(cache, at < SESSION_SLOTS ? at : oldest(cache, hash),
	    (struct session_slot){ hash, now_ms + SESSION_LIFE_S * 1000, number, leader });
}

/* The rule leads the session, which begins here if none is alive; returns its number. */
static uint32_t lead(struct session_cache *cache, uint64_t own_hash, uint32_t rule, int64_t now_ms)
{
	const struct session_slot *own = alive(cache, own_hash, now_ms);
	uint32_t number = own ? own->number : cache->next_number++;

	set(cache, own_hash, number, rule, now_ms);
	return number;
}

void session_lead(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	lead(cache, who(cache, session, addr, 0), rule, now_ms);
}

bool session_once(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	uint64_t own_hash = who(cache, session, addr, 0), hash = who(cache, session, addr, rule);
	const struct session_slot *own = alive(cache, own_hash, now_ms), *mark = alive(cache, hash, now_ms);

	if (own && mark && mark->number == own->number)
		return false;
	set(cache, hash, lead(cache, own_hash, rule, now_ms), rule, now_ms);
	return true;
}

/* The marks of its rules stay behind, under a number that no other session gets. */
void session_forget(struct session_cache *cache, uint32_t session, const struct addr *addr)
{
	unsigned at = find(cache, who(cache, session, addr, 0));

	if (at < SESSION_SLOTS)
		put(cache, at, (struct session_slot){ 0 });
}

void session_restore(struct session_cache *cache, uint32_t at, const struct session_slot *saved)
{
	cache->slots[at] = *saved;
	if (cache->next_number <= saved->number)
		cache->next_number = saved->number + 1;
}
