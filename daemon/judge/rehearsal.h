/* rehearsal - the judge where nobody is dropped for now: what it decides is only thought
 *
 * What is learned in a dry run is as good as any: names, customers, errors. What was decided was never done, and shall not
 * be done behind anybody's back later, nor count as a former ban. */
#ifndef MAILWARD_REHEARSAL_H
#define MAILWARD_REHEARSAL_H

#include "judge/judge.h"

/* rehearsal_begin - what runs ends at now_ms; that it was is remembered    rehearsal_end - the bans and delays that ran since
 * since_ms, running or not, and the neighbours that were banned, have never been. Told to nobody. Both return how many ran. */
size_t rehearsal_begin(struct judge *judge, int64_t now_ms);
size_t rehearsal_end(struct judge *judge, int64_t since_ms, int64_t now_ms);

#endif
