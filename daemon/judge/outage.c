/* outage - the breaker's news, put into effect. Called by breaker.c, which decides, in the midst of a line. */
#include "judge/outage.h"

static struct notice notice_of(const struct breaker_service *service, enum notice_kind kind, int64_t time_ms)
{
	return (struct notice){
		.kind = kind,
		.time_ms = time_ms,
		.service = service->name,
		.why = service->why,
		.since_ms = service->open_ms,
		.customers = service->why == BREAKER_BY_SILENCE ? service->silent : service->failing,
		.uncounted = service->held,
	};
}

static bool is_about_logins(void *arg, uint16_t rule)
{
	const struct judge *judge = arg;

	return rule < judge->rules->count && judge->rules->at[rule].kind == RULE_FAILED_LOGIN;
}

/* End a ban or delay that runs. */
static void release(struct judge *judge, const struct prefix *prefix, int64_t time_ms)
{
	struct verdict verdict = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = time_ms, .rule = "outage" };

	if (bans_release(&judge->bans, prefix, time_ms))
		judge->verdict(judge->arg, &verdict);
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

/* What the customers have suffered while nobody knew that it was not their fault is taken back. */
static void pardon(struct judge *judge, const struct breaker_service *service, int64_t time_ms)
{
	const struct customer *customer;
	uint32_t cursor = 0;

	while ((customer = breaker_next_failing(&judge->breaker, service, &cursor)) != NULL) {
		struct prefix prefix = table_key(&customer->slot);
		const struct ban *ban = bans_running(&judge->bans, &prefix, time_ms);

		window_pardon(&judge->window, &prefix, is_about_logins, judge);
		if (!ban || !is_about_logins(judge, ban->rule))
			continue;
		if (ban->kind == VERDICT_BAN)
			release_network(judge, &prefix, ban->since_ms, time_ms);
		release(judge, &prefix, time_ms);
	}
}

void outage_news(void *arg, const struct breaker_service *service, int64_t time_ms)
{
	struct judge *judge = arg;
	struct notice notice = notice_of(service, service->open ? NOTICE_OUTAGE : NOTICE_OUTAGE_OVER, time_ms);

	judge_notify(judge, &notice);
	if (service->open)
		pardon(judge, service, time_ms);
}

void judge_outages(struct judge *judge, notice_fn *fn, void *arg)
{
	int64_t now_ms = judge->now_ms();

	for (size_t i = 0; i < judge->breaker.service_count; i++) {
		struct notice notice = notice_of(&judge->breaker.services[i], NOTICE_OUTAGE, now_ms);

		if (breaker_is_open(&judge->breaker.services[i], now_ms))
			fn(arg, &notice);
	}
}
