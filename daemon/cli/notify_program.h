/* notify_program - the postmaster's own program, started with a batch of JSON lines on its standard input
 *
 * By its path and arguments, without a shell. It has no new privileges, nothing open but the three standard descriptors,
 * a process group of its own, and ends with us. Only one runs at a time. */
#ifndef MAILWARD_NOTIFY_PROGRAM_H
#define MAILWARD_NOTIFY_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct notify_program {
	pid_t pid;		/* 0: none runs */
	int pidfd;		/* readable when it has ended; -1: none runs */
};

/* notify_program_start - command: its words, with spaces between; input: copied. 0 or -errno
 * That it cannot be executed shows as its status 127. */
int notify_program_start(struct notify_program *program, const char *command, struct text input);

/* notify_program_kill - it and what it has started; notify_program_end() still has to be called */
void notify_program_kill(const struct notify_program *program);

/* notify_program_end - it has ended: take its status along, and end what it has left behind
 * why: what is to be said of it, of size bytes. true: status 0 */
bool notify_program_end(struct notify_program *program, char *why, size_t size);

#endif
