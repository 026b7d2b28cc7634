/* fuzz_batch - any bytes as a batch whose seal was right: what is taken is what a node could have meant, and is written the same
 *
 * The seal itself is left out: no fuzzer gets past it. */
#include "service/fleet_batch.c"

#include "fuzz.h"

static bool is_masked(const struct prefix *prefix)
{
	struct addr masked = addr_mask(&prefix->addr, prefix->len);

	return memcmp(&masked, &prefix->addr, sizeof(masked)) == 0;
}

static void meant(const struct fleet_record *record)
{
	must_hold(record->kind >= FLEET_ERROR && record->kind <= FLEET_SAID && record->offset);
	must_hold((record->kind == FLEET_BAN) == (record->seconds > 0));
	if (record->kind == FLEET_SAID) {
		must_hold(*record->words >= ' ' && *record->words <= '~' && record->domain < FLEET_PARTS);
		return;
	}
	if (record->kind == FLEET_NAME || record->kind == FLEET_LOGIN)
		must_hold(record->account);
	if (record->kind != FLEET_NAME)
		must_hold(record->prefix.len >= 1 && record->prefix.len <= 128 && is_masked(&record->prefix));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fleet_keys keys = { .mac_count = 1 };
	static struct fleet_record records[FLEET_TOGETHER];
	static char again[PARCEL_BYTES];
	struct fleet_head head;

	if (fleet_batch_parse((const char *)data, size, "mx1", &head, records))
		return 0;
	must_hold(head.count <= FLEET_TOGETHER && strcmp(head.node, "mx1") == 0);
	for (size_t i = 0; i < head.count; i++)
		meant(&records[i]);
	must_hold(fleet_batch_seal(again, &keys, &head, records) == size);
	must_hold(memcmp(again, data, size - FLEET_SEAL_BYTES) == 0);
	return 0;
}
