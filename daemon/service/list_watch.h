/* list_watch - notice that a blocklist's file has changed, and have the warden read it, once it is whole
 *
 * Knows the files' names, not what is in them. */
#ifndef MAILWARD_LIST_WATCH_H
#define MAILWARD_LIST_WATCH_H

#include <systemd/sd-event.h>

#include "conf/conf.h"
#include "service/enforce.h"

/* list_watch_open - watch the files of conf's blocklists; a file that cannot be watched is logged
 * Returns 0 or -errno. *watch is NULL when there is no list. */
struct list_watch;
int list_watch_open(struct list_watch **watch, sd_event *loop, const struct conf *conf, struct enforce *enforce);
void list_watch_close(struct list_watch *watch);

#endif
