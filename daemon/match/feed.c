/* feed - see feed.h. Owns what is learned of one stream's clock; asks the machine's own only for lines that are hits. */
#include "match/feed.h"

#include <stdlib.h>

#include "base/clock.h"
#include "match/stamp.h"

#define COUNTED_BEFORE INT64_MIN
#define DAY_MS INT64_C(86400000)
#define QUARTER_MS INT64_C(900000)
#define HALF_YEAR_MS (183 * DAY_MS)
#define EARLY_MS 10000	/* a stamp may be ahead of our clock: clocks differ */
#define YEAR_MS (365 * DAY_MS + DAY_MS / 4)

struct feed feed_new(struct matcher *matcher)
{
	return (struct feed){ .matcher = matcher, .anchor_ms = clock_now_ms() };
}

static void note_set(struct feed *feed, const struct clock_set *set)
{
	if (set->step_ms == 0)
		return;
	feed->set = *set;
	feed->set.since_ms = feed->latest_ms - FEED_SET_BEFORE_MS - (set->moved ? set->step_ms : 0);
	if (feed->latest_ms && !set->moved)
		feed->latest_ms = feed->latest_ms + set->step_ms > 1 ? feed->latest_ms + set->step_ms : 1;
}

void feed_resume(struct feed *feed, int64_t latest_ms, int64_t zone_ms, const struct clock_set *set, bool lost)
{
	int64_t now_ms = clock_now_ms();

	feed->latest_ms = latest_ms;
	note_set(feed, set);
	latest_ms = feed->latest_ms;
	feed->latest_ms = latest_ms < now_ms ? latest_ms : now_ms;	/* the clock may have been set back since */
	feed->zone_ms = zone_ms;
	feed->zone_known = zone_ms != 0;
	if (latest_ms)
		feed->anchor_ms = feed->latest_ms + HALF_YEAR_MS;
	if (lost)
		feed->counted_ms = feed->latest_ms;
}

void feed_shift(struct feed *feed, int64_t step_ms)
{
	note_set(feed, &(struct clock_set){ .step_ms = step_ms, .until_ms = clock_now_ms() - step_ms });
	feed->counted_ms = 0;	/* stamps of before and after cannot be compared */
	feed->anchor_ms += step_ms;
	feed->guess.lines = 0;
}

/* ---- the year ---- */

static int month_of(struct text stamp)
{
	struct stamp parts;

	return stamp_read(stamp, &parts) && parts.year < 0 ? parts.month : 0;
}

bool feed_new_year(struct text stamp, struct text next)
{
	int month = month_of(stamp), next_month = month_of(next);

	return month && next_month && month - next_month > 6;
}

void feed_years(struct feed *feed, unsigned new_years)
{
	feed->anchor_ms -= new_years * YEAR_MS;
}

/* Half a year around the last line is where the next one is looked for; that moves on with the months. */
static void note_month(struct feed *feed, const struct record *record, bool backlog)
{
	int64_t time_ms;

	if (record->form != STAMP_RFC3164 || memcmp(feed->month, record->stamp.at, sizeof(feed->month)) == 0)
		return;
	time_ms = record_time_ms(record, backlog ? feed->anchor_ms : clock_now_ms());
	if (time_ms == RECORD_NO_TIME)
		return;
	memcpy(feed->month, record->stamp.at, sizeof(feed->month));
	feed->anchor_ms = time_ms + HALF_YEAR_MS;
}

/* ---- the zone ---- */

static bool is_local(const struct record *record)
{
	struct stamp parts;

	return record->form != STAMP_KNOWN && stamp_read(record->stamp, &parts) && parts.zone_s == STAMP_LOCAL;
}

/* How many whole quarter hours are there between a stamp and when it was written? false: it was not written then. */
static bool quarters(int64_t stamp_ms, int64_t written_ms, int64_t *zone_ms)
{
	int64_t late_ms = written_ms - stamp_ms + EARLY_MS, past_ms = late_ms % QUARTER_MS;

	if (past_ms < 0)
		past_ms += QUARTER_MS;
	*zone_ms = late_ms - past_ms;
	return llabs(*zone_ms) <= FEED_ZONE_MAX_MS && past_ms <= EARLY_MS + FEED_ZONE_LATE_MS;
}

/* A live line; what many of them agree on is so. */
static void learn_zone(struct feed *feed, const struct record *record, int64_t now_ms)
{
	int64_t stamp_ms = is_local(record) ? record_time_ms(record, now_ms) : RECORD_NO_TIME, zone_ms;

	if (stamp_ms == RECORD_NO_TIME || !quarters(stamp_ms, now_ms, &zone_ms))
		return;
	if (feed->guess.lines == 0 || feed->guess.zone_ms != zone_ms) {
		feed->guess.zone_ms = zone_ms;
		feed->guess.since_ms = now_ms;
		feed->guess.lines = 0;
	}
	feed->guess.lines += feed->guess.lines < FEED_ZONE_LINES;
	if (feed->guess.lines == FEED_ZONE_LINES && now_ms - feed->guess.since_ms >= FEED_ZONE_SPAN_MS) {
		feed->zone_ms = zone_ms;
		feed->zone_known = true;
	}
}

void feed_ends(struct feed *feed, struct text last_line, int64_t written_ms)
{
	struct record record;
	int64_t stamp_ms, zone_ms;

	record_parse(&record, last_line);
	stamp_ms = is_local(&record) ? record_time_ms(&record, written_ms) : RECORD_NO_TIME;
	if (stamp_ms == RECORD_NO_TIME || feed->zone_known || !quarters(stamp_ms, written_ms, &zone_ms))
		return;
	feed->zone_ms = zone_ms;
	feed->zone_known = true;
}

/* ---- when a line counts ---- */

/* Its stamp, in the year and the zone that it seems to have; RECORD_NO_TIME: at arrival. */
static int64_t stamp_of(struct feed *feed, const struct record *record, bool backlog, int64_t now_ms)
{
	int64_t stamp_ms = record_time_ms(record, backlog ? feed->anchor_ms : now_ms);

	if (stamp_ms == RECORD_NO_TIME || feed->replay || !is_local(record))
		return stamp_ms;
	if (!backlog && !feed->zone_known)
		return RECORD_NO_TIME;
	if (!backlog)
		learn_zone(feed, record, now_ms);
	return stamp_ms + feed->zone_ms;
}

/* A line may have been written before the clock was set, and be read after it. The first that was not is behind all these. */
static int64_t moved(struct feed *feed, int64_t time_ms, bool backlog, int64_t now_ms)
{
	int64_t first_ms = feed->set.until_ms + (feed->set.step_ms < 0 ? feed->set.step_ms : 1);
	bool late = !backlog && now_ms > feed->set.until_ms + feed->set.step_ms + FEED_SET_MS;

	if (late || (time_ms >= first_ms && time_ms <= now_ms + EARLY_MS))
		feed->set.step_ms = 0;
	return clock_set_moved(&feed->set, time_ms, now_ms + EARLY_MS);
}

static int64_t time_of(struct feed *feed, const struct record *record, bool backlog)
{
	/* of a log that is read again the machine's own time is nothing to go by, once a line has had one */
	int64_t now_ms = feed->replay && backlog && feed->latest_ms ? feed->latest_ms : clock_now_ms();
	int64_t time_ms = stamp_of(feed, record, backlog, now_ms);

	if (feed->set.step_ms && time_ms != RECORD_NO_TIME && !feed->replay)
		time_ms = moved(feed, time_ms, backlog, now_ms);

	if (backlog && time_ms != RECORD_NO_TIME && time_ms <= feed->counted_ms)
		return COUNTED_BEFORE;
	if (time_ms == RECORD_NO_TIME)
		time_ms = backlog && feed->latest_ms ? feed->latest_ms : now_ms;
	if (time_ms > now_ms && !feed->replay)
		time_ms = now_ms;
	if (time_ms < 0)
		time_ms = 0;
	if (time_ms > HIT_TIME_MAX_MS)
		time_ms = HIT_TIME_MAX_MS;
	if (time_ms > feed->latest_ms)
		feed->latest_ms = time_ms;
	return time_ms;
}

/* ---- what stands in the line before ---- */

/* Does this record continue the text of the container's last one? */
static bool continues(struct feed *feed, const struct record *record)
{
	uint32_t *place = &feed->in_part[record->container % FEED_PARTS];
	bool continued = *place == record->container;

	if (record->part)
		*place = record->container;
	else if (continued)
		*place = 0;
	return continued;
}

/* Of whom; where a header is as before, so is its host, if there is one. */
static uint32_t host_of(struct feed *feed, const struct record *record)
{
	if (!record->header || !record->host.len)
		return text_hash(record->host);
	if (record->header != feed->header) {
		feed->host = text_hash(record->host);
		feed->header = record->header;
	}
	return feed->host;
}

/* The same of its program. */
static uint32_t program_of(struct feed *feed, const struct record *record)
{
	unsigned i = record->tag % FEED_TAGS;

	if (!record->tag)
		return text_hash(record->program);
	if (record->tag != feed->tags[i].tag) {
		feed->tags[i].program = text_hash(record->program);
		feed->tags[i].tag = record->tag;
	}
	return feed->tags[i].program;
}

/* Where the host's last line is remembered, or NULL. Cost: nothing, as long as no line was a hit. */
static struct said *said_by(struct feed *feed, uint32_t host)
{
	for (unsigned i = 0; i < feed->said_count; i++)
		if (feed->said[i].host == host)
			return &feed->said[i];
	return NULL;
}

static void forget(struct feed *feed, const struct record *record)
{
	struct said *said = said_by(feed, host_of(feed, record));

	if (said)
		*said = feed->said[--feed->said_count];
}

/* Where there is no room, the oldest goes: its repetition counts once. */
static void remember(struct feed *feed, const struct record *record, const struct hit *hit)
{
	if (feed->said_count == FEED_HOSTS)
		memmove(feed->said, feed->said + 1, --feed->said_count * sizeof(*feed->said));
	feed->said[feed->said_count++] = (struct said){ *hit, host_of(feed, record), program_of(feed, record),
						     record->pid };
}

/* "last message repeated N times": old syslogds leave the program out, FreeBSD's writes its own, rsyslog the message's. */
static bool again(struct feed *feed, const struct record *record, struct hit *hit)
{
	const struct said *said = said_by(feed, host_of(feed, record));
	uint32_t weight;

	if (!said || (record->program.len && !text_equal(record->program, TEXT("syslogd")) &&
		      (program_of(feed, record) != said->program || record->pid != said->pid)))
		return false;
	*hit = said->hit;
	weight = hit->weight * record->repeat;
	hit->weight = weight < HIT_WEIGHT_MAX ? (uint16_t)weight : HIT_WEIGHT_MAX;
	return true;
}

/* Lines of a session that do not say whose it is, and those that do. The same id of two hosts are two sessions. False: there
 * is nothing to tell, yet or at all. */
static bool join(struct feed *feed, const struct record *record, struct hit *hit)
{
	enum rule_kind kind = match_rule_of(feed->matcher, hit)->kind;
	struct clients *clients;

	if (kind != RULE_CLIENT && kind != RULE_LOGIN && kind > RULE_RECIPIENT)
		return true;
	if (hit->queue == 0 || (kind == RULE_LOGIN && !hit->nobody) || !(clients = match_clients(feed->matcher)))
		return kind != RULE_CLIENT && !hit->nobody;
	uint64_t key = hit->queue ^ host_of(feed, record) * UINT64_C(0x9e3779b97f4a7c15);
	if (hit->nobody)
		return clients_ask(clients, key, hit);
	return clients_name(clients, key, hit) || kind != RULE_CLIENT;
}

/* What the record is a hit of, whenever it counts. */
static inline bool look(struct feed *feed, const struct record *record, struct hit *hit)
{
	bool continued = record->container && continues(feed, record);

	if (continued || record->again)
		match_pass(feed->matcher);
	if (continued)
		return false;
	if (record->again)
		return again(feed, record, hit);
	if (feed->said_count)
		forget(feed, record);
	if (!match(feed->matcher, record, hit) || !join(feed, record, hit))
		return false;
	if (hit->weight)
		remember(feed, record, hit);
	return true;
}

/* When a hit counts; false: it has counted before. */
static bool settle(struct feed *feed, const struct record *record, bool backlog, struct hit *hit)
{
	const struct rule *rule = match_rule_of(feed->matcher, hit);

	hit->time_ms = 0;
	if (rule->kind == RULE_SUCCESS || rule->observe)
		return true;
	hit->time_ms = time_of(feed, record, backlog);
	if (hit->time_ms != COUNTED_BEFORE)
		return true;
	feed->recounts += hit->weight > 0;
	return false;
}

bool feed_record(struct feed *feed, const struct record *record, bool backlog, struct hit *hit)
{
	note_month(feed, record, backlog);
	if (!backlog && !feed->zone_known)
		learn_zone(feed, record, clock_now_ms());
	return look(feed, record, hit) && settle(feed, record, backlog, hit);
}

bool feed_found(struct feed *feed, const struct record *record, struct hit *hit)
{
	return join(feed, record, hit) && settle(feed, record, true, hit);
}

void feed_said(struct feed *feed, const struct record *record, const struct hit *hit)
{
	if (feed->said_count)
		forget(feed, record);
	if (hit && hit->weight)
		remember(feed, record, hit);
}

void feed_month(struct feed *feed, const struct record *record)
{
	note_month(feed, record, true);
}

bool feed_year_is(const struct feed *feed, int64_t time_ms)
{
	int64_t ahead_ms = time_ms - (feed->anchor_ms + DAY_MS);

	return ahead_ms <= 0 && ahead_ms > -(364 * DAY_MS);
}

bool feed_text(struct feed *feed, struct text line, bool backlog, struct hit *hit)
{
	struct record record __attribute__((uninitialized));	/* spares zeroing, line by line, what is filled at once */

	record_parse(&record, line);
	return feed_record(feed, &record, backlog, hit);
}
