/* correspondents - see correspondents.h. Owns two tables. */
#include "judge/correspondents.h"

#include "judge/names.h"

#define VICTIM_SAMPLE 64
#define QUEUE_SAMPLE 8
#define HOUR_MS INT64_C(3600000)

int correspondents_init(struct correspondents *correspondents)
{
	int err = table_init(&correspondents->mails, sizeof(struct correspondent), CORRESPONDENTS_MAX);

	return err ? err : table_init_short(&correspondents->queue, sizeof(struct queued), CORRESPONDENTS_QUEUE_MAX);
}

void correspondents_fini(struct correspondents *correspondents)
{
	table_fini(&correspondents->mails);
	table_fini(&correspondents->queue);
}

int64_t correspondent_worth(const void *correspondents, const void *slot)
{
	const struct correspondent *correspondent = slot;

	(void)correspondents;
	return (int64_t)correspondent->mails << 32 | correspondent->hour;
}

int64_t queued_worth(const void *correspondents, const void *slot)
{
	(void)correspondents;
	return ((const struct queued *)slot)->time_ms;
}

void correspondents_accept(struct correspondents *correspondents, uint64_t queue, const struct prefix *unit, int64_t time_ms)
{
	struct prefix key = name_key(queue);
	struct queued *slot = table_enter(&correspondents->queue, &key, QUEUE_SAMPLE, queued_worth, correspondents);

	slot->time_ms = time_ms;
	slot->unit = *unit;
	table_touch(&correspondents->queue, slot);
}

static void add_mail(struct correspondents *correspondents, const struct prefix *prefix, bool credit, int64_t time_ms)
{
	struct correspondent *slot = table_enter(&correspondents->mails, prefix, VICTIM_SAMPLE, correspondent_worth, correspondents);

	slot->hour = (uint32_t)(time_ms / HOUR_MS);
	if (slot->mails < UINT16_MAX)
		slot->mails++;
	if (credit && slot->credit < MAIL_CREDIT_MAX)
		slot->credit++;
	table_touch(&correspondents->mails, slot);
}

void correspondents_deliver(struct correspondents *correspondents, uint64_t queue, int64_t time_ms)
{
	struct prefix key = name_key(queue);
	struct queued *slot = table_find(&correspondents->queue, &key);
	struct place place;

	if (!slot)
		return;
	place = place_of_unit(&slot->unit);
	table_remove(&correspondents->queue, slot);
	add_mail(correspondents, &place.unit, true, time_ms);
	for (unsigned i = 0; i < place.hood_count; i++)
		add_mail(correspondents, &place.hoods[i], false, time_ms);
}

static struct correspondent *find(const struct correspondents *correspondents, const struct prefix *prefix, int64_t time_ms)
{
	struct correspondent *slot = table_find(&correspondents->mails, prefix);

	return slot && time_ms / HOUR_MS - slot->hour < MAIL_LIFE_H ? slot : NULL;
}

bool correspondents_pardon(struct correspondents *correspondents, const struct prefix *unit, unsigned mails, int64_t time_ms)
{
	struct correspondent *slot = find(correspondents, unit, time_ms);

	if (!slot || slot->credit < mails)
		return false;
	slot->credit = (uint16_t)(slot->credit - mails);
	table_touch(&correspondents->mails, slot);
	return true;
}

unsigned correspondents_mails(const struct correspondents *correspondents, const struct prefix *prefix, int64_t time_ms)
{
	const struct correspondent *slot = find(correspondents, prefix, time_ms);

	return slot ? slot->mails : 0;
}

void correspondents_forget(struct correspondents *correspondents, const struct prefix *unit)
{
	struct correspondent *slot = table_find(&correspondents->mails, unit);
	uint32_t cursor = 0;
	struct queued *queued;

	if (slot)
		table_remove(&correspondents->mails, slot);
	while ((queued = table_next(&correspondents->queue, &cursor)) != NULL)
		if (memcmp(&queued->unit, unit, sizeof(*unit)) == 0)
			table_remove(&correspondents->queue, queued);
}
