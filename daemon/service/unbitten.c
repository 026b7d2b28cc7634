/* unbitten - see unbitten.h */
#include "service/unbitten.h"

#include "base/clock.h"
#include "judge/judge.h"

bool unbitten_hear(struct unbitten *unbitten, const struct judge *judge, const struct addr *addr, int64_t time_ms)
{
	int64_t now_ms = clock_now_ms(), since_ms;
	struct judge_view view;

	if (now_ms - time_ms > UNBITTEN_AFTER_S * 1000)
		return false;
	if (now_ms >= unbitten->looked_ms && now_ms - unbitten->looked_ms < 1000)
		return false;
	unbitten->looked_ms = now_ms;
	judge_look(judge, addr, now_ms, &view);
	if (!view.running && !view.around_running)
		return false;
	since_ms = view.running ? view.own.time_ms : view.around.time_ms;
	if (view.running && view.around_running && view.around.time_ms < since_ms)
		since_ms = view.around.time_ms;
	if (now_ms - since_ms < UNBITTEN_AFTER_S * 1000)
		return false;
	if (now_ms - unbitten->last_ms > UNBITTEN_KEPT_S * INT64_C(1000))
		unbitten->count = 0;
	unbitten->count++;
	unbitten->last_ms = now_ms;
	unbitten->addr = *addr;
	unbitten->prefix = view.running ? view.own.prefix : view.around.prefix;
	unbitten->since_ms = since_ms;
	return true;
}
