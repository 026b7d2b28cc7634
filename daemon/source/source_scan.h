/* source_scan - read one log from start to end, and no further: a file, plain or packed, or standard input */
#ifndef MAILWARD_SOURCE_SCAN_H
#define MAILWARD_SOURCE_SCAN_H

#include "source/line.h"
#include "source/source.h"

/* source_scan - hand on every line as backlog, an unfinished last one too
 * path: a file, also one of gzip, xz, bzip2 or zstd (by its first bytes, whatever its name), or "-". Adds to *stats.
 * Returns 0, or -errno after partial work; what is damaged or cut short is -EBADMSG. */
int source_scan(const char *path, line_fn *fn, void *arg, struct source_stats *stats);

/* source_peek - hand on the first few lines of a log (what lies in its first read), then stop: to learn when it
 * begins */
int source_peek(const char *path, line_fn *fn, void *arg);

/* source_sample - hand on SOURCE_SAMPLES lines or fewer from all over a log, in order; long ones are cut, one may
 * come twice. What is no plain file has none. Returns 0 or -errno. */
#define SOURCE_SAMPLES 2048
int source_sample(const char *path, line_fn *fn, void *arg);

#endif
