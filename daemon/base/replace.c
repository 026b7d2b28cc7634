/* replace - see replace.h */
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file behind the links, on the heap, and what it is; of one that is not there yet its mode is 0. NULL with errno set. */
static char *real_path(const char *path, struct stat *st)
{
	struct stat link;

	*st = (struct stat){ .st_mode = 0 };
	if (stat(path, st) < 0)	/* a link that leads nowhere stays what it is */
		return errno != ENOENT || lstat(path, &link) == 0 ? NULL : strdup(path);
	if (S_ISREG(st->st_mode))
		return realpath(path, NULL);
	errno = S_ISDIR(st->st_mode) ? EISDIR : ENOTSUP;
	return NULL;
}

static int open_beside(struct replace *replace, const struct stat *old, unsigned mode, bool own)
{
	int fd = open(replace->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, old->st_mode ? 0600 : mode);

	if (fd < 0)
		return -errno;
	if (old->st_mode == 0 || ((!own || fchown(fd, old->st_uid, old->st_gid) == 0) && fchmod(fd, old->st_mode & 07777) == 0))
		replace->out = fdopen(fd, "w");
	if (replace->out)
		return 0;
	int err = -errno;
	close(fd);
	unlink(replace->beside);
	return err;
}

int replace_begin(struct replace *replace, const char *path, unsigned mode, bool own)
{
	struct stat old;
	int err = -ENOMEM;

	*replace = (struct replace){ .path = real_path(path, &old) };
	if (!replace->path)
		return errno ? -errno : -EIO;
	if (asprintf(&replace->beside, "%s.%d.new", replace->path, (int)getpid()) < 0)
		replace->beside = NULL;
	else
		err = open_beside(replace, &old, mode, own);
	if (err == 0)
		return 0;
	free(replace->path);
	free(replace->beside);
	*replace = (struct replace){ .out = NULL };
	return err;
}

int replace_flush(struct replace *replace)
{
	if (fflush(replace->out) == EOF)
		return -errno;
	if (ferror(replace->out))
		return -EIO;
	return fsync(fileno(replace->out)) < 0 ? -errno : 0;
}

int replace_end(struct replace *replace, bool keep)
{
	int err = keep ? replace_flush(replace) : 0;

	if (fclose(replace->out) == EOF && keep && err == 0)
		err = -errno;
	if (keep && err == 0 && rename(replace->beside, replace->path) < 0)
		err = -errno;
	if (!keep || err < 0)
		unlink(replace->beside);
	free(replace->path);
	free(replace->beside);
	*replace = (struct replace){ .out = NULL };
	return err;
}
