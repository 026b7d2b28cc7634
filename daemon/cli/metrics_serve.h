/* metrics_serve - the figures by HTTP, for a Prometheus: a small server that knows one path
 *
 * Bounded: METRICS_CLIENTS_MAX at a time, each for METRICS_CLIENT_S, each for one request. */
#ifndef MAILWARD_METRICS_SERVE_H
#define MAILWARD_METRICS_SERVE_H

#include <stdio.h>

#define METRICS_CLIENTS_MAX 16
#define METRICS_CLIENT_S 10
#define METRICS_REQUEST_MAX 8192

/* metrics_serve - listen at "ADDRESS:PORT" ("[::1]:9817") until SIGTERM; write: puts the figures into memory, may wait
 * Returns 0, or -errno: -EINVAL: that is no address with a port. */
typedef void metrics_write_fn(void *arg, FILE *out);
int metrics_serve(const char *where, metrics_write_fn *write, void *arg);

#endif
