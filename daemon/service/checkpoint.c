/* checkpoint - the judge's memory and the sources' offsets to the store, and back at start
 *
 * Rows are numbered by slot while the process lives; a restart deals out new numbers and begins with a checkpoint that
 * replaces everything.
 *
 * Many changes go to the store slice by slice, in one transaction, while lines go on to be read: what changes again
 * meanwhile is put again. The slice that leaves nothing behind is the last: it holds the offsets, and with it the file
 * is what the judge was at that moment. Where lines change more than the disk can follow, that moment would not come:
 * after a while the daemon waits for each slice between its turns. Else it never waits for the disk, but at the end. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "judge/memory.h"
#include "service/checkpoint.h"
#include "service/store.h"

#define SLICE_BYTES (1U << 20)		/* more than the rows that one turn of a source can change */
#define SLICE_PAUSE_MS 2		/* until it is asked whether the last slice is written */
#define PATIENCE_MS 5000		/* so long may a checkpoint take before lines wait for it */
#define WAKE_ACCURACY_MS 100		/* of the timer, where nobody waits */

/* the tables of the store: the memory's, then one row a source: where it was left */
#define SOURCE_ROWS MEMORY_KINDS
#define TABLES (MEMORY_KINDS + 1)

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
	struct memory_load load;	/* while loading */
	struct store_kind kinds[TABLES];
};

/* Where a source was left. The row ends with its name, after the bytes of the place that are used. */
struct saved_source {
	struct source_place place;
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
		snapshot_put(snapshot, SOURCE_ROWS, (uint32_t)i, &saved, head + len);
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

		if (text_equal(name, text_of(follow_name(follow))))
			follow_resume(follow, &saved.place);
	}
	checkpoint->resumed = true;
	return true;
}

/* A slice on its way, and how large it may become. */
struct slice {
	struct snapshot *snapshot;
	size_t bytes;
};

static bool put_row(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct slice *slice = arg;

	snapshot_put(slice->snapshot, kind, number, bytes, len);
	return snapshot_bytes(slice->snapshot) < slice->bytes;
}

/* one slice; false: the last one is not on disk yet, and what changes meanwhile waits for the next */
static bool save(struct checkpoint *checkpoint)
{
	struct judge *judge = checkpoint->daemon->judge;
	struct slice slice = { store_begin(checkpoint->store, checkpoint->everything), checkpoint->slice_bytes };

	if (!slice.snapshot)
		return false;
	sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &checkpoint->last_usec);
	if (!checkpoint->unfinished)
		checkpoint->begun_usec = checkpoint->last_usec;
	if (snapshot_whole(slice.snapshot)) {
		checkpoint->attempts++;
		memory_touch(judge);
	}
	checkpoint->everything = false;
	checkpoint->unfinished = !memory_save(judge, put_row, &slice);
	if (checkpoint->unfinished) {
		store_continue(checkpoint->store, slice.snapshot);
		return true;
	}
	memory_finish(judge, put_row, &slice);
	save_sources(checkpoint, slice.snapshot);
	store_commit(checkpoint->store, slice.snapshot);
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

static void load_row(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct checkpoint *checkpoint = arg;

	if (kind == SOURCE_ROWS)
		checkpoint->load.unreadable += !load_source(checkpoint, bytes, len);
	else
		memory_load_row(&checkpoint->load, (enum memory_kind)kind, version, number, bytes, len);
}

static int load(struct checkpoint *checkpoint)
{
	memory_load_begin(&checkpoint->load, checkpoint->daemon->judge, clock_now_ms());
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
	for (size_t i = 0; i < MEMORY_KINDS; i++)
		checkpoint->kinds[i] = (struct store_kind){ memory_name(i), memory_version(i) };
	checkpoint->kinds[SOURCE_ROWS] = (struct store_kind){ "source", 1 };
	error = store_open(&checkpoint->store, dir, checkpoint->kinds, TABLES);
	if (error < 0) {
		log_error("no state in %s: %s; counts and bans are kept in memory only", dir, strerror(-error));
		free(checkpoint);
		return 0;
	}
	error = sd_event_add_time_relative(daemon->loop, &checkpoint->timer, CLOCK_MONOTONIC, CHECKPOINT_INTERVAL_MS * 1000,
					   WAKE_ACCURACY_MS * 1000, on_timer, checkpoint);
	if (error >= 0 && load(checkpoint) < 0)
		log_error("the state in %s cannot be read to its end: what could be read is used", dir);
	if (checkpoint->load.unreadable)
		log_warning("%" PRIu64 " records of the state in %s are not understood", checkpoint->load.unreadable, dir);
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
