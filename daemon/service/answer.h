/* answer - what the control socket's requests are answered with: status, list, ban, unban */
#ifndef MAILWARD_ANSWER_H
#define MAILWARD_ANSWER_H

#include <stdio.h>

/* answer - a control_answer_fn; daemon is the struct daemon */
void answer(void *daemon, char *request, FILE *out);

#endif
