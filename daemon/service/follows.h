/* follows - the sources of a config, each with the clock of its lines
 *
 * A source that a reload takes out leaves its position here, and goes on there when it is put back. */
#ifndef MAILWARD_FOLLOWS_H
#define MAILWARD_FOLLOWS_H

#include <limits.h>
#include <systemd/sd-event.h>

#include "judge/judge.h"
#include "match/feed.h"
#include "match/setup.h"
#include "source/source.h"

/* struct heard - a record that was read, and what became of it; valid during the call */
struct heard {
	const struct record *record;	/* of a hit; else it may be NULL */
	const struct hit *hit;		/* NULL: nothing that the judge had to hear of */
	bool backlog;
	uint64_t lines;			/* 1, and so many more before it that were nothing */
	bool counted;			/* as an error: judge_thought() says how */
	bool from_banned;		/* of somebody who was banned already */
};

/* follows_heard_fn - gets each, when the judge has heard it; the next checkpoint must hold it */
typedef void follows_heard_fn(void *arg, const struct heard *heard);

/* struct pace - how lively a source is, by the monotonic clock; live lines alone tell the longest silence */
struct pace {
	uint64_t last_usec;		/* of the last record, 0: none yet */
	uint64_t silence_usec;		/* the longest between two, which is slowly forgotten */
	uint64_t minute_usec;		/* when the present minute began */
	uint32_t minute, before;	/* lines in it, and in the minute before it */
	uint64_t live;			/* lines */
};

/* struct follow_saved - where one stands: no pointers, to be kept and put back as it is
 * Names are distinct: a file's path, or "journal". */
struct follow_saved {
	int64_t latest_ms, zone_ms;		/* of its feed */
	struct source_position position;
	char name[PATH_MAX];			/* NUL-terminated; last, so that a row can end with it */
};

struct follows {
	struct follow {
		struct source *source;
		struct feed feed;
		struct judge *judge;
		follows_heard_fn *heard;	/* called with arg after each record */
		struct pace pace;
		uint64_t told;		/* lines of the block that is being told */
		void *arg;
		bool lost;			/* it could not go on where it stood */
	} *at;			/* in the config's order */
	size_t count;
	struct follow_saved *past;	/* positions of sources that are not followed now, the latest last */
	size_t past_count;
};

/* follows_open - open all sources of the setup's config; what its matcher makes of their records goes to the judge
 * All of the setup has to outlive it.
 * before: those that are followed already, or NULL: a source of the same name goes on where that one stands.
 * Nothing is read before the loop turns. Returns 0 or -errno, logged; then nothing is open. */
int follows_open(struct follows *follows, sd_event *loop, const struct setup *setup, struct judge *judge,
		 const struct follows *before, follows_heard_fn *heard, void *arg);
void follows_close(struct follows *follows);

const char *follow_name(const struct follow *follow);
const struct source_stats *follow_stats(const struct follow *follow);

/* follows_ok - false: there are sources, and none of them could be read for FOLLOWS_PATIENCE_S */
#define FOLLOWS_PATIENCE_S 30
bool follows_ok(const struct follows *follows);

/* follow_fault - why it is not being read now, in words for people; NULL: it is */
const char *follow_fault(const struct follow *follow);

/* follows_blind - there are sources, and none of them is being read: whoever attacks, nobody hears of it */
bool follows_blind(const struct follows *follows);

/* follows_save - the position of one, i from 0 on, also of those that are not followed now; false: there are no more */
bool follows_save(const struct follows *follows, size_t i, struct follow_saved *saved);

/* follows_load - go on where saved says, or keep it for a source that is put back; to be called before the loop turns
 * set: how the clock was set since it was saved
 * Returns false when saved makes no sense; then nothing is done. */
bool follows_load(struct follows *follows, const struct follow_saved *saved, const struct clock_set *set);

#endif
