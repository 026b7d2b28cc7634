/* lister - see lister.h */
#include "warden/lister.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "warden/block_sets.h"
#include "warden/blocklists.h"

struct order {
	struct conf_blocklist *lists;
	size_t count;
	uint64_t written;
	struct ranges allow;
};

struct lister {
	struct blocklists blocklists;	/* the reader's alone */
	bool threaded;
	int fd;				/* an eventfd(2) */
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	struct order *order;		/* the next; NULL: none */
	struct lister_found found;
	bool there, reading;		/* found is something; the reader is at it */
};

static void order_free(struct order *order)
{
	if (!order)
		return;
	for (size_t i = 0; i < order->count; i++) {
		free(order->lists[i].name);
		free(order->lists[i].file);
	}
	free(order->lists);
	ranges_fini(&order->allow);
	free(order);
}

static struct order *order_of(const struct conf *conf, uint64_t written)
{
	struct order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->written = written;
	order->lists = calloc(conf->blocklist_count + 1, sizeof(*order->lists));
	bool good = order->lists && ranges_add_all(&order->allow, &conf->allow) == 0;
	for (size_t i = 0; i < conf->blocklist_count && good; i++) {
		order->lists[i] = (struct conf_blocklist){ strdup(conf->blocklists[i].name), strdup(conf->blocklists[i].file), 0 };
		order->count++;
		good = order->lists[i].name && order->lists[i].file;
	}
	if (good)
		return order;
	order_free(order);
	return NULL;
}

static struct lister_found look_for(struct blocklists *blocklists, const struct order *order)
{
	struct lister_found found = { .err = blocklists_read(blocklists, order->lists, order->count, order->written) };

	if (found.err == 0)
		found.err = blocklists_join(blocklists, &order->allow, &found.listed);
	if (found.err < 0) {
		ranges_fini(&found.listed);
		return found;
	}
	block_sets_count(&found.listed, found.networks);
	for (size_t i = 0; i < blocklists->count; i++) {
		const struct blocklists_one *list = &blocklists->at[i];
		found.lists[i] = (struct lister_list){ list->lines, list->read_s, list->wrong };
	}
	return found;
}

/* With the lock held. What was found is out of date if more was asked meanwhile. */
static void put_found(struct lister *lister, struct lister_found *found)
{
	if (lister->order) {
		ranges_fini(&found->listed);
		return;
	}
	lister->found = *found;
	lister->there = true;
	eventfd_write(lister->fd, 1);
}

static void *read_on(void *arg)
{
	struct lister *lister = arg;

	pthread_mutex_lock(&lister->lock);
	for (;;) {
		while (!lister->order) {
			pthread_cond_signal(&lister->idle);
			pthread_cond_wait(&lister->wake, &lister->lock);
		}
		struct order *order = lister->order;
		lister->order = NULL;
		lister->reading = true;
		pthread_mutex_unlock(&lister->lock);
		struct lister_found found = look_for(&lister->blocklists, order);
		order_free(order);
		pthread_mutex_lock(&lister->lock);
		lister->reading = false;
		put_found(lister, &found);
	}
	return NULL;
}

int lister_open(struct lister **out)
{
	struct lister *lister = calloc(1, sizeof(*lister));
	pthread_t thread;

	if (!lister)
		return -ENOMEM;
	lister->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lister->fd < 0) {
		int err = -errno;
		free(lister);
		return err;
	}
	pthread_mutex_init(&lister->lock, NULL);
	pthread_cond_init(&lister->wake, NULL);
	pthread_cond_init(&lister->idle, NULL);
	lister->threaded = pthread_create(&thread, NULL, read_on, lister) == 0;
	if (!lister->threaded)
		log_warning("no thread can be had: bans will wait while a blocklist is read");
	*out = lister;
	return 0;
}

int lister_fd(const struct lister *lister)
{
	return lister->fd;
}

/* With the lock held. */
static bool take(struct lister *lister, struct lister_found *found)
{
	eventfd_t count;

	if (!lister->there)
		return false;
	*found = lister->found;
	lister->there = false;
	eventfd_read(lister->fd, &count);
	return true;
}

int lister_ask(struct lister *lister, const struct conf *conf, uint64_t written)
{
	struct order *order = order_of(conf, written);
	struct lister_found found;

	if (!order)
		return -ENOMEM;
	pthread_mutex_lock(&lister->lock);
	if (take(lister, &found))
		ranges_fini(&found.listed);
	if (lister->threaded) {
		order_free(lister->order);
		lister->order = order;
		pthread_cond_signal(&lister->wake);
	} else {
		found = look_for(&lister->blocklists, order);
		put_found(lister, &found);
		order_free(order);
	}
	pthread_mutex_unlock(&lister->lock);
	return 0;
}

bool lister_take(struct lister *lister, struct lister_found *found)
{
	pthread_mutex_lock(&lister->lock);
	bool there = take(lister, found);
	pthread_mutex_unlock(&lister->lock);
	return there;
}

void lister_wait(struct lister *lister)
{
	pthread_mutex_lock(&lister->lock);
	while (lister->order || lister->reading)
		pthread_cond_wait(&lister->idle, &lister->lock);
	pthread_mutex_unlock(&lister->lock);
}
