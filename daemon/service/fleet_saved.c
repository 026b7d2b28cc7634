/* fleet_saved - what outlives the process: the life of this database, numbers of sources, places in the streams */
#include "service/fleet_state.h"

#include <inttypes.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"

#define KEPT_MS 900000		/* so long may a host not read what a server has taken, and then lost, while its teller was restarted */

enum { ROW_SELF, ROW_TAP, ROW_POSITION, ROW_GIVEN };
enum { KIND_ROWS, KIND_MARKS, KIND_RING };

const struct store_kind fleet_kinds[FLEET_KIND_COUNT] = {
	{ "fleet", 1, false }, { "fleet_mark", 1, false }, { "fleet_ring", 1, false },
};

/* One form for all: what, of what, and numbers. */
struct row {
	uint32_t what, generation;	/* ROW_GIVEN: instead, so many of the records that are saved it has taken */
	uint64_t a, b;
	uint32_t name, server;		/* hashes of the server's or source's name */
	char node[FLEET_NODE_BYTES];
};

_Static_assert(sizeof(struct row) == 56, "saved as it is");

static uint32_t server_hash(const struct fleet *fleet, size_t server)
{
	return text_hash(text_of(fleet->conf.servers[server].name));
}

static int64_t apart(void)
{
	return clock_now_ms() - fleet_boot_ms();
}

/* Of all servers, how far somebody has taken what we told: he can be read there. */
static uint64_t taken(const struct fleet *fleet)
{
	uint64_t most = 0;

	for (size_t i = 0; i < fleet->conf.server_count; i++)
		if (fleet->servers[i].taken > most)
			most = fleet->servers[i].taken;
	return most;
}

static void save_server(struct fleet *fleet, size_t i, struct snapshot *snapshot, unsigned kind, uint32_t *number)
{
	const struct fleet_server_state *server = &fleet->servers[i];

	struct row given = { .what = ROW_GIVEN, .a = server->last_ms, .b = server->last_seq, .server = server_hash(fleet, i) };

	if (server->taken > fleet->ring.stored)
		given.generation = (uint32_t)(server->taken - fleet->ring.stored);
	snapshot_put(snapshot, kind, (*number)++, &given, sizeof(given));
	for (size_t node = 0; node < fleet->conf.node_count; node++) {
		const struct fleet_position *at = &fleet->peers[node].at[i];
		struct row row = { .what = ROW_POSITION, .a = at->ms, .b = at->seq, .server = server_hash(fleet, i) };

		memcpy(row.node, fleet->conf.names[node], strnlen(fleet->conf.names[node], sizeof(row.node)));
		snapshot_put(snapshot, kind, (*number)++, &row, sizeof(row));
	}
}

void fleet_save(struct fleet *fleet, struct snapshot *snapshot, unsigned kind)
{
	uint32_t number = 0;

	if (!fleet_is_one(fleet))
		return;
	fleet_ring_save(&fleet->ring, snapshot, kind + KIND_RING, taken(fleet), fleet_boot_ms() - KEPT_MS, apart());
	struct row self = { .what = ROW_SELF, .generation = fleet->generations, .a = fleet->life, .b = fleet->control };

	snapshot_put(snapshot, kind + KIND_ROWS, number++, &self, sizeof(self));
	for (size_t i = 0; i < fleet->conf.server_count; i++)
		save_server(fleet, i, snapshot, kind + KIND_ROWS, &number);
	for (size_t i = 0; i < FLEET_TAPS && fleet->taps[i].generation; i++) {
		const struct fleet_tap *tap = &fleet->taps[i];
		struct row row = { .what = ROW_TAP, .generation = tap->generation, .a = tap->ordinal, .name = tap->name };

		snapshot_put(snapshot, kind + KIND_ROWS, number++, &row, sizeof(row));
	}
	fleet_marks_save(&fleet->marks, snapshot, kind + KIND_MARKS, fleet->conf.names);
}

static void load_position(struct fleet *fleet, const struct row *row)
{
	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		if (row->server != server_hash(fleet, i))
			continue;
		if (row->what == ROW_GIVEN) {
			fleet->servers[i].last_ms = row->a;
			fleet->servers[i].last_seq = row->b;
			fleet->servers[i].taken = row->generation;
			continue;
		}
		for (size_t node = 0; node < fleet->conf.node_count; node++)
			if (strncmp(row->node, fleet->conf.names[node], sizeof(row->node)) == 0)
				fleet->peers[node].at[i] = (struct fleet_position){ row->a, row->b };
	}
}

static bool load_row(struct fleet *fleet, const struct row *row)
{
	switch (row->what) {
	case ROW_SELF:
		fleet->life = row->a;
		fleet->control = row->b;
		fleet->generations = row->generation;
		fleet->life_known = true;
		return true;
	case ROW_TAP:
		for (size_t i = 0; row->generation && i < FLEET_TAPS; i++) {
			if (fleet->taps[i].generation)
				continue;
			fleet->taps[i] = (struct fleet_tap){ .ordinal = row->a, .generation = row->generation, .name = row->name };
			return true;
		}
		return false;
	case ROW_POSITION:
	case ROW_GIVEN:
		load_position(fleet, row);
		return true;
	default:
		return false;
	}
}

bool fleet_load(struct fleet *fleet, unsigned which, uint32_t version, const void *bytes, size_t len)
{
	struct row row;

	if (!fleet_is_one(fleet))
		return true;
	if (version != 1)
		return false;
	if (which == KIND_MARKS)
		return fleet_marks_load(&fleet->marks, bytes, len, fleet->conf.names);
	if (which == KIND_RING)
		return fleet_ring_load(&fleet->ring, bytes, len, apart());
	if (len != sizeof(row))
		return false;
	memcpy(&row, bytes, len);
	return load_row(fleet, &row);
}

void fleet_loaded(struct fleet *fleet, bool known)
{
	if (!fleet_is_one(fleet))
		return;
	fleet_ring_loaded(&fleet->ring);
	while (!fleet->life)
		if (getrandom(&fleet->life, sizeof(fleet->life), 0) != sizeof(fleet->life))
			fleet->life = (uint64_t)clock_now_ms();
	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		struct fleet_server_state *server = &fleet->servers[i];
		uint64_t count = fleet->ring.head - fleet->ring.tail;

		server->sent = server->taken = fleet->ring.tail + (server->taken < count ? server->taken : count);
	}
	if (judge_share_names(fleet->daemon->judge, &fleet->keys.names) && known)
		log_notice("names are hashed by the fleet's key from now on: what was known of them under another is forgotten");
}
