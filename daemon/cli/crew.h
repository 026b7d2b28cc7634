/* crew - threads that look at the blocks of a log side by side, while whoever began it gets them in order
 *
 * One thread reads and unpacks, the others find what the lines say, and so does the caller's while he would wait. Memory: a few
 * blocks a thread, whatever the log. Knows no feed and no judge. */
#ifndef MAILWARD_CREW_H
#define MAILWARD_CREW_H

#include "cli/block.h"

#define CREW_THREADS_MAX 64

struct crew;

/* crew_new - threads: that look, with the caller's own, 2..CREW_THREADS_MAX; matcher: is copied for each, and must outlive it
 * NULL: no memory. */
struct crew *crew_new(unsigned threads, const struct matcher *matcher);
void crew_free(struct crew *crew);

/* crew_threads - as many as this process may use processors */
unsigned crew_threads(void);

/* gets each block when those before it were had. */
typedef void crew_fn(void *arg, struct block *block);

/* crew_read - the rest of a log. unmet: see struct block. anchor_ms: for the first blocks; fn may set another by crew_anchor().
 * Returns 0, or -errno after partial work; -EAGAIN: no thread can be had, and nothing was read. */
int crew_read(struct crew *crew, struct blocks *blocks, bool unmet, int64_t anchor_ms, crew_fn *fn, void *arg);

/* crew_anchor - what blocks that are read from now on begin with */
void crew_anchor(struct crew *crew, int64_t anchor_ms);

#endif
