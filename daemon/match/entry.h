/* entry - a record of the journal, by its fields: what journalctl -o json and -o export print, and what is wanted of them
 *
 *	{"__REALTIME_TIMESTAMP":"1795341600123456","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"TEXT",...}
 *
 * A field that journald found several times counts as it stands first. A text that is not UTF-8 is an array of numbers; one
 * that journalctl left out (null; more than 4 KiB without --all) is not there. */
#ifndef MAILWARD_ENTRY_H
#define MAILWARD_ENTRY_H

#include "base/text.h"

enum entry_field {
	ENTRY_TIME,		/* in microseconds since the epoch */
	ENTRY_HOST,
	ENTRY_PROGRAM,
	ENTRY_SYSLOG_PID,
	ENTRY_PID,
	ENTRY_MESSAGE,
	ENTRY_CONTAINER,	/* whose line the message is, of Docker's and Podman's log driver: by its id, */
	ENTRY_CONTAINER_NAME,	/* or by its name */
	ENTRY_PART,		/* "true": the line goes on in the container's next record */
	ENTRY_ORDINAL,		/* which part it is, from 1, where the driver says so */
	ENTRY_FIELDS		/* none of these */
};

extern const char *const entry_names[ENTRY_FIELDS];

struct entry {
	struct text at[ENTRY_FIELDS];	/* len 0: it has none */
};

enum entry_field entry_field(struct text name);

/* entry_json - false: the line is not such a record. The texts hold until the next is read. */
bool entry_json(struct text line, struct entry *entry);

#endif
