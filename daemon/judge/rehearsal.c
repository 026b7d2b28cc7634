/* rehearsal - see rehearsal.h */
#include "judge/rehearsal.h"

#include "judge/judge_state.h"

size_t rehearsal_begin(struct judge *judge, int64_t now_ms)
{
	uint32_t cursor = 0;
	size_t count = 0;
	struct ban *ban;

	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL) {
		if (ban->until_ms <= now_ms)
			continue;
		count++;
		ban->until_ms = now_ms;
		if (ban->ban_end_ms > now_ms)
			ban->ban_end_ms = now_ms;
		table_touch(&judge->bans.table, ban);
	}
	return count;
}

size_t rehearsal_end(struct judge *judge, int64_t since_ms, int64_t now_ms)
{
	uint32_t cursor = 0;
	size_t count = 0;
	const struct table_slot *slot;
	struct ban *ban;

	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL) {
		if (ban->until_ms <= since_ms)	/* by its log's clock it may have begun before */
			continue;
		count += now_ms < ban->until_ms;
		table_remove(&judge->bans.table, ban);
	}
	cursor = 0;
	while (judge->networks.limit && (slot = table_next(&judge->networks.table, &cursor)) != NULL) {
		struct prefix network = table_key(slot);

		networks_forget(&judge->networks, &network);
	}
	return count;
}
