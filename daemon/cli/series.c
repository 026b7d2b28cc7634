/* series - see series.h. Owns nothing but its cells. */
#include "cli/series.h"

#include <string.h>

#include "base/array.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void add(struct cell *to, const struct cell *from)
{
	to->through += from->through;
	to->kept += from->kept;
	to->bans += from->bans;
}

static void widen(struct series *series)
{
	int64_t first = floor_div(series->first, 2);
	struct cell at[SERIES_CELLS] = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < series->count; i++) {
		size_t to = (size_t)(floor_div(series->first + (int64_t)i, 2) - first);

		add(&at[to], &series->at[i]);
		count = to + 1;
	}
	memcpy(series->at, at, sizeof(at));
	series->first = first;
	series->count = count;
	series->span_s *= 2;
}

struct cell *series_at(struct series *series, int64_t time_ms)
{
	int64_t number, last;

	if (series->span_s == 0) {
		series->span_s = SERIES_NARROWEST_S;
		series->first = floor_div(floor_div(time_ms, 1000), series->span_s);
		series->count = 1;
	}
	for (;; widen(series)) {
		number = floor_div(floor_div(time_ms, 1000), series->span_s);
		last = series->first + (int64_t)series->count - 1;
		if (number < series->first && last - number < SERIES_CELLS) {
			size_t more = (size_t)(series->first - number);

			memmove(series->at + more, series->at, series->count * sizeof(*series->at));
			memset(series->at, 0, more * sizeof(*series->at));
			series->first = number;
			series->count += more;
		}
		if (number >= series->first && number - series->first < SERIES_CELLS)
			break;
	}
	if (number - series->first >= (int64_t)series->count)
		series->count = (size_t)(number - series->first) + 1;
	return &series->at[number - series->first];
}

size_t series_group(const struct series *series, int64_t offset_s, struct cell *cells, size_t count, int64_t *begin_s, int64_t *span_s)
{
	static const int64_t spans_s[] = { 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 4 * 86400, 7 * 86400 };
	int64_t begin = series->first * series->span_s + offset_s, end = begin + (int64_t)series->count * series->span_s, first = 0;
	size_t used = 0, i = 0;

	if (series->span_s == 0)
		return 0;
	for (*span_s = spans_s[0];; *span_s = i < COUNT(spans_s) ? spans_s[i] : 2 * *span_s, i++) {
		first = floor_div(begin, *span_s);
		if (*span_s % series->span_s == 0 && floor_div(end - 1, *span_s) - first < (int64_t)count)
			break;
	}
	memset(cells, 0, count * sizeof(*cells));
	for (size_t c = 0; c < series->count; c++) {
		size_t to = (size_t)(floor_div(begin + (int64_t)c * series->span_s, *span_s) - first);

		add(&cells[to], &series->at[c]);
		used = to + 1;
	}
	*begin_s = first * *span_s - offset_s;
	return used;
}
