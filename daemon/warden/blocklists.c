/* blocklists - see blocklists.h */
#include "warden/blocklists.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/reach.h"
#include "conf/blocklist.h"

int blocklists_young_s = 2;

/* Each line of what a reader has reported, as a message of our own. */
static void log_lines(char *said)
{
	char *rest = NULL;

	for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_warning("blocklist: %s", line);
}

static void log_list(const struct conf_blocklist *conf, const struct blocklist *list, const struct ranges *listed)
{
	struct ranges_size size = ranges_size(listed);

	log_notice("blocklist %s: %zu %s of %s (%s): %" PRIu64 " IPv4 %s, %" PRIu64 " IPv6 /64 %s", conf->name,
		   list->lines[BLOCKLIST_DROP], plural(list->lines[BLOCKLIST_DROP], "line", "lines"), conf->file, blocklist_form_name(list->form), size.v4,
		   plural(size.v4, "address", "addresses"), size.v6_64, plural(size.v6_64, "network", "networks"));
}

/* False: the file is wrong, which was logged. */
static bool read_file(const struct conf_blocklist *conf, const struct ranges *guarded, struct ranges *listed, size_t *lines)
{
	char *said = NULL;
	size_t len;
	struct problems problems = { .out = open_memstream(&said, &len) };
	struct blocklist list;

	bool good = blocklist_load(&list, conf->file, guarded, &problems, listed);
	if (problems.out)
		fclose(problems.out);
	if (said)
		log_lines(said);
	free(said);
	if (good)
		log_list(conf, &list, listed);
	*lines = list.lines[BLOCKLIST_DROP];
	blocklist_fini(&list);
	return good;
}

/* The list of that name and file as it was read before; NULL: it never was. */
static struct blocklists_one *earlier(const struct blocklists *lists, const struct conf_blocklist *conf)
{
	for (size_t i = 0; i < lists->count; i++) {
		struct blocklists_one *list = &lists->at[i];
		if (list->name && list->file && strcmp(list->name, conf->name) == 0 && strcmp(list->file, conf->file) == 0)
			return list;
	}
	return NULL;
}

/* Times of files are as coarse as a clock tick: of one that has only just changed, the next change may look the same. */
static struct blocklists_stamp stamp_of(const char *file)
{
	struct blocklists_stamp stamp;
	struct stat st;

	memset(&stamp, 0, sizeof(stamp));
	if (reach_stat(file, &st) == 0 && st.st_ctime + blocklists_young_s < time(NULL)) {
		stamp.device = st.st_dev;
		stamp.inode = st.st_ino;
		stamp.size = st.st_size;
		stamp.changed = st.st_ctim;
	}
	return stamp;
}

static bool unchanged(const struct blocklists_stamp *then, const struct blocklists_stamp *now)
{
	return now->inode != 0 && then->inode == now->inode && then->device == now->device && then->size == now->size &&
	       then->changed.tv_sec == now->changed.tv_sec && then->changed.tv_nsec == now->changed.tv_nsec;
}

static void read_list(struct blocklists_one *list, const struct conf_blocklist *conf, struct blocklists_one *before,
		      const struct ranges *guarded)
{
	*list = (struct blocklists_one){ .name = strdup(conf->name), .file = strdup(conf->file),	/* NULL: never found again, no more */
		.stamp = stamp_of(conf->file) };
	bool same = before && unchanged(&before->stamp, &list->stamp);
	if (!same && read_file(conf, guarded, &list->listed, &list->lines)) {
		list->read_s = (int64_t)time(NULL);
		if (list->lines == 0 && before && before->lines > 0)
			log_warning("blocklist %s: %s is empty now: what it dropped is let in", conf->name, conf->file);
		return;
	}
	ranges_fini(&list->listed);
	if (before) {
		list->listed = before->listed;
		list->lines = before->lines;
		list->read_s = before->read_s;
		before->listed = (struct ranges){ 0 };
	}
	if (same)
		return;
	list->stamp = (struct blocklists_stamp){ 0 };
	list->wrong = true;
	if (!before)
		list->lines = 0;
	log_error("blocklist %s is not read: %s", conf->name, before ? "what it dropped before stays in force" : "it drops nothing");
}

/* As it was. One that was never read may be anything. */
static void keep_list(struct blocklists_one *list, const struct conf_blocklist *conf, struct blocklists_one *before)
{
	*list = before ? *before : (struct blocklists_one){ .name = strdup(conf->name), .file = strdup(conf->file) };
	if (before)
		*before = (struct blocklists_one){ .name = NULL };
}

int blocklists_read(struct blocklists *lists, const struct conf_blocklist *wanted, size_t count, uint64_t written)
{
	struct blocklists now = { .at = calloc(count + 1, sizeof(*now.at)) };
	struct ranges guarded = { 0 };

	if (!now.at)
		return -ENOMEM;
	if (count && ranges_add_own(&guarded) < 0)
		log_warning("not all of this machine's own addresses could be read: a blocklist may hold one");
	for (size_t i = 0; i < count; i++) {
		struct blocklists_one *list = &now.at[now.count++], *before = earlier(lists, &wanted[i]);
		if (written >> i & 1)
			keep_list(list, &wanted[i], before);
		else
			read_list(list, &wanted[i], before, &guarded);
	}
	ranges_fini(&guarded);
	blocklists_fini(lists);
	*lists = now;
	return 0;
}

int blocklists_join(const struct blocklists *lists, const struct ranges *allow, struct ranges *listed)
{
	for (size_t i = 0; i < lists->count; i++)
		if (ranges_add_all(listed, &lists->at[i].listed) < 0)
			return -ENOMEM;
	ranges_seal(listed);
	return ranges_subtract(listed, allow);
}

void blocklists_fini(struct blocklists *lists)
{
	for (size_t i = 0; i < lists->count; i++) {
		free(lists->at[i].name);
		free(lists->at[i].file);
		ranges_fini(&lists->at[i].listed);
	}
	free(lists->at);
	*lists = (struct blocklists){ 0 };
}
