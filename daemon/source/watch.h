/* watch - hear when a path may lead to another file than before
 *
 * Every folder that the kernel passes on the way to the file, links followed, is watched through inotify for the
 * one name that matters in it. So a rename, a switched link, a missing or replaced folder are all the same: news. */
#ifndef MAILWARD_WATCH_H
#define MAILWARD_WATCH_H

#include <stdbool.h>
#include <systemd/sd-event.h>

typedef void watch_fn(void *arg);

struct watch;

#define WATCH_WRITING_S 60

/* watch_open - path: absolute, copied; nothing of it need exist
 * changed: called from the loop, after the new way is watched: look at the path then. Spurious calls are possible.
 * Returns 0 or -errno. Logs: a folder that cannot be watched. */
int watch_open(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg);

/* watch_open_written - the same of what is written as a whole: changed is called when the file was written to and is closed, and
 * not when an empty one comes to be there, which is about to be written
 * watch_is_being_written - since it came to be there, or was last closed; not any more when nothing was
 * written for WATCH_WRITING_S: its writer may have gone about it in a way that is not heard */
int watch_open_written(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg);
bool watch_is_being_written(const struct watch *watch);

/* watch_tell - from now on, call this instead */
void watch_tell(struct watch *watch, watch_fn *changed, void *arg);
void watch_close(struct watch *watch);

#endif
