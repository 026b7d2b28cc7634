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

static void see(void *arg, enum store_kind kind, uint32_t number, const void *bytes, size_t len)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->rows);

	seen->count++;
	if (used < sizeof(seen->rows) - 64)
		snprintf(seen->rows + used, sizeof(seen->rows) - used, "%d.%u=%.*s ", (int)kind, number, (int)len,
			 (const char *)bytes);
}

static const char *rows_of(struct store *store, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	if (store_load(store, see, seen) < 0)
		return "(unreadable)";
	return seen->rows;
}

static void put(struct snapshot *snapshot, enum store_kind kind, uint32_t number, const char *text)
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

	tap_int(store_open(&store, dir), 0, "a new store in an empty folder");
	tap_str(rows_of(store, &seen), "", "holds nothing");
	snapshot = store_begin(store, true);
	put(snapshot, STORE_COUNT, 7, "seven");
	put(snapshot, STORE_COUNT, 8, "eight");
	put(snapshot, STORE_BAN, 1, "ban");
	put(snapshot, STORE_META, 0, "meta");
	store_commit(store, snapshot);
	store_close(store);

	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "0.0=meta 3.7=seven 3.8=eight 4.1=ban ", "what was committed comes back");
	snapshot = store_begin(store, false);
	put(snapshot, STORE_COUNT, 7, "SEVEN");
	snapshot_put(snapshot, STORE_COUNT, 8, NULL, 0);
	snapshot_put(snapshot, STORE_COUNT, 999, NULL, 0);
	store_commit(store, snapshot);
	store_close(store);

	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "0.0=meta 3.7=SEVEN 4.1=ban ", "rows are replaced and removed");
	store_commit(store, store_begin(store, true));
	store_wait(store);
	tap_ok(store_failed(store) == NULL, "an empty whole snapshot is written");
	store_close(store);

	store_open(&store, dir);
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
			if (store_open(&store, dir) < 0)
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
					put(snapshot, STORE_COUNT, i, text);
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
		store_open(&store, dir);
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
	char path[64];
	sqlite3 *db = NULL;

	overwrite("this is no database, it only says so\n");
	tap_int(store_open(&store, dir), 0, "garbage in place of the state does not stop the start");
	tap_str(rows_of(store, &seen), "", "and nothing of it is believed");
	store_close(store);
	tap_ok(files_like(".corrupt-") >= 1, "it is kept aside");

	snprintf(path, sizeof(path), "%s/state.db", dir);
	unlink(path);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "CREATE TABLE count (number INTEGER PRIMARY KEY, data); INSERT INTO count VALUES (1, 'theirs')",
		     NULL, NULL, NULL);
	sqlite3_close(db);
	sleep(1);	/* the name of the copy holds the second */
	tap_int(store_open(&store, dir), 0, "nor does somebody else's database");
	tap_str(rows_of(store, &seen), "", "of which nothing is believed either");
	store_close(store);
	tap_ok(files_like(".corrupt-") >= 2, "it is kept aside, too");
	tap_ok(store_open(&store, "/nonexistent/mailward") < 0, "a folder that is not there is an error");
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
	store_open(&store, dir);
	setrlimit(RLIMIT_FSIZE, &tight);
	snapshot = store_begin(store, false);
	snapshot_put(snapshot, STORE_COUNT, 1, big, sizeof(big));
	store_commit(store, snapshot);
	store_wait(store);
	tap_ok(store_failed(store) != NULL, "a full disk is noticed");
	tap_ok(store_incomplete(store), "and that something is missing");
	setrlimit(RLIMIT_FSIZE, &none);
	snapshot = store_begin(store, false);
	tap_ok(snapshot_whole(snapshot), "the next snapshot must be whole");
	tap_ok(!store_incomplete(store), "which is said once");
	put(snapshot, STORE_COUNT, 2, "after");
	store_commit(store, snapshot);
	store_wait(store);
	tap_ok(store_failed(store) == NULL, "and once there is room again all is well");
	store_close(store);
	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "3.2=after ", "the whole snapshot stands");
	store_close(store);
}

/* A transaction of many snapshots stands whole, or not at all. */
static void test_slices(void)
{
	struct store *store = NULL;
	struct snapshot *snapshot;
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY }, tight = { 40000, RLIM_INFINITY };
	struct seen seen;
	static char big[100000];

	store_open(&store, dir);
	snapshot = store_begin(store, true);
	put(snapshot, STORE_COUNT, 1, "one");
	store_commit(store, snapshot);
	store_wait(store);
	snapshot = store_begin(store, false);
	put(snapshot, STORE_COUNT, 1, "ONE");
	put(snapshot, STORE_COUNT, 2, "two");
	store_continue(store, snapshot);
	store_wait(store);
	snapshot = store_begin(store, false);
	snapshot_put(snapshot, STORE_COUNT, 2, NULL, 0);
	store_continue(store, snapshot);
	store_close(store);
	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "3.1=one ", "two slices without the last one have never been");

	for (uint32_t i = 1; i <= 3; i++) {
		store_wait(store);
		snapshot = store_begin(store, false);
		put(snapshot, STORE_COUNT, i, "slice");
		(i < 3 ? store_continue : store_commit)(store, snapshot);
	}
	store_close(store);
	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "3.1=slice 3.2=slice 3.3=slice ", "with it they stand together");

	snapshot = store_begin(store, false);
	put(snapshot, STORE_COUNT, 4, "lost");
	store_continue(store, snapshot);
	store_wait(store);
	setrlimit(RLIMIT_FSIZE, &tight);
	snapshot = store_begin(store, false);
	memset(big, 'x', sizeof(big));
	snapshot_put(snapshot, STORE_COUNT, 5, big, sizeof(big));
	store_commit(store, snapshot);
	store_wait(store);
	setrlimit(RLIMIT_FSIZE, &none);
	snapshot = store_begin(store, false);
	tap_ok(snapshot_whole(snapshot), "a slice that fails takes those before it along: all over again");
	put(snapshot, STORE_COUNT, 6, "anew");
	store_commit(store, snapshot);
	store_close(store);
	store_open(&store, dir);
	tap_str(rows_of(store, &seen), "3.6=anew ", "and what is put then is all there is");
	store_close(store);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_round();
	test_kill();
	test_bad_files();
	test_full();
	test_slices();
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? tap_done() : 1;
}
