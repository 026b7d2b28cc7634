/* unbitten - see unbitten.h */
#include "service/unbitten.h"

#include "base/clock.h"
#include "judge/judge.h"

void unbitten_hear(struct unbitten *unbitten, const struct judge *judge, const struct addr *addr)
{
	int64_t now_ms = clock_now_ms(), since_ms;
	struct judge_view view;

	if (now_ms >= unbitten->looked_ms && now_ms - unbitten->looked_ms < 1000)
		return;
	unbitten->looked_ms = now_ms;
	judge_look(judge, addr, now_ms, &view);
	if (!view.running && !view.around_running)
		return;
	since_ms = view.running ? view.own.time_ms : view.around.time_ms;
	if (view.running && view.around_running && view.around.time_ms < since_ms)
		since_ms = view.around.time_ms;
	if (now_ms - since_ms < UNBITTEN_AFTER_S * 1000)
		return;
	if (now_ms - unbitten->last_ms > UNBITTEN_KEPT_S * INT64_C(1000))
		unbitten->count = 0;
	unbitten->count++;
	unbitten->last_ms = now_ms;
	unbitten->addr = *addr;
	unbitten->since_ms = since_ms;
}
