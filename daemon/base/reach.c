/* reach - see reach.h
 *
 * Owns the kept descriptors until the process ends. The path comes first: what it leads to today is what counts. */
#include "base/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_MAX 128	/* as many files as a config can name */

static struct kept {
	int fd;
	char *folder;	/* as it was named */
	char *real;	/* absolute, links followed */
} kept[KEPT_MAX];
static size_t kept_count;

static const struct kept *find(const char *folder, size_t len)
{
	for (size_t i = 0; i < kept_count; i++) {
		const struct kept *k = &kept[i];

		if ((strncmp(k->folder, folder, len) == 0 && k->folder[len] == '\0') ||
		    (strncmp(k->real, folder, len) == 0 && k->real[len] == '\0'))
			return k;
	}
	return NULL;
}

void reach_keep(const char *folder)
{
	bool room = kept_count < KEPT_MAX && !find(folder, strlen(folder));
	int fd = room ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct kept made = { fd, strdup(folder), realpath(folder, NULL) };

	if (fd >= 0 && made.folder && made.real) {
		kept[kept_count++] = made;
		return;
	}
	if (fd >= 0)
		close(fd);
	free(made.folder);
	free(made.real);
}

static const struct kept *find_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? find(path, slash == path ? 1 : (size_t)(slash - path)) : find(".", 1);
}

int reach(const char *path, const char **rest)
{
	const struct kept *folder;
	const char *slash = strrchr(path, '/');

	*rest = path;
	if (kept_count == 0 || faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0 || errno != EACCES)
		return AT_FDCWD;
	if ((folder = find(path, strlen(path))) != NULL)
		*rest = ".";
	else if ((folder = find_folder_of(path)) != NULL)
		*rest = slash ? slash + 1 : path;
	return folder ? folder->fd : AT_FDCWD;
}

int reach_open(const char *path, int flags)
{
	const char *rest;
	int folder = reach(path, &rest);

	return openat(folder, rest, flags | O_CLOEXEC);
}

int reach_stat(const char *path, struct stat *st)
{
	const char *rest;
	int folder = reach(path, &rest);

	return fstatat(folder, rest, st, 0);
}

char *reach_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

char *reach_real(const char *path)
{
	char *folder = reach_folder(path), *real = folder ? realpath(folder, NULL) : NULL;
	const struct kept *known = folder && !real && errno == EACCES ? find_folder_of(path) : NULL;

	free(folder);
	return known ? strdup(known->real) : real;
}
