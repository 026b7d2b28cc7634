/* follows - the sources of a config, each with the clock of its lines
 *
 * The one place that knows which kinds of source there are. Owns the sources and the positions of those that are
 * gone. */
#include "service/follows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "source/block.h"
#include "source/source_file.h"
#include "source/source_journal.h"
#include "source/source_redis.h"

#define PAST_MAX CONF_NAMED_MAX
#define MINUTE_USEC UINT64_C(60000000)

/* The loop's clock is read once a turn: it costs a line nothing. */
static void keep_pace(struct follow *follow, bool backlog, uint64_t lines)
{
	struct pace *pace = &follow->pace;
	uint64_t now_usec = 0;

	sd_event_now(follow->source->loop, CLOCK_MONOTONIC, &now_usec);
	if (now_usec - pace->minute_usec >= MINUTE_USEC) {
		pace->before = now_usec - pace->minute_usec < 2 * MINUTE_USEC ? pace->minute : 0;
		pace->minute = 0;
		pace->minute_usec = now_usec;
	}
	pace->minute += (uint32_t)lines;
	if (!backlog && pace->live++ > 0) {
		pace->silence_usec -= pace->silence_usec / 4096;
		if (now_usec - pace->last_usec > pace->silence_usec)
			pace->silence_usec = now_usec - pace->last_usec;
	}
	pace->last_usec = now_usec;
}

/* hit: NULL where it is none. */
static void hear(struct follow *follow, const struct record *record, const struct hit *hit, bool backlog, uint64_t lines)
{
	const struct figures *figures = judge_figures(follow->judge);
	uint64_t errors = figures->errors, evidence = figures->evidence, delays = figures->delays;
	struct heard heard = { .record = record, .hit = hit, .backlog = backlog, .lines = lines };

	if (hit) {
		judge_hit(follow->judge, hit);
		heard.counted = figures->errors != errors;
		heard.from_banned = figures->evidence != evidence;
		if (figures->delays != delays)	/* whoever is delayed may be banned by what he does next */
			source_hurry(follow->source);
	}
	follow->heard(follow->arg, &heard);
}

static void on_record(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	struct follow *follow = arg;
	struct hit hit;

	keep_pace(follow, backlog, 1);
	judge_read(follow->judge, 1, bytes);
	bool is_hit = feed_record(&follow->feed, record, backlog, &hit);
	hear(follow, record, is_hit ? &hit : NULL, backlog, 1);
}

/* A found_fn. */
static void on_found(void *arg, const struct found *found)
{
	struct follow *follow = arg;

	hear(follow, found->record, found->hit, true, found->number - follow->told);
	follow->told = found->number;
}

/* A block_fn: the same as on_record() of each of its lines. */
static bool on_block(void *arg, struct block *block)
{
	struct follow *follow = arg;

	if (!block_told_by(block, &follow->feed)) {
		block->anchor_ms = follow->feed.anchor_ms;
		return false;
	}
	keep_pace(follow, true, block->lines);
	judge_read(follow->judge, block->lines, block->text_bytes);
	follow->told = 0;
	block_tell(block, &follow->feed, on_found, follow);
	if (follow->told < block->lines)
		hear(follow, NULL, NULL, true, block->lines - follow->told);
	return true;
}

const char *follow_name(const struct follow *follow)
{
	return source_name(follow->source);
}

const struct source_stats *follow_stats(const struct follow *follow)
{
	return source_stats(follow->source);
}

bool follows_ok(const struct follows *follows)
{
	bool ok = follows->count == 0;

	for (size_t i = 0; i < follows->count; i++)
		ok |= source_trouble_s(follows->at[i].source) < FOLLOWS_PATIENCE_S;
	return ok;
}

const char *follow_fault(const struct follow *follow)
{
	if (follow->source->trouble)
		return follow->source->trouble == -ENOTSUP ? "not a regular file" : strerror(-follow->source->trouble);
	if (follow_stats(follow)->present)
		return NULL;
	if (follow->source->absent)
		return follow->source->absent;
	return follow->source->is_file ? "not there yet" : "not there yet, or closed to the user mailward";
}

bool follows_blind(const struct follows *follows)
{
	for (size_t i = 0; i < follows->count; i++)
		if (!follow_fault(&follows->at[i]))
			return false;
	return follows->count > 0;
}

bool follows_save(const struct follows *follows, size_t i, struct follow_saved *saved)
{
	if (i >= follows->count + follows->past_count)
		return false;
	if (i >= follows->count) {
		*saved = follows->past[i - follows->count];
		return true;
	}
	saved->latest_ms = follows->at[i].feed.latest_ms;
	saved->zone_ms = follows->at[i].feed.zone_ms;
	source_position(follows->at[i].source, &saved->position);
	memset(saved->name, 0, sizeof(saved->name));
	memcpy(saved->name, follow_name(&follows->at[i]), strnlen(follow_name(&follows->at[i]), PATH_MAX - 1));
	return true;
}

static struct follow *find(const struct follows *follows, const char *name)
{
	for (size_t i = 0; i < follows->count; i++)
		if (strcmp(follow_name(&follows->at[i]), name) == 0)
			return &follows->at[i];
	return NULL;
}

/* For the day when it is put back. The oldest goes when there are too many. */
static void keep(struct follows *follows, const struct follow_saved *saved)
{
	struct follow_saved *past = follows->past;

	if (follows->past_count == PAST_MAX)
		memmove(past, past + 1, --follows->past_count * sizeof(*past));
	else
		past = reallocarray(past, follows->past_count + 1, sizeof(*past));
	if (!past) {
		log_warning("%s: how far it was read is forgotten: %s", saved->name, strerror(ENOMEM));
		return;
	}
	follows->past = past;
	past[follows->past_count++] = *saved;
}

bool follows_load(struct follows *follows, const struct follow_saved *saved, const struct clock_set *set)
{
	struct follow *follow;

	if (saved->latest_ms < 0 || saved->latest_ms > HIT_TIME_MAX_MS ||
	    saved->zone_ms < -FEED_ZONE_MAX_MS || saved->zone_ms > FEED_ZONE_MAX_MS || !*saved->name ||
	    !memchr(saved->name, '\0', sizeof(saved->name)))
		return false;
	follow = find(follows, saved->name);
	if (follow) {
		feed_resume(&follow->feed, saved->latest_ms, saved->zone_ms, set, false);
		follow->lost = !source_resume(follow->source, &saved->position, set);
	} else {
		keep(follows, saved);
	}
	return true;
}

static int open_one(struct follow *follow, sd_event *loop, const struct conf *conf, const struct conf_source *which)
{
	source_open_fn *open = which->journal ? source_journal_open : *which->redis.name ? source_redis_open : source_file_open;
	int err = open(&follow->source, loop, conf, which, on_record, follow);

	if (err < 0)
		log_error("cannot follow %s: %s", which->journal ? "the journal" : which->file ? which->file : which->redis.name, strerror(-err));
	else
		source_look_ahead(follow->source, follow->feed.matcher, on_block);
	return err;
}

static void say_missing(const struct follow *follow)
{
	if (follow_stats(follow)->present || follow->source->absent || follow->source->trouble)	/* that was told */
		return;
	if (follow->source->is_file)
		log_notice("%s is not there yet: waiting for it", follow_name(follow));
	else
		log_notice("the journal is not there yet, or may not be read (the groups adm and systemd-journal may): "
			   "waiting for it");
}

int follows_open(struct follows *follows, sd_event *loop, const struct setup *setup, struct judge *judge,
		 const struct follows *before, follows_heard_fn *heard, void *arg)
{
	const struct conf *conf = &setup->conf;
	struct follow_saved saved;

	*follows = (struct follows){ .at = calloc(conf->source_count + 1, sizeof(*follows->at)) };
	if (!follows->at) {
		log_error("cannot follow anything: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (size_t i = 0; i < conf->source_count; i++) {
		struct follow *follow = &follows->at[i];
		int err;

		*follow = (struct follow){ .heard = heard, .arg = arg, .judge = judge,
					    .feed = feed_new(setup->matcher) };
		err = open_one(follow, loop, conf, &conf->sources[i]);
		if (err < 0) {
			follows_close(follows);
			return err;
		}
		follows->count++;
	}
	for (size_t i = 0; before && follows_save(before, i, &saved); i++)
		follows_load(follows, &saved, &(struct clock_set){ 0 });
	for (size_t i = 0; i < follows->count; i++)
		say_missing(&follows->at[i]);
	return 0;
}

void follows_close(struct follows *follows)
{
	for (size_t i = 0; i < follows->count; i++)
		source_free(follows->at[i].source);
	free(follows->at);
	free(follows->past);
	*follows = (struct follows){ 0 };
}
