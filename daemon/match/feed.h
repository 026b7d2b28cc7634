/* feed - one stream of records: which of them are hits, and when each counts
 *
 * A line of the backlog counts at its own stamp, which never runs backwards within its feed nor past now; a live line
 * counts at arrival. Each source has a feed of its own, so that a log read late is not pressed into another's present.
 * Knows no judge: whoever drives it hands its hits on. */
#ifndef MAILWARD_FEED_H
#define MAILWARD_FEED_H

#include "match/match.h"

struct feed {
	struct matcher *matcher;
	int64_t last_ms;	/* when its latest line counted */
	int64_t counted_ms;	/* backlog lines stamped up to then have counted before: 0, or set by whoever resumes a lost log */
	uint64_t recounts;	/* lines that were left out for that */
};

struct feed feed_new(struct matcher *matcher);

/* feed_record - true: the record is a hit that the judge must hear of; *hit says what
 * Figures that no time is asked of (successes, observations) come with a time_ms of 0. */
bool feed_record(struct feed *feed, const struct record *record, bool backlog, struct hit *hit);

/* feed_text - the same from a line of text; without its LF */
bool feed_text(struct feed *feed, struct text line, bool backlog, struct hit *hit);

#endif
