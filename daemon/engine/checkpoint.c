/* checkpoint - the engine's memory and the sources' offsets to the store, and back at start. Used by daemon.c alone.
 *
 * Rows are numbered by slot while the process lives; a restart deals out new numbers and begins with a checkpoint that
 * replaces everything. Never waits for the disk, except at the end. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/carry.h"
#include "engine/checkpoint.h"
#include "engine/store.h"

enum { META_SEED, META_STATS };	/* numbers of STORE_META */

struct checkpoint {
	struct daemon *daemon;
	struct store *store;
	sd_event_source *timer;
	bool armed, everything;
	bool resumed;			/* the store knew where a source stood */
	uint64_t last_usec;		/* when the last one was handed to the store */
	struct rule_map map;		/* while loading: rule ids of the file to today's */
	uint64_t unreadable;
};

/* STORE_SOURCE: where a source was left. The row ends with its name, after the bytes of the place that are used. */
struct saved_source {
	struct place place;
	char name[PATH_MAX];
};

static void save_sources(struct checkpoint *checkpoint, struct snapshot *snapshot)
{
	const struct daemon *daemon = checkpoint->daemon;

	for (size_t i = 0; i < daemon->follows.count; i++) {
		const struct follow *follow = &daemon->follows.at[i];
		const char *name = follow_name(follow);
		struct saved_source saved;
		size_t len = strnlen(name, PATH_MAX), head;

		follow_place(follow, &saved.place);
		head = offsetof(struct saved_source, place.bytes[saved.place.len]);
		memcpy((char *)&saved + head, name, len);
		snapshot_put(snapshot, STORE_SOURCE, (uint32_t)i, &saved, head + len);
	}
}

static bool load_source(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct daemon *daemon = checkpoint->daemon;
	struct saved_source saved;
	size_t head = offsetof(struct saved_source, place.bytes);
	struct text name;

	if (len < head || len > sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	if (saved.place.len > sizeof(saved.place.bytes) || len <= head + saved.place.len ||
	    saved.place.last_ms < 0 || saved.place.last_ms > TIME_MAX_MS)
		return false;
	head += saved.place.len;
	name = (struct text){ (const char *)bytes + head, len - head };
	for (size_t i = 0; i < daemon->follows.count; i++) {
		struct follow *follow = &daemon->follows.at[i];

		if (text_equal(name, (struct text){ follow_name(follow), strlen(follow_name(follow)) }))
			follow_resume(follow, &saved.place);
	}
	checkpoint->resumed = true;
	return true;
}

static void save_slot(struct snapshot *snapshot, enum store_kind kind, const struct table *table, uint32_t number,
		      const void *slot)
{
	struct window_saved saved;

	if (!slot)
		snapshot_put(snapshot, kind, number, NULL, 0);
	else if (kind == STORE_COUNT)
		snapshot_put(snapshot, kind, number, &saved, window_save(slot, &saved));
	else
		snapshot_put(snapshot, kind, number, slot, table->stride);
}

static void save_table(struct snapshot *snapshot, enum store_kind kind, struct table *table, bool everything)
{
	uint32_t number = UINT32_MAX, cursor = 0;
	void *slot;

	while (!everything && table_next_dirty(table, &number, &slot))
		save_slot(snapshot, kind, table, number, slot);
	while (everything && (slot = table_next(table, &cursor)) != NULL)
		save_slot(snapshot, kind, table, table_number(table, slot), slot);
	while (everything && table_next_dirty(table, &number, &slot))
		continue;
}

static void save_sessions(struct snapshot *snapshot, struct session_cache *cache, bool everything)
{
	for (uint32_t i = 0; i < SESSION_SLOTS; i++) {
		const struct session_slot *slot = &cache->slots[i];

		if (everything ? slot->who != 0 : cache->dirty[i / 64] >> i % 64 & 1)
			snapshot_put(snapshot, STORE_SESSION, i, slot, slot->who ? sizeof(*slot) : 0);
	}
	memset(cache->dirty, 0, sizeof(cache->dirty));
}

static void save_rules(struct snapshot *snapshot, const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		snapshot_put(snapshot, STORE_RULE, rules->at[i].id, rules->at[i].name, strlen(rules->at[i].name));
}

static void save(struct checkpoint *checkpoint)
{
	struct engine *engine = checkpoint->daemon->engine;
	bool everything = checkpoint->everything || store_needs_everything(checkpoint->store);
	struct snapshot *snapshot = store_begin(checkpoint->store, everything);

	checkpoint->everything = everything;
	if (!snapshot)
		return;		/* the last one is not on disk yet: what changes meanwhile waits for the next */
	checkpoint->everything = false;
	if (everything) {
		save_rules(snapshot, engine->rules);
		snapshot_put(snapshot, STORE_META, META_SEED, &engine->sessions.seed, sizeof(engine->sessions.seed));
	}
	snapshot_put(snapshot, STORE_META, META_STATS, &engine->stats, sizeof(engine->stats));
	save_sources(checkpoint, snapshot);
	save_table(snapshot, STORE_COUNT, &engine->window.table, everything);
	save_table(snapshot, STORE_BAN, &engine->bans.table, everything);
	save_sessions(snapshot, &engine->sessions, everything);
	if (engine->networks.limit)
		save_table(snapshot, STORE_NETWORK, &engine->networks.table, everything);
	store_commit(checkpoint->store, snapshot);
	sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &checkpoint->last_usec);
}

static bool load_ban(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct ban saved;

	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	return carry_ban(checkpoint->daemon->engine, &saved, &checkpoint->map);
}

static bool load_count(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct window_saved saved;

	if (len > sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	return window_restore(&checkpoint->daemon->engine->window, &saved, len, checkpoint->map.to);
}

static void load_row(void *arg, enum store_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct checkpoint *checkpoint = arg;
	struct engine *engine = checkpoint->daemon->engine;

	switch (kind) {
	case STORE_META:
		if (number == META_SEED && len == sizeof(engine->sessions.seed))
			memcpy(&engine->sessions.seed, bytes, len);
		if (number == META_STATS && len == sizeof(engine->stats))
			memcpy(&engine->stats, bytes, len);
		break;
	case STORE_RULE:
		rule_map_add(&checkpoint->map, number, (struct text){ bytes, len }, engine->rules);
		break;
	case STORE_SOURCE:
		checkpoint->unreadable += !load_source(checkpoint, bytes, len);
		break;
	case STORE_COUNT:
		checkpoint->unreadable += !load_count(checkpoint, bytes, len);
		break;
	case STORE_BAN:
		checkpoint->unreadable += !load_ban(checkpoint, bytes, len);
		break;
	case STORE_NETWORK:
		checkpoint->unreadable += engine->networks.limit && !networks_restore(&engine->networks, bytes, len);
		break;
	case STORE_SESSION:
		if (number < SESSION_SLOTS && len == sizeof(engine->sessions.slots[number]))
			memcpy(&engine->sessions.slots[number], bytes, len);
		break;
	case STORE_KINDS:
		break;
	}
}

static int load(struct checkpoint *checkpoint)
{
	rule_map_init(&checkpoint->map);
	return store_load(checkpoint->store, load_row, checkpoint);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct checkpoint *checkpoint = arg;

	(void)timer;
	(void)usec;
	checkpoint->armed = false;
	save(checkpoint);
	if (checkpoint->everything || store_failed(checkpoint->store))
		checkpoint_note(checkpoint);
	return 0;
}

void checkpoint_note(struct checkpoint *checkpoint)
{
	uint64_t soon, next;

	if (!checkpoint || checkpoint->armed || sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &soon) < 0)
		return;
	soon += CHECKPOINT_DELAY_MS * 1000;
	next = checkpoint->last_usec + CHECKPOINT_INTERVAL_MS * 1000;
	checkpoint->armed = sd_event_source_set_time(checkpoint->timer, soon > next ? soon : next) >= 0 &&
			    sd_event_source_set_enabled(checkpoint->timer, SD_EVENT_ONESHOT) >= 0;
}

const char *checkpoint_failed(const struct checkpoint *checkpoint)
{
	return checkpoint ? store_failed(checkpoint->store) : "there is no state folder";
}

void checkpoint_renew(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	checkpoint->everything = true;
	checkpoint_note(checkpoint);
}

int checkpoint_open(struct checkpoint **out, struct daemon *daemon)
{
	const char *dir = daemon->setup->conf.state_dir;
	struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
	int error;

	*out = NULL;
	if (!checkpoint)
		return -ENOMEM;
	checkpoint->daemon = daemon;
	checkpoint->everything = true;
	error = store_open(&checkpoint->store, dir);
	if (error < 0) {
		log_error("no state in %s: %s; counts and bans are kept in memory only", dir, strerror(-error));
		free(checkpoint);
		return 0;
	}
	error = sd_event_add_time_relative(daemon->loop, &checkpoint->timer, CLOCK_MONOTONIC, CHECKPOINT_INTERVAL_MS * 1000,
					   100000, on_timer, checkpoint);
	if (error >= 0 && load(checkpoint) < 0)
		log_error("the state in %s cannot be read to its end: what could be read is used", dir);
	if (checkpoint->unreadable)
		log_warning("%" PRIu64 " records of the state in %s are not understood", checkpoint->unreadable, dir);
	if (error < 0) {
		checkpoint_close(checkpoint);
		return error;
	}
	save(checkpoint);
	if (!checkpoint->resumed)	/* before the first line is read, it must be known which file it came from */
		store_wait(checkpoint->store);
	checkpoint->last_usec = 0;
	*out = checkpoint;
	return 0;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	store_wait(checkpoint->store);
	save(checkpoint);
	sd_event_source_unref(checkpoint->timer);
	store_close(checkpoint->store);
	free(checkpoint);
}
