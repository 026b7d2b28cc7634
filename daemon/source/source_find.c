/* source_find - find a log file again after it was rotated: among its neighbours, by its bytes
 *
 * A position holds the bytes before its offset. The same bytes at the same place mean the same log, whether the file was
 * renamed (logrotate's default), copied and cut short (copytruncate) or restored; a new file with an old inode number
 * has others. Used by source_file.c alone, at start. Never writes. */
#include "source/source_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

static const char *const compressed[] = { ".gz", ".xz", ".bz2", ".zst", ".lz4" };

static bool is_compressed(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(compressed); i++) {
		size_t end = strlen(compressed[i]);

		if (len > end && strcmp(name + len - end, compressed[i]) == 0)
			return true;
	}
	return false;
}

static int open_log(int folder, const char *name, struct stat *st)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool bears(int fd, const char *bytes, size_t len, uint64_t offset)
{
	char there[SOURCE_MARK_BYTES];

	return pread(fd, there, len, (off_t)offset) == (ssize_t)len && memcmp(there, bytes, len) == 0;
}

/* At offset 0 there are no bytes to know a file by: there the inode must decide. */
static bool is_it(int fd, const struct stat *st, const struct source_position *position)
{
	size_t len = (size_t)position->mark_len;

	if (len == 0)
		return st->st_ino == position->inode && position->offset == 0;
	return len <= SOURCE_MARK_BYTES && len <= position->offset && bears(fd, position->head, len, 0) &&
	       bears(fd, position->mark, len, position->offset - len);
}

static bool later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* One walk over the neighbours: path's folder, names that begin with path's own. */
struct neighbours {
	DIR *folder;
	const char *name;
};

static bool open_folder(struct neighbours *neighbours, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || (size_t)(slash - path) >= sizeof(folder))
		return false;
	snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	neighbours->name = slash + 1;
	neighbours->folder = opendir(folder);
	return neighbours->folder != NULL;
}

/* The next neighbour that is a log and not compressed, open; *name is its own, -1 at the end. */
static int next_log(const struct neighbours *neighbours, const char **name, struct stat *st)
{
	const struct dirent *entry;

	while ((entry = readdir(neighbours->folder)) != NULL) {
		int fd;

		if (strncmp(entry->d_name, neighbours->name, strlen(neighbours->name)) != 0 || is_compressed(entry->d_name))
			continue;
		fd = open_log(dirfd(neighbours->folder), entry->d_name, st);
		*name = entry->d_name;
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* Of two descriptors keep the second, close the other. */
static void replace(int *kept, int fd)
{
	if (*kept >= 0)
		close(*kept);
	*kept = fd;
}

int source_find(const char *path, const struct source_position *position, uint64_t but)
{
	struct neighbours neighbours;
	const char *name;
	struct stat st;
	int fd, found = -1;

	if (!open_folder(&neighbours, path))
		return -1;
	while ((fd = next_log(&neighbours, &name, &st)) >= 0) {
		/* of a file and its copy, the one with the old inode is the file */
		if (st.st_ino != but && is_it(fd, &st, position) && (found < 0 || st.st_ino == position->inode))
			replace(&found, fd);
		else
			close(fd);
	}
	closedir(neighbours.folder);
	return found;
}

static bool is_taken(uint64_t inode, const uint64_t *taken, size_t count)
{
	size_t i = 0;

	while (i < count && taken[i] != inode)
		i++;
	return i < count;
}

int source_find_later(const char *path, struct timespec *newest, const uint64_t *taken, size_t taken_count)
{
	struct neighbours neighbours;
	struct timespec next = { 0 };
	const char *name;
	struct stat st;
	int fd, found = -1;

	if (!open_folder(&neighbours, path))
		return -1;
	while ((fd = next_log(&neighbours, &name, &st)) >= 0) {
		if (strcmp(name, neighbours.name) != 0 && !later(*newest, st.st_mtim) &&
		    !is_taken(st.st_ino, taken, taken_count) && (found < 0 || later(next, st.st_mtim))) {
			replace(&found, fd);
			next = st.st_mtim;
		} else {
			close(fd);
		}
	}
	closedir(neighbours.folder);
	if (found >= 0)
		*newest = next;
	return found;
}
