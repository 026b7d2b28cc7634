/* client - the command line's end of the control socket: one request, one answer
 *
 * The daemon writes the text and the JSON; here they are only printed. */
#ifndef MAILWARD_CLIENT_H
#define MAILWARD_CLIENT_H

#include "base/addr.h"

/* client_ask - send one request line (without its LF, shorter than CONTROL_REQUEST_MAX) to the daemon of this config and print what it answers
 * conf_path: as given with -c, or NULL. Returns the exit status; what went wrong is on standard error. */
int client_ask(const char *conf_path, const char *request);

/* client_show - the whole of a command that only asks, by one word: its options are -c, --json and --help */
int client_show(int argc, char **argv, const char *word, const char *help);

/* client_prefix - the ADDR[/LEN] of the command line; false: said on standard error what is wrong with it */
bool client_prefix(const char *command, const char *arg, struct prefix *prefix);

#endif
