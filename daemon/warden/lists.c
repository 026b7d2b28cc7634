/* lists - see lists.h */
#include "warden/lists.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "conf/blocklist.h"
#include "base/log.h"
#include "base/reach.h"

int lists_young_s = 2;

/* each line of what a reader has reported, as a message of our own */
static void log_lines(char *said)
{
	char *rest = NULL;

	for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_warning("blocklist: %s", line);
}

static void log_list(const struct conf_blocklist *conf, const struct blocklist *list, const struct ranges *ranges)
{
	struct ranges_size size = ranges_size(ranges);

	log_notice("blocklist %s: %zu lines of %s (%s): %" PRIu64 " IPv4 addresses, %" PRIu64 " IPv6 /64 networks", conf->name,
		   list->lines[BLOCKLIST_DROP], conf->file, blocklist_form_name(list->form), size.v4, size.v6_64);
}

/* read_file - what a file drops; false: it is wrong, which was logged */
static bool read_file(const struct conf_blocklist *conf, const struct ranges *guarded, struct ranges *ranges)
{
	char *said = NULL;
	size_t len;
	struct problems problems = { .out = open_memstream(&said, &len) };
	struct blocklist list;

	bool good = blocklist_load(&list, conf->file, guarded, &problems, ranges);
	if (problems.out)
		fclose(problems.out);
	if (said)
		log_lines(said);
	free(said);
	if (good)
		log_list(conf, &list, ranges);
	blocklist_fini(&list);
	return good;
}

/* the list of that name and file as it was read before; NULL: it never was */
static struct list *earlier(const struct lists *lists, const struct conf_blocklist *conf)
{
	for (size_t i = 0; i < lists->count; i++) {
		struct list *list = &lists->at[i];
		if (list->name && list->file && strcmp(list->name, conf->name) == 0 && strcmp(list->file, conf->file) == 0)
			return list;
	}
	return NULL;
}

/* Times of files are as coarse as a clock tick: of one that has only just changed, the next change may look the same. */
static struct lists_stamp stamp_of(const char *file)
{
	struct lists_stamp stamp;
	struct stat st;

	memset(&stamp, 0, sizeof(stamp));
	if (reach_stat(file, &st) == 0 && st.st_ctime + lists_young_s < time(NULL)) {
		stamp.device = st.st_dev;
		stamp.inode = st.st_ino;
		stamp.size = st.st_size;
		stamp.changed = st.st_ctim;
	}
	return stamp;
}

static bool unchanged(const struct lists_stamp *then, const struct lists_stamp *now)
{
	return now->inode != 0 && then->inode == now->inode && then->device == now->device && then->size == now->size &&
	       then->changed.tv_sec == now->changed.tv_sec && then->changed.tv_nsec == now->changed.tv_nsec;
}

static void read_list(struct list *list, const struct conf_blocklist *conf, struct list *before, const struct ranges *guarded)
{
	*list = (struct list){ .name = strdup(conf->name), .file = strdup(conf->file) };	/* NULL: never found again, no more */
	list->stamp = stamp_of(conf->file);
	if (before && unchanged(&before->stamp, &list->stamp)) {
		list->ranges = before->ranges;
		before->ranges = (struct ranges){ 0 };
		return;
	}
	if (read_file(conf, guarded, &list->ranges))
		return;
	ranges_fini(&list->ranges);
	list->stamp = (struct lists_stamp){ 0 };
	if (before) {
		list->ranges = before->ranges;
		before->ranges = (struct ranges){ 0 };
		log_error("blocklist %s is not read: what it dropped before stays in force", conf->name);
	} else {
		log_error("blocklist %s is not read: it drops nothing", conf->name);
	}
}

void lists_read(struct lists *lists, const struct conf *conf)
{
	struct lists made = { .at = calloc(conf->blocklist_count + 1, sizeof(*made.at)) };
	struct ranges guarded = { 0 };

	if (!made.at) {
		log_error("blocklists are not read: %s", strerror(ENOMEM));
		return;
	}
	if (conf->blocklist_count && ranges_add_own(&guarded) < 0)
		log_warning("not all of this machine's own addresses could be read: a blocklist may hold one");
	for (size_t i = 0; i < conf->blocklist_count; i++)
		read_list(&made.at[made.count++], &conf->blocklists[i], earlier(lists, &conf->blocklists[i]), &guarded);
	ranges_fini(&guarded);
	lists_fini(lists);
	*lists = made;
}

int lists_join(const struct lists *lists, const struct ranges *allow, struct ranges *blocked)
{
	for (size_t i = 0; i < lists->count; i++)
		for (size_t j = 0; j < lists->at[i].ranges.count; j++)
			if (ranges_add_range(blocked, &lists->at[i].ranges.at[j]) < 0)
				return -ENOMEM;
	ranges_seal(blocked);
	return ranges_subtract(blocked, allow);
}

void lists_fini(struct lists *lists)
{
	for (size_t i = 0; i < lists->count; i++) {
		free(lists->at[i].name);
		free(lists->at[i].file);
		ranges_fini(&lists->at[i].ranges);
	}
	free(lists->at);
	*lists = (struct lists){ 0 };
}
