/* list_watch - see list_watch.h */
#include "service/list_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/reach.h"
#include "source/watch.h"

#define YOUNG_S 60
#define SETTLE_US 200000	/* an editor renames, writes and changes modes: all of that is one change, */
#define SETTLE_MAX_US 2000000	/* that ends: somebody else may write to it for ever */
#define WRITING_PAUSE_US 1000000	/* so long may it be that a list was closed, or its writer has given up, before that is seen */

_Static_assert(CONF_NAMED_MAX <= 64, "there is a bit for each list");

struct list_watch {
	struct enforce *enforce;
	sd_event_source *settled;
	const char *files[CONF_NAMED_MAX];	/* the config's */
	struct watch *watches[CONF_NAMED_MAX];	/* of these; NULL: it cannot be watched */
	size_t count;
	uint64_t since_usec;	/* of the first change that was not told yet; 0: there is none */
	uint64_t written;	/* as it was told last */
};

uint64_t list_watch_written(const struct list_watch *watch)
{
	uint64_t written = 0;

	for (size_t i = 0; watch && i < watch->count; i++)
		if (watch->watches[i] && watch_is_being_written(watch->watches[i]))
			written |= UINT64_C(1) << i;
	return written;
}

static bool wait_until(const struct list_watch *watch, uint64_t usec)
{
	return sd_event_source_set_time(watch->settled, usec) >= 0 && sd_event_source_set_enabled(watch->settled, SD_EVENT_ONESHOT) >= 0;
}

static uint64_t now_usec(const struct list_watch *watch)
{
	uint64_t now = 0;

	sd_event_now(sd_event_source_get_event(watch->settled), CLOCK_MONOTONIC, &now);
	return now;
}

/* A list has to be whole: what was read of it before stays in force as long as it is being written. */
static void tell(struct list_watch *watch)
{
	uint64_t written = list_watch_written(watch);

	if (watch->since_usec || written != watch->written)
		enforce_lists(watch->enforce, written);
	watch->since_usec = 0;
	watch->written = written;
	if (written && !wait_until(watch, now_usec(watch) + WRITING_PAUSE_US))
		enforce_lists(watch->enforce, 0);
}

static int on_settled(sd_event_source *source, uint64_t due_usec, void *arg)
{
	(void)source, (void)due_usec;
	tell(arg);
	return 0;
}

static void on_changed(void *arg)
{
	struct list_watch *watch = arg;
	uint64_t now = now_usec(watch);

	if (!watch->since_usec)
		watch->since_usec = now;
	uint64_t last = watch->since_usec + SETTLE_MAX_US;
	if (!wait_until(watch, now + SETTLE_US < last ? now + SETTLE_US : last))
		tell(watch);
}

/* a change that may have come after the warden read the file, and before we watched it */
static bool is_young(const char *file)
{
	struct stat st;

	return reach_stat(file, &st) == 0 && st.st_ctime + YOUNG_S >= time(NULL);
}

/* With what is about to be heard by it. NULL: there is none. */
static struct watch *take_watch(struct list_watch *from, const char *file)
{
	for (size_t i = 0; from && i < from->count; i++)
		if (from->watches[i] && strcmp(from->files[i], file) == 0) {
			struct watch *taken = from->watches[i];
			from->watches[i] = NULL;
			return taken;
		}
	return NULL;
}

int list_watch_open(struct list_watch **watch, sd_event *loop, const struct conf *conf, struct enforce *enforce,
		    struct list_watch *before)
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
		struct watch **one = &made->watches[made->count];
		made->files[made->count++] = file;
		*one = take_watch(before, file);
		if (*one)
			watch_tell(*one, on_changed, made);
		else if ((err = watch_open_written(one, loop, file, on_changed, made)) < 0)
			log_warning("changes of the blocklist %s will go unnoticed: %s", file, strerror(-err));
		if (is_young(file))
			on_changed(made);
	}
	made->written = list_watch_written(made);
	if (made->written && !made->since_usec)
		wait_until(made, now_usec(made) + WRITING_PAUSE_US);
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
