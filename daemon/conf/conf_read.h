/* conf_read - the lines of a user's file, and the keys of an ini file: conf's own reader
 *
 * Everything that could make a parser guess (see conf_read.c) is reported with file:line instead. */
#ifndef MAILWARD_CONF_READ_H
#define MAILWARD_CONF_READ_H

#include "base/problems.h"

#define CONF_LINE_MAX 4096		/* a longer line is reported, wherever it stands */
#define CONF_FILE_BYTES_MAX (64U << 20)	/* a longer file is no config and no list */
#define CONF_COMMENTS ";#"		/* what begins a comment; not in access(5) and cidr_table(5) */

/* a text file, line by line */
struct conf_lines {
	FILE *in;
	struct spot spot;		/* of the line read last, from 1 */
	size_t bytes;			/* read so far */
	char buffer[CONF_LINE_MAX];
};

/* conf_lines_open - false: the file cannot be read, which was reported
 * from: where it is named, for that report; NULL: it is reported at the path itself */
bool conf_lines_open(struct conf_lines *lines, const char *path, struct problems *problems, const struct spot *from);

/* conf_lines_next - the next line without its end, byte order mark and trailing space
 * A line with bytes that no text has (NUL, control characters) or of more than CONF_LINE_MAX bytes is reported and
 * comes back empty. false: the end. Points into lines until the next call. */
bool conf_lines_next(struct conf_lines *lines, struct text *text);

/* conf_lines_rewind - begin again at the first line of the same file */
void conf_lines_rewind(struct conf_lines *lines);

void conf_lines_close(struct conf_lines *lines);

/* conf_content - the line without comment (from the first of these marks that begins the text or follows a space)
 * and without space around it */
struct text conf_content(struct text line, const char *marks);

/* [heading]: what stands between the brackets, without space around it; not NUL-terminated;
 * .at NULL: it cannot be read, which was reported */
typedef void conf_heading_fn(void *arg, const struct spot *spot, struct text heading);
/* key = value; continued: one more line of the value of the key that came last */
typedef void conf_key_fn(void *arg, const struct spot *spot, const char *key, const char *value, bool continued);

/* conf_read - hand the headings and keys of an ini file on, in order; what is no ini is reported */
void conf_read(const char *path, struct problems *problems, conf_heading_fn *heading, conf_key_fn *key, void *arg);

#endif
