/* carry - see carry.h
 *
 * Waits for the engine and for all servers at once. To the engine it writes blocking: while that is busy, servers have to
 * wait, and they keep what they have. */
#include "courier/carry.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/parcel.h"
#include "courier/link.h"
#include "courier/subscription.h"

#define TURN_MS 100	/* at most so long is nothing looked at: time-outs, back-off */
#define AT_ONCE 64	/* parcels, before the servers have their turn */

_Static_assert(PARCEL_SERVERS == FLEET_SERVERS_MAX && PARCEL_NODES == FLEET_NODES_MAX, "there is room for all");

/* 1: there was one; 0: none now; -EPIPE: the engine is gone; -EPROTO: it speaks nonsense */
static int take(int engine, struct parcel *parcel)
{
	ssize_t len = recv(engine, parcel, sizeof(*parcel), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	if (len == 0)
		return -EPIPE;
	return len == sizeof(*parcel) && parcel_valid(parcel) && parcel->op < PARCEL_HELLO ? 1 : -EPROTO;
}

static int take_some(int engine, struct link *links, size_t count)
{
	static struct parcel parcel;
	int more = 1;

	for (unsigned i = 0; i < AT_ONCE && more > 0; i++) {
		more = take(engine, &parcel);
		if (more <= 0)
			break;
		if (parcel.server >= count)
			return -EPROTO;
		link_give(&links[parcel.server], &parcel);
	}
	return more < 0 ? more : 0;
}

/* Of the sources, those that are published by a server. */
static size_t subscribe(const struct conf *conf, const struct passwords *passwords, int engine, struct subscription *subscriptions)
{
	size_t count = 0;

	for (unsigned i = 0; i < conf->source_count; i++)
		if (*conf->sources[i].redis.name)
			subscription_init(&subscriptions[count++], &conf->sources[i], i, passwords->sources[i], engine);
	return count;
}

int carry(const struct conf *conf, const struct passwords *passwords, int engine)
{
	static struct link links[FLEET_SERVERS_MAX];
	static struct subscription subscriptions[CONF_NAMED_MAX];
	static struct parcel hello = { .op = PARCEL_HELLO };
	const size_t link_count = conf->fleet.server_count, count = subscribe(conf, passwords, engine, subscriptions);
	int err = 0;

	if (send(engine, &hello, sizeof(hello), MSG_NOSIGNAL) < 0)
		return 0;
	for (unsigned i = 0; i < link_count; i++)
		link_init(&links[i], &conf->fleet, i, passwords->fleet, engine);
	while (err == 0) {
		struct pollfd fds[1 + LINK_FDS * FLEET_SERVERS_MAX + CONF_NAMED_MAX] = { { .fd = engine, .events = POLLIN } };
		struct pollfd *published = &fds[1 + LINK_FDS * link_count];

		for (size_t i = 0; i < link_count; i++)
			link_wants(&links[i], &fds[1 + LINK_FDS * i]);
		for (size_t i = 0; i < count; i++)
			published[i] = subscription_wants(&subscriptions[i]);
		if (poll(fds, 1 + LINK_FDS * link_count + count, TURN_MS) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			err = take_some(engine, links, link_count);
		for (size_t i = 0; i < link_count && err == 0; i++)
			err = link_turn(&links[i], &fds[1 + LINK_FDS * i]);
		for (size_t i = 0; i < count && err == 0; i++)
			err = subscription_turn(&subscriptions[i], published[i].revents);
	}
	return err == -EPIPE ? 0 : err;
}
