/* stays - see stays.h. Owns a short list. */
#include "judge/stays.h"

#include "judge/limits.h"

static struct stay *find(struct stays *stays, const struct prefix *unit)
{
	for (uint32_t i = 0; i < stays->count; i++)
		if (memcmp(&stays->at[i].unit, unit, sizeof(*unit)) == 0)
			return &stays->at[i];
	return NULL;
}

static void note_next(struct stays *stays)
{
	stays->next_ms = INT64_MAX;
	for (uint32_t i = 0; i < stays->count; i++)
		if (stays->at[i].due_ms < stays->next_ms)
			stays->next_ms = stays->at[i].due_ms;
	stays->changed = true;
}

static void take(struct stays *stays, struct stay *stay)
{
	*stay = stays->at[--stays->count];
	note_next(stays);
}

bool stays_add(struct stays *stays, const struct stay *stay)
{
	if (find(stays, &stay->unit))
		return true;
	if (stays->count == STAYS_MAX)
		return false;
	stays->at[stays->count++] = *stay;
	note_next(stays);
	return true;
}

bool stays_drop(struct stays *stays, const struct prefix *unit)
{
	struct stay *stay = stays->count ? find(stays, unit) : NULL;

	if (stay)
		take(stays, stay);
	return stay;
}

void stays_forget(struct stays *stays, uint64_t name)
{
	for (uint32_t i = stays->count; i-- > 0;)
		if (stays->at[i].name == name)
			take(stays, &stays->at[i]);
}

bool stays_due(struct stays *stays, int64_t time_ms, struct stay *due)
{
	struct stay *first = NULL;

	if (stays->count == 0 || time_ms < stays->next_ms)
		return false;
	for (uint32_t i = 0; i < stays->count; i++)
		if (!first || stays->at[i].due_ms < first->due_ms)
			first = &stays->at[i];
	*due = *first;
	take(stays, first);
	return true;
}

void stays_shift(struct stays *stays, int64_t step_ms)
{
	for (uint32_t i = 0; i < stays->count; i++) {
		stays->at[i].due_ms = time_shift(stays->at[i].due_ms, step_ms);
		stays->at[i].time_ms = time_shift(stays->at[i].time_ms, step_ms);
	}
	note_next(stays);
}

const struct stay *stays_of(const struct stays *stays, const struct prefix *unit)
{
	for (uint32_t i = 0; i < stays->count; i++)
		if (memcmp(&stays->at[i].unit, unit, sizeof(*unit)) == 0)
			return &stays->at[i];
	return NULL;
}
