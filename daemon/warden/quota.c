/* quota - see quota.h */
#include "warden/quota.h"

static uint64_t cost(const struct prefix *prefix)
{
	if (addr_is_v4(&prefix->addr))
		return 1ULL << (128 - prefix->len);
	return prefix->len >= 64 ? 1 : 1ULL << (64 - prefix->len) / 2;
}

void quota_fill(struct quota *quota, uint32_t max_bans, int64_t now_ms)
{
	uint64_t twice = 2ULL * max_bans;

	quota->most = quota->left = twice > QUOTA_BURST ? twice : QUOTA_BURST;
	quota->since_ms = now_ms;
}

bool quota_take(struct quota *quota, const struct prefix *prefix, int64_t now_ms)
{
	uint64_t wanted = cost(prefix), gained = (uint64_t)(now_ms - quota->since_ms) * QUOTA_PER_SECOND / 1000;

	if (gained > 0) {
		quota->left = gained < quota->most - quota->left ? quota->left + gained : quota->most;
		quota->since_ms = now_ms;
	}
	if (wanted > quota->left)
		return false;
	quota->left -= wanted;
	return true;
}
