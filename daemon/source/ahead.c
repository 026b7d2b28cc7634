/* ahead - see ahead.h
 *
 * What is read here begins where the last block ended, and is a buffer of the follower's, so that both cut at the same places.
 * Owns the crew. Never logs. */
#include "source/ahead.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/crew.h"

#define THREADS_MAX 4	/* the judge alone takes a third of the time */

struct ahead {
	struct crew *crew;
	int fd;
	uint64_t at;		/* the reading thread's: where the next block begins */
};

static bool is_open;		/* one of them in the process: memory is bounded, however many logs there are */

/* A crew_fill_fn. What is no whole buffer is left to the follower: the log's end, and a line that is too long. */
static ssize_t fill(void *arg, char *bytes)
{
	struct ahead *ahead = arg;
	ssize_t n = pread(ahead->fd, bytes, BLOCK_BYTES, (off_t)ahead->at);
	const char *lf = n == BLOCK_BYTES ? memrchr(bytes, '\n', BLOCK_BYTES) : NULL;

	if (!lf || lf + 1 < bytes + BLOCK_BYTES - LINE_BYTES_MAX)
		return 0;
	ahead->at += (uint64_t)(lf + 1 - bytes);
	return lf + 1 - bytes;
}

struct ahead *ahead_open(int fd, uint64_t offset, const struct matcher *matcher)
{
	unsigned threads = crew_threads();
	struct ahead *ahead;

	if (is_open || threads < 2 || !(ahead = calloc(1, sizeof(*ahead))))
		return NULL;
	*ahead = (struct ahead){ .fd = fd, .at = offset };
	ahead->crew = crew_new(threads < THREADS_MAX ? threads : THREADS_MAX, matcher);
	is_open = true;
	if (ahead->crew && crew_begin(ahead->crew, fill, ahead, false, clock_now_ms()) == 0)
		return ahead;
	ahead_close(ahead);
	return NULL;
}

void ahead_close(struct ahead *ahead)
{
	if (!ahead)
		return;
	crew_free(ahead->crew);
	free(ahead);
	is_open = false;
	malloc_trim(0);		/* or what its threads had stays with the process */
}

struct block *ahead_next(struct ahead *ahead, const char *bytes, size_t len)
{
	struct block *block = len == BLOCK_BYTES ? crew_next(ahead->crew) : NULL;
	bool same = block && memcmp(block->bytes, bytes, block->len) == 0;

	return same && !memchr(bytes + block->len, '\n', len - block->len) ? block : NULL;
}
