/* pardon - a service's logins fail for everybody: what its customers have suffered for it is taken back */
#ifndef MAILWARD_PARDON_H
#define MAILWARD_PARDON_H

#include "judge/judge_state.h"

/* pardon - forget the failed logins of the service's customers, and end the drops that came of them; pardon_one - of that one */
void pardon(struct judge *judge, const struct breaker_service *service, int64_t time_ms);
void pardon_one(struct judge *judge, const struct prefix *customer, int64_t time_ms);

#endif
