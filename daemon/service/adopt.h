/* adopt - what stands in the kernel becomes the judge's, where its own memory is lost
 *
 * An engine without a state would otherwise replace the kernel's table by an empty one. */
#ifndef MAILWARD_ADOPT_H
#define MAILWARD_ADOPT_H

#include "judge/judge.h"
#include "service/enforce.h"

/* adopt - the bans that the judge does not know; before the first rebuild. max_s: of one without an end
 * Logs how many. Returns 0 or -errno: then nothing may be replaced. */
int adopt(struct judge *judge, struct enforce *enforce, uint32_t max_s);

/* adopt_read - a WIRE_DROP as the verdict that it was, from its comment
 * name: becomes the rule's, which event points to. A comment that says nothing is a ban of the operator's. */
#define ADOPT_NAME_SIZE WIRE_COMMENT_SIZE
void adopt_read(struct event *event, char name[ADOPT_NAME_SIZE], const struct wire_request *drop, uint32_t max_s, int64_t now_ms);

#endif
