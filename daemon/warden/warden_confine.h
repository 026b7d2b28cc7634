/* warden_confine - the warden keeps CAP_NET_ADMIN and netlink, and little else: its lists for base/confine.h */
#ifndef MAILWARD_WARDEN_CONFINE_H
#define MAILWARD_WARDEN_CONFINE_H

#include "conf/conf.h"

/* warden_confine - 0, or -errno after logging (EPERM: CAP_NET_ADMIN was not there) */
int warden_confine(const struct conf *conf);

#endif
