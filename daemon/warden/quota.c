/* quota - see quota.h */
#include "warden/quota.h"

static void fill(struct quota_part *part, uint64_t most, uint64_t least)
{
	part->most = part->left = most > least ? most : least;
	part->owed = 0;
}

void quota_fill(struct quota *quota, const struct conf *conf, int64_t now_ms)
{
	uint64_t units = 2ULL * conf->max_bans, limit = conf->policy.network_limit;

	fill(&quota->units, units, QUOTA_UNITS_MIN);
	fill(&quota->networks, limit ? units / limit * 256 : 0, QUOTA_ADDRESSES_MIN);
	quota->ipv6_prefix = conf->policy.ipv6_prefix;
	quota->since_ms = now_ms;
}

/* In addresses; an IPv6 network costs what an IPv4 one does that is as much to lose: a /48 a /24, a /32 a /16. */
static uint64_t cost(const struct prefix *prefix)
{
	if (addr_is_v4(&prefix->addr))
		return 1ULL << (128 - prefix->len);
	return prefix->len >= 64 ? 1 : 1ULL << (64 - prefix->len) / 2;
}

static void gain(struct quota_part *part, uint64_t gained)
{
	part->left = gained < part->most - part->left ? part->left + gained : part->most;
	part->owed -= gained < part->owed ? gained : part->owed;
}

static uint32_t take(struct quota_part *part, uint64_t wanted)
{
	if (wanted <= part->left) {
		part->left -= wanted;
		return 0;
	}
	if (part->owed < part->most)	/* who comes later has to come again more than once */
		part->owed += wanted;
	return (uint32_t)(1 + (part->owed - part->left) * 1000 / QUOTA_PER_SECOND);
}

uint32_t quota_take(struct quota *quota, const struct prefix *prefix, int64_t now_ms)
{
	bool unit = prefix->len >= (addr_is_v4(&prefix->addr) ? 128 : quota->ipv6_prefix);
	uint64_t gained = (uint64_t)(now_ms - quota->since_ms) * QUOTA_PER_SECOND / 1000;

	if (gained > 0) {
		gain(&quota->units, gained);
		gain(&quota->networks, gained);
		quota->since_ms = now_ms;
	}
	return unit ? take(&quota->units, 1) : take(&quota->networks, cost(prefix));
}
