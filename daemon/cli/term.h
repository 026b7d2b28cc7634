/* term - what the terminal can show: how wide it is, and whether it knows more than ASCII */
#ifndef MAILWARD_TERM_H
#define MAILWARD_TERM_H

#include <stdbool.h>
#include <stdio.h>

/* term_columns - of the terminal that out is, else 80; 20.. */
unsigned term_columns(FILE *out);

/* term_is_live - is it a terminal on which a line can be written over? */
bool term_is_live(FILE *out);

/* term_blocks - may block characters be written? The locale is UTF-8, and TERM is not "dumb". */
bool term_blocks(void);

/* term_bar - a bar of width columns for share (0..1, cut to that), written to out: eighths of blocks, or "#" where
 * term_blocks() is false; what is left is filled with spaces if fill */
void term_bar(FILE *out, double share, unsigned width, bool blocks, bool fill);

#endif
