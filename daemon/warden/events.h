/* events - hear what others do to our table
 *
 * For kernels on which the table cannot be ours alone. What we do ourselves the kernel does not even deliver. */
#ifndef MAILWARD_EVENTS_H
#define MAILWARD_EVENTS_H

#include <stdint.h>

enum events {
	EVENTS_NONE,
	EVENTS_ELEMENTS,	/* elements came or went, or so much has happened that some of it was lost */
	EVENTS_TABLE,		/* the table, a chain, a rule or a set did */
};

/* events_open - listen to nf_tables, but for what the socket of that port id does; the descriptor, or -errno */
int events_open(uint32_t own_portid);

/* events_read - read all that is there; what it comes to for our table */
enum events events_read(int fd);

#endif
