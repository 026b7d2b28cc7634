/* listing - which line of which blocklist speaks of an address, or is wrong, read from the files
 *
 * By the process of who asks: a list of a million lines takes a second to read, which the daemon has no time for. Whether
 * it is in force, the daemon says. */
#ifndef MAILWARD_LISTING_H
#define MAILWARD_LISTING_H

#include <stdio.h>

#include "base/addr.h"
#include "cli/cli.h"

/* listing_explain - a line for each blocklist that speaks of the address or network, or is wrong; with --json one object each
 * listing_unban - a line for each that drops it all the same
 * listing_problems - what is wrong with each, after a reload that was done. Of a config that is wrong, none. */
void listing_explain(const struct cli *cli, const struct prefix *prefix);
void listing_unban(const struct cli *cli, const struct prefix *prefix, FILE *out);
void listing_problems(const struct cli *cli, FILE *out);

#endif
