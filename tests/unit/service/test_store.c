/* test_store - rows come back, a transaction stands whole, bad files are moved aside, a full disk is survived */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/store.h"
#include "tap.h"

static char dir[] = "/tmp/mailward-store-XXXXXX";

struct seen {
	char rows[4096];
	unsigned count;
};

enum { META, RULE, SOURCE, COUNT, BAN, KINDS };
static const struct store_kind kinds[KINDS] = {
	{ "meta", 1, false }, { "rule", 2, false }, { "source", 1, false }, { "count", 1, false }, { "ban", 1, false },
};

static int open_it(struct store **store)
{
	return store_open(store, dir, kinds, KINDS, 0);
}

static void see(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->rows);

	seen->count++;
	if (used < sizeof(seen->rows) - 64)
		snprintf(seen->rows + used, sizeof(seen->rows) - used, "%u%s.%u=%.*s ", kind, version == kinds[kind].version ? "" : "(old)",
			 number, (int)len, (const char *)bytes);
}

static const char *rows_of(struct store *store, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	if (store_load(store, see, seen) < 0)
		return "(unreadable)";
	return seen->rows;
}

static void put(struct snapshot *snapshot, unsigned kind, uint32_t number, const char *text)
{
	snapshot_put(snapshot, kind, number, text, strlen(text));
}

static unsigned files_like(const char *part)
{
	DIR *folder = opendir(dir);
	unsigned count = 0;

	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
		count += strstr(entry->d_name, part) != NULL;
	if (folder)
		closedir(folder);
	return count;
}

static void test_round(void)
{
	struct store *store = NULL;
	struct snapshot *snapshot;
	struct seen seen;

	tap_int(open_it(&store), 0, "a new store in an empty folder");
	tap_str(rows_of(store, &seen), "", "holds nothing");
	snapshot = store_begin(store, true);
	put(snapshot, COUNT, 7, "seven");
	put(snapshot, COUNT, 8, "eight");
	put(snapshot, BAN, 1, "ban");
	put(snapshot, META, 0, "meta");
	store_commit(store, snapshot);
	store_close(store);

	open_it(&store);
	tap_str(rows_of(store, &seen), "0.0=meta 3.7=seven 3.8=eight 4.1=ban ", "what was committed comes back");
	snapshot = store_begin(store, false);
	put(snapshot, COUNT, 7, "SEVEN");
	snapshot_put(snapshot, COUNT, 8, NULL, 0);
	snapshot_put(snapshot, COUNT, 999, NULL, 0);
	store_commit(store, snapshot);
	store_close(store);

	open_it(&store);
	tap_str(rows_of(store, &seen), "0.0=meta 3.7=SEVEN 4.1=ban ", "rows are replaced and removed");
	store_commit(store, store_begin(store, true));
	store_wait(store);
	tap_ok(store_failed(store) == NULL, "an empty whole snapshot is written");
	store_close(store);

	open_it(&store);
	tap_str(rows_of(store, &seen), "", "and replaces all there was");
	store_close(store);
}

/* A writer killed at any moment leaves the last whole transaction. Every second round the first one is there by then. */
static void test_kill(void)
{
	struct store *store = NULL;
	struct seen seen;
	unsigned torn = 0, progress = 0;

	for (unsigned round = 0; round < 20; round++) {
		int written[2];
		char byte;

		if (pipe(written) < 0)
			exit(1);
		pid_t child = fork();

		if (child == 0) {
			if (open_it(&store) < 0)
				_exit(1);
			for (unsigned n = 1;; n++) {
				struct snapshot *snapshot;
				char text[16];

				while ((snapshot = store_begin(store, false)) == NULL)
					usleep(50);
				if (n == 2 && write(written[1], "", 1) != 1)
					_exit(1);
				snprintf(text, sizeof(text), "%06u", n);
				for (uint32_t i = 0; i < 50; i++)
					put(snapshot, COUNT, i, text);
				store_commit(store, snapshot);
			}
		}
		close(written[1]);
		if (round % 2 && read(written[0], &byte, 1) != 1)
			exit(1);
		usleep(5000 + round * 1000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(written[0]);
		open_it(&store);
		rows_of(store, &seen);
		progress += seen.count > 0;
		if (seen.count) {
			const char *first = strchr(seen.rows, '=');
			unsigned same = 0;

			for (const char *at = seen.rows; (at = strchr(at, '=')) != NULL; at++)
				same += strncmp(at, first, 7) == 0;
			torn += seen.count != 50 || same != 50;
		}
		store_close(store);
	}
	tap_int(torn, 0, "killed 20 times while writing: no transaction was ever torn");
	tap_ok(progress >= 10, "and at least half had written something (%u of 20)", progress);
}

static void overwrite(const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/state.db", dir);
	file = fopen(path, "w");
	for (unsigned i = 0; file && i < 400; i++)
		fputs(text, file);
	if (file)
		fclose(file);
}

static void test_bad_files(void)
{
	struct store *store = NULL;
	struct seen seen;
	char path[64], command[128];
	sqlite3 *db = NULL;

	overwrite("this is no database, it only says so\n");
	tap_int(open_it(&store), 0, "garbage in place of the state does not stop the start");
	tap_str(rows_of(store, &seen), "", "and nothing of it is believed");
	store_close(store);
	tap_ok(files_like(".corrupt-") >= 1, "it is kept aside");
	snprintf(command, sizeof(command), "cd %s && for f in *.corrupt-*; do mv $f first-$f; done", dir);
	tap_int(system(command), 0, "out of the way: the name of the next one holds the second, which may be the same");

	snprintf(path, sizeof(path), "%s/state.db", dir);
	unlink(path);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "CREATE TABLE count (number INTEGER PRIMARY KEY, data); INSERT INTO count VALUES (1, 'theirs')",
		     NULL, NULL, NULL);
	sqlite3_close(db);
	tap_int(open_it(&store), 0, "nor does somebody else's database");
	tap_str(rows_of(store, &seen), "", "of which nothing is believed either");
	store_close(store);
	tap_ok(files_like(".corrupt-") >= 2, "it is kept aside, too");
	tap_ok(store_open(&store, "/nonexistent/mailward", kinds, KINDS, 0) < 0, "a folder that is not there is an error");
}

static void sql(const char *text)
{
	char path[64];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/state.db", dir);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		printf("# %s: %s\n", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static int number(const char *text)
{
	char path[64];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int found = -1;

	snprintf(path, sizeof(path), "%s/state.db", dir);
	if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		found = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return found;
}

/* An upgrade forgets nothing, a downgrade touches nothing. */
static void test_versions(void)
{
	unsigned aside = files_like(".corrupt-");
	struct store *store = NULL;
	struct seen seen;
	char path[64];

	snprintf(path, sizeof(path), "%s/state.db", dir);
	unlink(path);
	sql("PRAGMA application_id = 0x6d776172; PRAGMA user_version = 2;"
	    "CREATE TABLE rule (number INTEGER PRIMARY KEY, data BLOB NOT NULL); INSERT INTO rule VALUES (3, 'name');"
	    "CREATE TABLE ban (number INTEGER PRIMARY KEY, data BLOB NOT NULL); INSERT INTO ban VALUES (1, 'ban')");
	tap_int(open_it(&store), 0, "an older program's state is opened");
	tap_str(rows_of(store, &seen), "1(old).3=name 4.1=ban ", "and read, each row under the version it was written as");
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "1(old).3=name 4.1=ban ", "so it is again, when nothing was written meanwhile");
	struct snapshot *snapshot = store_begin(store, true);
	put(snapshot, RULE, 3, "new");
	store_commit(store, snapshot);
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "1.3=new ", "the first whole snapshot is of today");
	store_close(store);

	sql("PRAGMA user_version = 99; INSERT INTO ban VALUES (7, 'later')");
	tap_int(open_it(&store), -ENOTSUP, "a later program's state is refused");
	tap_int(number("PRAGMA user_version"), 99, "and left as it is");
	tap_int(number("SELECT count(*) FROM ban"), 1, "with all that is in it");
	tap_int(files_like(".corrupt-"), aside, "it is not moved aside");
	unlink(path);
}

/* A file size limit is the nearest thing to a full disk that needs no mount. */
static void test_full(void)
{
	struct store *store = NULL;
	struct snapshot *snapshot;
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY }, tight = { 40000, RLIM_INFINITY };
	struct seen seen;
	static char big[100000];

	memset(big, 'x', sizeof(big));
	signal(SIGXFSZ, SIG_IGN);
	open_it(&store);
	setrlimit(RLIMIT_FSIZE, &tight);
	snapshot = store_begin(store, false);
	snapshot_put(snapshot, COUNT, 1, big, sizeof(big));
	store_commit(store, snapshot);
	store_wait(store);
	tap_ok(store_failed(store) != NULL, "a full disk is noticed");
	tap_ok(store_incomplete(store), "and that something is missing");
	setrlimit(RLIMIT_FSIZE, &none);
	snapshot = store_begin(store, false);
	tap_ok(snapshot_whole(snapshot), "the next snapshot must be whole");
	tap_ok(!store_incomplete(store), "which is said once");
	put(snapshot, COUNT, 2, "after");
	store_commit(store, snapshot);
	store_wait(store);
	tap_ok(store_failed(store) == NULL, "and once there is room again all is well");
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "3.2=after ", "the whole snapshot stands");
	store_close(store);
}

/* The disk has room for the database, but not for all that was ever written to its log. */
static void test_full_of_log(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY }, tight = { 400000, RLIM_INFINITY };
	struct store *store = NULL;
	static char text[20000];
	unsigned failed = 0, in_a_row = 0, most = 0;

	memset(text, 'x', sizeof(text) - 1);
	open_it(&store);
	setrlimit(RLIMIT_FSIZE, &tight);
	for (unsigned i = 0; i < 100; i++) {
		struct snapshot *snapshot = store_begin(store, false);

		put(snapshot, COUNT, 2, text);
		store_commit(store, snapshot);
		store_wait(store);
		in_a_row = store_failed(store) ? in_a_row + 1 : 0;
		failed += in_a_row > 0;
		most = in_a_row > most ? in_a_row : most;
	}
	setrlimit(RLIMIT_FSIZE, &none);
	tap_ok(failed > 0, "a disk that the log fills is noticed");
	tap_int(most, 1, "and has room for the next snapshot, and so on");
	store_close(store);
}

/* What keeps us from a database says nothing against it. */
static void test_kept_from(void)
{
	unsigned aside = files_like(".corrupt-");
	struct store *store = NULL;
	struct seen seen = { .count = 0 };
	char path[64], command[200];
	sqlite3 *db = NULL;

	open_it(&store);
	struct snapshot *snapshot = store_begin(store, true);
	put(snapshot, BAN, 1, "ban");
	store_commit(store, snapshot);
	store_close(store);
	store = NULL;
	tap_int(store_read(dir, kinds, KINDS, see, &seen), 0, "it can be read without being opened for writing");
	tap_str(seen.rows, "4.1=ban ", "with what is in it");

	snprintf(path, sizeof(path), "%s/state.db", dir);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT * FROM ban", NULL, NULL, NULL);
	tap_int(open_it(&store), -EBUSY, "one that is locked is not opened");
	tap_int(store_read(dir, kinds, KINDS, see, &seen), -EBUSY, "nor read: it may be half written");
	tap_int(files_like(".corrupt-"), aside, "nor called damaged");
	sqlite3_close(db);
	tap_int(open_it(&store), 0, "once it is free, it is opened");
	tap_str(rows_of(store, &seen), "4.1=ban ", "and holds what it held");
	tap_ok(store_in_place(store), "it is in its place");

	snprintf(command, sizeof(command), "mv %s/state.db %s/moved", dir, dir);
	tap_int(system(command), 0, "somebody moves it away");
	tap_ok(!store_in_place(store), "then it is not");
	store_abandon(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "", "a new one holds nothing, not even what the journal of the old one held");
	snprintf(command, sizeof(command), "cp %s/moved %s/state.db.new && mv %s/state.db.new %s/state.db", dir, dir, dir, dir);
	tap_int(system(command), 0, "somebody puts another in its place");
	tap_ok(!store_in_place(store), "then it is not");
	store_abandon(store);
	tap_int(files_like(".replaced-"), 1, "the other one is kept aside");
	open_it(&store);
	tap_str(rows_of(store, &seen), "", "and again one begins anew");
	store_close(store);
	tap_int(files_like(".corrupt-"), aside, "nothing was ever damaged");
}

/* A transaction of many snapshots stands whole, or not at all. */
static void test_slices(void)
{
	struct store *store = NULL;
	struct snapshot *snapshot;
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY }, tight = { 40000, RLIM_INFINITY };
	struct seen seen;
	static char big[100000];

	open_it(&store);
	snapshot = store_begin(store, true);
	put(snapshot, COUNT, 1, "one");
	store_commit(store, snapshot);
	store_wait(store);
	snapshot = store_begin(store, false);
	put(snapshot, COUNT, 1, "ONE");
	put(snapshot, COUNT, 2, "two");
	store_continue(store, snapshot);
	store_wait(store);
	snapshot = store_begin(store, false);
	snapshot_put(snapshot, COUNT, 2, NULL, 0);
	store_continue(store, snapshot);
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "3.1=one ", "two slices without the last one have never been");

	for (uint32_t i = 1; i <= 3; i++) {
		store_wait(store);
		snapshot = store_begin(store, false);
		put(snapshot, COUNT, i, "slice");
		(i < 3 ? store_continue : store_commit)(store, snapshot);
	}
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "3.1=slice 3.2=slice 3.3=slice ", "with it they stand together");

	snapshot = store_begin(store, false);
	put(snapshot, COUNT, 4, "lost");
	store_continue(store, snapshot);
	store_wait(store);
	setrlimit(RLIMIT_FSIZE, &tight);
	snapshot = store_begin(store, false);
	memset(big, 'x', sizeof(big));
	snapshot_put(snapshot, COUNT, 5, big, sizeof(big));
	store_commit(store, snapshot);
	store_wait(store);
	setrlimit(RLIMIT_FSIZE, &none);
	snapshot = store_begin(store, false);
	tap_ok(snapshot_whole(snapshot), "a slice that fails takes those before it along: all over again");
	put(snapshot, COUNT, 6, "anew");
	store_commit(store, snapshot);
	store_close(store);
	open_it(&store);
	tap_str(rows_of(store, &seen), "3.6=anew ", "and what is put then is all there is");
	store_close(store);
}

/* a row of a kept kind: key, time, text */
static void put_line(struct snapshot *snapshot, uint32_t number, const char *key, const char *time, const char *text)
{
	char bytes[100] = "";
	size_t len = strlen(text);

	memcpy(bytes, key, strlen(key));
	memcpy(bytes + STORE_KEY_BYTES, time, STORE_TIME_BYTES);
	memcpy(bytes + STORE_KEY_BYTES + STORE_TIME_BYTES, text, len);
	snapshot_put(snapshot, 1, number, bytes, STORE_KEY_BYTES + STORE_TIME_BYTES + len);
}

static void see_line(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->rows), head = STORE_KEY_BYTES + STORE_TIME_BYTES;

	(void)kind, (void)version;
	snprintf(seen->rows + used, sizeof(seen->rows) - used, "%u=%.*s ", number, (int)(len - head), (const char *)bytes + head);
}

static const char *lines_of(struct store *store, const char *from, const char *to, unsigned count)
{
	static struct seen seen;
	char keys[2][STORE_KEY_BYTES] = { "", "" };

	memcpy(keys[0], from, strlen(from));
	memcpy(keys[1], to, strlen(to));
	seen = (struct seen){ 0 };
	return store_find(store, 1, keys[0], keys[1], count, see_line, &seen) < 0 ? "(unreadable)" : seen.rows;
}

/* Rows that are found by a key, and outlive what replaces everything. */
static void test_found(void)
{
	struct store_kind with[] = { { "meta", 1, false }, { "line", 1, true } };
	static const char key_b[STORE_KEY_BYTES] = "b", key_d[STORE_KEY_BYTES] = "d", time_3[] = "00000003";
	struct store *store = NULL;
	struct snapshot *snapshot;
	struct seen seen;

	store_open(&store, dir, with, 2, 0);
	tap_int(store_next(store, 1), 1, "rows that are kept begin with 1");
	snapshot = store_begin(store, true);
	put(snapshot, 0, 0, "meta");
	put_line(snapshot, 1, "a", "00000001", "one");
	put_line(snapshot, 2, "b", "00000002", "two");
	put_line(snapshot, 3, "a", "00000003", "three");
	put_line(snapshot, 4, "c", "00000004", "four");
	put_line(snapshot, 5, "a", "00000005", "five");
	store_commit(store, snapshot);
	store_wait(store);
	tap_str(lines_of(store, "a", "a", 9), "1=one 3=three 5=five ", "they are found by their key");
	tap_str(lines_of(store, "a", "b", 9), "1=one 2=two 3=three 5=five ", "or by a range of keys");
	tap_str(lines_of(store, "a", "a", 2), "3=three 5=five ", "the last ones, at most so many");
	tap_str(lines_of(store, "x", "z", 9), "", "or there are none");
	store_commit(store, store_begin(store, true));
	store_close(store);

	store_open(&store, dir, with, 2, 0);
	tap_str(rows_of(store, &seen), "", "what replaces everything is loaded, which they are not");
	tap_str(lines_of(store, "a", "z", 9), "1=one 2=two 3=three 4=four 5=five ", "but they are kept");
	tap_int(store_next(store, 1), 6, "and go on where they were");
	snapshot = store_begin(store, false);
	snapshot_forget(snapshot, 1, key_b, key_b);
	snapshot_expire(snapshot, 1, time_3);
	store_commit(store, snapshot);
	store_wait(store);
	tap_str(lines_of(store, "a", "z", 9), "3=three 4=four 5=five ", "one key is forgotten, and what is older than a time");
	snapshot = store_begin(store, false);
	snapshot_forget(snapshot, 1, key_b, key_d);
	store_commit(store, snapshot);
	store_wait(store);
	tap_str(lines_of(store, "a", "z", 9), "3=three 5=five ", "or all keys from one to another");
	snapshot = store_begin(store, true);
	snapshot_put(snapshot, 1, 3, NULL, 0);
	store_commit(store, snapshot);
	store_wait(store);
	tap_str(lines_of(store, "a", "z", 9), "5=five ", "or one row, by what replaces everything, too");
	store_close(store);

	with[1].version = 2;
	store_open(&store, dir, with, 2, 0);
	tap_str(lines_of(store, "a", "z", 9), "", "rows of another version are of no use");
	store_close(store);
}

/* The running daemon may write to its state folder alone: none of SQLite's temporary files can be made. */
static sqlite3_vfs *vfs;
static unsigned temporary_files;

static int open_no_temporary(sqlite3_vfs *own, const char *path, sqlite3_file *file, int flags, int *got)
{
	static const int temporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;

	if (flags & temporary) {
		temporary_files++;
		return SQLITE_CANTOPEN;
	}
	return vfs->xOpen(own, path, file, flags, got);
}

/* Many rows of a kept kind expire at once, and many are found. */
static void test_no_temporary(void)
{
	static const struct store_kind with[] = { { "meta", 1, false }, { "line", 1, true } };
	enum { ROWS = 300000 };
	static const char after[] = "00000002";
	sqlite3_vfs confined;
	struct store *store = NULL;
	struct snapshot *snapshot;

	vfs = sqlite3_vfs_find(NULL);
	confined = *vfs;
	confined.zName = "confined";
	confined.xOpen = open_no_temporary;
	sqlite3_vfs_register(&confined, 1);
	store_open(&store, dir, with, 2, 0);
	for (unsigned i = 1; i <= ROWS;) {
		snapshot = store_begin(store, false);
		do
			put_line(snapshot, i, i % 2 ? "b" : "a", i == ROWS ? "00000003" : "00000001", "text that is longer than it need be");
		while (i++ % 10000 != 0);
		store_commit(store, snapshot);
		store_wait(store);
	}
	tap_ok(!store_failed(store), "many rows are written %s", store_failed(store) ?: "");
	snapshot = store_begin(store, false);
	snapshot_expire(snapshot, 1, after);
	store_commit(store, snapshot);
	store_wait(store);
	tap_ok(!store_failed(store), "all but one expire at once %s", store_failed(store) ?: "");
	tap_str(lines_of(store, "a", "z", 9), "300000=text that is longer than it need be ", "and are gone");
	tap_int(temporary_files, 0, "without a temporary file");
	store_close(store);
	sqlite3_vfs_unregister(&confined);
	sqlite3_vfs_register(vfs, 1);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_round();
	test_kill();
	test_bad_files();
	test_versions();
	test_full();
	test_full_of_log();
	test_kept_from();
	test_slices();
	test_found();
	test_no_temporary();
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? tap_done() : 1;
}
