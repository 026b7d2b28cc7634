/* metrics - mailward metrics: the daemon's figures for Prometheus, printed, into a file for node_exporter, or by HTTP
 *
 * The daemon writes the figures; what is added here is whether it does. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/replace.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/metrics_serve.h"
#include "conf/conf.h"

/* All that the daemon says; 0, or the exit status of what went wrong, which is said if say. Owns: *figures, on the heap. */
static int fetch(const struct cli *cli, bool say, char **figures, size_t *len)
{
	char *path = NULL;
	int err = client_receive(cli, "metrics", &path, figures, len);
	int status = EXIT_DONE;

	if (err < 0)
		status = say ? client_refused(cli, path, err) : EXIT_NO_DAEMON;
	else if (!text_starts((struct text){ *figures, *len }, TEXT("ok\n")))
		status = EXIT_NO_DAEMON;
	if (say && err >= 0 && status != EXIT_DONE)
		fputs("mailward: the daemon tells no figures\n", stderr);
	free(path);
	return status;
}

/* The figures, or that there are none; returns the exit status. */
static int put(const struct cli *cli, bool say, FILE *out)
{
	char *figures = NULL;
	size_t len = 0;
	int status = fetch(cli, say, &figures, &len);

	fprintf(out, "# HELP mailward_up 1: the daemon answers; 0: it does not.\n# TYPE mailward_up gauge\nmailward_up %d\n",
		status == EXIT_DONE);
	if (status == EXIT_DONE)
		client_print(out, (struct text){ figures + 3, len - 3 });
	free(figures);
	return status;
}

static void put_for_serve(void *arg, FILE *out)
{
	put(arg, false, out);
}

/* A link is not followed: the folder may be one that others write to. */
static int write_file(const struct cli *cli, const char *path)
{
	struct replace file;
	struct stat st;
	int status = EXIT_INPUT, err;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fprintf(stderr, "mailward metrics: %s is no regular file\n", path);
		return EXIT_INPUT;
	}
	err = replace_begin(&file, path, 0644, false);
	if (err == 0) {
		status = put(cli, true, file.out);
		err = fchmod(fileno(file.out), 0644) < 0 ? -errno : 0;	/* whatever the umask: another user reads it */
		int end = replace_end(&file, err == 0);
		err = err < 0 ? err : end;
	}
	if (err < 0)
		fprintf(stderr, "mailward metrics: %s cannot be written: %s\n", path, strerror(-err));
	return err < 0 ? EXIT_INPUT : status;
}

/* Where the config says: for a timer. */
static int write_configured(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	int status = EXIT_INPUT;

	if (conf_load(&conf, cli_given(cli, "config"), &problems))
		status = write_file(cli, conf.textfile);
	conf_fini(&conf);
	return status;
}

/* Printed only when there are any: who reads a failure's output takes it for the figures. */
static int print(const struct cli *cli)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int status = EXIT_INPUT;

	if (!memory)
		return status;
	status = put(cli, true, memory);
	if (fclose(memory) == 0 && status == EXIT_DONE)
		fwrite(text, 1, len, stdout);
	free(text);
	return status;
}

static int metrics(const struct cli *cli)
{
	const char *where = cli_given(cli, "listen"), *path = cli_given(cli, "textfile");
	int err;

	if ((where != NULL) + (path != NULL) + (cli_given(cli, "write") != NULL) > 1)
		return cli_refuse(cli, "--listen, --textfile or --write, one of them would be right");
	if (cli_given(cli, "write"))
		return write_configured(cli);
	if (path)
		return write_file(cli, path);
	if (!where)
		return print(cli);
	err = metrics_serve(where, put_for_serve, (void *)(uintptr_t)cli);
	if (err == -EINVAL)
		return cli_refuse(cli, "'%s' is no address with a port, 127.0.0.1:9817 or [::1]:9817 would be right", where);
	if (err < 0)
		fprintf(stderr, "mailward metrics: cannot listen on %s: %s\n", where, strerror(-err));
	return err < 0 ? EXIT_INPUT : EXIT_DONE;
}

const struct cli_command cli_metrics = {
	.name = "metrics",
	.about = "the daemon's figures, for Prometheus",
	.usage = "[-c CONF] [--listen ADDR:PORT | --textfile FILE | --write]",
	.help = "Prints the daemon's figures in the Prometheus text format, writes them to a file for node_exporter,\n"
		"or serves them at http://ADDR:PORT/metrics until it is stopped.\n",
	.options = {
		CLI_SOCKET,
		{ "listen", 'l', "ADDR:PORT", "serve them; mailward-metrics.service does on 127.0.0.1:9817" },
		{ "textfile", 't', "FILE", "write them to FILE, as a whole" },
		{ "write", 'w', NULL, "the same to the file of [metrics] textfile; mailward-textfile.timer does every half minute" },
	},
	.run = metrics,
};
