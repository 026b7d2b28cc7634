/* carry - the courier's loop: parcels of the engine to the servers, and what they say back */
#ifndef MAILWARD_CARRY_H
#define MAILWARD_CARRY_H

#include "conf/conf.h"

#define PASSWORD_BYTES 512

/* struct passwords - "": none */
struct passwords {
	char fleet[PASSWORD_BYTES], sources[CONF_NAMED_MAX][PASSWORD_BYTES];
};

/* carry - until the engine closes its end: 0; or -errno, when it speaks nonsense */
int carry(const struct conf *conf, const struct passwords *passwords, int engine);

#endif
