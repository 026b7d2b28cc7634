/* feed - one stream of records: which of them are hits, and when each counts
 *
 * The stamp is the truth: a line counts at its own stamp, whenever it is delivered, and never later than now; at arrival
 * only where there is no stamp to believe. Nothing is pressed against the line before it: the judge's window takes
 * events in any order, and one wrong stamp spoils nothing behind it.
 *
 * Two things a stamp may leave out are learned from the lines themselves:
 *	the year	is the one that puts the stamp nearest to the line before it
 *	the zone	a live line without one that was stamped whole quarter hours away from now, over and over, tells how
 *			far the log's clock is from local time; until that is known, live lines count at arrival
 * Three things a line may leave out stand in another, of the same host or container:
 *	"last message repeated N times" stands for N more of the one before it, whatever that was
 *	what continues a text begins in the midst of what a client may have written, and names nobody
 *	whose session it is, see clients.h
 * Each source has a feed of its own. Knows no judge: whoever drives it hands its hits on. */
#ifndef MAILWARD_FEED_H
#define MAILWARD_FEED_H

#include "base/clock.h"
#include "match/match.h"

#define FEED_ZONE_LINES 16	/* so many live lines in a row must agree */
#define FEED_ZONE_SPAN_MS 300000	/* and over so long: a relay's queue, delivered at once, agrees for a moment */
#define FEED_ZONE_LATE_MS 120000	/* within a quarter hour, a line may be late by this */
#define FEED_ZONE_MAX_MS (15 * INT64_C(3600000))

#define FEED_SET_MS 10000	/* so long after the clock was set, a live line may bear a stamp of the one before */
#define FEED_SET_BEFORE_MS 60000	/* and so much older than the latest that had counted */

#define FEED_HOSTS 8	/* of so many hosts, whose last line was a hit, it is remembered */
#define FEED_TAGS 16	/* a power of two: of so many tags the program is remembered */
#define FEED_PARTS 16	/* of so many containers, whose last record was a part, it is remembered */

struct said {
	struct hit hit;
	uint32_t host, program, pid;	/* the first two hashed */
};

struct feed {
	struct matcher *matcher;
	bool replay;		/* a log of old: nothing in it is live, nor ahead of now, whatever its stamps say */
	int64_t latest_ms;	/* the latest time that a line counted at; what is saved of a feed, with zone_ms */
	int64_t counted_ms;	/* backlog lines stamped up to then have counted before, 0: none */
	int64_t anchor_ms;	/* a stamp without a year is the last one before it */
	char month[3];		/* of the last line without a year, or zeros */
	int64_t zone_ms;	/* to be added to local stamps */
	bool zone_known;
	struct {
		int64_t zone_ms, since_ms;
		unsigned lines;
	} guess;		/* what the last live lines agree on */
	struct clock_set set;	/* lines that were written before that may come yet, until the first that was not */
	uint64_t recounts;	/* lines that were left out because of counted_ms */
	struct said said[FEED_HOSTS];
	unsigned said_count;	/* 0: of none */
	uint32_t header, host;	/* of the last header that was looked at, the host's hash */
	struct {
		uint32_t tag, program;	/* of a tag, the program's hash */
	} tags[FEED_TAGS];
	uint32_t in_part[FEED_PARTS];	/* the containers, each at its own place */
};

struct feed feed_new(struct matcher *matcher);

/* feed_record - true: the record is a hit that the judge must hear of; *hit says what
 * Figures that no time is asked of (successes, observations) come with a time_ms of 0. */
bool feed_record(struct feed *feed, const struct record *record, bool backlog, struct hit *hit);

/* feed_found - feed_record() of backlog for a record that a copy of its matcher has met; record->header and tag are 0
 * hit: what match() said. For records of no container that do not stand for others (again); between two of them there may be
 * any that are no hits, if feed_said() is told of the last of each host, and feed_month() whenever the month changes. */
bool feed_found(struct feed *feed, const struct record *record, struct hit *hit);

/* feed_said - the last record of a host before one that stands for others, or before feed_record(); hit: what feed_found() said
 * of it, or NULL. feed_month - a record whose stamp, without a year, is of another month than the one before it. */
void feed_said(struct feed *feed, const struct record *record, const struct hit *hit);
void feed_month(struct feed *feed, const struct record *record);

/* feed_year_is - is this still the time of a stamp without a year, whatever the year was taken from? */
bool feed_year_is(const struct feed *feed, int64_t time_ms);

/* feed_text - the same from a line of text; without its LF */
bool feed_text(struct feed *feed, struct text line, bool backlog, struct hit *hit);

/* feed_resume - go on with a log that was left: latest_ms, zone_ms as saved
 * set: how the clock was set since.
 * lost: it is not known where in it, so that only what is stamped later counts. */
void feed_resume(struct feed *feed, int64_t latest_ms, int64_t zone_ms, const struct clock_set *set, bool lost);

/* feed_shift - the wall clock was set */
void feed_shift(struct feed *feed, int64_t step_ms);

/* feed_ends - before the first line of a log: its last one, and when that was written, tell the zone
 * feed_years - before the first line of a log without years: how often a new year begins in it */
void feed_ends(struct feed *feed, struct text last_line, int64_t written_ms);
void feed_years(struct feed *feed, unsigned new_years);

/* feed_new_year - does a year begin between two stamps without one, in this order? */
bool feed_new_year(struct text stamp, struct text next);

#endif
