/* export - what journalctl -o export prints: a record of many lines, by its fields, with an empty line behind it
 *
 *	__CURSOR=...
 *	SYSLOG_IDENTIFIER=postfix/smtpd
 *	MESSAGE=TEXT
 *
 * A text with odd bytes follows its name as a length, 8 bytes little endian, and itself: a line feed of a client's, and what
 * looks like a record behind it, is counted off and ends nothing. That holds from the first line on, so a log is an export or
 * it is none as its first line says; one that was cut or glued together is read as far as that. A file that is followed is
 * never taken for one: where a reader begins anew in its midst, nothing tells a client's lines from the journal's. */
#ifndef MAILWARD_EXPORT_H
#define MAILWARD_EXPORT_H

#include "match/record.h"

#define EXPORT_BYTES (1 << 17)	/* a message as long as a line may be, and the other fields */
#define EXPORT_FIELD_BYTES 1024	/* the longest other field; EXPORT_FIELDS of them and a message have room */

struct export {
	enum { EXPORT_NEW, EXPORT_NONE, EXPORT_LINES, EXPORT_LENGTH, EXPORT_DATA, EXPORT_END, EXPORT_BROKEN } state;
	enum entry_field field;	/* which the data is of */
	uint64_t left;		/* bytes of it */
	unsigned length_bytes;	/* of the length that were read */
	struct entry entry;	/* points into text */
	size_t used;
	char text[EXPORT_BYTES];
};

/* export_take - what export_record() does where it is not known yet that the log is none */
bool export_take(struct export *export, struct text line, size_t bytes, struct record *record);

/* export_record - the record that a log's next line is, or that it ends; false: it is a part of one
 * export: zeros before the log's first line. bytes: the line's in the log, with what ended it or was cut off. */
static inline bool export_record(struct export *export, struct text line, size_t bytes, struct record *record)
{
	if (export->state != EXPORT_NONE)
		return export_take(export, line, bytes, record);
	record_parse(record, line);
	return true;
}

#endif
