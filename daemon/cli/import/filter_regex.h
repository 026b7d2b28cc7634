/* filter_regex - a regular expression of fail2ban's (Python's, with its tags) as one of a pattern file
 *
 * Translates the spelling only. Whether the result is safe is for lint.c to say. */
#ifndef MAILWARD_FILTER_REGEX_H
#define MAILWARD_FILTER_REGEX_H

#include "base/text.h"

#define FILTER_REGEX_MAX 8192

struct filter_regex {
	char text[FILTER_REGEX_MAX];	/* what follows "match", not terminated */
	size_t len;
	bool header;			/* it expects a syslog header: belongs to the daemon's program tag */
	bool anchored;			/* it begins where the line, or the message, does */
	const char *refused;		/* why it cannot be translated: static text */
};

/* filter_regex_translate - false: out->refused says why; FILTER_HEADER stands for the header */
bool filter_regex_translate(struct filter_regex *out, struct text python);

/* filter_regex_compose - put a failregex into the place of prefregex's <F-CONTENT>; false: it has none, or no room
 * size: of dst, at least FILTER_REGEX_MAX */
bool filter_regex_compose(char *dst, size_t *len, struct text prefregex, struct text failregex);

/* filter_class_len - how long the class "[...]" at the head of the text is, with its brackets; 0: it is not closed */
size_t filter_class_len(struct text text);

#endif
