/* networks - how many neighbours of a network have been banned lately.
 *
 * A slot is the table's header and limit entries of one word each. When the table is full, the network whose latest
 * ban is oldest among the next few goes. */
#include "judge/networks.h"

#include <assert.h>

#define IPV4_NETWORK_LEN (96 + 24)
#define IPV6_NETWORK_LEN 48
#define VICTIM_SAMPLE 64
#define WHO_BITS (64 - TIME_BITS)

/* A neighbour and when it was banned. Which one is told by the bits that differ within the network, folded: two that
 * fold alike count as one, which errs on the mild side. */
struct neighbour {
	uint64_t time_ms : TIME_BITS, who : WHO_BITS;
};

struct neighbourhood {
	struct table_slot slot;
	struct neighbour at[];	/* time 0: free */
};

int networks_init(struct networks *networks, uint32_t limit, uint32_t span_s, uint32_t capacity)
{
	assert(limit >= 1 && limit <= 256);
	*networks = (struct networks){ .span_ms = (int64_t)span_s * 1000, .limit = limit };
	return table_init(&networks->table, sizeof(struct neighbourhood) + limit * sizeof(struct neighbour), capacity);
}

void networks_fini(struct networks *networks)
{
	table_fini(&networks->table);
}

bool networks_of(const struct prefix *unit, struct prefix *network)
{
	uint8_t len = addr_is_v4(&unit->addr) ? IPV4_NETWORK_LEN : IPV6_NETWORK_LEN;

	*network = (struct prefix){ addr_mask(&unit->addr, len), len };
	return unit->len > len;
}

/* The time of its latest ban. */
static int64_t latest(const void *arg, const void *slot)
{
	const struct networks *networks = arg;
	const struct neighbourhood *hood = slot;
	uint64_t time_ms = 0;

	for (uint32_t i = 0; i < networks->limit; i++)
		if (hood->at[i].time_ms > time_ms)
			time_ms = hood->at[i].time_ms;
	return (int64_t)time_ms;
}

static struct neighbourhood *enter(struct networks *networks, const struct prefix *network)
{
	return table_enter(&networks->table, network, VICTIM_SAMPLE, latest, networks);
}

static struct neighbour neighbour(const struct prefix *unit, int64_t time_ms)
{
	return (struct neighbour){ (uint64_t)time_ms & TIME_MAX_MS, addr_hash(&unit->addr, 0) & ((1ULL << WHO_BITS) - 1) };
}

uint32_t networks_add(struct networks *networks, const struct prefix *network, const struct prefix *unit, int64_t time_ms)
{
	struct neighbourhood *hood = enter(networks, network);
	struct neighbour now = neighbour(unit, time_ms);
	uint32_t count = 0, place = 0;
	bool known = false;

	for (uint32_t i = 0; i < networks->limit; i++) {
		struct neighbour *old = &hood->at[i];

		if (old->time_ms && time_ms - (int64_t)old->time_ms > networks->span_ms)
			*old = (struct neighbour){ 0 };
		if (old->time_ms && old->who == now.who) {
			place = i;
			known = true;
		} else if (!known && old->time_ms < hood->at[place].time_ms) {
			place = i;
		}
		count += old->time_ms != 0;
	}
	count += !known;
	hood->at[place] = now;
	table_touch(&networks->table, hood);
	return count;
}

uint32_t networks_count(const struct networks *networks, const struct prefix *network, int64_t time_ms)
{
	const struct neighbourhood *hood = table_find(&networks->table, network);
	uint32_t count = 0;

	for (uint32_t i = 0; hood && i < networks->limit; i++)
		count += hood->at[i].time_ms && time_ms - (int64_t)hood->at[i].time_ms <= networks->span_ms;
	return count;
}

void networks_forget(struct networks *networks, const struct prefix *network)
{
	struct neighbourhood *hood = table_find(&networks->table, network);

	if (hood)
		table_remove(&networks->table, hood);
}

void networks_shift(struct networks *networks, int64_t step_ms)
{
	uint32_t cursor = 0;
	struct neighbourhood *hood;

	while ((hood = table_next(&networks->table, &cursor)) != NULL)
		for (uint32_t i = 0; i < networks->limit; i++)
			hood->at[i].time_ms = (uint64_t)time_shift((int64_t)hood->at[i].time_ms, step_ms) & TIME_MAX_MS;
}

size_t networks_bytes(const struct networks *networks)
{
	return networks->table.stride;
}

bool networks_restore(struct networks *networks, const void *bytes, size_t len, int64_t now_ms)
{
	struct table_slot saved;
	struct prefix key;
	struct neighbourhood *hood;
	size_t room = networks->table.stride;

	if (len < sizeof(saved) || (len - sizeof(saved)) % sizeof(struct neighbour) != 0)
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	key = table_key(&saved);
	if (!prefix_valid(&key))
		return false;
	hood = enter(networks, &key);
	memcpy(hood->at, (const char *)bytes + sizeof(saved), (len < room ? len : room) - sizeof(saved));
	for (uint32_t i = 0; i < networks->limit; i++)
		if ((int64_t)hood->at[i].time_ms > now_ms)
			hood->at[i].time_ms = (uint64_t)now_ms & TIME_MAX_MS;
	return true;
}
