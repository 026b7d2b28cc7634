/* test_bar - the line of the progress bar: its figures, its width, in blocks and in ASCII */
#include <stdlib.h>

#include "cli/bar.h"
#include "cli/term.h"
#include "tap.h"

/* The number of columns: continuation bytes take none. */
static unsigned wide(const char *text)
{
	unsigned columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static const char *bar_of(double share, unsigned width, bool blocks, bool fill)
{
	static char text[256];
	FILE *out = fmemopen(text, sizeof(text), "w");

	term_bar(out, share, width, blocks, fill);
	fclose(out);
	return text;
}

int main(void)
{
	char line[512];
	unsigned wrong = 0;

	tap_str(bar_line(line, sizeof(line), 500000000, 1000000000, 5, 60, false), "[#######       ]  50 %  500 MB of 1.0 GB, 100 MB/s, 5s left",
		"half of it");
	tap_str(bar_line(line, sizeof(line), 1500, 0, 0.5, 80, false), "1.5 kB, 3.0 kB/s", "of what has no known end");
	tap_str(bar_line(line, sizeof(line), 2000, 1000, 1, 30, false), "100 %  1.0 kB of 1.0 kB, 2.0 kB/s, 0s left",
		"a log that grows meanwhile is read whole, and there is no room for a bar");
	tap_ok(strstr(bar_line(line, sizeof(line), 0, 1000, 0, 80, false), " 0 %  0 B of 1.0 kB, 0 B/s, 0s left") != NULL, "nothing yet");
	for (unsigned columns = 1; columns < 200; columns++)
		for (unsigned share = 0; share <= 1000; share += 7) {
			bar_line(line, sizeof(line), share * 1000000, 1000000000, 3, columns, columns % 2);
			tap_wrong(columns >= 60 && wide(line) > columns, &wrong, "%u columns in %u: %s", wide(line), columns, line);
		}
	tap_int(wrong, 0, "never wider than the terminal, if that has 60 columns");
	tap_str(bar_of(0.5, 4, true, true), "██  ", "half a bar");
	tap_str(bar_of(0.5, 4, true, false), "██", "not filled");
	tap_str(bar_of(0.28, 4, true, true), "█▏  ", "in eighths");
	tap_str(bar_of(0.5, 4, false, true), "##  ", "in ASCII");
	tap_str(bar_of(0.0001, 4, true, true), "▏   ", "little is not nothing");
	tap_str(bar_of(0.0001, 4, false, false), "#", "nor in ASCII");
	tap_str(bar_of(0, 4, true, true), "    ", "nothing is");
	tap_str(bar_of(7, 4, true, true), "████", "more than all is all");
	tap_str(bar_of(-1, 4, true, true), "    ", "less than nothing is nothing");
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	tap_ok(term_blocks(), "blocks where the locale has them");
	setenv("TERM", "dumb", 1);
	tap_ok(!term_blocks(), "not on a dumb terminal");
	setenv("LC_ALL", "C", 1);
	setenv("TERM", "xterm", 1);
	tap_ok(!term_blocks(), "nor where the locale has none");
	return tap_done();
}
