/* stamp - read and convert the time at the head of a log line
 *
 * A layout is a string: a letter reads a field, anything else is itself. The first
 * that fits, in order of how often they are met, decides.
 * Owns the cache of local time offsets (each thread its own). Never logs. */
#include "match/stamp.h"

#include <time.h>

#include "base/array.h"

#define DAY_S 86400
#define DAY_MS (1000 * INT64_C(86400))

/* b Nov   m 11   d 22   e 22, " 2" or "2"   Y 2026   y 26   w Sun   H M S   f fraction, if any   z zone, if any
 * n a zone by its name; what ends with ']' needs nothing behind it */
static const struct layout {
	enum stamp_form form;
	const char *fields;
} layouts[] = {
	{ STAMP_ISO8601, "Y-m-dTH:M:Sfz" },
	{ STAMP_RFC3164, "b e H:M:Sf" },
	{ STAMP_ISO8601, "Y-m-d H:M:Sfz" },
	{ STAMP_RFC3164, "b e Y H:M:Sf" },
	{ STAMP_ISO8601, "w Y-m-d H:M:Sf n" },	/* journalctl -o short-full, with-unit */
	{ STAMP_OTHER, "Y/m/d H:M:Sf" },	/* nginx */
	{ STAMP_OTHER, "[w b e H:M:Sf Y]" },	/* Apache */
	{ STAMP_OTHER, "b-d-y H:M:Sf" },	/* ASSP */
	{ STAMP_OTHER, "[d/b/Y H:M:Sf]" },	/* Kerio */
	{ STAMP_OTHER, "[d-b-Y H:M:Sfz]:" },	/* Roundcube */
	{ STAMP_OTHER, "[d-b-Y H:M:Sfz]" },
	{ STAMP_OTHER, "[Y-m-d H:M:Sfz]" },	/* Group-Office */
	{ STAMP_OTHER, "[Y-m-dTH:M:Sfz]" },
	{ STAMP_OTHER, "[Y-m-d H:M:Sf n]" },	/* RainLoop, as its wiki has it */
	{ STAMP_OTHER, "w b e H:M:Sf Y" },	/* Open WebMail, asctime(3) */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool number(const char **at, const char *end, int width, int *value)
{
	if (end - *at < width)
		return false;
	*value = 0;
	for (int i = 0; i < width; i++) {
		if (!is_digit((*at)[i]))
			return false;
		*value = *value * 10 + (*at)[i] - '0';
	}
	*at += width;
	return true;
}

/* Which of the three-letter names; 1.., 0: none. */
static int name_of(const char **at, const char *end, const char *names)
{
	if (end - *at < 3)
		return 0;
	for (int i = 0; names[i]; i += 3)
		if (memcmp(*at, names + i, 3) == 0) {
			*at += 3;
			return i / 3 + 1;
		}
	return 0;
}

/* "22", " 2" or "2" */
static bool day_read(const char **at, const char *end, int *day)
{
	if (number(at, end, 2, day))
		return true;
	*at += *at < end && **at == ' ';
	return number(at, end, 1, day);
}

/* ".123456", ",123"; digits past the third are of no use to us. */
static bool fraction_read(const char **at, const char *end, int *ms)
{
	const char *p = *at;
	int scale = 100;

	*ms = 0;
	if (end - p < 2 || (*p != '.' && *p != ',') || !is_digit(p[1]))
		return true;
	for (p++; p < end && is_digit(*p) && p - *at <= 9; p++, scale /= 10)
		*ms += scale * (*p - '0');
	*at = p;
	return true;
}

/* "Z", "+01:00", "+0100", " +0100", "+01" */
static bool zone_read(const char **at, const char *end, int32_t *zone_s)
{
	const char *p = *at;
	int hours, minutes = 0;

	if (p < end && *p == 'Z') {
		*zone_s = 0;
		*at = p + 1;
		return true;
	}
	bool apart = p < end && *p == ' ';
	p += apart;
	if (p == end || (*p != '+' && *p != '-'))
		return true;
	int sign = *p++ == '-' ? -1 : 1;
	if (!number(&p, end, 2, &hours))
		return true;
	if (p < end && (*p == ':' || is_digit(*p))) {
		p += *p == ':';
		if (!number(&p, end, 2, &minutes))
			return true;
		apart = false;
	}
	if (hours > 15 || minutes > 59 || apart)	/* " -05 " may be a message's */
		return true;
	*zone_s = sign * (hours * 3600 + minutes * 60);
	*at = p;
	return true;
}

/* "UTC", "CET", "+03": any name but Greenwich's is taken for ours, since it was that of whoever printed the stamp. */
static bool zone_name_read(const char **at, const char *end, int32_t *zone_s)
{
	const char *p = *at;

	while (p < end && *p >= 'A' && *p <= 'Z' && p - *at < 5)
		p++;
	if (p == *at)
		return zone_read(at, end, zone_s) && p != *at;
	if (p - *at == 3 && (memcmp(*at, "UTC", 3) == 0 || memcmp(*at, "GMT", 3) == 0))
		*zone_s = 0;
	*at = p;
	return true;
}

static bool field_read(char field, const char **at, const char *end, struct stamp *stamp)
{
	switch (field) {
	case 'b': return (stamp->month = name_of(at, end, "JanFebMarAprMayJunJulAugSepOctNovDec")) > 0;
	case 'w': return name_of(at, end, "MonTueWedThuFriSatSun") > 0;
	case 'Y': return number(at, end, 4, &stamp->year);
	case 'y': return number(at, end, 2, &stamp->year) && (stamp->year += 2000);
	case 'm': return number(at, end, 2, &stamp->month) && stamp->month >= 1 && stamp->month <= 12;
	case 'd': return number(at, end, 2, &stamp->day) && stamp->day >= 1 && stamp->day <= 31;
	case 'e': return day_read(at, end, &stamp->day) && stamp->day >= 1 && stamp->day <= 31;
	case 'H': return number(at, end, 2, &stamp->hour) && stamp->hour <= 23;
	case 'M': return number(at, end, 2, &stamp->minute) && stamp->minute <= 59;
	case 'S': return number(at, end, 2, &stamp->second) && stamp->second <= 60;
	case 'f': return fraction_read(at, end, &stamp->ms);
	case 'z': return zone_read(at, end, &stamp->zone_s);
	case 'n': return zone_name_read(at, end, &stamp->zone_s);
	default:  return *at < end && *(*at)++ == field;
	}
}

static bool hex(const char *at, size_t len, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		char c = at[i];
		if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
		*value = *value << 4 | (uint64_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return true;
}

/* "@" and 16 + 8 hexadecimal digits; TAI is 10 s ahead as multilog and Dovecot count it. */
static size_t tai64n_read(struct text text, struct stamp *stamp)
{
	uint64_t label, nano;

	if (text.len < 25 || *text.at != '@' || !hex(text.at + 1, 16, &label) || !hex(text.at + 17, 8, &nano))
		return 0;
	if (label < UINT64_C(0x4000000000000000) || label >= UINT64_C(0x4000010000000000))
		return 0;
	*stamp = (struct stamp){
		.form = STAMP_TAI64N,
		.epoch_s = (int64_t)(label - UINT64_C(0x4000000000000000)) - 10,
		.ms = (int)(nano / 1000000 % 1000),
	};
	return 25;
}

/* Ten digits and perhaps a fraction, 13 or 16: from the year 2001 until 2100. */
static size_t epoch_read(struct text text, struct stamp *stamp)
{
	const char *at = text.at, *end = text.at + text.len;
	int high, low, ms = 0;

	if (!number(&at, end, 5, &high) || !number(&at, end, 5, &low) || high < 10000 || high > 41024)
		return 0;
	if (!number(&at, end, 3, &ms))
		fraction_read(&at, end, &ms);
	else if (at < end && is_digit(*at))
		at += end - at < 3 ? 0 : 3;
	*stamp = (struct stamp){ .form = STAMP_EPOCH, .epoch_s = (int64_t)high * 100000 + low, .ms = ms };
	return at == end || *at == ' ' || *at == ':' ? (size_t)(at - text.at) : 0;
}

size_t stamp_read(struct text text, struct stamp *stamp)
{
	if (text.len == 0)	/* of no record, it may be nowhere */
		return 0;

	const char *end = text.at + text.len;

	if (*text.at == '@')
		return tai64n_read(text, stamp);
	if (text.len > 9 && is_digit(text.at[4]) && is_digit(text.at[0]))
		return epoch_read(text, stamp);
	for (size_t i = 0; i < COUNT(layouts); i++) {
		const char *at = text.at, *field = layouts[i].fields;

		*stamp = (struct stamp){ .form = layouts[i].form, .year = -1, .zone_s = STAMP_LOCAL };
		while (*field && field_read(*field, &at, end, stamp))
			field++;
		if (!*field && (at == end || at[-1] == ']' || strchr(" \t,:", *at)))
			return (size_t)(at - text.at);
	}
	return 0;
}

/* Days since 1970-01-01 of a Gregorian date; 0 for one that does not exist in *exists. */
static int64_t days_of(int year, int month, int day, bool *exists)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	int64_t y = year - 1;

	*exists = day <= before[month] - before[month - 1] + (leap && month == 2);
	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month - 1] + (leap && month > 2) + day - 1;
}

static long offset_at(int64_t time_s)
{
	time_t t = (time_t)time_s;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

static _Thread_local struct {
	int64_t day;
	long offset_s;
	bool known, steady;
} cache[4];

void stamp_forget(void)
{
	memset(cache, 0, sizeof(cache));
}

/* Local clock time, given as if it were UTC, to real seconds since the epoch
 * A day on which the clock is not moved anywhere near has one offset, which is remembered; for the others
 * mktime(3) decides. Four days are kept: a log of the turn of the year asks for two or three. */
static int64_t local_to_epoch(int64_t local_s)
{
	int64_t day = local_s >= 0 ? local_s / DAY_S : (local_s - DAY_S + 1) / DAY_S;
	size_t slot = (size_t)(day & 3);

	if (!cache[slot].known || cache[slot].day != day) {
		long before = offset_at((day - 1) * DAY_S), after = offset_at((day + 2) * DAY_S);
		cache[slot].day = day;
		cache[slot].offset_s = before;
		cache[slot].steady = before == after;
		cache[slot].known = true;
	}
	if (cache[slot].steady)
		return local_s - cache[slot].offset_s;
	time_t as_utc = (time_t)local_s;
	struct tm tm;
	if (!gmtime_r(&as_utc, &tm))
		return local_s;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static int64_t time_in_year(const struct stamp *stamp, int year)
{
	bool exists;
	int64_t s = days_of(year, stamp->month, stamp->day, &exists) * DAY_S +
		    stamp->hour * 3600 + stamp->minute * 60 + stamp->second;

	if (!exists)
		return STAMP_NO_TIME;
	s = stamp->zone_s == STAMP_LOCAL ? local_to_epoch(s) : s - stamp->zone_s;
	return s * 1000 + stamp->ms;
}

int64_t stamp_time_ms(const struct stamp *stamp, int64_t now_ms)
{
	if (stamp->form == STAMP_NONE)
		return STAMP_NO_TIME;
	if (stamp->form == STAMP_TAI64N || stamp->form == STAMP_EPOCH)
		return stamp->epoch_s * 1000 + stamp->ms;
	if (stamp->year >= 0)
		return time_in_year(stamp, stamp->year);

	/* no year: the last one that does not put it more than a day ahead; 29 February may be eight years back */
	time_t soon = (time_t)((now_ms + 2 * DAY_MS) / 1000);
	struct tm tm;
	if (!gmtime_r(&soon, &tm))
		return STAMP_NO_TIME;
	for (int year = tm.tm_year + 1900, tries = 0; tries < 9; year--, tries++) {
		int64_t time_ms = time_in_year(stamp, year);
		if (time_ms != STAMP_NO_TIME && time_ms <= now_ms + DAY_MS)
			return time_ms;
	}
	return STAMP_NO_TIME;
}
