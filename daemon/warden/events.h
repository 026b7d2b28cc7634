/* events - notice when somebody else changes nftables
 *
 * For kernels on which the table cannot be ours alone. Says that a change was made, not what it was. */
#ifndef MAILWARD_EVENTS_H
#define MAILWARD_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* events_open - listen to nf_tables; the descriptor, readable after any change (ours too), or -errno */
int events_open(void);

/* events_foreign - read what is there: was a change made by another socket than the one of that port id? */
bool events_foreign(int fd, uint32_t own_portid);

#endif
