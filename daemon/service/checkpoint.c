/* checkpoint - the engine's memory and the sources' offsets to the store, and back at start. Used by daemon.c alone.
 *
 * Rows are numbered by slot while the process lives; a restart deals out new numbers and begins with a checkpoint that
 * replaces everything.
 *
 * Many changes go to the store slice by slice, in one transaction, while lines go on to be read: what changes again
 * meanwhile is put again. The slice that leaves nothing behind is the last: it holds the offsets, and with it the file
 * is what the engine was at that moment. Where lines change more than the disk can follow, that moment would not come:
 * after a while the engine waits for each slice between its turns. Else it never waits for the disk, but at the end. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "judge/carry.h"
#include "service/checkpoint.h"
#include "service/store.h"

#define SLICE_BYTES (1U << 20)		/* more than the rows that one turn of a source can change */
#define SLICE_PAUSE_MS 2		/* until it is asked whether the last slice is written */
#define PATIENCE_MS 5000		/* so long may a checkpoint take before lines wait for it */
#define WAKE_ACCURACY_MS 100		/* of the timer, where nobody waits */

enum { META_SEED, META_STATS, META_BAN_MINUTE };	/* numbers of STORE_META */

struct checkpoint {
	struct daemon *daemon;
	struct store *store;
	sd_event_source *timer;
	size_t slice_bytes;
	bool armed, everything;
	bool unfinished;		/* slices of it are to follow */
	uint64_t behind_usec;		/* since when it is put off, or 0 */
	unsigned attempts;		/* so often was everything begun */
	bool resumed;			/* the store knew where a source stood */
	uint64_t begun_usec;
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

static bool has_room(const struct checkpoint *checkpoint, const struct snapshot *snapshot)
{
	return snapshot_bytes(snapshot) < checkpoint->slice_bytes;
}

static void save_table(const struct checkpoint *checkpoint, struct snapshot *snapshot, enum store_kind kind, struct table *table)
{
	uint32_t number = UINT32_MAX;
	void *slot;

	while (has_room(checkpoint, snapshot) && table_next_dirty(table, &number, &slot))
		save_slot(snapshot, kind, table, number, slot);
}

static void save_sessions(const struct checkpoint *checkpoint, struct snapshot *snapshot, struct session_cache *cache)
{
	for (uint32_t i = 0; i < SESSION_SLOTS && has_room(checkpoint, snapshot); i++) {
		const struct session_slot *slot = &cache->slots[i];

		if (cache->dirty[i / 64] >> i % 64 & 1)
			snapshot_put(snapshot, STORE_SESSION, i, slot, slot->who ? sizeof(*slot) : 0);
		cache->dirty[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

/* all that there is has to be put */
static void touch_all(struct judge *judge)
{
	table_touch_all(&judge->window.table);
	table_touch_all(&judge->bans.table);
	if (judge->networks.limit)
		table_touch_all(&judge->networks.table);
	memset(judge->sessions.dirty, 0xff, sizeof(judge->sessions.dirty));
	table_touch_all(&judge->breaker.customers);
	for (size_t i = 0; i < judge->breaker.service_count; i++)
		judge->breaker.services[i].changed = true;
}

static void save_services(struct snapshot *snapshot, struct breaker *breaker)
{
	for (uint32_t i = 0; i < breaker->service_count; i++) {
		if (breaker->services[i].changed)
			snapshot_put(snapshot, STORE_LOGINS, i, &breaker->services[i], sizeof(breaker->services[i]));
		breaker->services[i].changed = false;
	}
}

static void save_rules(struct snapshot *snapshot, const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		snapshot_put(snapshot, STORE_RULE, rules->at[i].id, rules->at[i].name, strlen(rules->at[i].name));
}

static void save_changes(const struct checkpoint *checkpoint, struct snapshot *snapshot, struct judge *judge)
{
	save_table(checkpoint, snapshot, STORE_COUNT, &judge->window.table);
	save_table(checkpoint, snapshot, STORE_BAN, &judge->bans.table);
	save_sessions(checkpoint, snapshot, &judge->sessions);
	if (judge->networks.limit)
		save_table(checkpoint, snapshot, STORE_NETWORK, &judge->networks.table);
	save_table(checkpoint, snapshot, STORE_CUSTOMER, &judge->breaker.customers);
}

/* one slice; false: the last one is not on disk yet, and what changes meanwhile waits for the next */
static bool save(struct checkpoint *checkpoint)
{
	struct judge *judge = checkpoint->daemon->judge;
	struct snapshot *snapshot = store_begin(checkpoint->store, checkpoint->everything);

	if (!snapshot)
		return false;
	sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &checkpoint->last_usec);
	if (!checkpoint->unfinished)
		checkpoint->begun_usec = checkpoint->last_usec;
	if (snapshot_whole(snapshot)) {
		checkpoint->attempts++;
		touch_all(judge);
		save_rules(snapshot, judge->rules);
		snapshot_put(snapshot, STORE_META, META_SEED, &judge->sessions.seed, sizeof(judge->sessions.seed));
	}
	checkpoint->everything = false;
	save_changes(checkpoint, snapshot, judge);
	checkpoint->unfinished = !has_room(checkpoint, snapshot);
	if (checkpoint->unfinished) {
		store_continue(checkpoint->store, snapshot);
		return true;
	}
	snapshot_put(snapshot, STORE_META, META_STATS, &judge->stats, sizeof(judge->stats));
	snapshot_put(snapshot, STORE_META, META_BAN_MINUTE, &judge->ban_minute, sizeof(judge->ban_minute));
	save_sources(checkpoint, snapshot);
	save_services(snapshot, &judge->breaker);
	store_commit(checkpoint->store, snapshot);
	return true;
}

/* until all is handed over, or could not be written twice */
static void save_all(struct checkpoint *checkpoint)
{
	const unsigned attempts = checkpoint->attempts;

	do {
		store_wait(checkpoint->store);
		save(checkpoint);
	} while (checkpoint->unfinished && checkpoint->attempts < attempts + 2);
}

static bool load_ban(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct ban saved;

	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	return carry_ban(checkpoint->daemon->judge, &saved, &checkpoint->map);
}

static bool load_count(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct window_saved saved;

	if (len > sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	return window_restore(&checkpoint->daemon->judge->window, &saved, len, checkpoint->map.to);
}

static void load_session(struct judge *judge, uint32_t number, const void *bytes, size_t len)
{
	struct session_slot saved;

	if (number >= SESSION_SLOTS || len != sizeof(saved))
		return;
	memcpy(&saved, bytes, sizeof(saved));
	session_restore(&judge->sessions, number, &saved);
}

static void load_row(void *arg, enum store_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct checkpoint *checkpoint = arg;
	struct judge *judge = checkpoint->daemon->judge;

	switch (kind) {
	case STORE_META:
		if (number == META_SEED && len == sizeof(judge->sessions.seed))
			memcpy(&judge->sessions.seed, bytes, len);
		if (number == META_STATS && len == sizeof(judge->stats))
			memcpy(&judge->stats, bytes, len);
		if (number == META_BAN_MINUTE && len == sizeof(judge->ban_minute))
			memcpy(&judge->ban_minute, bytes, len);
		break;
	case STORE_RULE:
		rule_map_add(&checkpoint->map, number, (struct text){ bytes, len }, judge->rules);
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
		checkpoint->unreadable += judge->networks.limit && !networks_restore(&judge->networks, bytes, len, judge->now_ms());
		break;
	case STORE_SESSION:
		load_session(judge, number, bytes, len);
		break;
	case STORE_CUSTOMER:
		checkpoint->unreadable += !breaker_restore_customer(&judge->breaker, bytes, len);
		break;
	case STORE_LOGINS:
		checkpoint->unreadable += !breaker_restore_service(&judge->breaker, bytes, len);
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

static void arm(struct checkpoint *checkpoint, uint64_t accuracy_ms)
{
	checkpoint->armed = sd_event_source_set_time_accuracy(checkpoint->timer, accuracy_ms * 1000) >= 0 &&
			    sd_event_source_set_enabled(checkpoint->timer, SD_EVENT_ONESHOT) >= 0;
}

/* not the loop's, which stands still while we wait: the sources shall have their turns */
static uint64_t clock_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* a slice; more than the sources can have changed in their turns since the last ones, if that takes too long */
static bool save_next(struct checkpoint *checkpoint, uint64_t now_usec)
{
	size_t i = 0;

	if (!checkpoint->unfinished || now_usec - checkpoint->begun_usec < PATIENCE_MS * 1000)
		return save(checkpoint);
	do {
		store_wait(checkpoint->store);
		save(checkpoint);
	} while (checkpoint->unfinished && ++i <= checkpoint->daemon->follows.count);
	return true;
}

/* In a flood, verdicts need the processor more than the store does; and they need not be in it, since the lines are in
 * the log. */
static bool may_wait(struct checkpoint *checkpoint, uint64_t now_usec)
{
	const struct follows *follows = &checkpoint->daemon->follows;
	bool behind = false;

	for (size_t i = 0; i < follows->count; i++)
		behind |= follow_stats(&follows->at[i])->behind;
	if (!behind || checkpoint->unfinished) {
		checkpoint->behind_usec = 0;
		return false;
	}
	if (checkpoint->behind_usec == 0)
		checkpoint->behind_usec = now_usec;
	return now_usec - checkpoint->behind_usec < CHECKPOINT_BEHIND_MS * 1000;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct checkpoint *checkpoint = arg;
	uint64_t now_usec = usec;

	checkpoint->armed = false;
	sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &now_usec);
	if (may_wait(checkpoint, now_usec)) {
		checkpoint_note(checkpoint);
		return 0;
	}
	if (checkpoint->unfinished && store_incomplete(checkpoint->store)) {
		checkpoint->unfinished = false;		/* all over again, but not at once: the disk may be full */
		checkpoint_note(checkpoint);
		return 0;
	}
	bool saved = save_next(checkpoint, now_usec);
	if (checkpoint->unfinished && sd_event_source_set_time(timer, clock_usec() + SLICE_PAUSE_MS * 1000) >= 0)
		arm(checkpoint, 1);
	else if (!saved || store_failed(checkpoint->store))
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
	if (sd_event_source_set_time(checkpoint->timer, soon > next ? soon : next) >= 0)
		arm(checkpoint, WAKE_ACCURACY_MS);
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
	checkpoint->slice_bytes = SLICE_BYTES;
	error = store_open(&checkpoint->store, dir);
	if (error < 0) {
		log_error("no state in %s: %s; counts and bans are kept in memory only", dir, strerror(-error));
		free(checkpoint);
		return 0;
	}
	error = sd_event_add_time_relative(daemon->loop, &checkpoint->timer, CLOCK_MONOTONIC, CHECKPOINT_INTERVAL_MS * 1000,
					   WAKE_ACCURACY_MS * 1000, on_timer, checkpoint);
	if (error >= 0 && load(checkpoint) < 0)
		log_error("the state in %s cannot be read to its end: what could be read is used", dir);
	if (checkpoint->unreadable)
		log_warning("%" PRIu64 " records of the state in %s are not understood", checkpoint->unreadable, dir);
	if (error < 0) {
		checkpoint_close(checkpoint);
		return error;
	}
	if (!checkpoint->resumed) {	/* before the first line is read, it must be known which file it came from */
		save_all(checkpoint);
		store_wait(checkpoint->store);
	} else {
		save(checkpoint);
	}
	checkpoint->last_usec = 0;
	*out = checkpoint;
	return 0;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	save_all(checkpoint);
	sd_event_source_unref(checkpoint->timer);
	store_close(checkpoint->store);
	free(checkpoint);
}
