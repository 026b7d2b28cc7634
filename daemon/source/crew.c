/* crew - see crew.h
 *
 * Blocks lie in a ring of slots, numbered as they are read. What holds at any time, under the lock:
 *	told <= looked <= read <= told + slots
 * Those below told are free again, those below looked have been taken by a thread that looks, those below read are filled. Each
 * slot is one thread's at a time: the reader's from told + slots on, the finder's from taking it to done, then the caller's. */
#include "source/crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/array.h"

#define SLOTS_OF_THREAD 3

struct slot {
	struct block block;
	bool done;
};

struct crew {
	unsigned threads;
	struct matcher *matchers[CREW_THREADS_MAX];	/* the caller's first */
	struct slot *slots;
	size_t slot_count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* of the log that is read now */
	crew_fill_fn *fill;
	void *arg;
	bool unmet;
	int64_t anchor_ms;
	uint64_t read, looked, told;	/* so many blocks */
	bool held;			/* the caller has the next to be told */
	bool over;			/* read is all there is */
	bool ends;			/* nobody wants the rest */
	int err;
	unsigned begun;			/* threads that have a matcher; 0: there are no threads */
	pthread_t reader, finders[CREW_THREADS_MAX];
	unsigned finder_count;
};

unsigned crew_threads(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count > CREW_THREADS_MAX ? CREW_THREADS_MAX : (unsigned)count;
}

struct crew *crew_new(unsigned threads, const struct matcher *matcher)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	size_t slots = (size_t)threads * SLOTS_OF_THREAD;
	bool good = crew && (crew->slots = calloc(slots, sizeof(*crew->slots)));

	if (!crew)
		return NULL;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->changed, NULL);
	crew->threads = threads;
	crew->slot_count = slots;
	for (size_t i = 0; good && i < slots; i++)
		good = block_init(&crew->slots[i].block) == 0;
	for (unsigned i = 0; good && i < threads; i++)
		good = (crew->matchers[i] = match_copy(matcher));
	if (good)
		return crew;
	crew_free(crew);
	return NULL;
}

void crew_free(struct crew *crew)
{
	if (!crew)
		return;
	crew_end(crew);
	for (size_t i = 0; crew->slots && i < crew->slot_count; i++)
		block_fini(&crew->slots[i].block);
	for (unsigned i = 0; i < crew->threads; i++)
		match_free(crew->matchers[i]);
	free(crew->slots);
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
}

static struct slot *slot_of(struct crew *crew, uint64_t number)
{
	return &crew->slots[number % crew->slot_count];
}

/* The lock is held, also behind it. */
static void look(struct crew *crew, struct matcher *matcher)
{
	struct slot *slot = slot_of(crew, crew->looked++);

	pthread_mutex_unlock(&crew->lock);
	block_find(&slot->block, matcher);
	pthread_mutex_lock(&crew->lock);
	slot->done = true;
	pthread_cond_broadcast(&crew->changed);
}

static void *finder(void *arg)
{
	struct crew *crew = arg;
	struct matcher *matcher;

	pthread_mutex_lock(&crew->lock);
	matcher = crew->matchers[crew->begun++];
	while (!crew->ends && (crew->looked < crew->read || !crew->over)) {
		if (crew->looked < crew->read)
			look(crew, matcher);
		else
			pthread_cond_wait(&crew->changed, &crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static void *reader(void *arg)
{
	struct crew *crew = arg;
	ssize_t n;

	pthread_mutex_lock(&crew->lock);
	do {
		while (crew->read == crew->told + crew->slot_count && !crew->ends)
			pthread_cond_wait(&crew->changed, &crew->lock);
		if (crew->ends)
			break;
		struct slot *slot = slot_of(crew, crew->read);
		slot->block.anchor_ms = crew->anchor_ms;
		pthread_mutex_unlock(&crew->lock);
		n = crew->fill(crew->arg, slot->block.bytes);
		slot->block.len = n > 0 ? (size_t)n : 0;
		slot->block.unmet = crew->unmet;
		slot->done = false;
		pthread_mutex_lock(&crew->lock);
		crew->read += n > 0;
		crew->over = n <= 0;
		crew->err = n < 0 ? (int)n : 0;
		pthread_cond_broadcast(&crew->changed);
	} while (n > 0);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

int crew_begin(struct crew *crew, crew_fill_fn *fill, void *arg, bool unmet, int64_t anchor_ms)
{
	crew->fill = fill;
	crew->arg = arg;
	crew->unmet = unmet;
	crew->anchor_ms = anchor_ms;
	crew->read = crew->looked = crew->told = 0;
	crew->held = crew->over = crew->ends = false;
	crew->err = 0;
	crew->finder_count = 0;
	if (pthread_create(&crew->reader, NULL, reader, crew) != 0)
		return -EAGAIN;
	crew->begun = 1;
	while (crew->finder_count + 1 < crew->threads &&
	       pthread_create(&crew->finders[crew->finder_count], NULL, finder, crew) == 0)
		crew->finder_count++;
	return 0;
}

/* Other blocks are looked at while the next is not there. */
struct block *crew_next(struct crew *crew)
{
	struct block *next = NULL;

	pthread_mutex_lock(&crew->lock);
	if (crew->held) {
		crew->anchor_ms = slot_of(crew, crew->told++)->block.anchor_ms;
		crew->held = false;
		pthread_cond_broadcast(&crew->changed);
	}
	while (!next && (crew->told < crew->read || !crew->over)) {
		struct slot *slot = slot_of(crew, crew->told);

		if (crew->told < crew->looked && slot->done) {
			next = &slot->block;
			crew->held = true;
		} else if (crew->looked < crew->read) {
			look(crew, crew->matchers[0]);
		} else {
			pthread_cond_wait(&crew->changed, &crew->lock);
		}
	}
	pthread_mutex_unlock(&crew->lock);
	return next;
}

int crew_end(struct crew *crew)
{
	if (!crew->begun)
		return 0;
	pthread_mutex_lock(&crew->lock);
	crew->ends = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	pthread_join(crew->reader, NULL);
	while (crew->finder_count > 0)
		pthread_join(crew->finders[--crew->finder_count], NULL);
	crew->begun = 0;
	return crew->err;
}
