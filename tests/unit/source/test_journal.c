/* test_journal - only what journald vouches for counts, each record once, whatever becomes of the journal's files
 *
 * The journal files are real ones: systemd-journal-remote writes them from records in the export format, with the
 * trusted fields that journald would have set. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "source/line.h"
#include "source/source_journal.h"
#include "tap.h"

#define REMOTE "/lib/systemd/systemd-journal-remote"
#define PATIENCE_S 60

static const struct clock_set unset;
static char folder[] = "/tmp/mailward-journal-XXXXXX";
static sd_event *loop;
static char seen[1 << 18];
static struct record last;
static char last_message[LINE_BYTES_MAX + 1], last_program[128];

/* ---- a journal that is being written ---- */

struct writer {
	FILE *out;
	pid_t pid;
};

static uint64_t base_usec, written;

static struct writer writer_start(const char *name)
{
	struct writer writer = { 0 };
	char option[128];
	int ends[2];

	snprintf(option, sizeof(option), "--output=%s/%s", folder, name);
	if (pipe(ends) < 0 || (writer.pid = fork()) < 0)
		abort();
	if (writer.pid == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		execl(REMOTE, REMOTE, "--split-mode=none", "--compress=no", option, "-", (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	writer.out = fdopen(ends[1], "w");
	return writer;
}

static void writer_end(struct writer *writer)
{
	fclose(writer->out);
	waitpid(writer->pid, NULL, 0);
}

/* put_at - a record as journald would have it; fields: lines; message: any bytes */
static void put_at(struct writer *writer, uint64_t number, const char *fields, const char *message, size_t len)
{
	uint64_t le_len = len;	/* little endian is what we run on, or the export format's reader says so */

	fprintf(writer->out, "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%llu\n_BOOT_ID=00112233445566778899aabbccddeeff\n%s\nMESSAGE\n",
		(unsigned long long)(base_usec + number * 1000000), (unsigned long long)(number + 1) * 1000000, fields);
	fwrite(&le_len, sizeof(le_len), 1, writer->out);
	fwrite(message, 1, len, writer->out);
	fputs("\n\n", writer->out);
	fflush(writer->out);
}

static void put(struct writer *writer, const char *fields, const char *message)
{
	put_at(writer, written++, fields, message, strlen(message));
}

#define SMTPD "_SYSTEMD_UNIT=postfix@-.service\n_SYSTEMD_SLICE=system-postfix.slice\n_UID=0\n_PID=7\nSYSLOG_PID=42\n" \
	      "SYSLOG_IDENTIFIER=postfix/smtpd"

/* ---- a follower ---- */

static void see(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	size_t used = strlen(seen);

	(void)arg, (void)bytes;
	last = *record;
	memcpy(last_message, record->message.at, record->message.len);
	last.message.at = last_message;
	snprintf(last_program, sizeof(last_program), "%.*s", (int)record->program.len, record->program.at);
	last_message[record->message.len] = '\0';
	snprintf(seen + used, sizeof(seen) - used, "%s%.*s ", backlog ? "" : "live:",
		 (int)(record->message.len < 20 ? record->message.len : 20), record->message.at);
}

static struct source *follow(const struct conf_source *choice)
{
	struct source *journal;

	seen[0] = '\0';
	if (source_journal_open(&journal, loop, NULL, choice, see, NULL) < 0)
		abort();
	return journal;
}

/* run_until - turn the loop until word was seen; what was seen */
static const char *run_until(const char *word)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (!strstr(seen, word) && time(NULL) < end)
		sd_event_run(loop, 100000);
	return seen;
}

/* settle - until nothing is left to do */
static const char *settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
	return seen;
}

static void sh(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && %s", folder, command);
	if (system(line) != 0)
		abort();
}

static void fresh(void)
{
	sh("rm -f *");
	written = 0;
}

/* ---- tests ---- */

static const struct {
	const char *what, *fields;
	bool counts;
} writers[] = {
	{ "Postfix's smtpd", SMTPD, true },
	{ "another instance of Postfix", "_SYSTEMD_UNIT=postfix@out.service\n_SYSTEMD_SLICE=system-postfix.slice\n_UID=0\nSYSLOG_IDENTIFIER=postfix-out/smtpd", true },
	{ "Dovecot", "_SYSTEMD_UNIT=dovecot.service\n_SYSTEMD_SLICE=system.slice\n_UID=0\nSYSLOG_IDENTIFIER=dovecot", true },
	{ "logger -t postfix/smtpd in a session",
	  "_SYSTEMD_UNIT=session-3.scope\n_SYSTEMD_SLICE=user-1000.slice\n_UID=1000\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
	{ "a unit of a user's own manager that is called dovecot.service",
	  "_SYSTEMD_UNIT=user@1000.service\n_SYSTEMD_USER_UNIT=dovecot.service\n_SYSTEMD_SLICE=user-1000.slice\n_UID=1000\nSYSLOG_IDENTIFIER=dovecot", false },
	{ "logger run from ~/.forward: Postfix's unit, the user's id",
	  "_SYSTEMD_UNIT=postfix@-.service\n_SYSTEMD_SLICE=system-postfix.slice\n_UID=1000\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
	{ "a writer that names its unit itself", "SYSTEMD_UNIT=postfix@-.service\nUNIT=postfix@-.service\nOBJECT_SYSTEMD_UNIT=postfix@-.service\n_UID=0\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
	{ "a writer whose unit journald has lost", "_UID=0\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
	{ "root's cron job", "_SYSTEMD_UNIT=cron.service\n_SYSTEMD_SLICE=system.slice\n_UID=0\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
	{ "a unit whose name only begins like Postfix's", "_SYSTEMD_UNIT=postfix@-.service.d.service\n_UID=0\nSYSLOG_IDENTIFIER=postfix/smtpd", false },
};

static void test_writers(void)
{
	const struct conf_source everything = { 0 };
	struct writer writer;
	struct source *journal;

	fresh();
	writer = writer_start("a.journal");
	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		char name[16];

		snprintf(name, sizeof(name), "<%zu>", i);
		put(&writer, writers[i].fields, name);
	}
	put(&writer, SMTPD, "<end>");
	writer_end(&writer);
	journal = follow(&everything);
	tap_ok(!source_stats(journal)->caught_up, "nothing is read before the loop turns");
	run_until("<end>");
	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		char name[16];

		snprintf(name, sizeof(name), "<%zu>", i);
		tap_int(strstr(seen, name) != NULL, writers[i].counts, "%s: %s", writers[i].what, writers[i].counts ? "counts" : "does not");
	}
	source_free(journal);
}

static void test_choice(void)
{
	const struct {
		struct conf_source choice;
		const char *wanted;
	} cases[] = {
		{ { .units = (char []){ "postfix@-.service" } }, "a b end " },
		{ { .units = (char []){ "my-mta.service dovecot.service" } }, "c end2 " },
		{ { .units = (char []){ "my-mta.service" }, .users = (char []){ "4711" } }, "d e end2 " },
		{ { .units = (char []){ "system-postfix.slice my-mta.service" }, .identifiers = (char []){ "postfix/smtps" } }, "b " },
		{ { .identifiers = (char []){ "postfix/smtps dovecot" } }, "b c " },
	};
	struct writer writer;

	fresh();
	writer = writer_start("a.journal");
	put(&writer, SMTPD, "a");
	put(&writer, "_SYSTEMD_UNIT=postfix@-.service\n_SYSTEMD_SLICE=system-postfix.slice\n_UID=0\nSYSLOG_IDENTIFIER=postfix/smtps", "b");
	put(&writer, "_SYSTEMD_UNIT=dovecot.service\n_UID=0\nSYSLOG_IDENTIFIER=dovecot", "c");
	put(&writer, "_SYSTEMD_UNIT=my-mta.service\n_UID=4711\nSYSLOG_IDENTIFIER=my-mta", "d");
	put(&writer, "_SYSTEMD_UNIT=my-mta.service\n_UID=4711\nSYSLOG_IDENTIFIER=postfix/smtps", "e");
	put(&writer, SMTPD, "end");
	put(&writer, "_SYSTEMD_UNIT=my-mta.service\n_UID=0\nSYSLOG_IDENTIFIER=my-mta", "end2");
	writer_end(&writer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct source *journal = follow(&cases[i].choice);

		tap_str(settle(), cases[i].wanted, "units %s, users %s, identifiers %s", cases[i].choice.units ?: "-",
			cases[i].choice.users ?: "-", cases[i].choice.identifiers ?: "-");
		source_free(journal);
	}
}

static void test_fields(void)
{
	static const char odd[] = "NOQUEUE: \xc2\x85\x1b[31m\n\xff<x> and\0more";
	const struct conf_source everything = { 0 };
	struct writer writer;
	struct source *journal;
	char *huge = malloc(LINE_BYTES_MAX + 1000);

	fresh();
	memset(huge, 'x', LINE_BYTES_MAX + 1000);
	writer = writer_start("a.journal");
	journal = follow(&everything);
	put_at(&writer, written++, SMTPD, odd, sizeof(odd) - 1);
	run_until("NOQUEUE");
	tap_ok(last.message.len == sizeof(odd) - 1 && memcmp(last.message.at, odd, sizeof(odd) - 1) == 0,
	       "U+0085, escapes, LF, NUL and what is no UTF-8: one message, to the byte");
	tap_str(last_program, "postfix/smtpd", "the identifier is the program");
	tap_int(last.pid, 42, "the process is the one that the writer means");
	tap_int(record_time_ms(&last, 0), (int64_t)(base_usec / 1000), "the time is journald's");
	tap_int(last.repeat, 1, "once");
	put(&writer, SMTPD, "Nov 22 10:00:00 mx1 postfix/smtpd[1]: message repeated 9 times: [ x]");
	run_until("Nov 22");
	tap_ok(last.repeat == 1 && last.message.len == 68, "a message that looks like a line is a message");
	put_at(&writer, written++, SMTPD, huge, LINE_BYTES_MAX + 1000);
	run_until("xxxx");
	tap_int(last.message.len, LINE_BYTES_MAX, "a huge message is cut");
	tap_int(source_stats(journal)->cut_lines, 1, "and that is in the figures");
	put(&writer, "_SYSTEMD_UNIT=dovecot.service\n_UID=0\n_PID=9", "bare");
	run_until("bare");
	tap_ok(last.program.len == 0 && last.pid == 9, "without an identifier: no program, journald's process id");
	writer_end(&writer);
	source_free(journal);
	free(huge);
}

#define CONTAINER SMTPD "\nCONTAINER_ID=0123456789ab\nCONTAINER_NAME=mail"

static void test_containers(void)
{
	const struct conf_source everything = { 0 };
	struct writer writer;
	struct source *journal;

	fresh();
	writer = writer_start("a.journal");
	put(&writer, CONTAINER, "Nov 22 10:00:00 mx dovecot[9]: <line>");
	put(&writer, CONTAINER "\nCONTAINER_PARTIAL_MESSAGE=true\nCONTAINER_PARTIAL_ORDINAL=1", "Nov 22 10:00:00 mx dovecot[9]: <part>");
	put(&writer, CONTAINER "\nCONTAINER_PARTIAL_ORDINAL=2", "Nov 22 10:00:00 mx dovecot[9]: <forged>");
	put(&writer, SMTPD "\nCONTAINER_NAME=mail", "Nov 22 10:00:00 mx dovecot[9]: <end>");
	writer_end(&writer);
	journal = follow(&everything);
	tap_str(run_until("<end>"), "<line> <part>  <end> ", "a container's line is taken out of what the journal says of it, but for what continues one");
	tap_str(last_program, "dovecot", "its program is the line's");
	source_free(journal);
}

static void test_live(void)
{
	const struct conf_source everything = { 0 };
	struct writer writer;
	struct source *journal;
	int64_t latest_ms = 0;

	fresh();
	journal = follow(&everything);
	settle();
	tap_ok(!source_stats(journal)->present, "no journal yet: that is no error");
	tap_int(source_journal_latest(&everything, &latest_ms), -ENOENT, "and no latest record");
	writer = writer_start("a.journal");
	put(&writer, SMTPD, "a");
	run_until("a ");
	tap_int(source_journal_latest(&everything, &latest_ms), 0, "then there is a latest record");
	tap_int(latest_ms, record_time_ms(&last, 0), "and when it was written");
	settle();
	tap_ok(source_stats(journal)->present && source_stats(journal)->caught_up, "it comes, and is there");
	seen[0] = '\0';
	put(&writer, SMTPD, "b");
	tap_str(run_until("b "), "live:b ", "what is written before our eyes is live");
	for (int i = 0; i < 3 * JOURNAL_TURN; i++)
		put(&writer, SMTPD, "many");
	put(&writer, SMTPD, "end");
	run_until("end ");
	tap_int(source_stats(journal)->lines, 3 * JOURNAL_TURN + 3, "many at once: each once");
	writer_end(&writer);
	source_free(journal);
}

/* what happens to the files between two followers; wanted: what the second one sees */
static void test_resume(void)
{
	static const char *const what[] = { "nothing happened", "records were added", "the file was rotated", "the file was vacuumed",
					    "the same records stand in another file too (from /run to /var)" };
	const struct conf_source everything = { 0 };

	for (int trial = 0; trial < 5; trial++) {
		struct source_position position;
		struct source *journal;
		struct writer writer;

		fresh();
		writer = writer_start("a.journal");
		put(&writer, SMTPD, "a");
		put(&writer, SMTPD, "b");
		if (trial == 0 || trial == 4)
			writer_end(&writer);
		journal = follow(&everything);
		run_until("b ");
		source_position(journal, &position);
		source_free(journal);
		if (trial == 1)
			put(&writer, SMTPD, "c");
		if (trial == 1 || trial == 2 || trial == 3)
			writer_end(&writer);
		if (trial == 2 || trial == 3) {
			writer = writer_start("b.journal");
			put(&writer, SMTPD, "c");
			writer_end(&writer);
		}
		if (trial == 3)
			sh("rm a.journal");
		if (trial == 4) {
			sh("rm a.journal");
			writer = writer_start("b.journal");
			for (uint64_t i = 0; i < 3; i++)
				put_at(&writer, i, SMTPD, (const char *[]){ "a", "b", "c" }[i], 1);
			writer_end(&writer);
		}
		journal = follow(&everything);
		source_resume(journal, &position, &unset);
		tap_str(settle(), trial == 0 ? "" : "c ", "%s: each record once", what[trial]);
		source_free(journal);
	}
}

/* Nothing was read yet when we ended: what came meanwhile is read, and nothing older than where we began. */
static void test_resume_empty(void)
{
	const struct conf_source everything = { 0 };
	struct source_position position;
	struct source *journal;
	struct writer writer;

	fresh();
	journal = follow(&everything);
	settle();
	source_position(journal, &position);
	source_free(journal);
	
	writer = writer_start("a.journal");
	base_usec -= 2 * (uint64_t)JOURNAL_LOOKBACK_S * 1000000;
	put(&writer, SMTPD, "old");
	base_usec += 2 * (uint64_t)JOURNAL_LOOKBACK_S * 1000000;
	put(&writer, SMTPD, "new");
	writer_end(&writer);
	journal = follow(&everything);
	source_resume(journal, &position, &unset);
	tap_str(settle(), "new ", "what came meanwhile, and nothing older than a day when we began");
	source_free(journal);
}

static void test_scan(void)
{
	struct conf_source choice = { .journal = true };
	struct source_stats stats = { 0 };
	struct writer writer;

	fresh();
	tap_int(source_journal_scan(NULL, &choice, see, NULL, &stats), -ENOENT, "scan: where there is no journal, that is said");
	writer = writer_start("a.journal");
	base_usec -= UINT64_C(30) * 86400 * 1000000;
	put_at(&writer, 0, SMTPD, "a-month-ago", 11);
	base_usec += UINT64_C(30) * 86400 * 1000000;
	put_at(&writer, 0, SMTPD, "today", 5);
	put_at(&writer, 1, "_SYSTEMD_UNIT=ssh.service\n_UID=0\nSYSLOG_IDENTIFIER=postfix/smtpd", "foreign", 7);
	writer_end(&writer);
	seen[0] = '\0';
	tap_int(source_journal_scan(NULL, &choice, see, NULL, &stats), 0, "scan: to the end, and no further");
	tap_str(seen, "a-month-ago today ", "scan: all that the journal has, in order, as backlog");
	tap_int(stats.lines, 2, "scan: lines");
}

int main(void)
{
	if (access(REMOTE, X_OK) < 0) {
		printf("1..0 # SKIP no %s (package systemd-journal-remote)\n", REMOTE);
		return 0;
	}
	source_journal_folder = folder;
	if (!mkdtemp(folder) || sd_event_default(&loop) < 0)
		return 1;
	base_usec = ((uint64_t)time(NULL) - 3600) * 1000000;
	test_writers();
	test_choice();
	test_fields();
	test_containers();
	test_live();
	test_resume();
	test_resume_empty();
	test_scan();
	sh("rm -rf ../$(basename $PWD)");
	sd_event_unref(loop);
	return tap_done();
}
