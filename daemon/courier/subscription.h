/* subscription - one channel of a Redis server that publishes log lines: each goes to the engine as it comes
 *
 * What is published while nobody listens is lost: that is the nature of it. Connects by itself, again and again. */
#ifndef MAILWARD_SUBSCRIPTION_H
#define MAILWARD_SUBSCRIPTION_H

#include <poll.h>

#include "conf/conf.h"
#include "courier/talk.h"

struct subscription {
	const struct conf_source *source;
	unsigned number;	/* of the source in the config */
	const char *password;
	int engine;
	struct talk talk;
	bool open;
	int64_t retry_ms, pause_ms, up_ms, asked_ms;	/* by the boot's clock */
};

void subscription_init(struct subscription *subscription, const struct conf_source *source, unsigned number, const char *password, int engine);

/* subscription_wants - what to wait for; subscription_turn - what came of it. 0; -EPIPE: the engine is gone */
struct pollfd subscription_wants(const struct subscription *subscription);
int subscription_turn(struct subscription *subscription, short events);

#endif
