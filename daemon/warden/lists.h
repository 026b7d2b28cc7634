/* lists - the blocklists as the warden has read them, for the kernel's sets
 *
 * A file that is wrong or missing leaves the list as it was read before. The engine has no say in what is listed: it
 * only tells when a file may have changed. */
#ifndef MAILWARD_LISTS_H
#define MAILWARD_LISTS_H

#include <sys/stat.h>

#include "conf/conf.h"

/* lists_young_s - a file changed less than so long ago is read again, for the next change may bear the same stamp; 2, and
 * less for tests that leave time between changes */
extern int lists_young_s;

struct lists {
	struct list {
		char *name, *file;
		struct lists_stamp {	/* of the file as it was read; zero: a later change might bear the same */
			dev_t device;
			ino_t inode;
			off_t size;
			struct timespec changed;
		} stamp;
		struct ranges ranges;	/* what it drops */
	} *at;
	size_t count;
};

/* lists_read - read all blocklists of conf whose files have changed; what is wrong is logged */
void lists_read(struct lists *lists, const struct conf *conf);

/* lists_join - all that is to be dropped, sealed, less the allow-list, into *blocked, which is empty before. 0 or -ENOMEM */
int lists_join(const struct lists *lists, const struct ranges *allow, struct ranges *blocked);

void lists_fini(struct lists *lists);

#endif
