/* replace - write a file anew: whoever reads it reads the whole of the old one, or the whole of the new one
 *
 * The new one is written beside the old one, and takes its place when it is on the disk. A link is followed; what is no
 * regular file (/dev/stdout) is never replaced. */
#ifndef MAILWARD_REPLACE_H
#define MAILWARD_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

struct replace {
	FILE *out;		/* to write to */
	char *path, *beside;	/* what is replaced, and the new one until then */
};

/* replace_begin - mode: of a file that is new, less the umask; that of an old one stays
 * own: the new one must have the old one's owner and group, too. 0 or -errno: then there is nothing to end */
int replace_begin(struct replace *replace, const char *path, unsigned mode, bool own);

/* replace_flush - all that was written is on the disk, under the name beside. 0 or -errno */
int replace_flush(struct replace *replace);

/* replace_end - keep: put it in place; else, or if that fails, all is as it was. 0 or -errno */
int replace_end(struct replace *replace, bool keep);

#endif
