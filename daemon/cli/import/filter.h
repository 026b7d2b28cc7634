/* filter - a fail2ban filter file as data: its values, with includes read and references resolved
 *
 * Knows the file's language, not what the regular expressions in it mean: that is filter_regex.c's. What stands for
 * the syslog header, %(__prefix_line)s, becomes the one byte FILTER_HEADER: our header is parsed before any rule. */
#ifndef MAILWARD_FILTER_H
#define MAILWARD_FILTER_H

#include "base/arena.h"
#include "base/problems.h"

#define FILTER_HEADER '\x01'

struct filter_line {
	struct text text;
	struct spot spot;
};

struct filter_value {
	struct text name;
	struct filter_line *lines;
	size_t count;
	const struct filter_value *older;	/* of the same name, before an include or a later line replaced it */
};

struct filter {
	struct arena *memory;
	struct filter_value *values;		/* the last of a name counts */
	size_t count;
	struct problems *problems;		/* what could not be read or resolved */
};

/* filter_read - read the file and what it includes; false: the file itself cannot be read
 * filter: zeroed but for problems. path: must live as long. mode: stands for <mode>, NULL: what the file says.
 * Owns: filter until filter_fini(), in either case. */
bool filter_read(struct filter *filter, const char *path, const char *mode);
void filter_fini(struct filter *filter);

/* filter_each - every line of a value, resolved; lines that are one reference to another value give that one's lines
 * Returns how many lines could not be resolved; why was reported. */
typedef void filter_line_fn(void *arg, const struct filter_line *line);
unsigned filter_each(struct filter *filter, const char *name, filter_line_fn *fn, void *arg);

#endif
