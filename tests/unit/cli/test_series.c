/* test_series - nothing is lost as spans widen, in whatever order times come; days begin at midnight */
#include "cli/series.h"
#include "random.h"
#include "tap.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static uint64_t sum(const struct cell *cells, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all += cells[i].through;
	return all;
}

static void in_any_order(void)
{
	static struct series series;
	struct cell cells[56];
	int64_t begin_s, span_s;
	unsigned lost = 0, long_ones = 0;

	for (unsigned round = 0; round < 200; round++) {
		uint32_t range_s = 3600U << random_below(20);
		int64_t from_ms = (int64_t)random_below(1U << 30) * 1000;
		unsigned count = 1 + (unsigned)random_below(200);

		series = (struct series){ 0 };
		for (unsigned i = 0; i < count; i++)
			series_at(&series, from_ms + (int64_t)random_below(range_s) * 1000 + random_below(1000))->through++;
		size_t used = series_group(&series, 3600 * (int64_t)random_below(14), cells, 56, &begin_s, &span_s);
		tap_wrong(sum(series.at, series.count) != count || sum(cells, used) != count, &lost, "%u of %u", (unsigned)sum(cells, used), count);
		tap_wrong(used == 0 || used > 56 || span_s % series.span_s, &long_ones, "%zu spans", used);
	}
	tap_int(lost, 0, "nothing is lost");
	tap_int(long_ones, 0, "and there are never more spans than have room, each of whole narrower ones");
}

int main(void)
{
	static struct series series;
	struct cell cells[60];
	int64_t begin_s = 0, span_s = 0;

	tap_int(series_group(&series, 0, cells, 60, &begin_s, &span_s), 0, "nothing yet");
	series_at(&series, 100 * DAY_MS + 5 * HOUR_MS)->through = 1;
	series_at(&series, 100 * DAY_MS + 5 * HOUR_MS + 1)->kept = 2;
	tap_int(series.count, 1, "one hour");
	series_at(&series, 100 * DAY_MS + 3 * HOUR_MS)->bans = 3;
	tap_ok(series.count == 3 && series.at[0].bans == 3 && series.at[2].through == 1 && series.at[2].kept == 2, "an earlier one");
	tap_int(series_group(&series, 0, cells, 60, &begin_s, &span_s), 3, "three spans");
	tap_ok(begin_s == (100 * DAY_MS + 3 * HOUR_MS) / 1000 && span_s == 3600, "of an hour each");
	series_at(&series, 120 * DAY_MS)->through = 7;
	tap_int(series_group(&series, 2 * 3600, cells, 60, &begin_s, &span_s), 41, "twenty days");
	tap_int(span_s, 12 * 3600, "of half days");
	tap_int((begin_s + 2 * 3600) % (12 * 3600), 0, "that begin at midnight and noon of local time");
	series_at(&series, 5000 * DAY_MS)->through = 9;
	tap_ok(series.span_s > SERIES_NARROWEST_S && series.count <= SERIES_CELLS && sum(series.at, series.count) == 17, "years: wider spans");
	series_at(&series, 0)->through = 1;
	tap_int(sum(series.at, series.count), 18, "back to the beginning of time");
	in_any_order();
	return tap_done();
}
