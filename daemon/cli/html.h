/* html - pieces of a page: text that cannot become anything else, and charts that are drawn without a script */
#ifndef MAILWARD_HTML_H
#define MAILWARD_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

/* html_text - any bytes as text of an element or of a quoted attribute: printable ASCII, & < > " ' as entities, all else as
 * text_escape() has it */
void html_text(FILE *out, struct text text);

/* count_fmt - "1,234,567"; size: 28 is enough. Returns dst. */
char *count_fmt(char *dst, size_t size, uint64_t value);

/* html_bar - a bar in a table's cell: share (0..1) of its width; tone: a class of the page's style */
void html_bar(FILE *out, double share, const char *tone);

/* columns of a chart: low stands at the bottom, high on top of it; name is shown when the pointer rests on it */
struct html_column {
	uint64_t low, high;
	char name[96];
};

/* struct html_chart - label, low and high: what the chart and its two parts are called, plain text; high NULL: it has one part
 * ticks: written below, each where its column begins */
struct html_chart {
	const char *label, *low, *high;
	const struct html_column *columns;
	size_t count;
	const struct html_tick {
		size_t column;
		char text[24];
	} *ticks;
	size_t tick_count;
};

void html_chart(FILE *out, const struct html_chart *chart);

#endif
