/* top_view - a frame as rows of text, for any size of screen and for none
 *
 * Knows no terminal: what is drawn are characters and marks, so that a screen, a pipe and a test get the same. */
#ifndef MAILWARD_TOP_VIEW_H
#define MAILWARD_TOP_VIEW_H

#include <stdio.h>

#include "cli/top_frame.h"

#define CANVAS_WIDTH_MAX 400
#define CANVAS_HEIGHT_MAX 200

enum mark { MARK_NONE, MARK_BOLD, MARK_HEAD, MARK_PICKED, MARK_ALARM };

struct canvas {
	unsigned width, height;		/* at most the above */
	char cells[CANVAS_HEIGHT_MAX][CANVAS_WIDTH_MAX + 1];	/* each row as long as the width, NUL-terminated */
	unsigned char marks[CANVAS_HEIGHT_MAX][CANVAS_WIDTH_MAX];
};

/* What the one who looks has chosen. */
struct top_look {
	enum top_list_kind list;	/* that the keys are for */
	size_t picked[TOP_LISTS];	/* the row in each */
	char name[TOP_LISTS][72];	/* what stands there: it is followed where the order puts it; "": nothing is */
	size_t first[TOP_LISTS];	/* the first that is shown; kept by top_draw() */
	enum top_order order[TOP_LISTS];
	char said[256];			/* what a key did; "": nothing to tell */
	bool alarm;			/* and that it did not */
	const char *ask;		/* a question in its place; NULL: none */
};

void canvas_clear(struct canvas *canvas, unsigned width, unsigned height);

/* canvas_put - text from (row, column) on, at most width characters; what does not fit is left out */
__attribute__((format(printf, 6, 7)))
void canvas_put(struct canvas *canvas, unsigned row, unsigned column, unsigned width, enum mark mark, const char *fmt, ...);

/* top_draw - one screen, of at least 1 x 1. Sorts the lists and keeps look's rows within them.
 * frame NULL: there is none, and said tells why */
void top_draw(struct canvas *canvas, struct top_frame *frame, struct top_look *look);

/* top_print - all of it as plain text, one list below the other, at most rows of each */
void top_print(FILE *out, struct top_frame *frame, size_t rows);

#endif
