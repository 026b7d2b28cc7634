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

/* What the customers have suffered while nobody knew that it was not their fault is taken back. */
static void pardon(struct engine *engine, const struct breaker_service *service, int64_t time_ms)
{
	const struct customer *customer;
	uint32_t cursor = 0;

	while ((customer = breaker_next_failing(&engine->breaker, service, &cursor)) != NULL) {
		struct verdict verdict = { .kind = VERDICT_RELEASE, .prefix = table_key(&customer->slot), .time_ms = time_ms,
					   .rule = "outage" };
		const struct ban *ban = bans_running(&engine->bans, &verdict.prefix, time_ms);

		window_pardon(&engine->window, &verdict.prefix, is_about_logins, engine);
		if (!ban || !is_about_logins(engine, ban->rule))
			continue;
		bans_release(&engine->bans, &verdict.prefix, time_ms);
		engine->verdict(engine->arg, &verdict);
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
