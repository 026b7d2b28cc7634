/* store - what must survive the process: offsets, counts, sessions, bans; the only user of SQLite
 *
 * One file, STATE_DIR/state.db, in WAL mode. A checkpoint is one transaction: the counters that changed and the
 * offsets up to which lines made them change stand together or not at all, so every line counts exactly once,
 * whenever the process dies. The transaction is written by a thread of the store's own, from copies, one snapshot
 * after the other: the engine never waits for a disk, and a large transaction needs no more memory than a small one.
 * Rows are opaque here: a kind, a number, bytes.
 * A file that is corrupt or not ours is moved aside with a loud message; an older program's is read, and written anew by the
 * first checkpoint, which replaces everything; a later one's is refused; a disk that is full makes the store fail
 * over and over, say so, and go on trying, while the engine goes on from memory. */
#ifndef MAILWARD_STORE_H
#define MAILWARD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* struct store_kind - a table of rows: what it is called, and what its rows look like today
 * kept: its rows are never loaded and outlive what replaces everything; of another version they go. They begin with a key
 * of STORE_KEY_BYTES, by which store_find() finds them, and a time of STORE_TIME_BYTES, big-endian. */
#define STORE_KEY_BYTES 17
#define STORE_TIME_BYTES 8
struct store_kind {
	const char *name;	/* letters */
	uint32_t version;
	bool kept;
};

struct store;
struct snapshot;

/* store_open - open or make STATE_DIR/state.db for writing and start the writer
 * kinds: at most STORE_KINDS_MAX, must outlive it; a row's kind is its place in there. patience_ms: for who has it locked.
 * Returns 0 or -errno: -ENOTSUP: a later program's; -EBUSY: somebody has it locked; -ENOSPC, -EROFS, -EACCES ... All these say
 * nothing against the file, and leave it alone. A database that is damaged or somebody else's is moved aside to
 * state.db.corrupt-TIME, logged, and begun anew. */
#define STORE_KINDS_MAX 32
#define STORE_PATIENCE_MS 2000
int store_open(struct store **store, const char *state_dir, const struct store_kind *kinds, size_t count, int patience_ms);

/* store_load - hand over every row, kind after kind, with the version that its kind had when it was written; bytes are
 * valid during the call
 * Returns 0 or -EIO: then nothing of it may be trusted. To be called before the first checkpoint. */
typedef void store_row_fn(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len);
int store_load(struct store *store, store_row_fn *fn, void *arg);

/* store_read - the same of a database that cannot be opened for writing. Returns 0 or -errno, as store_open() */
int store_read(const char *state_dir, const struct store_kind *kinds, size_t count, store_row_fn *fn, void *arg);

/* store_next - of a kept kind: the number behind its last row's; to be called before the first checkpoint */
uint32_t store_next(struct store *store, unsigned kind);

/* store_find - of a kept kind, the last rows with a key from..to, at most count, in the order of their numbers
 * What was committed until now; the writer is not waited for. Returns 0 or -errno. */
int store_find(struct store *store, unsigned kind, const void *from, const void *to, unsigned count, store_row_fn *fn, void *arg);

/* store_in_place - is the file that is written still the one of that name? If not: store_abandon() */
bool store_in_place(const struct store *store);

/* store_begin - an empty snapshot to fill, or NULL while the last one is still being written
 * everything: the rows that are put from here to the next store_commit() replace all there were. After a failure it is so
 * without being asked for; snapshot_whole() - is it? */
struct snapshot *store_begin(struct store *store, bool everything);
bool snapshot_whole(const struct snapshot *snapshot);

/* snapshot_put - a row that changed; len 0: the row is gone. The bytes are copied. */
void snapshot_put(struct snapshot *snapshot, unsigned kind, uint32_t number, const void *bytes, size_t len);

/* snapshot_forget - of a kept kind, the rows with a key from one to the other go; snapshot_expire - those of an earlier time */
void snapshot_forget(struct snapshot *snapshot, unsigned kind, const void *from, const void *to);
void snapshot_expire(struct snapshot *snapshot, unsigned kind, const void *before);

/* snapshot_bytes - how much memory it takes so far */
size_t snapshot_bytes(const struct snapshot *snapshot);

/* store_continue - hand the snapshot to the writer; the next one belongs to the same transaction
 * store_commit - hand over the last one of a transaction. If anything of it cannot be written, store_failed() says so. */
void store_continue(struct store *store, struct snapshot *snapshot);
void store_commit(struct store *store, struct snapshot *snapshot);

/* store_failed - NULL, or why the last transaction was not written (static until the next call); asking clears nothing */
const char *store_failed(struct store *store);

/* store_incomplete - did the last snapshot that was handed over fail? Then its transaction is undone */
bool store_incomplete(struct store *store);

/* store_wait - until nothing is being written */
void store_wait(struct store *store);

/* store_close - wait until the last snapshot is written, then close; a transaction without a commit has never been
 * store_abandon - the same of one that is no longer in place: what has its name now is moved aside, and that is logged */
void store_close(struct store *store);
void store_abandon(struct store *store);

#endif
