/* bar - a bar on standard error while a long log is read: bytes, rate, time left; silent where that is no terminal */
#ifndef MAILWARD_BAR_H
#define MAILWARD_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bar {
	uint64_t total_bytes;	/* 0: not known */
	bool live, blocks, drawn;
	bool shared;		/* standard output is a terminal, too: lines there would run into the bar */
	double begun_s, next_s;
};

/* bar_begin - total_bytes: of all that will be read; 0: not known. The first second shows nothing. */
void bar_begin(struct bar *bar, uint64_t total_bytes);

/* bar_at - so much is read; draws a few times a second */
void bar_at(struct bar *bar, uint64_t bytes);

/* bar_hide - take the bar away: at the end, and before something else is written to standard error
 * bar_aside - before something is written to standard output */
void bar_hide(struct bar *bar);
void bar_aside(struct bar *bar);

/* bar_line - the text of the bar, for bar_at() and tests; size: of dst
 * columns: 40.. are needed for all of it. Returns dst. */
char *bar_line(char *dst, size_t size, uint64_t bytes, uint64_t total_bytes, double elapsed_s, unsigned columns, bool blocks);

#endif
