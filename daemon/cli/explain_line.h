/* explain_line - one log line as mailward sees it, for people who write patterns */
#ifndef MAILWARD_EXPLAIN_LINE_H
#define MAILWARD_EXPLAIN_LINE_H

#include "match/match.h"

/* explain_line - to standard output: the header, what each rule of the program thought, and the verdict */
void explain_line(const struct rules *rules, struct matcher *matcher, struct text line);

#endif
