/* news - hear when files that are open were written to or moved
 *
 * There is one of it for each loop (in the daemon: one), made for its first member and gone with the last: closing an
 * inotify descriptor takes the kernel some ten milliseconds, which a reload should not cost. Owns the descriptor. */
#include "source/news.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF)
#define FLOOD_WAKES 8		/* this many wake-ups ... */
#define FLOOD_US 16000		/* ... within this time are a flood: from then on news gathers, */
#define HURRY_US 1000		/* but for no longer than this after news_hurry() ... */
#define HURRY_FOR_US 100000	/* ... for this time: who takes longer to his next error loses nothing by the difference */
#define FLOOD_LINES 2		/* it is over when fewer come together */

unsigned news_gather_us = NEWS_GATHER_US;

struct watched {
	int number;
	unsigned users;
};

struct news {
	struct news *next;
	sd_event *loop;
	struct news_member *members;
	int inotify;			/* -1: not to be had yet */
	sd_event_source *io, *gathered;
	struct watched *watches;
	size_t watch_count;
	uint64_t wakes_us[FLOOD_WAKES];	/* when the latest were, a ring */
	unsigned wake;
	bool flood;
	uint64_t hurry_until_us;
};

static struct news *all;

static uint64_t now_us(const struct news *news)
{
	uint64_t now = 0;

	sd_event_now(news->loop, CLOCK_MONOTONIC, &now);
	return now;
}

static bool is_flood(struct news *news)
{
	uint64_t *oldest = &news->wakes_us[news->wake++ % FLOOD_WAKES], now = now_us(news);
	bool is = news_gather_us > 0 && now - *oldest < FLOOD_US;

	*oldest = now;
	return is;
}

/* Wait for more, if this is a flood. */
static bool gather(struct news *news)
{
	uint64_t wait_us = now_us(news) < news->hurry_until_us ? HURRY_US : news_gather_us;

	return news->flood && sd_event_source_set_time_relative(news->gathered, wait_us) >= 0 &&
	       sd_event_source_set_enabled(news->gathered, SD_EVENT_ONESHOT) >= 0 &&
	       sd_event_source_set_enabled(news->io, SD_EVENT_OFF) >= 0;
}

static void hear(struct news *news)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len = read(news->inotify, buffer, sizeof(buffer));

	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		at += (ssize_t)(sizeof(*event) + event->len);
		if (event->mask & IN_IGNORED)	/* not watched any more */
			continue;
		for (struct news_member *member = news->members; member; member = member->_next)
			member->_due |= member->heard(member->arg, event->wd, event->mask != IN_MODIFY);
	}
}

/* Returns the lines that were read. */
static uint64_t serve(struct news *news)
{
	uint64_t lines = 0;

	hear(news);
	for (struct news_member *member = news->members; member; member = member->_next) {
		if (member->_due)
			lines += member->turn(member->arg);
		member->_due = false;
	}
	return lines;
}

static int on_io(sd_event_source *event, int fd, uint32_t events, void *arg)
{
	struct news *news = arg;

	(void)event, (void)fd, (void)events;
	news->flood = is_flood(news);
	if (!gather(news))
		serve(news);
	return 0;
}

static int on_gathered(sd_event_source *event, uint64_t usec, void *arg)
{
	struct news *news = arg;

	(void)event, (void)usec;
	news->flood = serve(news) >= FLOOD_LINES;
	if (!gather(news))
		sd_event_source_set_enabled(news->io, SD_EVENT_ON);
	return 0;
}

static void news_free(struct news *news)
{
	sd_event_source_disable_unref(news->io);
	sd_event_source_disable_unref(news->gathered);
	if (news->inotify >= 0)
		close(news->inotify);
	sd_event_unref(news->loop);
	free(news->watches);
	free(news);
}

static int news_new(struct news **out, sd_event *loop)
{
	struct news *news = calloc(1, sizeof(*news));

	if (!news)
		return -ENOMEM;
	*news = (struct news){ .loop = sd_event_ref(loop), .inotify = -1 };
	int err = sd_event_add_time(loop, &news->gathered, CLOCK_MONOTONIC, UINT64_MAX, 1, on_gathered, news);
	if (err >= 0)
		err = sd_event_source_set_enabled(news->gathered, SD_EVENT_OFF);
	if (err < 0) {
		news_free(news);
		return err;
	}
	*out = news;
	return 0;
}

int news_join(struct news_member *member, sd_event *loop)
{
	struct news *news = all;

	while (news && news->loop != loop)
		news = news->next;
	if (!news) {
		int err = news_new(&news, loop);
		if (err < 0)
			return err;
		news->next = all;
		all = news;
	}
	member->_news = news;
	member->_next = news->members;
	news->members = member;
	return 0;
}

void news_leave(struct news_member *member)
{
	struct news *news = member->_news, **at = &all;
	struct news_member **link;

	if (!news)
		return;
	for (link = &news->members; *link != member;)
		link = &(*link)->_next;
	*link = member->_next;
	if (news->members)
		return;
	while (*at != news)
		at = &(*at)->next;
	*at = news->next;
	news_free(news);
}

static int inotify_open(struct news *news)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int err = fd < 0 ? -errno : sd_event_add_io(news->loop, &news->io, fd, EPOLLIN, on_io, news);

	if (err < 0 && fd >= 0)
		close(fd);
	if (err >= 0)
		news->inotify = fd;
	return err;
}

static struct watched *find(const struct news *news, int number)
{
	for (size_t i = 0; i < news->watch_count; i++)
		if (news->watches[i].number == number)
			return &news->watches[i];
	return NULL;
}

int news_watch(struct news_member *member, int fd)
{
	struct news *news = member->_news;
	struct watched *watched = reallocarray(news->watches, news->watch_count + 1, sizeof(*watched));
	char path[32];
	int err = watched ? 0 : -ENOMEM;

	if (watched)
		news->watches = watched;
	if (err == 0 && news->inotify < 0)
		err = inotify_open(news);
	if (err < 0)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int number = inotify_add_watch(news->inotify, path, EVENTS);
	if (number < 0)
		return -errno;
	watched = find(news, number);
	if (!watched) {
		watched = &news->watches[news->watch_count++];
		*watched = (struct watched){ .number = number };
	}
	watched->users++;
	return number;
}

void news_unwatch(struct news_member *member, int watch)
{
	struct news *news = member->_news;
	struct watched *watched = find(news, watch);

	if (!watched || --watched->users > 0)
		return;
	inotify_rm_watch(news->inotify, watch);
	*watched = news->watches[--news->watch_count];
}

void news_hurry(struct news_member *member)
{
	member->_news->hurry_until_us = now_us(member->_news) + HURRY_FOR_US;
}
