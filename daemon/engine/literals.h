/* literals - what a line must have for a pattern to match it: found out once, so that few lines meet the pattern
 *
 * Both answers are necessary conditions: they may let a line through that does not match, never the reverse. */
#ifndef MAILWARD_LITERALS_H
#define MAILWARD_LITERALS_H

#include "engine/regex.h"

#define HEAD_BYTES 8
#define LITERAL_BYTES_MAX 64

struct literals {
	struct byte_set head[HEAD_BYTES];	/* the bytes that can stand at each of the message's first positions */
	char literal[LITERAL_BYTES_MAX];	/* the longest text that every match holds */
	size_t literal_len;			/* 0: there is none */
};

void literals_find(struct literals *literals, const struct regex *regex);

#endif
