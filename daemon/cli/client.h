/* client - the command line's end of the control socket: one request, one answer
 *
 * The daemon writes the text and the JSON; here they are only printed. */
#ifndef MAILWARD_CLIENT_H
#define MAILWARD_CLIENT_H

#include <stdio.h>

#include "base/addr.h"
#include "cli/cli.h"

/* client_exchange - one request to the daemon at that socket, and all of its answer
 * Owns: *answer, on the heap. Returns 0 or -errno. */
int client_exchange(const char *socket, const char *request, char **answer, size_t *len);

#define CLIENT_CRITICAL 2	/* the exit statuses of a monitoring plugin */
#define CLIENT_UNKNOWN 3

/* client_ask - send one request line (without its LF) to the daemon of the command's config and print what it answers
 * One that is as long as CONTROL_REQUEST_MAX is refused. Returns the exit status; what went wrong is on standard error. */
int client_ask(const struct cli *cli, const char *request);

/* client_begin - the same, but the answer is for the caller to read; see stream.h
 * path: the daemon's socket for messages, the caller's to free. Returns a descriptor, or -errno, of which nothing was said. */
int client_begin(const struct cli *cli, const char *request, char **path);

/* client_receive - the same, and all of the answer is read. Owns: *answer, on the heap. 0 or -errno, of which nothing was said */
int client_receive(const struct cli *cli, const char *request, char **path, char **answer, size_t *len);

/* client_said - print an answer, as its first line has it; returns the exit status */
int client_said(const char *path, struct text answer);

/* client_refused - say why client_begin() failed; returns the exit status */
int client_refused(const struct cli *cli, const char *path, int err);

/* client_print - bytes of the daemon's: what a terminal could obey is escaped, a LF is one */
void client_print(FILE *out, struct text text);

/* client_show - the whole of a command that only asks, by its own name, and has --json */
int client_show(const struct cli *cli);

/* client_prefix - the ADDR[/LEN] of an operand in its shortest form; false: it is a wrong one, which was said
 * text: PREFIX_FMT_SIZE bytes
 * client_prefixes - are there any, and is each operand one? What is wrong was said. */
bool client_prefix(const struct cli *cli, int operand, char *text);
bool client_prefixes(const struct cli *cli);

#endif
