/* blocklists - what the lists drop, as the warden has read them, for the kernel's sets
 *
 * A file that is wrong or missing leaves the list as it was read before. The engine has no say in what is listed: it
 * only tells when a file may have changed, and whether it is whole. */
#ifndef MAILWARD_BLOCKLISTS_H
#define MAILWARD_BLOCKLISTS_H

#include <sys/stat.h>

#include "conf/conf.h"

/* blocklists_young_s - a file changed less than so long ago is read again, for the next change may bear the same stamp; 2,
 * and less for tests that leave time between changes */
extern int blocklists_young_s;

struct blocklists {
	struct blocklists_one {
		char *name, *file;
		struct blocklists_stamp {	/* of the file as it was read; zero: a later change might bear the same */
			dev_t device;
			ino_t inode;
			off_t size;
			struct timespec changed;
		} stamp;
		struct ranges listed;
		size_t lines;		/* that drop */
		int64_t read_s;		/* when it was read, seconds since 1970; 0: never */
		bool wrong;		/* the file is wrong or gone now */
	} *at;
	size_t count;
};

/* blocklists_read - read those wanted whose files have changed, and forget all others; what is wrong with one is logged
 * written: bit i: not wanted[i], of which what was read before stays
 * 0 or -ENOMEM: lists is as it was. */
int blocklists_read(struct blocklists *lists, const struct conf_blocklist *wanted, size_t count, uint64_t written);

/* blocklists_join - all that they list, sealed, less the allow-list, into *listed, which is empty before. 0 or -ENOMEM */
int blocklists_join(const struct blocklists *lists, const struct ranges *allow, struct ranges *listed);

void blocklists_fini(struct blocklists *lists);

#endif
