/* record_like - see record_like.h
 *
 * Each host has a place for one header, by its name; the last one found is tried first. Owned by one thread.
 *
 * What holds of a remembered header: in every line that it is found in, each byte is the same as when it was taken
 * apart, or is a digit where a digit stood in the second or the fraction. So every length and offset is the same; the
 * stamp is one, of the same minute and zone; and nothing that decided how it was read has changed. Exact, but for
 * what a digit may change: the second's tens are at most 5 (a leap second takes the long way). A line found must be
 * longer than the header rounded up to eight bytes: these are read whole, and those behind the header are masked.
 * Times: the offset of the minute is remembered as of one minute of our own clock, since a year-less stamp is read by
 * it; a stamp that is like differs by its second and fraction alone, which are added. Where the local clock is moved,
 * it is between two minutes, never inside one. */
#include "match/record_like.h"

#define SECOND_BYTES 2		/* "07" */
#define HEADER_BYTES_MAX 128
#define HEADER_WORDS (HEADER_BYTES_MAX / 8)
#define HEADERS 64		/* a power of two */

static struct memory {
	struct header header;
	size_t words;			/* of the header, the last one not full; 0: nothing is remembered */
	uint64_t bytes[HEADER_WORDS];	/* as before; 0 where any digit may stand, and behind the header */
	uint64_t same[HEADER_WORDS];	/* 0xff for each byte that must be the same */
	uint64_t digit[HEADER_WORDS];	/* 0xff for each that must be a digit */
	size_t second_at, zone_at;	/* where the second stands, and what follows its fraction */
	int64_t minute_ms;		/* when the minute began, as seen in the minute below of our own clock */
	int64_t seen_minute;		/* 0: not asked yet */
} memories[HEADERS], *last = memories;

/* Where the header of a line with this host is remembered. host: as far as its first space. */
static struct memory *place_of(struct text host)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < host.len && host.at[i] != ' '; i++)
		hash = hash * 31 + (unsigned char)host.at[i];
	return &memories[(hash ^ hash >> 6) % HEADERS];
}

static bool is_like(const struct memory *m, struct text line)
{
	uint64_t tens = 0xf0f0f0f0f0f0f0f0, zeros = 0x3030303030303030, sixes = 0x0606060606060606;
	uint64_t word, differ = 0;

	if (m->words == 0 || line.len <= m->words * 8)
		return false;
	for (size_t i = 0; i < m->words; i++) {
		memcpy(&word, line.at + i * 8, 8);
		differ |= (word & m->same[i]) ^ m->bytes[i];
		word &= m->digit[i];	/* from here on eight digits at once: 0x30..0x39, and 0x36..0x3f with six more */
		differ |= ((word ^ zeros) & tens & m->digit[i]) | (((word + sixes) ^ zeros) & tens & m->digit[i]);
	}
	return differ == 0 && line.at[m->second_at] <= '5';
}

const struct header *record_like_find(struct text line)
{
	if (is_like(last, line))
		return &last->header;
	if (last->words == 0 || line.len <= last->header.host_at)
		return NULL;
	struct text host = { line.at + last->header.host_at, line.len - last->header.host_at };	/* if its stamp is as long */
	if (host.len > HEADER_BYTES_MAX)
		host.len = HEADER_BYTES_MAX;
	struct memory *m = place_of(host);
	if (m == last || !is_like(m, line))
		return NULL;
	last = m;
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
	static uint32_t remembered;
	struct text stamp = { line.at, header->stamp_len };
	size_t second_at = find_second(stamp), fraction_at = second_at + SECOND_BYTES, zone_at = find_zone(stamp, second_at);

	if (second_at == 0 || header->len > HEADER_BYTES_MAX)
		return 0;
	last = place_of((struct text){ line.at + header->host_at, header->host_len });
	*last = (struct memory){
		.header = *header, .words = (header->len + 7) / 8, .second_at = second_at, .zone_at = zone_at,
	};
	for (size_t i = 0; i < header->len; i++) {
		bool any = i >= second_at && i < zone_at && i != fraction_at;

		((unsigned char *)(any ? last->digit : last->same))[i] = 0xff;
		((char *)last->bytes)[i] = any ? 0 : line.at[i];
	}
	remembered = remembered % (UINT32_MAX / HEADERS - 1) + 1;
	return last->header.number = remembered * HEADERS + (uint32_t)(last - memories);
}

/* How long after the minute is this stamp, which is like the header's? */
static int64_t within_minute_ms(const struct memory *m, struct text stamp)
{
	const char *second = stamp.at + m->second_at, *zone = stamp.at + m->zone_at;
	int64_t ms = 0, scale = 100;

	for (const char *digit = second + SECOND_BYTES + 1; digit < zone && scale > 0; digit++, scale /= 10)
		ms += scale * (*digit - '0');
	return ((second[0] - '0') * 10 + second[1] - '0') * 1000 + ms;
}

int64_t record_like_time_ms(uint32_t number, struct text stamp, int64_t now_ms)
{
	struct memory *m = &memories[number % HEADERS];
	bool like = number && number == m->header.number;
	struct stamp read;

	if (like && m->seen_minute == now_ms / 60000)
		return m->minute_ms + within_minute_ms(m, stamp);
	int64_t time_ms = stamp_read(stamp, &read) ? stamp_time_ms(&read, now_ms) : STAMP_NO_TIME;
	if (like && time_ms != STAMP_NO_TIME) {
		m->minute_ms = time_ms - within_minute_ms(m, stamp);
		m->seen_minute = now_ms / 60000;
	}
	return time_ms;
}

void record_like_forget(void)
{
	memset(memories, 0, sizeof(memories));
}
