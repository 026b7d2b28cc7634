/* whatif_text - trials for people: a table, the best trade first, a plot of it, and who would be hurt */
#ifndef MAILWARD_WHATIF_TEXT_H
#define MAILWARD_WHATIF_TEXT_H

#include "cli/trial.h"

/* whatif_text - of trials that were run; those of a sweep in the order of its values are plotted */
void whatif_text(const struct trials *trials, FILE *out);

/* whatif_table - the table alone, under a line that says what was read */
void whatif_table(const struct trials *trials, FILE *out);

/* whatif_order - the numbers of the trials, the best trade first, into order; its room: trials->count */
void whatif_order(const struct trials *trials, size_t *order);

#endif
