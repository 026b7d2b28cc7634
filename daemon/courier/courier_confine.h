/* courier_confine - what the courier and its keeper keep: the configured ports, and no file at all; lists for base/confine.h */
#ifndef MAILWARD_COURIER_CONFINE_H
#define MAILWARD_COURIER_CONFINE_H

#include "conf/conf.h"

/* courier_confine_keeper, courier_confine_carrier - the second within the first. 0, or -errno after logging */
int courier_confine_keeper(const struct conf *conf);
int courier_confine_carrier(const struct conf *conf);

#endif
