/* filter_globs - the program tags that a regular expression such as "postfix(?:-\w+)?/smtpd" stands for */
#ifndef MAILWARD_FILTER_GLOBS_H
#define MAILWARD_FILTER_GLOBS_H

#include "base/text.h"

/* filter_globs - write "glob glob ..." to dst, terminated; false: not understood, or too many */
bool filter_globs(char *dst, size_t size, struct text regex);

#endif
