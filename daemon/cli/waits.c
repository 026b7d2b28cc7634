/* waits - see waits.h. Owns a table of addresses, the longest silent one of which makes room, and four bytes a ban. */
#include "cli/waits.h"

#include "base/array.h"

struct first {
	struct table_slot slot;
	int64_t first_ms, last_ms;
};

int waits_init(struct waits *waits, const struct policy *policy, uint32_t addresses)
{
	*waits = (struct waits){ .forget_ms = 1000 * (int64_t)(policy->memory ? policy->long_window_s : policy->window_s) };
	return table_init(&waits->first, sizeof(struct first), addresses);
}

void waits_fini(struct waits *waits)
{
	table_fini(&waits->first);
	free(waits->seconds);
	*waits = (struct waits){ 0 };
}

static int64_t worth(const void *arg, const void *slot)
{
	(void)arg;
	return ((const struct first *)slot)->last_ms;
}

void waits_error(struct waits *waits, const struct prefix *unit, int64_t time_ms)
{
	struct first *first = table_enter(&waits->first, unit, 8, worth, NULL);

	if (first->first_ms == 0 || time_ms - first->last_ms > waits->forget_ms || time_ms < first->first_ms)
		first->first_ms = time_ms;
	if (time_ms > first->last_ms)
		first->last_ms = time_ms;
}

void waits_ban(struct waits *waits, const struct event *ban)
{
	struct first *first = table_find(&waits->first, &ban->prefix);
	int64_t wait_ms = 0;

	if (ban->because == BECAUSE_NEIGHBOURS || ban->because == BECAUSE_NETWORK_SUM)
		return;
	if (first) {
		if (ban->time_ms - first->last_ms <= waits->forget_ms && ban->time_ms > first->first_ms)
			wait_ms = ban->time_ms - first->first_ms;
		table_remove(&waits->first, first);
	}
	uint32_t *seconds = array_grow(waits->seconds, waits->count, sizeof(*seconds));
	if (!seconds) {
		waits->failed = true;
		return;
	}
	waits->seconds = seconds;
	seconds[waits->count++] = (uint32_t)(wait_ms / 1000);
}

void waits_forget(struct waits *waits, const struct prefix *unit)
{
	struct first *first = table_find(&waits->first, unit);

	if (first)
		table_remove(&waits->first, first);
}

static int by_value(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

void waits_sort(struct waits *waits)
{
	if (waits->count)
		qsort(waits->seconds, waits->count, sizeof(*waits->seconds), by_value);
}

uint32_t waits_median(struct waits *waits)
{
	waits_sort(waits);
	return waits->count ? waits->seconds[waits->count / 2] : 0;
}
