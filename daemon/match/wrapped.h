/* wrapped - what the log driver of a container has put around a line, or a terminal's colours
 *
 *	{"log":"TEXT\n","stream":"stdout","time":"STAMP"}	Docker's json-file
 *	STAMP stdout F TEXT					CRI: containerd, CRI-O
 *	NAME | TEXT, NAME | STAMP TEXT				docker compose logs, docker service logs, with -t
 *	[pod/NAME/CONTAINER] TEXT, the same with a STAMP	kubectl logs --prefix, with --timestamps
 *	STAMP TEXT						docker logs -t: TEXT has a stamp of its own
 *	ESC[32mTEXT						colours, in any of these or alone
 *
 * TEXT is a whole line. Nothing in it can end it: a client's quotes are escaped. Of a text over 16 KiB the driver makes
 * several records; the second and later begin in the midst of what a client may have written, and only what stands before
 * them in the same log tells so. */
#ifndef MAILWARD_WRAPPED_H
#define MAILWARD_WRAPPED_H

#include "base/text.h"

struct wrapped {
	struct text inner;	/* points into the line, or to what holds until the next is read */
	struct text stamp;	/* RFC 3339, within the line; len 0: none */
	bool part;		/* the inner text goes on in the stream's next record */
	enum { WRAPPED_NONE, WRAPPED_STDOUT, WRAPPED_STDERR } stream;	/* NONE: its texts are not cut into parts */
};

/* wrapped_read - false: the line is not one of these. Cost: O(1) for a line that is not. */
bool wrapped_read(struct text line, struct wrapped *wrapped);

/* wrapped_is_container - is the program what Docker's syslog driver calls a container? Then the message is a line. */
bool wrapped_is_container(struct text program);

#endif
