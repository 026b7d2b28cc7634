/* engine_confine - see engine_confine.h
 *
 * To be read: the folders (a rotated log and an edited config are new files in them) of the logs, where a link leads
 * included, of the config, patterns and lists; /var/log, where a reload may find another log; time zones; /proc, for this machine's gateways. To be written: the
 * state folder. To be removed: the control socket. Nothing else, and no program may be started. */
#include "service/engine_confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/confine.h"
#include "base/log.h"
#include "base/privilege.h"
#include "base/reach.h"
#include "match/rules_load.h"

static const struct confine_call only[] = {
	{ "socket", 0, UINT32_MAX, AF_UNIX },		/* to the service manager */
	/* the state's writer is a thread; clone3 hides what it is asked for, and without it clone is used */
	{ "clone", 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM },
};

static const struct confine_calls calls = {
	/* the log and its folder, the state */
	"open openat inotify_init1 inotify_add_watch inotify_rm_watch "
	"ftruncate ftruncate64 fallocate fsync fdatasync fchmod rename renameat renameat2 unlink unlinkat "
	/* the loop; the control socket's clients; the service manager */
	"epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 timerfd_create timerfd_settime timerfd_settime64 "
	"signalfd4 eventfd2 accept4 connect "
	/* a PCRE2 built for systems where no memory may be both written and executed */
	"memfd_create",
	/* as root, SQLite gives its files to the owner of the database, and does not mind when it cannot */
	"clone3 fchown fchown32", only, COUNT(only)
};

/* ---- files ---- */

#define PATHS_MAX (2 * CONF_NAMED_MAX + 32)

struct paths {
	struct confine_path at[PATHS_MAX];
	size_t count;
	char *owned[PATHS_MAX];
	size_t owned_count;
};

static void add(struct paths *paths, const char *path, unsigned may)
{
	if (path && paths->count < PATHS_MAX)
		paths->at[paths->count++] = (struct confine_path){ path, may };
}

/* path is the heap's, or NULL */
static void add_owned(struct paths *paths, char *path, unsigned may)
{
	if (path && paths->owned_count < PATHS_MAX)
		add(paths, paths->owned[paths->owned_count++] = path, may);
	else
		free(path);
}

static void add_folder_of(struct paths *paths, const char *path, unsigned may)
{
	char *real = path ? realpath(path, NULL) : NULL;

	if (path)
		add_owned(paths, reach_folder(path), may);
	if (real)
		add_owned(paths, reach_folder(real), may);
	free(real);
}

static void collect(struct paths *paths, const struct conf *conf)
{
	for (size_t i = 0; i < conf->source_count; i++) {
		add_folder_of(paths, conf->sources[i].file, CONFINE_READ);
		if (conf->sources[i].journal) {
			add(paths, "/run/log/journal", CONFINE_READ);
			add(paths, "/etc/machine-id", CONFINE_READ);
			add(paths, "/etc/passwd", CONFINE_READ);
			/* libsystemd loads what unpacks a field when it meets one */
			add(paths, "/usr/lib", CONFINE_READ);
			add(paths, "/etc/ld.so.cache", CONFINE_READ);
		}
	}
	add(paths, "/var/log", CONFINE_READ);
	add_folder_of(paths, conf->path ? conf->path : CONF_PATH_DEFAULT, CONFINE_READ);
	add_folder_of(paths, conf->allow_file, CONFINE_READ);
	for (size_t i = 0; i < conf->blocklist_count; i++)
		add_folder_of(paths, conf->blocklists[i].file, CONFINE_READ);
	add_owned(paths, rules_dir(conf), CONFINE_READ);
	add(paths, RULES_LOCAL_DIR, CONFINE_READ);
	add(paths, conf->state_dir, CONFINE_READ | CONFINE_WRITE);
	add_owned(paths, reach_folder(conf->socket), CONFINE_REMOVE);
	add(paths, "/etc/localtime", CONFINE_READ);
	add(paths, "/usr/share/zoneinfo", CONFINE_READ);
	add(paths, "/dev/urandom", CONFINE_READ);
	add(paths, "/proc", CONFINE_READ);
#ifdef __SANITIZE_ADDRESS__
	add(paths, getenv("REPORTS"), CONFINE_READ | CONFINE_WRITE);
#endif
}

static void release(struct paths *paths)
{
	for (size_t i = 0; i < paths->owned_count; i++)
		free(paths->owned[i]);
}

/* ---- a root process becomes another user's ---- */

#define GROUPS_MAX (CONF_NAMED_MAX + 2)

/* The groups that may read the logs: Debian's mail.log is adm's, the journal is systemd-journal's, and who has it
 * otherwise has given his log to some group too. Root's own is not for us. */
static size_t log_groups(gid_t groups[GROUPS_MAX], const struct conf *conf)
{
	static const char *const names[] = { "adm", "systemd-journal" };
	size_t count = 0;
	struct stat st;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct group *group = getgrnam(names[i]);
		if (group)
			groups[count++] = group->gr_gid;
	}
	for (size_t i = 0; i < conf->source_count && count < GROUPS_MAX; i++)
		if (conf->sources[i].file && stat(conf->sources[i].file, &st) == 0 && (st.st_mode & S_IRGRP) && st.st_gid != 0)
			groups[count++] = st.st_gid;
	return count;
}

static const char *const state_files[] = { "state.db", "state.db-wal", "state.db-shm" };

/* a file of root's that is nobody else's under another name */
static void give_file(int folder, const char *name, uid_t uid, gid_t gid)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 && fchown(fd, uid, gid) < 0)
		log_warning("cannot give %s to the user mailward: %s", name, strerror(errno));
	close(fd);
}

/* A folder in which nobody else keeps anything: whoever names /var/lib means a folder in it. */
static bool holds_only_state(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	bool alone = listing;

	if (!listing) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (const struct dirent *entry; alone && (entry = readdir(listing)) != NULL;)
		alone = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, "lost+found") == 0 ||
		       strncmp(entry->d_name, state_files[0], strlen(state_files[0])) == 0;
	closedir(listing);
	return alone;
}

/* Of a folder that others write to (such as /tmp), or keep their own in, nothing is given away. */
static void give_state(const char *path, uid_t uid, gid_t gid)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (folder < 0)
		return;		/* who opens the state says what is wrong */
	if (fstat(folder, &st) < 0)
		st = (struct stat){ .st_mode = S_IWOTH };
	if (st.st_uid == 0 && (st.st_mode & S_IWOTH) == 0 && !holds_only_state(folder)) {
		log_warning("%s is not given to the user mailward, since others keep files there: a state_dir of its own would be right", path);
	} else if ((st.st_mode & S_IWOTH) == 0 && (st.st_uid == 0 || st.st_uid == uid)) {
		for (size_t i = 0; i < COUNT(state_files); i++)
			give_file(folder, state_files[i], uid, gid);
		if (st.st_uid == 0 && fchown(folder, uid, gid) < 0)
			log_warning("cannot give %s to the user mailward: %s", path, strerror(errno));
	}
	close(folder);
}

static bool stays;	/* root, because another user could not do the work */

#define USES_MAX (3 * CONF_NAMED_MAX + 8)

struct uses {
	struct privilege_use at[USES_MAX];
	size_t count;
	char *owned[USES_MAX];
	size_t owned_count;
};

static void use(struct uses *uses, const char *path, int mode)
{
	uses->at[uses->count++] = (struct privilege_use){ path, mode };
}

/* path: the heap's, or NULL */
static void use_owned(struct uses *uses, char *path, int mode)
{
	use(uses, uses->owned[uses->owned_count++] = path, mode);
}

/* What is opened only after the power is gone, now or at a reload. */
static void collect_uses(struct uses *uses, const struct conf *conf, bool keeps)
{
	for (size_t i = 0; i < conf->source_count; i++) {
		if (!conf->sources[i].file)
			continue;
		use_owned(uses, reach_folder(conf->sources[i].file), R_OK | X_OK);
		use(uses, conf->sources[i].file, R_OK);
	}
	use(uses, conf->path, R_OK);
	use(uses, conf->allow_file, R_OK);
	for (size_t i = 0; i < conf->blocklist_count; i++)
		use(uses, conf->blocklists[i].file, R_OK);
	use_owned(uses, rules_dir(conf), R_OK | X_OK);
	if (keeps)
		use_owned(uses, reach_folder(conf->state_dir), X_OK);
}

/* Who is to do the work? Somebody tries mailward as root with files in a folder of root's own: it has to work, without
 * the powers of root, and Landlock keeps it from what else root owns. As a service it has a user of its own. What even
 * root without its powers cannot use is told at once, not when it is missed. */
static int choose_user(const struct conf *conf, bool keeps)
{
	gid_t groups[GROUPS_MAX];
	size_t group_count = log_groups(groups, conf);
	struct uses uses = { .count = 0 };

	collect_uses(&uses, conf, keeps);
	const char *shut = privilege_shut(uses.at, uses.count, groups, group_count, false);
	const char *shut_to_root = shut ? privilege_shut(uses.at, uses.count, groups, group_count, true) : NULL;
	stays = shut != NULL;
	if (shut_to_root)
		log_error("neither the user mailward nor root without its powers could use %s; open it and the "
			  "folders above to others, or keep it elsewhere", shut_to_root);
	else if (shut)
		log_notice("the process that reads the logs stays root, without its powers: the user mailward could not use %s", shut);
	while (uses.owned_count > 0)
		free(uses.owned[--uses.owned_count]);
	return shut_to_root ? -EACCES : 0;
}

int engine_prepare(const struct conf *conf, bool keeps)
{
	char *runtime = reach_folder(conf->socket), *patterns = rules_dir(conf);
	uid_t uid;
	gid_t gid;
	int err = 0;

	conf_keep(conf);
	if (patterns)
		reach_keep(patterns);
	if (privilege_user(&uid, &gid) && (err = choose_user(conf, keeps)) == 0) {
		/* /run is empty after a boot, and what is made by us is the engine's: it removes its socket at the end */
		if (runtime && mkdir(runtime, 0750) == 0 && !stays && lchown(runtime, uid, gid) < 0)
			log_warning("cannot give %s to the user mailward: %s", runtime, strerror(errno));
		if (keeps && (mkdir(conf->state_dir, 0750) == 0 || errno == EEXIST) && !stays)
			give_state(conf->state_dir, uid, gid);
	}
	free(runtime);
	free(patterns);
	return err;
}

int engine_confine(const struct conf *conf)
{
	struct paths paths = { .count = 0 };
	gid_t groups[GROUPS_MAX];
	size_t group_count = log_groups(groups, conf);

	collect(&paths, conf);
	int err = confine(&(struct confinement){
		.who = "the process that reads the logs", .groups = groups, .group_count = group_count, .stay = stays,
		.strict = conf->strict,
		.paths = paths.at, .path_count = paths.count, .calls = &calls,
	});
	release(&paths);
	return err;
}

/* ---- after a reload ---- */

static bool is_file_of(const struct conf *conf, const char *file)
{
	bool is = false;

	for (size_t i = 0; i < conf->source_count; i++)
		is |= conf->sources[i].file && strcmp(conf->sources[i].file, file) == 0;
	for (size_t i = 0; i < conf->blocklist_count; i++)
		is |= strcmp(conf->blocklists[i].file, file) == 0;
	return is;
}

/* can_read - the folder of a file that is new; what: "source", "blocklist" */
static bool can_read(const struct conf *new, const struct conf *old, const char *file, const char *what, const char *name,
		     unsigned line, FILE *out)
{
	char *folder = file && !is_file_of(old, file) ? reach_folder(file) : NULL;
	int fd = folder ? reach_open(folder, O_RDONLY | O_DIRECTORY) : -1;
	bool good = !folder || fd >= 0 || errno != EACCES;

	if (!good)
		fprintf(out, "%s:%u: [%s %s]: the running daemon may not read %s: a restart would be right\n",
			new->path ? new->path : CONF_PATH_DEFAULT, line, what, name, folder);
	if (fd >= 0)
		close(fd);
	free(folder);
	return good;
}

bool engine_can_read(const struct conf *new, const struct conf *old, FILE *out)
{
	bool good = true;

	for (size_t i = 0; i < new->source_count; i++) {
		const struct conf_source *source = &new->sources[i];
		good &= can_read(new, old, source->file, "source", source->name, source->line, out);
	}
	for (size_t i = 0; i < new->blocklist_count; i++) {
		const struct conf_blocklist *list = &new->blocklists[i];
		good &= can_read(new, old, list->file, "blocklist", list->name, list->line, out);
	}
	return good;
}
