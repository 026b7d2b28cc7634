/* clear - what an earlier run has left in the kernel */
#ifndef MAILWARD_CLEAR_H
#define MAILWARD_CLEAR_H

#include <stddef.h>

/* clear_standing - how many bans and delays stand in the kernel, where ipv6_prefix is the config's; without a table none. 0, or -errno: -EPERM
 * clear_table - remove the table, if there is one. 0, or -errno, then *what: of what, or NULL; -EBUSY: another process has it */
int clear_standing(unsigned ipv6_prefix, size_t *count);
int clear_table(const char **what);

#endif
