/* pardon - see pardon.h. Only ends and forgets; never bans, never counts. */
#include "judge/pardon.h"

static bool is_about_logins(void *arg, uint16_t rule)
{
	const struct judge *judge = arg;

	return rule < judge->rules->count && judge->rules->at[rule].kind == RULE_FAILED_LOGIN;
}

/* End a ban or delay that runs. */
static void release(struct judge *judge, const struct prefix *prefix, int64_t time_ms)
{
	struct event event = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = time_ms, .rule = "outage" };

	if (bans_release(&judge->bans, prefix, time_ms))
		judge->tell(judge->arg, &event);
}

/* The ban of a network that a customer's own may have brought about; since_ms: when that was. */
static void release_network(struct judge *judge, const struct prefix *customer, int64_t since_ms, int64_t time_ms)
{
	struct prefix network;
	const struct ban *ban;

	if (judge->networks.limit == 0 || !networks_of(customer, &network))
		return;
	networks_forget(&judge->networks, &network);
	ban = bans_running(&judge->bans, &network, time_ms);
	if (ban && ban->rule == BAN_NETWORK && ban->since_ms >= since_ms)
		release(judge, &network, time_ms);
}

void pardon_one(struct judge *judge, const struct prefix *customer, int64_t time_ms)
{
	const struct ban *ban = bans_running(&judge->bans, customer, time_ms);

	window_pardon(&judge->window, customer, is_about_logins, judge);
	if (!ban || !is_about_logins(judge, ban->rule))
		return;
	if (ban->kind == VERDICT_BAN)
		release_network(judge, customer, ban->since_ms, time_ms);
	release(judge, customer, time_ms);
}

void pardon(struct judge *judge, const struct breaker_service *service, int64_t time_ms)
{
	const struct customer *customer;
	uint32_t cursor = 0;

	while ((customer = breaker_next_failing(&judge->breaker, service, &cursor)) != NULL) {
		struct prefix prefix = table_key(&customer->slot);

		pardon_one(judge, &prefix, time_ms);
	}
}
