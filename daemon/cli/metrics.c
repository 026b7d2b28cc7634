/* metrics - mailward metrics: the daemon's figures for Prometheus, printed, into a file for node_exporter, or by HTTP
 *
 * The daemon writes the figures; what is added here is whether it does. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/metrics_serve.h"

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

/* Whoever reads the file reads the whole of the old one or the whole of the new one. */
static int write_file(const struct cli *cli, const char *path)
{
	char *beside = NULL;
	int status = EXIT_INPUT, fd;
	FILE *out = NULL;

	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {	/* neither a link nor /dev/stdout is ours to replace */
		fprintf(stderr, "mailward metrics: %s is no regular file\n", path);
		return EXIT_INPUT;
	}
	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return EXIT_INPUT;
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, 0644) == 0)
		out = fdopen(fd, "w");
	if (out) {
		status = put(cli, true, out);
		bool whole = fflush(out) == 0 && fsync(fd) == 0;
		if (fclose(out) != 0 || !whole || rename(beside, path) < 0)
			out = NULL;
	}
	if (!out) {
		fprintf(stderr, "mailward metrics: %s cannot be written: %s\n", path, strerror(errno));
		unlink(beside);
		status = EXIT_INPUT;
	}
	free(beside);
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

	if (where && path)
		return cli_refuse(cli, "--listen or --textfile, one of them would be right");
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
	.usage = "[-c CONF] [--listen ADDR:PORT | --textfile FILE]",
	.help = "Prints the daemon's figures in the Prometheus text format, writes them to a file for node_exporter,\n"
		"or serves them at http://ADDR:PORT/metrics until it is stopped.\n",
	.options = {
		CLI_SOCKET,
		{ "listen", 'l', "ADDR:PORT", "serve them; mailward-metrics.service does on 127.0.0.1:9817" },
		{ "textfile", 't', "FILE", "write them to FILE, as a whole" },
	},
	.run = metrics,
};
