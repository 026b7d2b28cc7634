/* checkpoint - the judge's memory and the sources' offsets to the store, and back at start
 *
 * Rows are numbered by slot while the process lives; a restart deals out new numbers and begins with a checkpoint that
 * replaces everything.
 *
 * Many changes go to the store slice by slice, in one transaction, while lines go on to be read: what changes again
 * meanwhile is put again. The slice that leaves nothing behind is the last: it holds the offsets, and with it the file
 * is what the judge was at that moment. Where lines change more than the disk can follow, that moment would not come:
 * after a while the daemon waits for each slice between its turns. Else it never waits for the disk, but at the end.
 *
 * A store that cannot be had is asked for again at each turn of the timer; but no other folder in the place of that of the start,
 * for we may write to that one alone: where systemd makes it anew, the daemon ends for that. Where it could not even be read at the start,
 * what it holds is loaded then: what the judge has learned since of an address's errors and bans is newer and stays. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "judge/memory.h"
#include "judge/rehearsal.h"
#include "service/checkpoint.h"
#include "service/fleet.h"
#include "service/orders.h"
#include "service/store.h"
#include "source/watch.h"

#define SLICE_BYTES (1U << 20)		/* more than the rows that one turn of a source can change */
#define SLICE_PAUSE_MS 2		/* until it is asked whether the last slice is written */
#define PATIENCE_MS 5000		/* so long may a checkpoint take before lines wait for it */
#define WAKE_ACCURACY_MS 100		/* of the timer, where nobody waits */
#define RETRY_PATIENCE_MS 20		/* with a store that is locked, between the turns of the sources */

/* the tables of the store: the memory's, then one row a source: where it was left; then the lines that counted; one row:
 * by which clock all of it was written; what the operator has said until further notice; since when it is of a dry run; and
 * what a fleet wants kept */
#define SOURCE_ROWS MEMORY_KINDS
#define EVIDENCE_KIND (MEMORY_KINDS + 1)
#define CLOCK_ROWS (MEMORY_KINDS + 2)
#define ORDER_ROWS (MEMORY_KINDS + 3)
#define DRY_ROWS (MEMORY_KINDS + 4)
#define FLEET_ROWS (MEMORY_KINDS + 5)
#define TABLES (FLEET_ROWS + FLEET_KIND_COUNT)

_Static_assert(TABLES <= STORE_KINDS_MAX, "the store has room for all");

/* Times are saved by the wall clock. If that was set while we were down, and the machine was not, what is remembered goes
 * with it, so that no ban is longer or shorter for that. */
struct clock_saved {
	char boot[40];			/* which boot it was of */
	int64_t apart_us;		/* see clock_apart_us() */
	int64_t saved_ms;		/* when it was written, by that clock */
	struct clock_set set;		/* how it was set last: lines of before that may not be read yet */
};
#define SET_MS 600000			/* so long after it, what was written before may not be read yet */
#define CLOCK_VERSION 2			/* the first had milliseconds, which are no longer read */

/* Since when it is of a dry run, and whether there was any other before. */
struct dry_saved {
	int64_t since_ms, after;
};

struct checkpoint {
	struct daemon *daemon;
	struct store *store;		/* NULL while it cannot be had */
	struct stat folder;		/* as it was at the start; st_ino 0: there was none */
	struct watch *watch;		/* of its file's name */
	sd_event_source *timer;
	int err;			/* why it cannot be had */
	bool known;			/* what it held has been loaded, all of it */
	bool missed;			/* it could not be read at the start */
	uint64_t rows;			/* so many were loaded */
	size_t slice_bytes;
	bool armed, everything;
	bool unfinished;		/* slices of it are to follow */
	uint64_t behind_usec;		/* since when it is put off, or 0 */
	unsigned attempts;		/* so often was everything begun */
	bool resumed;			/* the store knew where a source stood */
	bool set_back;			/* it was written later than now, and nobody knows how the clock was set since */
	uint64_t begun_usec;
	uint64_t last_usec;		/* when the last one was handed to the store */
	struct memory_load load;	/* while loading */
	struct clock_set set;		/* while loading: how the clock was set last */
	struct follow_saved *sources;	/* while loading */
	size_t source_count;
	struct store_kind kinds[TABLES];
};

/* A row of a source: a struct follow_saved as far as its name goes, without the NUL. */
static void save_sources(struct checkpoint *checkpoint, struct snapshot *snapshot)
{
	struct follow_saved saved;

	for (uint32_t i = 0; follows_save(&checkpoint->daemon->follows, i, &saved); i++)
		snapshot_put(snapshot, SOURCE_ROWS, i, &saved, offsetof(struct follow_saved, name) + strlen(saved.name));
}

static bool read_clock(struct clock_saved *clock)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*clock = (struct clock_saved){ .apart_us = 0 };
	bool known = file && fgets(clock->boot, sizeof(clock->boot), file) && clock_apart_us(&clock->apart_us);
	if (file)
		fclose(file);
	return known;
}

/* What the rows go by: of a clock that has just been set, and nobody has noticed yet, what it was before. */
static bool clock_of(const struct daemon *daemon, struct clock_saved *clock)
{
	bool known = read_clock(clock);

	clock->saved_ms = clock_now_ms();
	if (clock->saved_ms < daemon->set.until_ms + daemon->set.step_ms + SET_MS)
		clock->set = daemon->set;
	clock->set.moved = true;
	if (daemon->apart_known && llabs(clock->apart_us - daemon->apart_us) >= CLOCK_STEP_MS * 1000) {
		clock->saved_ms -= (clock->apart_us - daemon->apart_us) / 1000;
		clock->apart_us = daemon->apart_us;
	}
	return known;
}

static void save_clock(const struct daemon *daemon, struct snapshot *snapshot)
{
	struct clock_saved clock;
	bool known = clock_of(daemon, &clock);

	snapshot_put(snapshot, CLOCK_ROWS, 0, &clock, known ? sizeof(clock) : 0);
}

/* When it was set nobody saw: a time of the clock before is no later than that stands at now; and where it was set forward,
 * the first of the clock after is the one at which the rows were written, and that step more. */
static struct clock_set was_set(int64_t step_ms, int64_t saved_ms, int64_t now_ms)
{
	int64_t first_ms = saved_ms + step_ms - 1, until_ms = now_ms - step_ms;

	if (step_ms > 0 && first_ms < until_ms)
		until_ms = first_ms;
	return (struct clock_set){ .step_ms = step_ms, .until_ms = until_ms };
}

static bool load_clock(struct checkpoint *checkpoint, uint32_t version, const void *bytes, size_t len)
{
	struct clock_saved saved, now;
	int64_t step_us;

	if (version != CLOCK_VERSION)
		return true;
	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	if (!time_valid(saved.apart_us / 1000) || !read_clock(&now) ||
	    memcmp(saved.boot, now.boot, sizeof(saved.boot)) != 0) {
		checkpoint->set_back = saved.saved_ms > clock_now_ms();
		return true;
	}
	checkpoint->set = saved.set;
	step_us = now.apart_us - saved.apart_us;
	if (llabs(step_us) >= CLOCK_STEP_MS * 1000)
		checkpoint->set = was_set((step_us + (step_us > 0 ? 500 : -500)) / 1000, saved.saved_ms, clock_now_ms());
	return true;
}

/* Sources go on when it is known by which clock their rows were written, whose row comes behind them. */
static bool load_source(struct checkpoint *checkpoint, const void *bytes, size_t len)
{
	struct follow_saved saved = { 0 }, *more;

	if (len <= offsetof(struct follow_saved, name) || len >= sizeof(saved))
		return false;
	memcpy(&saved, bytes, len);
	more = reallocarray(checkpoint->sources, checkpoint->source_count + 1, sizeof(*more));
	if (!more)
		return false;
	checkpoint->sources = more;
	more[checkpoint->source_count++] = saved;
	return true;
}

static void resume_sources(struct checkpoint *checkpoint)
{
	for (size_t i = 0; i < checkpoint->source_count; i++) {
		bool resumed = follows_load(&checkpoint->daemon->follows, &checkpoint->sources[i], &checkpoint->set);

		checkpoint->resumed |= resumed;
		checkpoint->load.unreadable += !resumed;
	}
	free(checkpoint->sources);
	checkpoint->sources = NULL;
	checkpoint->source_count = 0;
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

static void save_dry(const struct daemon *daemon, struct snapshot *snapshot)
{
	struct dry_saved saved = { daemon->dry_since_ms, daemon->dry_after };

	snapshot_put(snapshot, DRY_ROWS, 0, &saved, sizeof(saved));
}

/* one slice; false: the last one is not on disk yet, and what changes meanwhile waits for the next */
static bool save(struct checkpoint *checkpoint)
{
	static const uint8_t end_of_time[STORE_TIME_BYTES] = { 0x7f };
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
		orders_touch(checkpoint->daemon->orders);
	}
	checkpoint->everything = false;
	checkpoint->unfinished = !memory_save(judge, put_row, &slice);
	if (checkpoint->unfinished) {
		store_continue(checkpoint->store, slice.snapshot);
		return true;
	}
	memory_finish(judge, put_row, &slice);
	save_sources(checkpoint, slice.snapshot);
	save_clock(checkpoint->daemon, slice.snapshot);
	orders_save(checkpoint->daemon->orders, slice.snapshot, ORDER_ROWS);
	if (checkpoint->daemon->dry_run)
		save_dry(checkpoint->daemon, slice.snapshot);
	if (checkpoint->daemon->fleet)
		fleet_save(checkpoint->daemon->fleet, slice.snapshot, FLEET_ROWS);
	if (checkpoint->daemon->evidence)
		evidence_save(checkpoint->daemon->evidence, slice.snapshot, EVIDENCE_KIND, clock_now_ms());
	else if (snapshot_whole(slice.snapshot))	/* none is to be kept, nor what there was */
		snapshot_expire(slice.snapshot, EVIDENCE_KIND, end_of_time);
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

static bool load_dry(struct daemon *daemon, const void *bytes, size_t len)
{
	struct dry_saved saved = { .after = 0 };

	if (len != sizeof(saved) && len != sizeof(saved.since_ms))	/* as it was first */
		return false;
	memcpy(&saved, bytes, len);
	if (!time_valid(saved.since_ms) || saved.since_ms == 0)
		return false;
	daemon->dry_since_ms = saved.since_ms;
	daemon->dry_after = saved.after;
	return true;
}

static void load_row(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct checkpoint *checkpoint = arg;

	checkpoint->rows++;
	if (kind == CLOCK_ROWS)
		checkpoint->load.unreadable += !load_clock(checkpoint, version, bytes, len);
	else if (kind == DRY_ROWS)
		checkpoint->load.unreadable += !load_dry(checkpoint->daemon, bytes, len);
	else if (kind == ORDER_ROWS)
		checkpoint->load.unreadable += !orders_load(checkpoint->daemon->orders, bytes, len);
	else if (kind == SOURCE_ROWS)
		checkpoint->load.unreadable += !load_source(checkpoint, bytes, len);
	else if (kind >= FLEET_ROWS)	/* without one, what there was of it is forgotten */
		checkpoint->load.unreadable += checkpoint->daemon->fleet &&
					       !fleet_load(checkpoint->daemon->fleet, kind - FLEET_ROWS, version, bytes, len);
	else
		memory_load_row(&checkpoint->load, (enum memory_kind)kind, version, number, bytes, len);
}

/* The sources have gone on from where they began. */
static void load_late_row(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	if (kind != SOURCE_ROWS && kind != CLOCK_ROWS && kind < FLEET_ROWS)
		load_row(arg, kind, version, number, bytes, len);
}

static void shift_memory(struct daemon *daemon, int64_t step_ms)
{
	char length[24];

	log_notice("the clock was set %s by %s: counts and bans go with it", step_ms < 0 ? "back" : "forward",
		   duration_fmt(length, sizeof(length), (uint64_t)llabs(step_ms) / 1000));
	memory_shift(daemon->judge, step_ms);
	orders_shift(daemon->orders, step_ms);
	daemon->dry_since_ms += daemon->dry_since_ms ? step_ms : 0;
}

void checkpoint_shift(struct daemon *daemon, int64_t step_ms)
{
	shift_memory(daemon, step_ms);
	daemon->set = (struct clock_set){ .step_ms = step_ms, .until_ms = clock_now_ms() - step_ms };
	for (size_t i = 0; i < daemon->follows.count; i++) {
		feed_shift(&daemon->follows.at[i].feed, step_ms);
		source_shift(daemon->follows.at[i].source, step_ms);
	}
}

static void note_loaded(struct checkpoint *checkpoint, int err)
{
	const char *dir = checkpoint->daemon->setup->conf.state_dir;
	uint64_t unreadable;

	resume_sources(checkpoint);
	unreadable = checkpoint->load.unreadable;
	if (err < 0)
		log_error("the state in %s cannot be read to its end: what could be read is used", dir);
	if (unreadable)
		log_warning("%" PRIu64 " records of the state in %s are not understood", unreadable, dir);
	if (checkpoint->set.step_ms && !checkpoint->set.moved)
		shift_memory(checkpoint->daemon, checkpoint->set.step_ms);
	checkpoint->daemon->set = checkpoint->set;
	if (memory_load_end(&checkpoint->load) < 0)
		log_notice("the clock was set back since the state was written: counts and bans go with it");
	checkpoint->known = err == 0 && checkpoint->rows > 0 && unreadable == 0;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT: return "the database was deleted, or there is no such folder";
	case -ESTALE: return "the folder was deleted or replaced, and a running daemon may write to no other: a restart takes it";
	case -EBUSY: return "the database is locked by somebody else";
	case -ENOTSUP: return "the database is of a later version of mailward, and is left alone";
	case -EILSEQ: return "the database is damaged, and cannot be moved aside";
	default: return strerror(-err);
	}
}

static bool folder_is_gone(const struct checkpoint *checkpoint)
{
	const struct stat *was = &checkpoint->folder;
	struct stat st;

	return was->st_ino && (stat(checkpoint->daemon->setup->conf.state_dir, &st) < 0 || st.st_ino != was->st_ino || st.st_dev != was->st_dev);
}

/* Is the folder one that systemd makes before it starts us? */
static bool is_made_for_us(const char *dir)
{
	const char *at = getenv("STATE_DIRECTORY");
	size_t len = strlen(dir);

	for (; at; at = *at == ':' ? at + 1 : NULL) {
		size_t part = strcspn(at, ":");

		if (part == len && strncmp(at, dir, len) == 0)
			return true;
		at += part;
	}
	return false;
}

/* What was remembered beside the bans went with the folder; these stand in the kernel, and are known from there again. */
static void end_for_folder(struct daemon *daemon)
{
	const char *dir = daemon->setup->conf.state_dir;

	if (!is_made_for_us(dir) || daemon->reborn)
		return;
	log_error("the state folder %s was deleted or replaced: ending, so that systemd makes it and starts mailward again; bans stay "
		  "in the kernel", dir);
	daemon->reborn = true;
	sd_event_exit(daemon->loop, 1);
}

/* The store, if it can be had now; else why not, said once. */
static bool open_store(struct checkpoint *checkpoint, int patience_ms)
{
	const char *dir = checkpoint->daemon->setup->conf.state_dir;
	int err = store_open(&checkpoint->store, dir, checkpoint->kinds, TABLES, patience_ms);

	if (err < 0 && folder_is_gone(checkpoint))
		err = -ESTALE;
	if (err < 0 && err != checkpoint->err)
		log_error("cannot write the state in %s: %s; counts and bans are kept in memory only", dir, why(err));
	if (err == 0 && checkpoint->err < 0)
		log_notice("the state in %s can be written again", dir);
	checkpoint->err = err;
	if (err == -ESTALE)
		end_for_folder(checkpoint->daemon);
	if (err == 0 && checkpoint->daemon->evidence)
		evidence_begin(checkpoint->daemon->evidence, store_next(checkpoint->store, EVIDENCE_KIND));
	return err == 0;
}

/* A dry run drops nobody from here on; and what one has only thought is never done. */
static void rehearse(struct checkpoint *checkpoint)
{
	struct daemon *daemon = checkpoint->daemon;
	int64_t now_ms = clock_now_ms();
	size_t count;

	if (daemon->dry_run && !daemon->dry_since_ms) {
		daemon->dry_since_ms = now_ms;
		daemon->dry_after = checkpoint->rows > 0;
		count = rehearsal_begin(daemon->judge, now_ms);
		if (count)
			log_notice("the dry run begins: %zu %s released", count, plural(count, "address or network is", "addresses and networks are"));
	} else if (!daemon->dry_run && daemon->dry_since_ms) {
		count = rehearsal_end(daemon->judge, daemon->dry_since_ms, now_ms);
		orders_forget_bans(daemon->orders);
		daemon->dry_since_ms = 0;
		log_notice("the dry run is over: what it learned is kept; %zu %s it would have dropped now %s not dropped", count,
			   plural(count, "address or network that", "addresses and networks that"), plural(count, "is", "are"));
	}
}

/* What was there before us, into a judge that is new. */
static void load(struct checkpoint *checkpoint)
{
	const char *dir = checkpoint->daemon->setup->conf.state_dir;
	int err;

	memory_load_begin(&checkpoint->load, checkpoint->daemon->judge, clock_now_ms());
	if (checkpoint->store) {
		note_loaded(checkpoint, store_load(checkpoint->store, load_row, checkpoint));
		return;
	}
	err = store_read(dir, checkpoint->kinds, TABLES, load_row, checkpoint);
	if (err == 0 || checkpoint->rows)
		note_loaded(checkpoint, err);
	checkpoint->missed = checkpoint->rows == 0;
}

/* It could not be read before; the judge has gone on meanwhile. */
static void load_late(struct checkpoint *checkpoint)
{
	checkpoint->missed = false;
	memory_load_begin(&checkpoint->load, checkpoint->daemon->judge, clock_now_ms());
	checkpoint->load.late = true;
	note_loaded(checkpoint, store_load(checkpoint->store, load_late_row, checkpoint));
	rehearse(checkpoint);
	orders_enforce(checkpoint->daemon->orders, true);
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

/* Is there a store to write to? One that somebody has deleted, or put another in place of, is written anew the next time:
 * who deletes it may not be done yet. */
static bool ready(struct checkpoint *checkpoint)
{
	if (checkpoint->store && (checkpoint->unfinished || store_in_place(checkpoint->store)))
		return true;
	checkpoint->everything = true;
	if (checkpoint->store) {
		store_abandon(checkpoint->store);
		checkpoint->store = NULL;
		checkpoint->err = -ENOENT;
		return false;
	}
	if (!open_store(checkpoint, RETRY_PATIENCE_MS))
		return false;
	if (checkpoint->missed)
		load_late(checkpoint);
	return true;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *arg)
{
	struct checkpoint *checkpoint = arg;
	uint64_t now_usec = usec;

	checkpoint->armed = false;
	sd_event_now(checkpoint->daemon->loop, CLOCK_MONOTONIC, &now_usec);
	if (!ready(checkpoint)) {
		checkpoint->last_usec = now_usec;
		checkpoint_note(checkpoint);
		return 0;
	}
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
	if (!checkpoint)
		return "there is no state folder";
	return checkpoint->store ? store_failed(checkpoint->store) : why(checkpoint->err);
}

bool checkpoint_known(const struct checkpoint *checkpoint)
{
	return checkpoint->known;
}

bool checkpoint_flush(struct checkpoint *checkpoint)
{
	if (!checkpoint || !ready(checkpoint))
		return false;
	save_all(checkpoint);
	store_wait(checkpoint->store);
	return !store_failed(checkpoint->store);
}

void checkpoint_renew(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	checkpoint->everything = true;
	checkpoint_note(checkpoint);
}

/* The name may lead to another file now. */
static void on_moved(void *arg)
{
	checkpoint_note(arg);
}

static int watch_file(struct checkpoint *checkpoint)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/state.db", checkpoint->daemon->setup->conf.state_dir);
	return watch_open(&checkpoint->watch, checkpoint->daemon->loop, path, on_moved, checkpoint);
}

/* What was loaded is saved under new numbers. Before the first line is read, it must be known which file it came from; and by
 * which clock, if that is another one: once it is set right, nothing would tell of files with the stamps of this one. */
static void save_first(struct checkpoint *checkpoint)
{
	if (!checkpoint->store) {
		checkpoint_note(checkpoint);
	} else if (checkpoint->resumed && !checkpoint->set_back) {
		save(checkpoint);
	} else {
		save_all(checkpoint);
		store_wait(checkpoint->store);
	}
	checkpoint->last_usec = 0;
}

int checkpoint_open(struct checkpoint **out, struct daemon *daemon)
{
	struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
	int err;

	*out = NULL;
	if (!checkpoint)
		return -ENOMEM;
	checkpoint->daemon = daemon;
	checkpoint->everything = true;
	checkpoint->slice_bytes = SLICE_BYTES;
	if (stat(daemon->setup->conf.state_dir, &checkpoint->folder) < 0)
		checkpoint->folder = (struct stat){ .st_ino = 0 };
	for (unsigned i = 0; i < MEMORY_KINDS; i++)
		checkpoint->kinds[i] = (struct store_kind){ memory_name((enum memory_kind)i), memory_version((enum memory_kind)i), false };
	checkpoint->kinds[SOURCE_ROWS] = (struct store_kind){ "source", 1, false };
	checkpoint->kinds[CLOCK_ROWS] = (struct store_kind){ "clock", CLOCK_VERSION, false };
	checkpoint->kinds[DRY_ROWS] = (struct store_kind){ "rehearsal", 1, false };
	checkpoint->kinds[ORDER_ROWS] = (struct store_kind){ "orders", ORDERS_VERSION, false };
	for (unsigned i = 0; i < FLEET_KIND_COUNT; i++)
		checkpoint->kinds[FLEET_ROWS + i] = fleet_kinds[i];
	checkpoint->kinds[EVIDENCE_KIND] = (struct store_kind){ "evidence", EVIDENCE_VERSION, true };
	err = sd_event_add_time_relative(daemon->loop, &checkpoint->timer, CLOCK_MONOTONIC, CHECKPOINT_INTERVAL_MS * 1000,
					 WAKE_ACCURACY_MS * 1000, on_timer, checkpoint);
	if (err >= 0) {
		open_store(checkpoint, STORE_PATIENCE_MS);
		load(checkpoint);
		rehearse(checkpoint);
		if (daemon->fleet)
			fleet_loaded(daemon->fleet, checkpoint->rows > 0);
		save_first(checkpoint);
		err = watch_file(checkpoint);
	}
	if (err < 0) {
		checkpoint_close(checkpoint);
		return err;
	}
	*out = checkpoint;
	return 0;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	checkpoint->unfinished = false;
	if (ready(checkpoint) || ready(checkpoint)) {
		save_all(checkpoint);
		store_close(checkpoint->store);
	}
	watch_close(checkpoint->watch);
	sd_event_source_unref(checkpoint->timer);
	free(checkpoint);
}

void checkpoint_evidence(const struct daemon *daemon, const struct prefix *prefix, unsigned count, evidence_fn *fn, void *arg)
{
	struct store *store = daemon->checkpoint ? daemon->checkpoint->store : NULL;

	if (daemon->evidence)
		evidence_find(daemon->evidence, store, EVIDENCE_KIND, prefix, count, fn, arg);
}
