/* source - where log lines come from: what all kinds of it have in common
 *
 * A *source* hands on *records*, each once. What was there before we looked is *backlog*, what comes later is live.
 * Its *position* is how far it was read; saved, it is where the next one goes on. A kind of source is one file: it
 * embeds struct source at its head, fills it, and offers a source_open_fn. */
#ifndef MAILWARD_SOURCE_H
#define MAILWARD_SOURCE_H

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "match/record.h"

struct block;
struct matcher;

struct source_stats {
	uint64_t lines, bytes, rotations, truncations, cut_lines;
	uint64_t known;			/* lines that came again, in a file rewritten or lost: not handed on */
	bool present;			/* the file is open now */
	bool caught_up;			/* the backlog is read: what comes now is new */
	bool behind;			/* there is more to read at once */
};

/* record_fn - gets each record; it is valid during the call
 * bytes: of its line, the LF included. backlog: counts at its own stamp; a live one at arrival. */
typedef void record_fn(void *arg, const struct record *record, size_t bytes, bool backlog);

/* block_fn - gets all records of a block of backlog at once, in place of a record_fn; false: it is to be called instead */
typedef bool block_fn(void *arg, struct block *block);

/* struct source_position - how far a source was read: saved and put back as it is, of no use to another kind */
#define SOURCE_POSITION_BYTES 3072
struct source_position {
	uint64_t form;			/* what the bytes are; each kind knows its own, of one version */
	int64_t last_ms;		/* the stamp of the latest record handed on; 0: none */
	char bytes[SOURCE_POSITION_BYTES];
};

struct source;

struct source_ops {
	void (*free)(struct source *source);
	void (*position)(struct source *source, struct source_position *position);
	bool (*resume)(struct source *source, const struct source_position *position, const struct clock_set *set);
	void (*hurry)(struct source *source);	/* NULL: never keeps anybody waiting */
	uint64_t (*left)(struct source *source);	/* bytes; NULL: it cannot be told */
	void (*shift)(struct source *source, int64_t step_ms);	/* NULL: compares no times */
};

struct source {
	const struct source_ops *ops;
	sd_event *loop;
	char *name;			/* the file's path, absolute, or "journal" */
	bool is_file;
	const char *absent;		/* why it is not there, in words for people; NULL: there is nothing special to say */
	record_fn *fn;
	void *arg;
	const struct matcher *matcher;	/* with a copy of it a long backlog may be looked at, and told to all; NULL: it may not */
	block_fn *all;
	struct source_stats stats;
	int trouble;			/* -errno: why what stands there cannot be read, as last told */
	uint64_t trouble_usec;		/* since when, by the loop's monotonic clock */
};

/* source_open_fn - source_file_open, source_journal_open: read what which says; which is one of conf's
 * Nothing of it need exist yet. fn gets each record, with arg. Nothing is read before the loop turns.
 * conf has to outlive it. Returns 0 or -errno. Owns: *out until source_free(). Logs: what it cannot read. */
typedef int source_open_fn(struct source **out, sd_event *loop, const struct conf *conf,
			   const struct conf_source *which, record_fn *fn, void *arg);

void source_free(struct source *source);
const char *source_name(const struct source *source);
const struct source_stats *source_stats(const struct source *source);

/* source_position - how far all was handed on */
void source_position(struct source *source, struct source_position *position);

/* source_resume - go on at a position; to be called right after opening, before the loop turns
 * set: how the wall clock was set since it was taken.
 * What was written since is backlog. Returns false when it cannot be told any more what has been handed on: of a log
 * that is gone, what is there is read from its beginning, but for the lines stamped up to the last one handed on. */
bool source_resume(struct source *source, const struct source_position *position, const struct clock_set *set);

/* source_look_ahead - by several threads at a long backlog; what they find comes to all, with the source's arg
 * matcher: has to outlive the source. Nothing else is changed; a source may be of a kind that does not. */
void source_look_ahead(struct source *source, const struct matcher *matcher, block_fn *all);

/* source_hurry - the next line may ban somebody: for a tenth of a second none waits for others for more than a millisecond */
void source_hurry(struct source *source);

/* source_left - how many bytes stand there that were not read yet; 0: none, or it cannot be told */
uint64_t source_left(struct source *source);

/* source_shift - the wall clock was set: stamps and files' times that are remembered keep their distance from now */
void source_shift(struct source *source, int64_t step_ms);

/* source_trouble_s - for how many seconds what stands there could not be read
 * 0: all is well, or there is nothing yet. It is tried again all the time. */
uint64_t source_trouble_s(const struct source *source);

/* ---- for the kinds of source ---- */

#define SOURCE_RETRY_US 1000000

/* source_init - loop and fn as in source_open_fn; name: taken over, NULL is -ENOMEM. 0 or -errno; then source_fini() */
int source_init(struct source *source, const struct source_ops *ops, sd_event *loop, char *name, record_fn *fn,
		void *arg);
void source_fini(struct source *source);

/* source_set_trouble - err: -errno or 0; what is new is logged, and since when it is so is remembered */
void source_set_trouble(struct source *source, int err);

#endif
