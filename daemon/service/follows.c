/* follows - the sources of a config, each with the clock of its lines. */
#include "service/follows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

static void on_line(void *arg, const struct line *line)
{
	struct follow *follow = arg;
	const struct figures *figures = judge_figures(follow->judge);
	uint64_t errors = figures->errors;
	struct hit hit;

	judge_read(follow->judge, 1, line->text.len + 1);
	if (feed_text(&follow->feed, line->text, line->backlog, &hit)) {
		judge_hit(follow->judge, &hit);
		if (figures->errors != errors)	/* whoever is counted may be banned next */
			source_hurry(follow->file);
	}
	follow->changed(follow->arg);
}

static void on_record(void *arg, const struct record *record, bool backlog)
{
	struct follow *follow = arg;
	struct hit hit;

	judge_read(follow->judge, 1, record->message.len + 1);
	if (feed_record(&follow->feed, record, backlog, &hit))
		judge_hit(follow->judge, &hit);
	follow->changed(follow->arg);
}

const char *follow_name(const struct follow *follow)
{
	return follow->file ? source_path(follow->file) : "journal";
}

const struct source_stats *follow_stats(const struct follow *follow)
{
	return follow->file ? source_stats(follow->file) : journal_stats(follow->journal);
}

void follow_place(const struct follow *follow, struct source_place *place)
{
	struct source_position positions[SOURCE_POSITIONS_MAX];

	place->last_ms = follow->feed.latest_ms;
	if (follow->file) {
		place->len = source_positions(follow->file, positions) * sizeof(*positions);
		memcpy(place->bytes, positions, place->len);
	} else {
		place->len = sizeof(struct journal_position);
		memcpy(place->bytes, journal_position(follow->journal), place->len);
	}
}

static void resume_file(struct follow *follow, const struct source_place *place)
{
	struct source_position positions[SOURCE_POSITIONS_MAX];
	size_t count = place->len / sizeof(*positions);

	memcpy(positions, place->bytes, count * sizeof(*positions));
	if (count == 0 || source_resume(follow->file, positions, count) == count)
		return;
	feed_resume(&follow->feed, place->last_ms, 0, true);
	log_warning("%s: a file that was being read is gone; of what is there, the lines after its last one count",
		    follow_name(follow));
}

void follow_resume(struct follow *follow, const struct source_place *place)
{
	struct journal_position position;

	feed_resume(&follow->feed, place->last_ms, 0, false);
	if (follow->file) {
		resume_file(follow, place);
	} else if (place->len == sizeof(position)) {
		memcpy(&position, place->bytes, sizeof(position));
		journal_resume(follow->journal, &position);
	}
}

static void go_on(struct follow *follow, const struct follows *before)
{
	struct source_place place;

	for (size_t i = 0; before && i < before->count; i++) {
		if (strcmp(follow_name(&before->at[i]), follow_name(follow)) != 0)
			continue;
		follow_place(&before->at[i], &place);
		follow_resume(follow, &place);
	}
}

static int open_one(struct follow *follow, sd_event *loop, const struct conf_source *source)
{
	int error = source->journal ? journal_follow(&follow->journal, loop, NULL, source, on_record, follow)
				    : source_follow(&follow->file, loop, source->file, on_line, follow);

	if (error < 0)
		log_error("cannot follow %s: %s", source->journal ? "the journal" : source->file, strerror(-error));
	return error;
}

int follows_open(struct follows *follows, sd_event *loop, const struct setup *setup, struct judge *judge,
		 const struct follows *before, follows_changed_fn *changed, void *arg)
{
	const struct conf *conf = &setup->conf;

	*follows = (struct follows){ .at = calloc(conf->source_count + 1, sizeof(*follows->at)) };
	if (!follows->at)
		return -ENOMEM;
	for (size_t i = 0; i < conf->source_count; i++) {
		struct follow *follow = &follows->at[follows->count];
		int error;

		*follow = (struct follow){ .changed = changed, .arg = arg, .judge = judge,
					    .feed = feed_new(setup->matcher) };
		error = open_one(follow, loop, &conf->sources[i]);
		if (error < 0) {
			follows_close(follows);
			return error;
		}
		follows->count++;
		go_on(follow, before);
		if (follow_stats(follow)->present)
			continue;
		if (follow->file)
			log_notice("%s is not there yet: waiting for it", follow_name(follow));
		else
			log_notice("the journal is not there yet, or may not be read (the groups adm and systemd-journal may): waiting for it");
	}
	return 0;
}

void follows_close(struct follows *follows)
{
	for (size_t i = 0; i < follows->count; i++) {
		source_free(follows->at[i].file);
		journal_free(follows->at[i].journal);
	}
	free(follows->at);
	*follows = (struct follows){ 0 };
}
