/* test_check_logs - a file and the journal that have the same lines are told; those that have each their own are not
 *
 * The journal is a real one, which systemd-journal-remote writes. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/check_logs.h"
#include "match/rules_read.h"
#include "source/source_journal.h"
#include "tap.h"

#define REMOTE "/lib/systemd/systemd-journal-remote"

static char folder[] = "/tmp/mailward-check-XXXXXX", log_path[64], journal_path[64], conf_path[64];
static struct matcher *matcher;

/* Records of Dovecot's and of Postfix's, an hour old. */
static void write_journal(void)
{
	static const struct {
		const char *unit, *program;
	} writers[] = { { "dovecot.service", "dovecot" }, { "postfix@-.service\n_SYSTEMD_SLICE=system-postfix.slice", "postfix/smtpd" } };
	char command[256];

	snprintf(command, sizeof(command), REMOTE " --split-mode=none --compress=no --output=%s - 2>/dev/null", journal_path);
	FILE *out = popen(command, "w");
	if (!out)
		abort();
	for (unsigned i = 0; i < 2; i++)
		fprintf(out, "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%u\n_BOOT_ID=00112233445566778899aabbccddeeff\n_SYSTEMD_UNIT=%s\n"
			"_UID=0\nSYSLOG_IDENTIFIER=%s\nMESSAGE=no\n\n", ((unsigned long long)time(NULL) - 3600 + i) * 1000000, 1 + i,
			writers[i].unit, writers[i].program);
	if (pclose(out) != 0)
		abort();
}

static void write_log(const char *program, time_t written)
{
	struct timespec times[2] = { { .tv_sec = written }, { .tv_sec = written } };
	FILE *file = fopen(log_path, "w");

	if (!file)
		abort();
	fprintf(file, "2026-11-22T10:00:05+00:00 mx %s[7]: no 198.51.100.7\n2026-11-22T10:00:05+00:00 mx sshd[8]: no 198.51.100.8\n", program);
	if (fclose(file) != 0 || utimensat(AT_FDCWD, log_path, times, 0) < 0)
		abort();
}

/* What is said under a config with that in its section of the journal. */
static const char *said(const char *chosen)
{
	static char text[512];
	char *buffer;
	size_t len;
	struct conf conf;
	struct problems problems = { .out = open_memstream(&buffer, &len) };
	FILE *file = fopen(conf_path, "w");

	if (!file || !problems.out)
		abort();
	fprintf(file, "[source maillog]\nfile = %s\n[source systemd]\njournal = yes\n%s", log_path, chosen);
	if (fclose(file) != 0 || !conf_load(&conf, conf_path, &problems))
		abort();
	check_logs(&conf, matcher, &problems);
	fclose(problems.out);
	snprintf(text, sizeof(text), "%s", buffer);
	free(buffer);
	conf_fini(&conf);
	return text;
}

int main(void)
{
	#define RULES "service t\nprogram dovecot postfix/smtpd\nrule no\n about x\n match no <addr><end>\n"
	struct problems problems = { .out = stderr };
	struct rules rules = { 0 };
	char wanted[512];

	if (access(REMOTE, X_OK) < 0) {
		printf("1..0 # SKIP no %s (package systemd-journal-remote)\n", REMOTE);
		return 0;
	}
	if (!mkdtemp(folder))
		return 1;
	source_journal_folder = journal_path;
	snprintf(journal_path, sizeof(journal_path), "%s/journal", folder);
	snprintf(log_path, sizeof(log_path), "%s/mail.log", folder);
	snprintf(conf_path, sizeof(conf_path), "%s/m.conf", folder);
	if (mkdir(journal_path, 0755) < 0)
		return 1;
	strcat(journal_path, "/system.journal");
	write_journal();
	*strrchr(journal_path, '/') = '\0';
	rules_read_text(&rules, "t.pat", TEXT(RULES), false, &problems);
	if (problems.count || !(matcher = match_new_all(&rules, &problems)))
		return 1;

	write_log("dovecot", time(NULL));
	snprintf(wanted, sizeof(wanted), "%s:3: [source systemd] has what dovecot says, and %s of [source maillog] has it, too: it would count twice; "
		 "one of the two would be right, or unit here to choose what the file has not\n", conf_path, log_path);
	tap_str(said(""), wanted, "a file and the journal with the same daemon's lines are told");
	tap_str(said("unit = dovecot.service\n"), wanted, "where the journal's units are chosen, too");
	tap_str(said("unit = system-postfix.slice postfix.service\n"), "", "not where they are others");
	tap_str(said("identifier = postfix/smtpd\n"), "", "nor where the identifiers are");
	tap_ok(*said("identifier = postfix/smtpd dovecot\n"), "but where its own is among them");
	write_log("dovecot", time(NULL) - 10 * 86400);
	tap_str(said(""), "", "nor where nobody writes that file any more");
	write_log("exim", time(NULL));
	tap_str(said(""), "", "nor where it has other lines");
	unlink(log_path);
	tap_str(said(""), "", "nor where there is none yet");

	match_free(matcher);
	rules_fini(&rules);
	snprintf(wanted, sizeof(wanted), "rm -r '%s'", folder);
	if (system(wanted) != 0)
		return 1;
	return tap_done();
}
