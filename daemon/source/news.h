/* news - hear when files that are open were written to or moved, all sources of a loop by one inotify
 *
 * A wake-up costs more than fifty lines. So in a flood of them news gather for a while before it is heard: the loop
 * turns meanwhile, and inotify is not listened to. The first after a pause never waits: a burst of errors is judged
 * as it comes. */
#ifndef MAILWARD_NEWS_H
#define MAILWARD_NEWS_H

#include <stdbool.h>
#include <systemd/sd-event.h>

/* How long news gathers in a flood; 0: never (tests, which run the loop until it has nothing to do) */
#define NEWS_GATHER_US 10000
extern unsigned news_gather_us;

/* struct news_member - of one source: filled by it, but for what begins with an underscore */
struct news_member {
	bool (*heard)(void *arg, int watch, bool moved);	/* is that yours? watch -1: all may have changed */
	uint64_t (*turn)(void *arg);	/* all was heard, some of it yours: read; returns how many lines that were */
	void *arg;
	struct news *_news;
	struct news_member *_next;
	bool _due;
};

/* news_join - 0 or -ENOMEM. Owns: *member stays the caller's, until news_leave(), which takes one that never joined */
int news_join(struct news_member *member, sd_event *loop);
void news_leave(struct news_member *member);

/* news_watch - hear of an open file, whatever its name is by now; returns its number, or -errno (-ENOSPC, -EMFILE:
 * later it may work). Two members may watch one file, which then has one number. */
int news_watch(struct news_member *member, int fd);
void news_unwatch(struct news_member *member, int watch);

/* news_hurry - for a tenth of a second nothing waits for more than a millisecond
 * Each of its looks costs a wake-up: by a timer, in a virtual machine, 25 us of processor and more. */
void news_hurry(struct news_member *member);

#endif
