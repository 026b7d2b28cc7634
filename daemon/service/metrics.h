/* metrics - the daemon's figures in the Prometheus text format
 *
 * Base units, counters that end in _total. Labels are words of the postmaster's and of the pattern files: no address, no name
 * and nothing else that an attacker chooses. */
#ifndef MAILWARD_METRICS_H
#define MAILWARD_METRICS_H

#include <stdio.h>

#include "service/daemon_state.h"

/* metrics_write - survey: what census_have() gave; what daemon->asked knows is shown */
void metrics_write(const struct daemon *daemon, const struct survey *survey, FILE *out);

#endif
