/* crew - threads that look at the blocks of a log side by side, while whoever began it gets them in order
 *
 * One thread reads, the others find what the lines say, and so does the caller's while he would wait. Memory: a few blocks a
 * thread, whatever the log. Knows no feed and no judge. */
#ifndef MAILWARD_CREW_H
#define MAILWARD_CREW_H

#include "source/block.h"

#define CREW_THREADS_MAX 64

struct crew;

/* crew_new - threads: that look, with the caller's own, 2..CREW_THREADS_MAX; matcher: is copied for each, and must outlive it
 * NULL: no memory. */
struct crew *crew_new(unsigned threads, const struct matcher *matcher);
void crew_free(struct crew *crew);	/* and crew_end() */

/* crew_threads - as many as this process may use processors */
unsigned crew_threads(void);

/* crew_fill_fn - the next piece of whole lines, by another thread; bytes: room for BLOCK_BYTES. Its length, 0 at the end, -errno */
typedef ssize_t crew_fill_fn(void *arg, char *bytes);

/* crew_begin - with what fill finds from now on. unmet, anchor_ms: see struct block
 * Returns 0; -EAGAIN: no thread can be had, and nothing was read. */
int crew_begin(struct crew *crew, crew_fill_fn *fill, void *arg, bool unmet, int64_t anchor_ms);

/* crew_next - the block behind the one before, which is given back; its anchor_ms goes to blocks that are read from now on
 * Waits for it. NULL: there are no more. */
struct block *crew_next(struct crew *crew);

/* crew_end - no more of it is wanted: its threads end. Returns 0, or -errno as fill said. */
int crew_end(struct crew *crew);

#endif
