/* cli - what a command of the command line is: its words for --help, its options, and what it does
 *
 * main.c has the list of the commands, options.c reads the arguments and writes the help, each for all of them. */
#ifndef MAILWARD_CLI_H
#define MAILWARD_CLI_H

#include <stddef.h>

#define EXIT_DONE 0		/* did what was asked */
#define EXIT_INPUT 1		/* the input or the check failed */
#define EXIT_USAGE 2		/* the command line is wrong */
#define EXIT_NO_DAEMON 3	/* nothing answers on the socket */

#define CLI_OPTIONS_MAX 8	/* of a command, beside --help */
#define CLI_ANY 1000000		/* operands */
#define CLI_DROPPED "*"		/* the addresses that are dropped now */
#define CLI_ALLOWED "+"		/* those that "allow" has allowed */

struct cli_option {
	const char *name;	/* "json": --json */
	char letter;		/* 'j': -j; 0: none */
	const char *value;	/* what its value is called in the help; NULL: it takes none */
	const char *about;
};

/* the options that several commands have */
#define CLI_CONF { "config", 'c', "CONF", "config file (default " CONF_PATH_DEFAULT ", else built-in defaults)" }
#define CLI_SOCKET { "config", 'c', "CONF", "config file whose socket is asked" }
#define CLI_THREADS { "threads", 0, "N", "read with N threads (default: one a processor)" }
#define CLI_JSON { "json", 0, NULL, "one JSON object a line" }

struct cli;

struct cli_command {
	const char *name, *about;		/* as the list of commands shows them */
	const char *usage;			/* what follows the name */
	const char *help;			/* whole lines: what it does */
	struct cli_option options[CLI_OPTIONS_MAX + 1];	/* end with the first without a name */
	int operands;				/* at most */
	const char *completes[2];		/* what the first operand, and each other, may be: words, ":files", CLI_DROPPED or CLI_ALLOWED */
	int (*run)(const struct cli *cli);	/* returns the exit status */
};

/* a command line */
struct cli {
	const struct cli_command *command;
	const char *values[CLI_OPTIONS_MAX];	/* of the command's options; see cli_given() */
	struct cli_word {
		const struct cli_option *option;
		const char *value;
	} *words;				/* the options with a value as they were given; see cli_next() */
	size_t word_count;
	char **operands;			/* what is no option */
	int count;
};

extern const struct cli_command cli_run, cli_scan, cli_match, cli_check, cli_status, cli_list, cli_ban, cli_unban, cli_allow, cli_unallow,
	cli_explain, cli_forget, cli_reload, cli_whatif, cli_report, cli_events, cli_notify, cli_metrics, cli_top, cli_enforce,
	cli_clear, cli_import, cli_fleet, cli_completion;

extern const struct cli_command *const cli_commands[];	/* all of them, in the order of the help, and NULL */

/* cli_options - read the arguments that follow the command's name and carry it out; returns the exit status */
int cli_options(const struct cli_command *command, int argc, char **argv);

/* cli_given - the (last) value of an option that the command has, "" if it takes none; NULL: it was not given */
const char *cli_given(const struct cli *cli, const char *name);

/* cli_next - of an option that may be given several times, the next value: begin with *cursor 0; NULL: there are no more */
const char *cli_next(const struct cli *cli, const char *name, size_t *cursor);

/* cli_help - the whole help of a command to standard output; returns EXIT_DONE */
int cli_help(const struct cli_command *command);

/* cli_refuse - say what is wrong with the command line, and what would be right; returns EXIT_USAGE
 * What a terminal could obey is escaped. */
__attribute__((format(printf, 2, 3)))
int cli_refuse(const struct cli *cli, const char *fmt, ...);

#endif
