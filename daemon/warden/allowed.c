/* allowed - see allowed.h. A list, not a set: it is short, and asked about nothing but itself. */
#include "warden/allowed.h"

#include <errno.h>

static size_t place_of(const struct allowed *allowed, const struct prefix *prefix)
{
	size_t i = 0;

	while (i < allowed->count && memcmp(&allowed->at[i], prefix, sizeof(*prefix)) != 0)
		i++;
	return i;
}

static void gain(struct allowed *allowed, int64_t now_ms)
{
	int64_t gained = (now_ms - allowed->since_ms) / 1000 * ALLOWED_PER_SECOND;

	if (gained >= allowed->spent) {
		allowed->spent = 0;
		allowed->since_ms = now_ms;
	} else if (gained > 0) {
		allowed->spent -= (uint32_t)gained;
		allowed->since_ms += gained * 1000 / ALLOWED_PER_SECOND;
	}
}

int allowed_add(struct allowed *allowed, const struct prefix *prefix, int64_t now_ms)
{
	size_t place = place_of(allowed, prefix);

	if (place < allowed->count)
		return 0;
	if (place == WIRE_ALLOWED_MAX)
		return ENOSPC;
	gain(allowed, now_ms);
	if (allowed->spent == WIRE_ALLOWED_MAX)
		return EDQUOT;
	allowed->spent++;
	allowed->at[allowed->count++] = *prefix;
	return 0;
}

bool allowed_remove(struct allowed *allowed, const struct prefix *prefix)
{
	size_t place = place_of(allowed, prefix);

	if (place == allowed->count)
		return false;
	allowed->at[place] = allowed->at[--allowed->count];
	return true;
}
