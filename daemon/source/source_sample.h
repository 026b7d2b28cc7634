/* source_sample - some lines of a log, plain or packed, to learn what it is without reading all of it */
#ifndef MAILWARD_SOURCE_SAMPLE_H
#define MAILWARD_SOURCE_SAMPLE_H

#include "source/line.h"

/* source_peek - hand on the first lines of a log, as backlog: its first piece (see blocks.h). To learn when it begins.
 * Returns 0 or -errno. */
int source_peek(const char *path, line_fn *fn, void *arg);

/* source_sample - hand on so many lines or fewer from all over a log, in order; long ones are cut, one may come twice. What is no
 * plain file has none. Returns 0 or -errno.
 * count: at least 1. SOURCE_SAMPLES_FEW tell of what kind the lines are, SOURCE_SAMPLES in which order; a system call each. */
#define SOURCE_SAMPLES_FEW 64
#define SOURCE_SAMPLES 2048
int source_sample(const char *path, unsigned count, line_fn *fn, void *arg);

#endif
