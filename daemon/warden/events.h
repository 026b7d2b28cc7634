/* events - hear what others do to our table
 *
 * For kernels on which the table cannot be ours alone. What we do ourselves the kernel does not even deliver. */
#ifndef MAILWARD_EVENTS_H
#define MAILWARD_EVENTS_H

#include <stdint.h>

enum events_kind {
	EVENTS_NONE,
	EVENTS_ELEMENTS,	/* elements came or went, or so much has happened that some of it was lost */
	EVENTS_TABLE,		/* the table, a chain, a rule or a set did */
};

struct events {
	int fd;				/* -1: not listening */
	enum events_kind pending;	/* of a transaction whose end has not been heard yet */
};

/* events_open - listen to nf_tables, but for what the socket of that port id does. 0, or -errno and fd is -1 */
int events_open(struct events *events, uint32_t own_portid);

/* events_read - read all that is there; what it comes to for our table, of whole transactions */
enum events_kind events_read(struct events *events);

#endif
