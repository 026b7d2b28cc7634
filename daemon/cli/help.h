/* help - the usage text of a command: shown when asked for, or as the answer to a wrong command line */
#ifndef MAILWARD_HELP_H
#define MAILWARD_HELP_H

/* help_show - to standard output; returns EXIT_DONE */
int help_show(const char *text);

/* help_refuse - its first line to standard error, after what getopt_long(3) said; returns EXIT_USAGE */
int help_refuse(const char *text);

/* help_unexpected - the same for an argument that has no place; command: argv[0] */
int help_unexpected(const char *text, const char *command, const char *argument);

#endif
