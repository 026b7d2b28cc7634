/* session - has this session already been counted for? A set-associative cache; used by engine.c alone. */
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

bool session_seen(const struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	const struct session_slot *own = alive(cache, who(cache, session, addr, 0), now_ms);
	const struct session_slot *mark = rule ? alive(cache, who(cache, session, addr, rule), now_ms) : own;

	return own && mark && mark->number == own->number;
}

static uint64_t put_mark(struct session_cache *cache, uint64_t hash, uint64_t number, int64_t now_ms)
{
	unsigned at = find(cache, hash);

	if (number == 0)
		number = at < SESSION_SLOTS ? cache->slots[at].number : 1;
	put(cache, at < SESSION_SLOTS ? at : oldest(cache, hash),
	    (struct session_slot){ hash, now_ms + SESSION_LIFE_S * 1000, number });
	return number;
}

void session_mark(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms)
{
	uint64_t number = put_mark(cache, who(cache, session, addr, 0), 0, now_ms);

	if (rule)
		put_mark(cache, who(cache, session, addr, rule), number, now_ms);
}

/* The slot stays, with the next session's number: so the marks of the rules are not those of the next one. */
void session_forget(struct session_cache *cache, uint32_t session, const struct addr *addr)
{
	unsigned at = find(cache, who(cache, session, addr, 0));

	if (at < SESSION_SLOTS)
		put(cache, at, (struct session_slot){ cache->slots[at].who, 0, cache->slots[at].number + 1 });
}
