/* report - mailward report: what happened, from the logs: as text, as a page, as a mail
 *
 * Needs no privilege, touches no firewall and no daemon. A page replaces its file in one step. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/replace.h"
#include "cli/cli.h"
#include "cli/digest.h"
#include "cli/report_mail.h"
#include "cli/term.h"

#define SINCE_S (7 * 86400)
#define LEARN_MS (30 * INT64_C(86400000))	/* who belongs here is known from so long before */

static const char *const sendmails[] = { "/usr/sbin/sendmail", "/usr/lib/sendmail" };

struct report {
	const struct cli *cli;
	const char *page, *mail;	/* where to, or NULL */
	int64_t since_ms;
	unsigned threads;
	struct setup *setup;
	struct digest digest;
	struct replay replay;
};

static int complain(const char *path, int err)
{
	char shown[4096];

	fprintf(stderr, "mailward report: %s: %s\n", text_printable(shown, sizeof(shown), text_of(path)), strerror(-err));
	return EXIT_INPUT;
}

static int write_page(struct report *report)
{
	struct replace page;
	int err = replace_begin(&page, report->page, 0666, false);

	if (err < 0)
		return err;
	digest_page(&report->digest, page.out);
	return replace_end(&page, true);
}

/* $SENDMAIL, or where it lies as a rule; NULL: nowhere. */
static const char *sendmail(void)
{
	const char *path = getenv("SENDMAIL");

	if (path)
		return path;
	for (size_t i = 0; i < COUNT(sendmails); i++)
		if (access(sendmails[i], X_OK) == 0)
			return sendmails[i];
	return NULL;
}

static char *message_of(struct report *report, size_t *len)
{
	char *text = NULL, *page = NULL, *message = NULL, subject[160], first[16], last[16];
	size_t text_len = 0, page_len = 0;
	FILE *text_out = open_memstream(&text, &text_len), *page_out = open_memstream(&page, &page_len), *out = open_memstream(&message, len);
	struct digest *digest = &report->digest;

	if (text_out && page_out && out) {
		digest_text(digest, true, text_out);
		digest_page(digest, page_out);
		fflush(text_out);
		fflush(page_out);
		snprintf(subject, sizeof(subject), "mailward: %" PRIu64 " %s%s%s%s%s", digest->bans, plural(digest->bans, "ban", "bans"),
			 digest->first_ms ? ", " : "", digest->first_ms ? digest_day(first, sizeof(first), digest->first_ms) : "",
			 digest->first_ms ? " to " : "", digest->first_ms ? digest_day(last, sizeof(last), digest->last_ms) : "");
		mail_write(out, report->mail, subject, text, text_len, page, page_len);
	}
	bool good = text_out && page_out && out && !ferror(text_out) && !ferror(page_out) && !ferror(out);
	if (text_out)
		fclose(text_out);
	if (page_out)
		fclose(page_out);
	if (out && fclose(out) == EOF)
		good = false;
	free(text);
	free(page);
	if (!good) {
		free(message);
		return NULL;
	}
	return message;
}

static int send_mail(struct report *report)
{
	const char *program = sendmail();
	size_t len;
	char *message;
	int result;

	if (!program) {
		fprintf(stderr, "mailward report: there is no %s; SENDMAIL=PATH says where it lies\n", sendmails[0]);
		return EXIT_INPUT;
	}
	message = message_of(report, &len);
	if (!message)
		return complain(report->mail, -ENOMEM);
	result = mail_send(program, report->mail, message, len);
	free(message);
	if (result < 0)
		return complain(program, result);
	if (result > 0)
		fprintf(stderr, "mailward report: %s did not take the message: it ended with status %d\n", program, result);
	return result ? EXIT_INPUT : EXIT_DONE;
}

static int put_all(struct report *report)
{
	int status = EXIT_DONE, err;

	if (report->page && strcmp(report->page, "-") == 0)
		digest_page(&report->digest, stdout);
	else if (report->page && (err = write_page(report)) < 0)
		status = complain(report->page, err);
	if (report->mail && send_mail(report) != EXIT_DONE)
		status = EXIT_INPUT;
	if (cli_given(report->cli, "json"))
		digest_json(&report->digest, stdout);
	else if (!report->page && !report->mail)
		digest_text(&report->digest, term_blocks(), stdout);
	return status;
}

static bool add_logs(struct report *report)
{
	bool good = true;

	for (int i = 0; good && i < report->cli->count; i++)
		good = replay_add(&report->replay, report->cli->operands[i]);
	if (report->cli->count == 0)
		good = replay_add_since(&report->replay, &report->setup->conf, report->since_ms - LEARN_MS);
	return good;
}

static int read_all(struct report *report)
{
	replay_begin(&report->replay, "report", report->setup, digest_found, &report->digest);
	report->replay.threads = report->threads;
	if (!digest_init(&report->digest, report->setup, report->since_ms) || !add_logs(report)) {
		fprintf(stderr, "mailward report: %s\n", strerror(ENOMEM));
		return EXIT_INPUT;
	}
	replay_run(&report->replay);
	report->digest.lines = report->replay.lines;
	digest_settle(&report->digest, report->replay.latest_ms);
	int status = put_all(report);
	return report->replay.failed ? EXIT_INPUT : status;
}

/* Of named logs all counts, unless it is said what is to count. */
static int read_options(struct report *report)
{
	const char *since = cli_given(report->cli, "since");
	uint32_t seconds = SINCE_S;

	if (since && (!duration_parse(text_of(since), &seconds) || seconds == 0))
		return cli_refuse(report->cli, "--since %s is no duration, 7d or 24h would be right", since);
	if (since || report->cli->count == 0)
		report->since_ms = clock_now_ms() - (int64_t)seconds * 1000;
	if (replay_threads(report->cli, &report->threads) != EXIT_DONE)
		return EXIT_USAGE;
	if (report->mail && !mail_address_good(report->mail))
		return cli_refuse(report->cli, "--mail %s is no address, NAME or NAME@DOMAIN would be right", report->mail);
	if (report->page && !*report->page)
		return cli_refuse(report->cli, "--html names no file");
	if (report->page && strcmp(report->page, "-") == 0 && cli_given(report->cli, "json"))
		return cli_refuse(report->cli, "--html - and --json cannot both go to standard output");
	return EXIT_DONE;
}

static int report(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct report *report = calloc(1, sizeof(*report));
	int status = EXIT_INPUT;

	if (!report) {
		fprintf(stderr, "mailward report: %s\n", strerror(ENOMEM));
		return EXIT_INPUT;
	}
	report->cli = cli;
	report->page = cli_given(cli, "html");
	report->mail = cli_given(cli, "mail");
	status = read_options(report);
	if (status == EXIT_DONE) {
		report->setup = setup_load(cli_given(cli, "config"), &problems);
		status = report->setup ? read_all(report) : EXIT_INPUT;
	}
	replay_end(&report->replay);
	digest_fini(&report->digest);
	setup_free(report->setup);
	free(report);
	return status;
}

const struct cli_command cli_report = {
	.name = "report",
	.about = "what happened: as text, as a page, as a mail",
	.usage = "[-c CONF] [--threads N] [--since TIME] [--html FILE] [--mail ADDRESS] [--json] [FILE...]",
	.help = "Says what happened: tries and bans over time, networks, names most tried, who was banned again and again, how long\n"
		"from the first error to the ban, what bans kept away, and who belongs here and was dropped.\n"
		"Reads the config's sources, also what was rotated away, or FILE as scan does, and judges by today's settings.\n",
	.options = {
		CLI_CONF, CLI_THREADS,
		{ "since", 0, "TIME", "what is longer ago only teaches who belongs here (default 7d; of FILE, all)" },
		{ "html", 0, "FILE", "write one page that needs nothing else; - is standard output" },
		{ "mail", 0, "ADDRESS", "send both by sendmail(1)" },
		CLI_JSON,
	},
	.operands = CLI_ANY,
	.run = report,
};
