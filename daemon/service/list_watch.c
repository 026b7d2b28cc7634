/* list_watch - see list_watch.h */
#include "service/list_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/reach.h"
#include "source/watch.h"

#define YOUNG_S 60
#define SETTLE_US 200000	/* an editor renames, writes and changes modes: all of that is one change */
#define WRITING_PAUSE_US 1000000	/* so long may it be that a list was closed, or its writer has given up, before that is seen */

struct list_watch {
	struct enforce *enforce;
	sd_event_source *settled;
	struct watch *watches[CONF_NAMED_MAX];
	size_t count;
};

static bool is_being_written(const struct list_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch_is_being_written(watch->watches[i]))
			return true;
	return false;
}

/* All are read at once, so that all have to be whole: what was read before stays in force as long as one is being written. */
static int on_settled(sd_event_source *source, uint64_t due_usec, void *arg)
{
	const struct list_watch *watch = arg;

	(void)due_usec;
	if (!is_being_written(watch) || sd_event_source_set_time_relative(source, WRITING_PAUSE_US) < 0 ||
	    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		enforce_lists(watch->enforce);
	return 0;
}

static void on_changed(void *arg)
{
	struct list_watch *watch = arg;

	if (sd_event_source_set_time_relative(watch->settled, SETTLE_US) < 0 ||
	    sd_event_source_set_enabled(watch->settled, SD_EVENT_ONESHOT) < 0)
		enforce_lists(watch->enforce);
}

/* a change that may have come after the warden read the file, and before we watched it */
static bool is_young(const char *file)
{
	struct stat st;

	return reach_stat(file, &st) == 0 && st.st_ctime + YOUNG_S >= time(NULL);
}

int list_watch_open(struct list_watch **watch, sd_event *loop, const struct conf *conf, struct enforce *enforce)
{
	struct list_watch *made;
	int err;

	*watch = NULL;
	if (conf->blocklist_count == 0)
		return 0;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->enforce = enforce;
	err = sd_event_add_time_relative(loop, &made->settled, CLOCK_MONOTONIC, 0, 0, on_settled, made);
	if (err >= 0)
		err = sd_event_source_set_enabled(made->settled, SD_EVENT_OFF);
	if (err < 0) {
		list_watch_close(made);
		return err;
	}
	for (size_t i = 0; i < conf->blocklist_count; i++) {
		const char *file = conf->blocklists[i].file;
		err = watch_open_written(&made->watches[made->count], loop, file, on_changed, made);
		if (err < 0)
			log_warning("changes of the blocklist %s will go unnoticed: %s", file, strerror(-err));
		else
			made->count++;
		if (is_young(file))
			on_changed(made);
	}
	*watch = made;
	return 0;
}

void list_watch_close(struct list_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->count; i++)
		watch_close(watch->watches[i]);
	sd_event_source_disable_unref(watch->settled);
	free(watch);
}
