/* reach - the way to files in folders that this process may no longer enter
 *
 * A process that gives up its power may lose the way to a file that everybody may read, because a folder above it is
 * shut: a home, /root. So it keeps the folders themselves open, and goes from there where the path is refused. */
#ifndef MAILWARD_REACH_H
#define MAILWARD_REACH_H

#include <sys/stat.h>

/* reach_keep - from now on what lies in the folder is within reach; one that cannot be opened now never will be */
void reach_keep(const char *folder);

/* reach - how to come to a path by openat() and the like: their folder is returned, their name is *rest
 * Where the path is refused, and it or its folder is kept, that is the kept folder; else AT_FDCWD and the path. */
int reach(const char *path, const char **rest);

/* reach_open, reach_stat - open() without a new file, and stat(), of what is within reach; -1 with errno set */
int reach_open(const char *path, int flags);
int reach_stat(const char *path, struct stat *st);

/* reach_folder - the folder of a file: "." where the path names none. Heap or NULL. */
char *reach_folder(const char *path);

/* reach_real - the folder of a file, absolute and with links followed, or as it was when it was kept
 * Heap or NULL with errno set. */
char *reach_real(const char *path);

#endif
