/* top - one frame of what happens now, for "mailward top": figures, and who errs most
 *
 * JSON, one object a line; the first is the figures, the others each name what they are of. Bounded, whatever is remembered. */
#ifndef MAILWARD_TOP_H
#define MAILWARD_TOP_H

#include <stdio.h>

#include "service/daemon_state.h"

/* top_write - survey: what census_have() gave */
void top_write(const struct daemon *daemon, const struct survey *survey, FILE *out);

#endif
