/* bans - who is being dropped until when, and who has been before. */
#include "judge/bans.h"

#include <errno.h>

#define VICTIM_SAMPLE 64	/* enough to choose well among many that are over */
#define VICTIM_SEARCH 1024	/* and how far to look for the first */

int bans_init(struct bans *bans, uint32_t capacity, uint32_t memory_s)
{
	*bans = (struct bans){ .memory_ms = (int64_t)memory_s * 1000 };
	return table_init(&bans->table, sizeof(struct ban), capacity);
}

void bans_fini(struct bans *bans)
{
	table_fini(&bans->table);
}

struct ban *bans_running(const struct bans *bans, const struct prefix *key, int64_t now_ms)
{
	struct ban *ban = table_find(&bans->table, key);

	return ban && ban->since_ms <= now_ms && now_ms < ban->until_ms ? ban : NULL;
}

struct ban *bans_around(const struct bans *bans, const struct prefix *key, unsigned below, int64_t now_ms)
{
	const unsigned widest = addr_is_v4(&key->addr) ? 96 : 0;
	struct ban *longest = NULL;

	for (unsigned len = below; len-- > widest;) {
		struct prefix network = { addr_mask(&key->addr, len), (uint8_t)len };
		struct ban *ban = bans_running(bans, &network, now_ms);

		if (ban && (!longest || ban->until_ms > longest->until_ms))
			longest = ban;
	}
	return longest;
}

bool bans_known(const struct bans *bans, const struct prefix *key)
{
	return table_find(&bans->table, key) != NULL;
}

/* How much an entry is still worth: running ones by their end, others by how long they are remembered. */
static int64_t worth(const struct bans *bans, const struct ban *ban, int64_t now_ms)
{
	if (now_ms < ban->until_ms)
		return ban->until_ms + bans->memory_ms;
	return ban->repeat ? ban->ban_end_ms : 0;
}

static bool still_of_use(const struct ban *ban, int64_t now_ms)
{
	return !ban || now_ms < ban->until_ms;
}

static void make_room(struct bans *bans, int64_t now_ms)
{
	struct ban *victim = NULL;
	struct prefix key;

	for (unsigned i = 0; i < VICTIM_SAMPLE || (still_of_use(victim, now_ms) && i < VICTIM_SEARCH); i++) {
		struct ban *ban = table_next(&bans->table, &bans->hand);

		if (!ban)
			bans->hand = 0;
		else if (!victim || worth(bans, ban, now_ms) < worth(bans, victim, now_ms))
			victim = ban;
	}
	key = table_key(&victim->slot);
	bool runs = now_ms < victim->until_ms;
	table_remove(&bans->table, victim);
	if (runs && bans->displaced)
		bans->displaced(bans->arg, &key, now_ms);
}

struct ban *bans_enter(struct bans *bans, const struct prefix *key, int64_t now_ms)
{
	struct ban *ban = table_find(&bans->table, key);

	if (ban)
		return ban;
	if (bans->table.used == bans->table.capacity)
		make_room(bans, now_ms);
	return table_insert(&bans->table, key);
}

uint32_t bans_repeat(const struct bans *bans, const struct ban *ban, int64_t now_ms)
{
	if (!ban || ban->repeat == 0 || now_ms - ban->ban_end_ms > bans->memory_ms)
		return 1;
	return ban->repeat < UINT8_MAX ? ban->repeat + 1U : UINT8_MAX;
}

bool bans_never(int error)
{
	return error == EPERM || error == EINVAL;
}

void bans_note(struct bans *bans, const struct prefix *key, int error)
{
	struct ban *ban = error || bans->refused ? table_find(&bans->table, key) : NULL;
	uint8_t mark = error > UINT8_MAX ? UINT8_MAX : (uint8_t)error;

	if (!ban)
		return;
	bans->refused += mark != 0;
	bans->refused -= ban->refused != 0;
	ban->refused = mark;
}

struct ban *bans_next_refused(struct bans *bans, uint32_t *cursor, int64_t now_ms)
{
	struct ban *ban;

	while (bans->refused > 0 && (ban = table_next(&bans->table, cursor)) != NULL) {
		if (!ban->refused)
			continue;
		if (now_ms < ban->until_ms && !bans_never(ban->refused))
			return ban;
		bans->refused--;
		if (bans_never(ban->refused))
			table_remove(&bans->table, ban);
		else
			ban->refused = 0;
	}
	return NULL;
}

bool bans_release(struct bans *bans, const struct prefix *key, int64_t now_ms)
{
	struct ban *ban = bans_running(bans, key, now_ms);

	if (!ban)
		return false;
	table_remove(&bans->table, ban);
	return true;
}
