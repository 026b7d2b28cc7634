/* list_watch - notice that a blocklist's file has changed, and have the warden read it, once it is whole
 *
 * Knows the files' names, not what is in them. */
#ifndef MAILWARD_LIST_WATCH_H
#define MAILWARD_LIST_WATCH_H

#include <systemd/sd-event.h>

#include "conf/conf.h"
#include "service/enforce.h"

/* list_watch_open - watch the files of conf's blocklists; a file that cannot be watched is logged
 * before: that of an earlier config, which is still there: it knows which files are being written. NULL: none; conf: of which
 * the names are kept. Returns 0 or -errno. *watch is NULL when there is no list. */
struct list_watch;
int list_watch_open(struct list_watch **watch, sd_event *loop, const struct conf *conf, struct enforce *enforce,
		    struct list_watch *before);

/* list_watch_written - which of them are being written, a bit for each; watch may be NULL */
uint64_t list_watch_written(const struct list_watch *watch);
void list_watch_close(struct list_watch *watch);

#endif
