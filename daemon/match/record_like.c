/* record_like - see record_like.h
 *
 * Each host has a place for one header, by its name; the last one found is tried first. Each thread has its own.
 *
 * What holds of a remembered header: in every line that it is found in, each byte is the same as when it was taken
 * apart, or is a digit where a digit stood in the second or the fraction. So every length and offset is the same; the
 * stamp is one, of the same minute and zone; and nothing that decided how it was read has changed. Exact, but for
 * what a digit may change: the second's tens are at most 5 (a leap second takes the long way). A line found must be
 * longer than the header rounded up to sixteen bytes: these are read whole, and those behind the header are masked.
 * Times: the offset of the minute is remembered as of one minute of our own clock, since a year-less stamp is read by
 * it; a stamp that is like differs by its second and fraction alone, which are added. Where the local clock is moved,
 * it is between two minutes, never inside one. */
#include "match/record_like.h"

#define SECOND_BYTES 2		/* "07" */
#define HEADER_BYTES_MAX 128
#define HEADERS 64		/* a power of two */
#define ANYTHING 0xff

typedef uint8_t chunk __attribute__((vector_size(16)));

static _Thread_local struct memory {
	struct header header;
	size_t chunks;			/* of the header, the last one not full; 0: nothing is remembered */
	chunk bytes[HEADER_BYTES_MAX / sizeof(chunk)];	/* as before; '0' where any digit may stand */
	chunk differ[HEADER_BYTES_MAX / sizeof(chunk)];	/* by what each may differ in its bits: 0; 9, a digit from '0'; or anything */
	size_t second_at;		/* where the second stands */
	size_t fraction_bytes;		/* the digits of its fraction that are of use: 0..3 */
	int64_t minute_ms;		/* when the minute began, as seen in the minute below of our own clock */
	int64_t seen_minute;		/* 0: not asked yet */
} memories[HEADERS];
static _Thread_local size_t last;	/* of them, found last */

#define TAGS 16			/* a power of two */
#define TAG_CHUNKS 2

static _Thread_local struct tag_memory {
	struct tag tag;
	chunk bytes[TAG_CHUNKS];	/* with the byte behind */
	chunk differ[TAG_CHUNKS];
} tags[TAGS];

/* Where the header of a line with this host is remembered. host: as far as its first space. */
static struct memory *place_of(struct text host)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < host.len && host.at[i] != ' '; i++)
		hash = hash * 31 + (unsigned char)host.at[i];
	return &memories[(hash ^ hash >> 6) % HEADERS];
}

/* Do these bytes differ from those remembered by no more than they may? */
static inline bool fits(const char *at, const chunk *remembered, const chunk *may_differ, size_t chunks)
{
	chunk bytes, more = { 0 };
	uint64_t halves[2];

	for (size_t i = 0; i < chunks; i++) {
		memcpy(&bytes, at + i * sizeof(chunk), sizeof(chunk));
		more |= (chunk)((bytes ^ remembered[i]) > may_differ[i]);
	}
	memcpy(halves, &more, sizeof(halves));
	return (halves[0] | halves[1]) == 0;
}

static inline bool is_like(const struct memory *m, struct text line)
{
	return m->chunks && line.len > m->chunks * sizeof(chunk) && fits(line.at, m->bytes, m->differ, m->chunks) &&
		line.at[m->second_at] <= '5';
}

const struct header *record_like_find(struct text line)
{
	struct memory *m = &memories[last];

	if (is_like(m, line))
		return &m->header;
	if (m->chunks == 0 || line.len <= m->header.host_at)
		return NULL;
	struct text host = { line.at + m->header.host_at, line.len - m->header.host_at };	/* if its stamp is as long */
	if (host.len > HEADER_BYTES_MAX)
		host.len = HEADER_BYTES_MAX;
	m = place_of(host);
	if (m == &memories[last] || !is_like(m, line))
		return NULL;
	last = (size_t)(m - memories);
	return &m->header;
}

/* Where the second begins: behind the last colon of HH:MM:SS, which is near; a zone's comes later. 0: nowhere. */
static size_t find_second(struct text stamp)
{
	size_t second_at = 0;

	for (size_t i = 0; i < stamp.len && i < 19; i++)
		if (stamp.at[i] == ':')
			second_at = i + 1;
	return stamp.len >= second_at + SECOND_BYTES ? second_at : 0;
}

static size_t find_zone(struct text stamp, size_t second_at)
{
	size_t at = second_at + SECOND_BYTES;

	if (at + 1 < stamp.len && (stamp.at[at] == '.' || stamp.at[at] == ','))
		for (at++; at < stamp.len && stamp.at[at] >= '0' && stamp.at[at] <= '9';)
			at++;
	return at;
}

uint32_t record_like_remember(struct text line, const struct header *header)
{
	static _Thread_local uint32_t remembered;
	struct text stamp = { line.at, header->stamp_len };
	struct memory *m;
	size_t second_at = find_second(stamp), fraction_at = second_at + SECOND_BYTES, zone_at = find_zone(stamp, second_at);

	if (second_at == 0 || header->len > HEADER_BYTES_MAX)
		return 0;
	m = place_of((struct text){ line.at + header->host_at, header->host_len });
	last = (size_t)(m - memories);
	*m = (struct memory){
		.header = *header, .chunks = (header->len + sizeof(chunk) - 1) / sizeof(chunk), .second_at = second_at,
	};
	for (size_t i = fraction_at + 1; i < zone_at && m->fraction_bytes < 3; i++)
		m->fraction_bytes++;
	memset(m->differ, ANYTHING, sizeof(m->differ));
	for (size_t i = 0; i < header->len; i++) {
		bool any = i >= second_at && i < zone_at && i != fraction_at;

		((unsigned char *)m->differ)[i] = any ? '9' ^ '0' : 0;
		((char *)m->bytes)[i] = any ? '0' : line.at[i];
	}
	remembered = remembered % (UINT32_MAX / HEADERS - 1) + 1;
	return m->header.number = remembered * HEADERS + (uint32_t)last;
}

/* How long after the minute is this stamp, which is like the header's? */
static int64_t within_minute_ms(const struct memory *m, struct text stamp)
{
	static const int ms[] = { 1000, 100, 10, 1 };	/* of the last digit */
	const char *second = stamp.at + m->second_at, *fraction = second + SECOND_BYTES + 1;
	int digits = (second[0] - '0') * 10 + second[1] - '0';

	for (size_t i = 0; i < m->fraction_bytes; i++)
		digits = digits * 10 + fraction[i] - '0';
	return digits * ms[m->fraction_bytes];
}

/* Once a minute, and what is like no header. m: NULL: none. */
__attribute__((noinline))
static int64_t convert(struct memory *m, struct text stamp, int64_t now_ms)
{
	struct stamp read;
	int64_t time_ms = stamp_read(stamp, &read) ? stamp_time_ms(&read, now_ms) : STAMP_NO_TIME;

	if (m && time_ms != STAMP_NO_TIME) {
		m->minute_ms = time_ms - within_minute_ms(m, stamp);
		m->seen_minute = now_ms / 60000;
	}
	return time_ms;
}

int64_t record_like_time_ms(uint32_t number, struct text stamp, int64_t now_ms)
{
	struct memory *m = &memories[number % HEADERS];
	bool like = number && number == m->header.number;

	if (like && m->seen_minute == now_ms / 60000)
		return m->minute_ms + within_minute_ms(m, stamp);
	return convert(like ? m : NULL, stamp, now_ms);
}

/* Programs of one server most often differ in their ninth byte and those behind it. at: of 12 bytes at least */
static size_t tag_place(const char *at)
{
	uint32_t word;

	memcpy(&word, at + 8, sizeof(word));
	return (word * 0x9e3779b1U) >> 28;
}

struct tag record_like_tag(const char *at, const char *end)
{
	const struct tag_memory *m;

	if ((size_t)(end - at) < sizeof(m->bytes))
		return (struct tag){ 0 };
	m = &tags[tag_place(at)];
	return fits(at, m->bytes, m->differ, TAG_CHUNKS) ? m->tag : (struct tag){ 0 };
}

uint32_t record_like_remember_tag(const char *at, const char *end, size_t len)
{
	static _Thread_local uint32_t remembered;
	struct tag_memory *m;

	if ((size_t)(end - at) < sizeof(m->bytes) || len >= sizeof(m->bytes))
		return 0;
	m = &tags[tag_place(at)];
	*m = (struct tag_memory){ .tag.len = len };
	memcpy(m->bytes, at, len + 1);
	memset((char *)m->differ + len + 1, ANYTHING, sizeof(m->differ) - len - 1);
	remembered = remembered % (UINT32_MAX / TAGS - 1) + 1;
	return m->tag.number = remembered * TAGS + (uint32_t)(m - tags);
}

void record_like_forget(void)
{
	memset(tags, 0, sizeof(tags));
	memset(memories, 0, sizeof(memories));
}
