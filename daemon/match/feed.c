/* feed - see feed.h. Owns the order of time within one stream; asks the clock only for lines that are hits. */
#include "match/feed.h"

#include "base/clock.h"

#define COUNTED_BEFORE INT64_MIN
#define CLOCK_STEP_MS 60000	/* set back by no more, the clock stands still for so long; by more, time begins anew */

struct feed feed_new(struct matcher *matcher)
{
	return (struct feed){ .matcher = matcher };
}

/* When does this line count? */
static int64_t time_of(struct feed *feed, const struct record *record, bool backlog)
{
	int64_t now_ms = clock_now_ms(), stamp_ms = now_ms;

	if (feed->last_ms - now_ms > CLOCK_STEP_MS)
		feed->last_ms = 0;
	if (backlog) {
		stamp_ms = record_time_ms(record, now_ms);
		if (stamp_ms == RECORD_NO_TIME)
			return feed->last_ms ? feed->last_ms : now_ms;
		if (stamp_ms <= feed->counted_ms)
			return COUNTED_BEFORE;
		if (stamp_ms > now_ms)
			stamp_ms = now_ms;
	}
	if (stamp_ms < feed->last_ms)
		stamp_ms = feed->last_ms;
	feed->last_ms = stamp_ms;
	return stamp_ms;
}

bool feed_record(struct feed *feed, const struct record *record, bool backlog, struct hit *hit)
{
	const struct rule *rule;

	if (!match(feed->matcher, record, hit))
		return false;
	rule = match_rule_of(feed->matcher, hit);
	hit->time_ms = 0;
	if (rule->kind == RULE_SUCCESS || rule->observe)
		return true;
	hit->time_ms = time_of(feed, record, backlog);
	if (hit->time_ms != COUNTED_BEFORE)
		return true;
	feed->recounts += hit->weight > 0;
	return false;
}

bool feed_text(struct feed *feed, struct text line, bool backlog, struct hit *hit)
{
	struct record record __attribute__((uninitialized));	/* spares zeroing, line by line, what is filled at once */

	record_parse(&record, line);
	return feed_record(feed, &record, backlog, hit);
}
