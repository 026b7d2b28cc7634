/* outage - the breaker's news, put into effect: who is pardoned when it opens, and who is told of it */
#ifndef MAILWARD_OUTAGE_H
#define MAILWARD_OUTAGE_H

#include "judge/judge_state.h"

/* outage_news - a service has opened or closed; a breaker_news_fn, arg is the engine */
void outage_news(void *judge, const struct breaker_service *service, int64_t time_ms);

#endif
