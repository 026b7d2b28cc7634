/* cli - one function a command; main.c's table calls them
 *
 * argv[0] is the program's and the command's name, for messages ("mailward scan"). Returns the exit status of the process. */
#ifndef MAILWARD_CLI_H
#define MAILWARD_CLI_H

#define EXIT_DONE 0		/* did what was asked */
#define EXIT_INPUT 1		/* the input or the check failed */
#define EXIT_USAGE 2		/* the command line is wrong */
#define EXIT_NO_DAEMON 3	/* nothing answers on the socket */

typedef int cli_fn(int argc, char **argv);

cli_fn cli_run, cli_scan, cli_match, cli_check, cli_status, cli_list, cli_ban, cli_unban, cli_explain, cli_reload, cli_import;

#endif
