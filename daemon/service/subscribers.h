/* subscribers - who follows the verdicts live: a bounded number of readers, each with a bounded queue
 *
 * Telling costs the flow a copy into memory and nothing more; the loop writes when a reader's socket takes something. A
 * reader whose queue is full loses events, and is told how many as soon as there is room:
 *	{"event":"lost","count":17}
 * No reader is waited for, and none is thrown out for being slow. */
#ifndef MAILWARD_SUBSCRIBERS_H
#define MAILWARD_SUBSCRIBERS_H

#include <systemd/sd-event.h>

#include "judge/event.h"

#define SUBSCRIBERS_MAX 16
#define SUBSCRIBER_QUEUE_BYTES 65536

struct subscribers;

/* subscribers_new - would: it is a dry run, whose text says "would ban". 0 or -errno */
int subscribers_new(struct subscribers **out, sd_event *loop, bool would);
void subscribers_free(struct subscribers *subscribers);

/* subscribers_add - fd: a non-blocking stream socket, taken over, also on failure; a negative one is the error returned
 * json: lines of JSON, as report_json() writes them; else of text. Returns 0; -EUSERS: there are SUBSCRIBERS_MAX; or -errno */
int subscribers_add(struct subscribers *subscribers, int fd, bool json);

/* subscribers_tell - one event, to all of them */
void subscribers_tell(struct subscribers *subscribers, const struct event *event);

/* subscribers_count - how many there are; subscribers_lost - events that readers were too slow for, since the start */
unsigned subscribers_count(const struct subscribers *subscribers);
uint64_t subscribers_lost(const struct subscribers *subscribers);

#endif
