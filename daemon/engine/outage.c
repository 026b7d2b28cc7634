/* outage - the breaker's news, put into effect. Called by breaker.c, which decides, in the midst of a line. */
#include "engine/outage.h"

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
	const struct engine *engine = arg;

	return rule < engine->rules->count && engine->rules->at[rule].kind == RULE_FAILED_LOGIN;
}

/* End a ban or delay that runs. */
static void release(struct engine *engine, const struct prefix *prefix, int64_t time_ms)
{
	struct verdict verdict = { .kind = VERDICT_RELEASE, .prefix = *prefix, .time_ms = time_ms, .rule = "outage" };

	if (bans_release(&engine->bans, prefix, time_ms))
		engine->verdict(engine->arg, &verdict);
}

/* The ban of a network that a customer's own may have brought about; since_ms: when that was. */
static void release_network(struct engine *engine, const struct prefix *customer, int64_t since_ms, int64_t time_ms)
{
	struct prefix network;
	const struct ban *ban;

	if (engine->networks.limit == 0 || !networks_of(customer, &network))
		return;
	networks_forget(&engine->networks, &network);
	ban = bans_running(&engine->bans, &network, time_ms);
	if (ban && ban->rule == BAN_NETWORK && ban->since_ms >= since_ms)
		release(engine, &network, time_ms);
}

/* What the customers have suffered while nobody knew that it was not their fault is taken back. */
static void pardon(struct engine *engine, const struct breaker_service *service, int64_t time_ms)
{
	const struct customer *customer;
	uint32_t cursor = 0;

	while ((customer = breaker_next_failing(&engine->breaker, service, &cursor)) != NULL) {
		struct prefix prefix = table_key(&customer->slot);
		const struct ban *ban = bans_running(&engine->bans, &prefix, time_ms);

		window_pardon(&engine->window, &prefix, is_about_logins, engine);
		if (!ban || !is_about_logins(engine, ban->rule))
			continue;
		if (ban->kind == VERDICT_BAN)
			release_network(engine, &prefix, ban->since_ms, time_ms);
		release(engine, &prefix, time_ms);
	}
}

void outage_news(void *arg, const struct breaker_service *service, int64_t time_ms)
{
	struct engine *engine = arg;
	struct notice notice = notice_of(service, service->open ? NOTICE_OUTAGE : NOTICE_OUTAGE_OVER, time_ms);

	engine_notify(engine, &notice);
	if (service->open)
		pardon(engine, service, time_ms);
}

void engine_outages(struct engine *engine, notice_fn *fn, void *arg)
{
	int64_t now_ms = engine->now_ms();

	for (size_t i = 0; i < engine->breaker.service_count; i++) {
		struct notice notice = notice_of(&engine->breaker.services[i], NOTICE_OUTAGE, now_ms);

		if (breaker_is_open(&engine->breaker.services[i], now_ms))
			fn(arg, &notice);
	}
}
