/* fleet_ring - see fleet_ring.h */
#include "service/fleet_ring.h"

#include <errno.h>
#include <stdlib.h>

/* A row: the item, its time by the wall clock; the row's own number is the ring's place. */
_Static_assert(sizeof(struct fleet_item) == 80, "saved as it is");

int fleet_ring_init(struct fleet_ring *ring)
{
	*ring = (struct fleet_ring){ .at = calloc(FLEET_RING, sizeof(*ring->at)), .tail = 1, .head = 1, .stored = 1, .written = 1 };
	return ring->at ? 0 : -ENOMEM;
}

void fleet_ring_fini(struct fleet_ring *ring)
{
	free(ring->at);
	*ring = (struct fleet_ring){ .at = NULL };
}

void fleet_ring_push(struct fleet_ring *ring, const struct fleet_item *item, uint64_t taken)
{
	if (ring->head - ring->tail == FLEET_RING) {
		ring->lost += ring->tail >= taken;
		ring->tail++;
	}
	ring->at[ring->head % FLEET_RING] = *item;
	ring->at[ring->head % FLEET_RING].number = ring->head;
	ring->head++;
}

void fleet_ring_save(struct fleet_ring *ring, struct snapshot *snapshot, unsigned kind, uint64_t taken, int64_t since_ms,
		     int64_t apart_ms)
{
	uint64_t from = ring->stored > ring->tail ? ring->stored : ring->tail;

	while (from < taken && from < ring->head && fleet_ring_at(ring, from)->time_ms < since_ms)
		from++;

	if (snapshot_whole(snapshot))
		ring->stored = ring->written = from;
	for (; ring->stored < from && ring->stored < ring->written; ring->stored++)
		snapshot_put(snapshot, kind, (uint32_t)(ring->stored % FLEET_RING), NULL, 0);
	if (ring->stored < from)
		ring->stored = from;
	if (ring->written < from)
		ring->written = from;
	for (; ring->written < ring->head; ring->written++) {
		struct fleet_item item = *fleet_ring_at(ring, ring->written);

		item.time_ms += apart_ms;
		snapshot_put(snapshot, kind, (uint32_t)(ring->written % FLEET_RING), &item, sizeof(item));
	}
}

bool fleet_ring_load(struct fleet_ring *ring, const void *bytes, size_t len, int64_t apart_ms)
{
	struct fleet_item item;

	if (len != sizeof(item) || ring->head - ring->tail == FLEET_RING)
		return false;
	memcpy(&item, bytes, len);
	item.time_ms -= apart_ms;
	if (item.record.kind == 0 || item.record.kind >= FLEET_KINDS)
		return false;
	ring->at[ring->head++ - ring->tail] = item;
	return true;
}

static int by_number(const void *left, const void *right)
{
	const struct fleet_item *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

void fleet_ring_loaded(struct fleet_ring *ring)
{
	const uint64_t count = ring->head - ring->tail;

	if (count == 0)
		return;
	qsort(ring->at, count, sizeof(*ring->at), by_number);
	/* the number of the place is the place of the number */
	ring->tail = FLEET_RING;
	ring->head = ring->tail + count;
	for (uint64_t i = 0; i < count; i++)
		ring->at[i].number = ring->tail + i;
	ring->stored = ring->written = ring->tail;
}
