/* watch - hear when a path may lead to another file than before
 *
 * Walks the path as the kernel does and sets a watch on each folder before it looks at the next name in it, so that
 * no change falls between. After news the whole way is watched anew, then the old watches go; where that fails, they
 * stay, and it is tried again every second. Owns them; opens no file for reading. */
#include "source/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define STEPS_MAX 64	/* folders on the way */
#define LINKS_MAX 40	/* as in the kernel */
#define RETRY_US 1000000
#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | \
		IN_ONLYDIR | IN_DONT_FOLLOW)

struct step {
	struct watch *watch;
	sd_event_source *event;
	const char *name;		/* what matters in this folder, the end of path */
	char path[];
};

struct watch {
	sd_event *loop;
	char *path;
	uint32_t events;
	watch_fn *changed;
	void *arg;
	struct step *steps[STEPS_MAX];
	size_t count;
	sd_event_source *retry;		/* while a folder of the way cannot be watched: look from time to time */
	bool told;
	uint64_t written_usec;		/* when something was last written to what is not closed yet; 0: it is */
};

static void steps_free(struct step **steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sd_event_source_disable_unref(steps[i]->event);
		free(steps[i]);
	}
}

static void walk(struct watch *watch);

/* Has somebody made that file, to write to it? A link, and a name that is given to a file that was there, is whole. */
static bool is_made(const struct step *step, uint32_t mask)
{
	struct stat st;

	return mask & IN_CREATE && lstat(step->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	       st.st_mtim.tv_sec == st.st_ctim.tv_sec && st.st_mtim.tv_nsec == st.st_ctim.tv_nsec;
}

static int on_folder(sd_event_source *event, const struct inotify_event *news, void *arg)
{
	struct step *step = arg;
	struct watch *watch = step->watch;
	bool silent = false;

	(void)event;
	/* without a name it is about the folder itself, or the queue overflowed */
	if (news->len > 0 && strcmp(news->name, step->name) != 0)
		return 0;
	if (watch->events & IN_CLOSE_WRITE) {
		silent = news->mask & IN_MODIFY || is_made(step, news->mask);
		if (silent)
			sd_event_now(watch->loop, CLOCK_MONOTONIC, &watch->written_usec);
		else if (!(news->mask & IN_ATTRIB))
			watch->written_usec = 0;
	}
	if (news->mask & IN_MODIFY)
		return 0;
	walk(watch);		/* step is gone */
	if (!silent)
		watch->changed(watch->arg);
	return 0;
}

static int step_add(struct watch *watch, const char *folder, const char *name)
{
	size_t folder_len = folder[1] ? strlen(folder) : 0, size = folder_len + 1 + strlen(name) + 1;
	struct step *step = malloc(sizeof(*step) + size);
	int err;

	if (!step)
		return -ENOMEM;
	step->watch = watch;
	snprintf(step->path, size, "%.*s/%s", (int)folder_len, folder, name);
	step->name = step->path + folder_len + 1;
	err = sd_event_add_inotify(watch->loop, &step->event, folder, watch->events, on_folder, step);
	if (err < 0) {
		free(step);
		return err;
	}
	watch->steps[watch->count++] = step;
	return 0;
}

/* What is behind name in the folder? A folder: folder is that now. A link: rest begins with where it leads. Returns
 * false where the way ends. */
static bool enter(char *folder, const char *name, char *rest, unsigned *links)
{
	char next[PATH_MAX], target[PATH_MAX];
	struct stat st;
	int len = snprintf(next, sizeof(next), "%s/%s", folder[1] ? folder : "", name);

	if (len >= PATH_MAX || lstat(next, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		memcpy(folder, next, (size_t)len + 1);
		return true;
	}
	if (!S_ISLNK(st.st_mode) || ++*links > LINKS_MAX)
		return false;
	ssize_t n = readlink(next, target, sizeof(target));
	size_t rest_len = strlen(rest);
	if (n <= 0 || (size_t)n + 1 + rest_len >= sizeof(target))
		return false;
	memmove(rest + n + 1, rest, rest_len + 1);
	memcpy(rest, target, (size_t)n);
	rest[n] = '/';
	if (*rest == '/')
		folder[1] = '\0';
	return true;
}

static void leave(char *folder)
{
	char *slash = strrchr(folder, '/');

	slash[slash == folder] = '\0';
}

/* Set a watch on each folder of the way; 0, or -errno of one that may be watched and cannot be now. */
static int set_steps(struct watch *watch)
{
	char folder[PATH_MAX] = "/", rest[PATH_MAX], name[NAME_MAX + 1];
	unsigned links = 0;
	int err = 0;

	memcpy(rest, watch->path, strlen(watch->path) + 1);
	while (watch->count < STEPS_MAX) {
		size_t skip = strspn(rest, "/"), len = strcspn(rest + skip, "/");
		if (len == 0 || len > NAME_MAX)
			break;
		memcpy(name, rest + skip, len);
		name[len] = '\0';
		memmove(rest, rest + skip + len, strlen(rest + skip + len) + 1);
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			leave(folder);
			continue;
		}
		int result = step_add(watch, folder, name);
		if (result < 0 && result != -ENOENT && !watch->told)
			log_warning("cannot watch the folder %s: %s", folder, strerror(-result));
		if (result < 0 && result != -ENOENT && result != -EACCES)	/* of which the folder above tells */
			err = result;
		if (!enter(folder, name, rest, &links))
			break;
	}
	return err;
}

/* Watch the whole way anew. What was watched before stays so until all of the new way is. */
static void walk(struct watch *watch)
{
	struct step *old[STEPS_MAX];
	size_t old_count = watch->count;

	memcpy(old, watch->steps, sizeof(old));
	watch->count = 0;
	watch->told = set_steps(watch) < 0;
	if (!watch->told) {
		steps_free(old, old_count);
		return;
	}
	steps_free(watch->steps, watch->count);
	memcpy(watch->steps, old, sizeof(old));
	watch->count = old_count;
	sd_event_source_set_time_relative(watch->retry, RETRY_US);
	sd_event_source_set_enabled(watch->retry, SD_EVENT_ONESHOT);
}

static int on_retry(sd_event_source *event, uint64_t usec, void *arg)
{
	struct watch *watch = arg;

	(void)event, (void)usec;
	walk(watch);
	watch->changed(watch->arg);
	return 0;
}

static int open_any(struct watch **watch, sd_event *loop, const char *path, uint32_t events, watch_fn *changed,
		    void *arg)
{
	struct watch *w;
	int err;

	*watch = NULL;
	if (*path != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct watch){ .loop = sd_event_ref(loop), .path = strdup(path), .events = events,
			     .changed = changed, .arg = arg };
	err = w->path ? 0 : -ENOMEM;
	if (err >= 0)
		err = sd_event_add_time(loop, &w->retry, CLOCK_MONOTONIC, UINT64_MAX, RETRY_US / 10, on_retry, w);
	if (err >= 0)
		err = sd_event_source_set_enabled(w->retry, SD_EVENT_OFF);
	if (err < 0) {
		watch_close(w);
		return err;
	}
	walk(w);
	*watch = w;
	return 0;
}

int watch_open(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg)
{
	return open_any(watch, loop, path, EVENTS, changed, arg);
}

int watch_open_written(struct watch **watch, sd_event *loop, const char *path, watch_fn *changed, void *arg)
{
	return open_any(watch, loop, path, EVENTS | IN_MODIFY | IN_CLOSE_WRITE, changed, arg);
}

bool watch_is_being_written(const struct watch *watch)
{
	uint64_t now_usec = 0;

	if (!watch->written_usec)
		return false;
	sd_event_now(watch->loop, CLOCK_MONOTONIC, &now_usec);
	return now_usec - watch->written_usec < WATCH_WRITING_S * UINT64_C(1000000);
}

void watch_tell(struct watch *watch, watch_fn *changed, void *arg)
{
	watch->changed = changed;
	watch->arg = arg;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	steps_free(watch->steps, watch->count);
	sd_event_source_disable_unref(watch->retry);
	sd_event_unref(watch->loop);
	free(watch->path);
	free(watch);
}
