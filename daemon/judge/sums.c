/* sums - see sums.h. Owns one table. */
#include "judge/sums.h"

#define VICTIM_SAMPLE 64
#define DAY_MS INT64_C(86400000)

int sums_init(struct sums *sums)
{
	return table_init(&sums->table, sizeof(struct sum), SUMS_MAX);
}

void sums_fini(struct sums *sums)
{
	table_fini(&sums->table);
}

static uint32_t total(const struct sum *sum)
{
	uint32_t halves = 0;

	for (unsigned i = 0; i < SUMS_DAYS; i++)
		halves += sum->halves[i];
	return halves;
}

int64_t sum_worth(const void *sums, const void *slot)
{
	const struct sum *sum = slot;

	(void)sums;
	return (int64_t)total(sum) << 32 | sum->day;
}

static void pass_time(struct sum *sum, uint32_t day)
{
	for (unsigned i = 0; i < SUMS_DAYS && sum->day < day; i++)
		sum->halves[++sum->day % SUMS_DAYS] = 0;
	if (sum->day < day)
		sum->day = day;
}

/* Note the unit; how many are of the days that are summed? */
static unsigned note_unit(struct sum *sum, const struct prefix *unit)
{
	uint16_t hash = (uint16_t)addr_hash(&unit->addr, unit->len);
	unsigned count = 0, at = 0;

	hash = hash ? hash : 1;
	for (unsigned i = 0; i < SUMS_UNITS; i++)
		if (sum->at[i].unit && (uint16_t)((uint16_t)sum->day - sum->at[i].day) >= SUMS_DAYS)
			sum->at[i].unit = 0;
	for (unsigned i = 0; i < SUMS_UNITS; i++) {
		if (sum->at[i].unit == hash) {
			at = i;
			break;
		}
		if (sum->at[at].unit && (!sum->at[i].unit ||
					 (uint16_t)((uint16_t)sum->day - sum->at[i].day) > (uint16_t)((uint16_t)sum->day - sum->at[at].day)))
			at = i;
	}
	sum->at[at].unit = hash;
	sum->at[at].day = (uint16_t)sum->day;
	for (unsigned i = 0; i < SUMS_UNITS; i++)
		count += sum->at[i].unit != 0;
	return count;
}

uint32_t sums_add(struct sums *sums, const struct prefix *hood, const struct prefix *unit, uint32_t halves, int64_t time_ms)
{
	struct sum *sum = table_enter(&sums->table, hood, VICTIM_SAMPLE, sum_worth, sums);
	uint16_t *today;

	pass_time(sum, (uint32_t)(time_ms / DAY_MS));
	today = &sum->halves[sum->day % SUMS_DAYS];
	*today = (uint16_t)(*today + halves < UINT16_MAX ? *today + halves : UINT16_MAX);
	table_touch(&sums->table, sum);
	return note_unit(sum, unit) < SUMS_UNITS ? 0 : total(sum);
}

void sums_forget(struct sums *sums, const struct prefix *hood)
{
	struct sum *sum = table_find(&sums->table, hood);

	if (sum)
		table_remove(&sums->table, sum);
}
