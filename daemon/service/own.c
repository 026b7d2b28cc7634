/* own - see own.h */
#include "service/own.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/own_watch.h"

struct found {
	const struct ranges *allow;
	struct prefix at[OWN_RELEASED_MAX];
	size_t count;
};

static void find(void *arg, const struct event *event)
{
	struct found *found = arg;

	if (found->count < OWN_RELEASED_MAX && event_ended_by(event, found->allow))
		found->at[found->count++] = event->prefix;
}

size_t own_renew(struct daemon *daemon)
{
	struct found found = { .allow = &daemon->setup->conf.allow };
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE];

	judge_active(daemon->judge, now_ms, find, &found);
	for (size_t i = 0; i < found.count; i++) {
		log_notice("%s is dropped no more: it is this machine's own now, or an address in it is",
			   prefix_fmt(text, sizeof(text), &found.at[i]));
		judge_release(daemon->judge, &found.at[i], now_ms);
	}
	return found.count;
}

static int on_change(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct daemon *daemon = arg;

	(void)source, (void)revents;
	if (own_watch_read(fd) && conf_allow_own(&daemon->setup->conf))
		own_renew(daemon);
	return 0;
}

void own_open(struct daemon *daemon)
{
	daemon->own_fd = own_watch_open();
	if (daemon->own_fd < 0)
		log_warning("a new address of this machine will go unnoticed: %s", strerror(-daemon->own_fd));
}

int own_watch(struct daemon *daemon)
{
	if (daemon->own_fd < 0)
		return 0;
	return sd_event_add_io(daemon->loop, &daemon->own, daemon->own_fd, EPOLLIN, on_change, daemon);
}

void own_close(struct daemon *daemon)
{
	daemon->own = sd_event_source_disable_unref(daemon->own);
	if (daemon->own_fd >= 0)
		close(daemon->own_fd);
	daemon->own_fd = -1;
}
