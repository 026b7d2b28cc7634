/* store - what must survive the process; the only user of SQLite
 *
 * The database is touched by two threads, never at once: by the caller until the first store_commit(), then by the
 * writer. They share one snapshot pointer under one lock. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "service/store.h"

#define APPLICATION_ID 0x6d776172	/* "mwar": tells our file from another's */
#define SCHEMA_VERSION 3	/* 2: no table of kinds, all of version 1 */
#define SCHEMA_OLDEST 2
#define FIND_PATIENCE_MS 100	/* with who has locked it, while somebody waits for an answer */
#define PARTS 3

static const char *const part_names[PARTS] = { "", "-wal", "-shm" };

struct snapshot {
	char *rows;		/* struct row and its bytes, one after the other */
	size_t len, room;
	bool everything, last, failed;
};

struct row {
	uint32_t kind, number, len;
	enum { ROW_PUT, ROW_FORGET, ROW_EXPIRE } what;
};

struct store {
	sqlite3 *db;
	sqlite3 *reader;		/* for store_find(), on the caller's thread; NULL until it is asked */
	const struct store_kind *kinds;
	size_t kind_count;
	sqlite3_stmt *put[STORE_KINDS_MAX], *drop[STORE_KINDS_MAX];
	char *path;
	pthread_t writer;
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	struct stat parts[PARTS];	/* the files that were opened; st_ino 0: there was none */
	struct snapshot *pending;	/* what the writer has to write or is writing */
	bool stopping, incomplete;
	char failure[128];
};

static int run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* One number, or -1. */
static int ask(sqlite3 *db, const char *sql, int *error)
{
	sqlite3_stmt *stmt = NULL;
	int number = -1;

	*error = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (*error == SQLITE_OK && (*error = sqlite3_step(stmt)) == SQLITE_ROW) {
		number = sqlite3_column_int(stmt, 0);
		*error = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return number;
}

/* SQLITE_OK, SQLITE_CORRUPT, or what keeps us from looking. */
static int check_sound(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int error = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);

	if (error == SQLITE_OK && (error = sqlite3_step(stmt)) == SQLITE_ROW)
		error = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	sqlite3_finalize(stmt);
	return error;
}

/* Ours or new: SQLITE_OK; somebody else's or damaged: SQLITE_CORRUPT, SQLITE_NOTADB; of a program to come:
 * SQLITE_MISMATCH; and what keeps us from telling, which says nothing against the file. */
static int examine(sqlite3 *db)
{
	int error, id, version, found;

	id = ask(db, "PRAGMA application_id", &error);
	if (error != SQLITE_OK)
		return error;
	version = ask(db, "PRAGMA user_version", &error);
	if (error != SQLITE_OK)
		return error;
	found = ask(db, "SELECT count(*) FROM sqlite_master", &error);
	if (error != SQLITE_OK)
		return error;
	if (id == 0 && version == 0 && found == 0)
		return SQLITE_OK;
	if (id != APPLICATION_ID || version < SCHEMA_OLDEST)
		return SQLITE_CORRUPT;
	if (version > SCHEMA_VERSION)
		return SQLITE_MISMATCH;
	return check_sound(db);
}

/* Its rows are found by their key; those of another version are of no use. */
static int prepare_kept(struct store *store, const struct store_kind *kind)
{
	char sql[320];

	snprintf(sql, sizeof(sql), "CREATE INDEX IF NOT EXISTS \"%s_key\" ON \"%s\" (substr(data, 1, %d))", kind->name, kind->name,
		 STORE_KEY_BYTES);
	if (run(store->db, sql) != SQLITE_OK)
		return sqlite3_errcode(store->db);
	snprintf(sql, sizeof(sql), "DELETE FROM \"%s\" WHERE (SELECT version FROM kind WHERE name = '%s') IS NOT %" PRIu32
		 "; INSERT OR REPLACE INTO kind VALUES ('%s', %" PRIu32 ")", kind->name, kind->name, kind->version, kind->name, kind->version);
	return run(store->db, sql);
}

static int prepare_kind(struct store *store, size_t kind)
{
	const char *name = store->kinds[kind].name;
	char sql[128];
	int error;

	snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS \"%s\" (number INTEGER PRIMARY KEY, data BLOB NOT NULL)", name);
	error = run(store->db, sql);
	snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO \"%s\" VALUES (?1, ?2)", name);
	if (error == SQLITE_OK)
		error = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &store->put[kind], NULL);
	snprintf(sql, sizeof(sql), "DELETE FROM \"%s\" WHERE number = ?1", name);
	if (error == SQLITE_OK)
		error = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &store->drop[kind], NULL);
	if (error == SQLITE_OK && store->kinds[kind].kept)
		error = prepare_kept(store, &store->kinds[kind]);
	return error;
}

/* What needs room, as deleting many rows at once does, cannot have it in a file: the daemon may make none but its own. */
#define IN_MEMORY "PRAGMA temp_store=MEMORY"

static int prepare(struct store *store)
{
	char sql[128];
	int error = run(store->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; "
				   "PRAGMA cache_size=-1024; PRAGMA journal_size_limit=16777216; " IN_MEMORY);

	/* One transaction: each of its own would be written by itself. */
	snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE; PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, SCHEMA_VERSION);
	if (error == SQLITE_OK)
		error = run(store->db, sql);
	if (error == SQLITE_OK)
		error = run(store->db, "CREATE TABLE IF NOT EXISTS kind (name TEXT PRIMARY KEY, version INTEGER NOT NULL)");
	for (size_t i = 0; error == SQLITE_OK && i < store->kind_count; i++)
		error = prepare_kind(store, i);
	return error == SQLITE_OK ? run(store->db, "COMMIT") : error;
}

static void close_db(struct store *store)
{
	for (size_t i = 0; i < STORE_KINDS_MAX; i++) {
		sqlite3_finalize(store->put[i]);
		sqlite3_finalize(store->drop[i]);
		store->put[i] = store->drop[i] = NULL;
	}
	sqlite3_close(store->reader);
	sqlite3_close(store->db);
	store->reader = store->db = NULL;
}

static void release(struct store *store)
{
	close_db(store);
	pthread_mutex_destroy(&store->lock);
	pthread_cond_destroy(&store->wake);
	pthread_cond_destroy(&store->idle);
	free(store->path);
	free(store);
}

static void look_at_part(const struct store *store, size_t part, struct stat *st)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s%s", store->path, part_names[part]);
	if (lstat(path, st) < 0)
		*st = (struct stat){ 0 };
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino != 0 && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* What SQLite says, and if that is no more than "input/output error", what the system says. */
static int errno_of(sqlite3 *db, int error)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (error & 0xff) {
	case SQLITE_OK: return 0;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_BUSY: case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_MISMATCH: return -ENOTSUP;
	case SQLITE_CORRUPT: case SQLITE_NOTADB: return -EILSEQ;
	case SQLITE_CANTOPEN: return system ? -system : -EACCES;
	default: return system ? -system : -EIO;
	}
}

static int open_db(struct store *store, int patience_ms)
{
	int error = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL), err;

	if (error == SQLITE_OK && sqlite3_db_readonly(store->db, "main") == 1)
		error = SQLITE_READONLY;	/* it opens such files all the same */
	if (error == SQLITE_OK) {
		sqlite3_busy_timeout(store->db, patience_ms);
		error = examine(store->db);
		if (error == SQLITE_OK)
			error = prepare(store);
	}
	err = errno_of(store->db, error);
	if (err < 0)
		close_db(store);
	else
		sqlite3_busy_timeout(store->db, STORE_PATIENCE_MS);
	for (size_t i = 0; err == 0 && i < PARTS; i++)
		look_at_part(store, i, &store->parts[i]);
	return err;
}

static int move_part(const struct store *store, size_t part, const char *what, time_t now)
{
	char from[PATH_MAX + 8], to[PATH_MAX + 64];

	snprintf(from, sizeof(from), "%s%s", store->path, part_names[part]);
	snprintf(to, sizeof(to), "%s.%s-%lld%s", store->path, what, (long long)now, part_names[part]);
	return rename(from, to) < 0 ? -errno : 0;
}

/* Keep the evidence: nothing is deleted, and nothing of it is believed. */
static int move_aside(const struct store *store)
{
	time_t now = time(NULL);

	for (size_t i = 0; i < PARTS; i++) {
		int err = move_part(store, i, "corrupt", now);

		if (err < 0 && (i == 0 || err != -ENOENT))
			return err;
	}
	log_error("%s is damaged or not ours: moved aside to %s.corrupt-%lld; counts begin anew, the kernel's bans stay",
		  store->path, store->path, (long long)now);
	return 0;
}

/* The rows of a kept kind with a key between two, or before a time. */
static bool delete_rows(struct store *store, const struct row *row, const char *bytes)
{
	sqlite3_stmt *stmt = NULL;
	char sql[128];
	bool done;

	if (row->what == ROW_FORGET)
		snprintf(sql, sizeof(sql), "DELETE FROM \"%s\" WHERE substr(data, 1, %d) BETWEEN ?1 AND ?2", store->kinds[row->kind].name, STORE_KEY_BYTES);
	else
		snprintf(sql, sizeof(sql), "DELETE FROM \"%s\" WHERE substr(data, %d, %d) < ?1", store->kinds[row->kind].name,
			 STORE_KEY_BYTES + 1, STORE_TIME_BYTES);
	done = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	       sqlite3_bind_blob(stmt, 1, bytes, row->what == ROW_FORGET ? STORE_KEY_BYTES : STORE_TIME_BYTES, SQLITE_STATIC) == SQLITE_OK &&
	       (row->what != ROW_FORGET ||
		sqlite3_bind_blob(stmt, 2, bytes + STORE_KEY_BYTES, STORE_KEY_BYTES, SQLITE_STATIC) == SQLITE_OK) &&
	       sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return done;
}

static bool write_row(struct store *store, const struct row *row, const char *bytes)
{
	if (row->what != ROW_PUT)
		return delete_rows(store, row, bytes);

	sqlite3_stmt *stmt = row->len ? store->put[row->kind] : store->drop[row->kind];
	int error;

	sqlite3_bind_int64(stmt, 1, row->number);
	if (row->len)
		sqlite3_bind_blob(stmt, 2, bytes, (int)row->len, SQLITE_STATIC);
	error = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return error == SQLITE_DONE;
}

/* All rows go, and those to come are of today's versions. */
static bool begin_anew(struct store *store)
{
	for (size_t i = 0; i < store->kind_count; i++) {
		char sql[160];

		if (store->kinds[i].kept)
			continue;
		snprintf(sql, sizeof(sql), "DELETE FROM \"%s\"; INSERT OR REPLACE INTO kind VALUES ('%s', %" PRIu32 ")",
			 store->kinds[i].name, store->kinds[i].name, store->kinds[i].version);
		if (run(store->db, sql) != SQLITE_OK)
			return false;
	}
	return true;
}

/* Where everything is replaced its row is gone already: at a first start that is so of thousands. */
static bool is_gone(const struct store *store, const struct snapshot *snapshot, const struct row *row)
{
	return snapshot->everything && row->what == ROW_PUT && row->len == 0 && !store->kinds[row->kind].kept;
}

static bool write_rows(struct store *store, const struct snapshot *snapshot)
{
	if (snapshot->everything && !begin_anew(store))
		return false;
	for (size_t at = 0; at < snapshot->len;) {
		struct row row;

		memcpy(&row, snapshot->rows + at, sizeof(row));
		if (!is_gone(store, snapshot, &row) && !write_row(store, &row, snapshot->rows + at + sizeof(row)))
			return false;
		at += sizeof(row) + row.len;
	}
	return true;
}

static bool write_snapshot(struct store *store, const struct snapshot *snapshot)
{
	if (snapshot->failed)
		return false;
	if (sqlite3_get_autocommit(store->db) && run(store->db, "BEGIN IMMEDIATE") != SQLITE_OK)
		return false;
	return write_rows(store, snapshot) && (!snapshot->last || run(store->db, "COMMIT") == SQLITE_OK);
}

static void free_snapshot(struct snapshot *snapshot)
{
	if (snapshot)
		free(snapshot->rows);
	free(snapshot);
}

/* Under the lock: note how it went; tell when that changes. */
static void note_result(struct store *store, bool written, const char *why)
{
	bool was_failing = store->failure[0] != '\0';

	if (written) {
		store->failure[0] = '\0';
		if (was_failing)
			log_notice("%s can be written again", store->path);
		return;
	}
	store->incomplete = true;
	snprintf(store->failure, sizeof(store->failure), "%s", why);
	if (!was_failing)
		log_error("cannot write %s: %s; counts and bans are kept in memory only", store->path, why);
}

static void *write_on(void *arg)
{
	struct store *store = arg;

	pthread_mutex_lock(&store->lock);
	for (;;) {
		struct snapshot *snapshot;
		char why[sizeof(store->failure)] = "";
		bool written;

		while (!store->pending && !store->stopping)
			pthread_cond_wait(&store->wake, &store->lock);
		snapshot = store->pending;
		if (!snapshot)
			break;
		pthread_mutex_unlock(&store->lock);
		written = write_snapshot(store, snapshot);
		if (!written) {
			snprintf(why, sizeof(why), "%s", snapshot->failed ? "out of memory" : sqlite3_errmsg(store->db));
			int error = sqlite3_errcode(store->db);
			run(store->db, "ROLLBACK");
			/* What stands in the log goes to the file: room for the next. */
			if (error == SQLITE_FULL || error == SQLITE_IOERR)
				run(store->db, "PRAGMA wal_checkpoint(TRUNCATE)");
		}
		pthread_mutex_lock(&store->lock);
		if (!written || snapshot->last)
			note_result(store, written, why);
		store->pending = NULL;
		pthread_cond_signal(&store->idle);
		free_snapshot(snapshot);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* Signals are the loop's business: the writer takes none. */
static int start_writer(struct store *store)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&store->writer, NULL, write_on, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int store_open(struct store **out, const char *state_dir, const struct store_kind *kinds, size_t count, int patience_ms)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store || asprintf(&store->path, "%s/state.db", state_dir) < 0) {
		free(store);
		return -ENOMEM;
	}
	store->kinds = kinds;
	store->kind_count = count;
	err = open_db(store, patience_ms);
	if (err == -EILSEQ && (err = move_aside(store)) == 0)
		err = open_db(store, patience_ms);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->wake, NULL);
	pthread_cond_init(&store->idle, NULL);
	if (err == 0)
		err = start_writer(store);
	if (err == 0) {
		*out = store;
		return 0;
	}
	release(store);
	return err;
}

bool store_in_place(const struct store *store)
{
	for (size_t i = 0; i < 2; i++) {	/* a journal without a name is lost with us */
		struct stat st;

		look_at_part(store, i, &st);
		if (!same_file(&st, &store->parts[i]))
			return false;
	}
	return true;
}

/* What a kind's rows were written as; 1, where nobody said. */
static uint32_t version_of(sqlite3 *db, const char *kind)
{
	char sql[96];
	int error, version;

	snprintf(sql, sizeof(sql), "SELECT version FROM kind WHERE name = '%s'", kind);
	version = ask(db, sql, &error);
	return version > 0 ? (uint32_t)version : 1;
}

/* An older program's database that was not opened for writing may lack a table. */
static bool has_table(sqlite3 *db, const char *kind)
{
	char sql[96];
	int error;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '%s'", kind);
	return ask(db, sql, &error) != 0;
}

static int load_kind(sqlite3 *db, const char *name, unsigned kind, store_row_fn *fn, void *arg)
{
	uint32_t version = version_of(db, name);
	sqlite3_stmt *stmt = NULL;
	char sql[64];
	int error;

	if (!has_table(db, name))
		return SQLITE_DONE;
	snprintf(sql, sizeof(sql), "SELECT number, data FROM \"%s\"", name);
	error = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	while (error == SQLITE_OK || error == SQLITE_ROW) {
		error = sqlite3_step(stmt);
		if (error == SQLITE_ROW)
			fn(arg, kind, version, (uint32_t)sqlite3_column_int64(stmt, 0), sqlite3_column_blob(stmt, 1),
			   (size_t)sqlite3_column_bytes(stmt, 1));
	}
	sqlite3_finalize(stmt);
	return error;
}

static int load(sqlite3 *db, const struct store_kind *kinds, size_t count, store_row_fn *fn, void *arg)
{
	int error = SQLITE_DONE;

	for (unsigned i = 0; i < count && error == SQLITE_DONE; i++)
		if (!kinds[i].kept)
			error = load_kind(db, kinds[i].name, i, fn, arg);
	return error == SQLITE_DONE ? 0 : -EIO;
}

int store_load(struct store *store, store_row_fn *fn, void *arg)
{
	return load(store->db, store->kinds, store->kind_count, fn, arg);
}

/* "file:/var/lib/...?immutable=1"; false: it is too long. */
static bool put_uri(char *uri, size_t size, const char *state_dir, const char *query)
{
	size_t len = (size_t)snprintf(uri, size, "file:");

	for (const char *at = state_dir; *at && len < size; at++)
		len += (size_t)snprintf(uri + len, size - len, strchr("%?#", *at) ? "%%%02X" : "%c", (unsigned char)*at);
	if (len < size)
		len += (size_t)snprintf(uri + len, size - len, "/state.db%s", query);
	return len < size;
}

static int read_db(const char *state_dir, const char *query, const struct store_kind *kinds, size_t count, store_row_fn *fn, void *arg)
{
	char uri[3 * PATH_MAX];
	sqlite3 *db = NULL;
	int error, err;

	if (!put_uri(uri, sizeof(uri), state_dir, query))
		return -ENAMETOOLONG;
	error = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (error == SQLITE_OK)
		error = examine(db);
	err = errno_of(db, error);
	if (err == 0)
		err = load(db, kinds, count, fn, arg);
	sqlite3_close(db);
	return err;
}

/* Nobody has left anything behind in a journal that would have to be read, too? */
static bool is_whole(const char *state_dir)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/state.db-wal", state_dir);
	return stat(path, &st) < 0 ? errno == ENOENT : st.st_size == 0;
}

int store_read(const char *state_dir, const struct store_kind *kinds, size_t count, store_row_fn *fn, void *arg)
{
	int err = read_db(state_dir, "", kinds, count, fn, arg);

	/* Even reading wants a file of its own beside it, which a full or write-protected disk does not take. */
	if (err < 0 && err != -EBUSY && err != -EILSEQ && err != -ENOTSUP && is_whole(state_dir))
		err = read_db(state_dir, "?immutable=1", kinds, count, fn, arg);
	return err;
}

uint32_t store_next(struct store *store, unsigned kind)
{
	char sql[96];
	int error, number;

	snprintf(sql, sizeof(sql), "SELECT ifnull(max(number), 0) FROM \"%s\"", store->kinds[kind].name);
	number = ask(store->db, sql, &error);
	return number > 0 ? (uint32_t)number + 1 : 1;
}

int store_find(struct store *store, unsigned kind, const void *from, const void *to, unsigned count, store_row_fn *fn, void *arg)
{
	const char *name = store->kinds[kind].name;
	sqlite3_stmt *stmt = NULL;
	char sql[320];
	int error = SQLITE_OK;

	if (!store->reader) {
		error = sqlite3_open_v2(store->path, &store->reader, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
		sqlite3_busy_timeout(store->reader, FIND_PATIENCE_MS);
		error = error == SQLITE_OK ? run(store->reader, IN_MEMORY) : error;
	}
	snprintf(sql, sizeof(sql), "SELECT * FROM (SELECT number, data FROM \"%s\" WHERE substr(data, 1, %d) BETWEEN ?1 AND ?2 "
		 "ORDER BY number DESC LIMIT %u) ORDER BY number", name, STORE_KEY_BYTES, count);
	if (error == SQLITE_OK)
		error = sqlite3_prepare_v2(store->reader, sql, -1, &stmt, NULL);
	if (error == SQLITE_OK) {
		sqlite3_bind_blob(stmt, 1, from, STORE_KEY_BYTES, SQLITE_STATIC);
		sqlite3_bind_blob(stmt, 2, to, STORE_KEY_BYTES, SQLITE_STATIC);
	}
	while (error == SQLITE_OK || error == SQLITE_ROW) {
		error = sqlite3_step(stmt);
		if (error == SQLITE_ROW)
			fn(arg, kind, store->kinds[kind].version, (uint32_t)sqlite3_column_int64(stmt, 0), sqlite3_column_blob(stmt, 1),
			   (size_t)sqlite3_column_bytes(stmt, 1));
	}
	if (error != SQLITE_DONE)
		error = errno_of(store->reader, error);
	sqlite3_finalize(stmt);
	return error == SQLITE_DONE ? 0 : error;
}

struct snapshot *store_begin(struct store *store, bool everything)
{
	struct snapshot *snapshot = NULL;

	pthread_mutex_lock(&store->lock);
	if (!store->pending)
		snapshot = calloc(1, sizeof(*snapshot));
	if (snapshot) {
		snapshot->everything = everything || store->incomplete;
		store->incomplete = false;
	}
	pthread_mutex_unlock(&store->lock);
	return snapshot;
}

bool snapshot_whole(const struct snapshot *snapshot)
{
	return snapshot->everything;
}

size_t snapshot_bytes(const struct snapshot *snapshot)
{
	return snapshot->len;
}

static void add_row(struct snapshot *snapshot, const struct row *row, const void *bytes)
{
	size_t need = snapshot->len + sizeof(*row) + row->len;

	if (need > snapshot->room) {
		size_t room = need * 2 > 4096 ? need * 2 : 4096;
		char *rows = realloc(snapshot->rows, room);

		if (!rows) {
			snapshot->failed = true;
			return;
		}
		snapshot->rows = rows;
		snapshot->room = room;
	}
	memcpy(snapshot->rows + snapshot->len, row, sizeof(*row));
	if (row->len)
		memcpy(snapshot->rows + snapshot->len + sizeof(*row), bytes, row->len);
	snapshot->len = need;
}

void snapshot_put(struct snapshot *snapshot, unsigned kind, uint32_t number, const void *bytes, size_t len)
{
	add_row(snapshot, &(struct row){ kind, number, (uint32_t)len, ROW_PUT }, bytes);
}

void snapshot_forget(struct snapshot *snapshot, unsigned kind, const void *from, const void *to)
{
	char keys[2 * STORE_KEY_BYTES];

	memcpy(keys, from, STORE_KEY_BYTES);
	memcpy(keys + STORE_KEY_BYTES, to, STORE_KEY_BYTES);
	add_row(snapshot, &(struct row){ kind, 0, sizeof(keys), ROW_FORGET }, keys);
}

void snapshot_expire(struct snapshot *snapshot, unsigned kind, const void *before)
{
	add_row(snapshot, &(struct row){ kind, 0, STORE_TIME_BYTES, ROW_EXPIRE }, before);
}

void store_continue(struct store *store, struct snapshot *snapshot)
{
	pthread_mutex_lock(&store->lock);
	store->pending = snapshot;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
}

void store_commit(struct store *store, struct snapshot *snapshot)
{
	snapshot->last = true;
	store_continue(store, snapshot);
}

const char *store_failed(struct store *store)
{
	static char failure[sizeof(store->failure)];

	pthread_mutex_lock(&store->lock);
	memcpy(failure, store->failure, sizeof(failure));
	pthread_mutex_unlock(&store->lock);
	return failure[0] ? failure : NULL;
}

bool store_incomplete(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	bool incomplete = store->incomplete;
	pthread_mutex_unlock(&store->lock);
	return incomplete;
}

void store_wait(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	while (store->pending)
		pthread_cond_wait(&store->idle, &store->lock);
	pthread_mutex_unlock(&store->lock);
}

static void end_writer(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->writer, NULL);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	end_writer(store);
	release(store);
}

/* SQLite knows its journal by the name alone, and what has that name now may belong to another database. */
void store_abandon(struct store *store)
{
	time_t now = time(NULL);
	bool moved = false;

	end_writer(store);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	for (size_t i = 0; i < PARTS; i++) {
		char path[PATH_MAX + 8];
		struct stat st;

		look_at_part(store, i, &st);
		snprintf(path, sizeof(path), "%s%s", store->path, part_names[i]);
		if (same_file(&st, &store->parts[i]))
			unlink(path);
		else if (st.st_ino)
			moved |= move_part(store, i, "replaced", now) == 0;
	}
	log_warning("%s was deleted or replaced while it was in use: it is written anew", store->path);
	if (moved)
		log_warning("what was there instead is now %s.replaced-%lld", store->path, (long long)now);
	release(store);
}
