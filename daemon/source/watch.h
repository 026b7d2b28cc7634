/* watch - hear when a path may lead to another file than before
 *
 * Every folder that the kernel passes on the way to the file, links followed, is watched through inotify for the
 * one name that matters in it. So a rename, a switched link, a missing or replaced folder are all the same: news. */
#ifndef MAILWARD_WATCH_H
#define MAILWARD_WATCH_H

#include <systemd/sd-event.h>

typedef void watch_fn(void *arg);

struct watch;

/* watch_open - path: absolute, copied; nothing of it need exist
 * changed: called from the loop, after the new way is watched: look at the path then. Spurious calls are possible.
 * Returns 0 or -errno. Logs: a folder that cannot be watched. */
int watch_open(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg);

/* watch_open_written - the same, and changed is also called when the file was written to and is closed */
int watch_open_written(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg);
void watch_close(struct watch *watch);

#endif
