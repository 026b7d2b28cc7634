/* lister - a thread that reads the blocklists: a million lines take half a second, and no ban waits for that
 *
 * It gets copies of what it is asked to do, and what it has found is given away: nothing is looked at from two sides. */
#ifndef MAILWARD_LISTER_H
#define MAILWARD_LISTER_H

#include "conf/conf.h"
#include "warden/set.h"

struct lister;

/* struct lister_found - what all lists drop together, and what became of each */
struct lister_found {
	int err;			/* -ENOMEM: there is nothing else in it */
	struct ranges listed;		/* sealed, less the allow-list; the taker's */
	uint32_t networks[SET_COUNT];	/* as block_sets_count() has it */
	struct lister_list {
		size_t lines;		/* that drop */
		int64_t read_s;		/* when it was read, seconds since 1970; 0: never, it drops nothing */
		bool wrong;		/* its file is wrong or gone now */
	} lists[CONF_NAMED_MAX];	/* as the config has them */
};

/* lister_open - begin the thread; where none can be had, each reading is done by lister_ask() itself
 * Returns 0 or -errno. Owns: *out until the process ends. */
int lister_open(struct lister **out);

/* lister_fd - readable as long as there is something to take */
int lister_fd(const struct lister *lister);

/* lister_ask - read the lists of conf whose files have changed, and put all of them together anew
 * written: bit i: the file of number i is not whole: what was read of it before stays
 * What was found before and not taken is forgotten. -ENOMEM: it was not asked. */
int lister_ask(struct lister *lister, const struct conf *conf, uint64_t written);

/* lister_take - what was found since it was asked last; false: nothing was asked, or it is still at it */
bool lister_take(struct lister *lister, struct lister_found *found);

/* lister_wait - until all that was asked is found */
void lister_wait(struct lister *lister);

#endif
