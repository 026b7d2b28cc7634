/* test_resume - a follower that died goes on exactly where it was, whatever happened to its log meanwhile
 *
 * Each case: lines are read, the follower ends, the log goes through something, a new follower resumes. What it hands
 * on must be the lines that were not handed on before, each once, in order. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/news.h"
#include "source/source_file.h"
#include "tap.h"

static const struct clock_set unset;
static char folder[] = "/tmp/mailward-resume-XXXXXX", log_path[64];
static sd_event *loop;
static char seen[1 << 16];

static void see(void *arg, const struct record *record, size_t bytes, bool backlog)
{
	size_t used = strlen(seen);

	(void)arg, (void)bytes;
	snprintf(seen + used, sizeof(seen) - used, "%s%.*s ", backlog ? "" : "live:",
		 (int)(record->message.len < 20 ? record->message.len : 20), record->message.at);
}

static void sh(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && %s", folder, command);
	if (system(line) != 0) {
		printf("# failed: %s\n", command);
		exit(1);
	}
}

static const char *settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
	return seen;
}

static struct source *follow(void)
{
	static struct conf_source named = { .file = log_path };
	static const struct conf conf = { .sources = &named, .source_count = 1 };
	struct source *source;

	seen[0] = '\0';
	if (source_file_open(&source, loop, &conf, &named, see, NULL) < 0)
		abort();
	return source;
}

/* die - its position is all that is left */
static struct source_position die(struct source *source)
{
	struct source_position position;

	source_position(source, &position);
	source_free(source);
	return position;
}

#define STAMP "2026-11-22T"

static const struct trial {
	const char *name, *before, *meanwhile, *wanted;
	bool found;
} trials[] = {
	{ "nothing happened", "echo a >mail.log", "true", "", true },
	{ "lines were added", "echo a >mail.log", "echo b >>mail.log", "b ", true },
	{ "an unfinished line was finished", "printf 'a\\nb' >mail.log", "echo c >>mail.log", "bc ", true },
	{ "an over-long line was half read", "printf 'a\\nxxxxx' >mail.log; head -c 100000 /dev/zero | tr '\\0' y >>mail.log",
	  "printf 'zz\\nb\\n' >>mail.log", "xxxxxyyyyyyyyyyyyyyy b ", true },
	{ "rotated by rename", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; echo c >mail.log", "b c ", true },
	{ "rotated by rename, the new file is not there yet", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1",
	  "b ", true },
	{ "rotated with a date", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log-20261122; echo c >mail.log",
	  "b c ", true },
	{ "rotated by copy and truncation", "echo a >mail.log; echo aa >>mail.log",
	  "echo b >>mail.log; cp mail.log mail.log.1; : >mail.log; echo c >>mail.log", "b c ", true },
	{ "rotated twice", "echo a >mail.log", "echo b >>mail.log; touch -d '10 seconds' mail.log; mv mail.log mail.log.2; "
	  "echo c >mail.log.1; touch -d '20 seconds' mail.log.1; echo d >mail.log", "b c d ", true },
	{ "an older log beside it is left alone", "echo 0 >mail.log.1; touch -d '1 day ago' mail.log.1; echo a >mail.log",
	  "echo b >>mail.log; mv mail.log.1 mail.log.2; mv mail.log mail.log.1; echo c >mail.log", "b c ", true },
	{ "gone: the present file is read from its beginning", "echo a >mail.log", "rm mail.log; echo c >mail.log", "c ", false },
	{ "emptied and longer than before", "echo a >mail.log", "echo bbbbbbbbbbb >mail.log; echo c >>mail.log",
	  "bbbbbbbbbbb c ", false },
	{ "empty at death", ": >mail.log", "echo a >>mail.log", "a ", true },
	{ "rotated and packed by gzip", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; gzip mail.log.1; echo c >mail.log",
	  "b c ", true },
	{ "by xz", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; xz mail.log.1; echo c >mail.log", "b c ", true },
	{ "by bzip2", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; bzip2 mail.log.1; echo c >mail.log", "b c ", true },
	{ "by zstd", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; zstd -q --rm mail.log.1; echo c >mail.log", "b c ", true },
	{ "rotated with a date and packed", "echo a >mail.log",
	  "echo b >>mail.log; mv mail.log mail.log-20261122; gzip mail.log-20261122; echo c >mail.log", "b c ", true },
	{ "as postfix logrotate does", "echo a >mail.log",
	  "echo b >>mail.log; mv mail.log mail.log.20261122-093000; gzip mail.log.20261122-093000; echo c >mail.log", "b c ", true },
	{ "packed while it was being packed, and before it was removed", "echo a >mail.log",
	  "echo b >>mail.log; mv mail.log mail.log.1; gzip -k mail.log.1; echo c >mail.log", "b c ", true },
	{ "an unfinished line is in the packed file", "printf 'a\nb' >mail.log",
	  "echo c >>mail.log; mv mail.log mail.log.1; gzip mail.log.1; echo d >mail.log", "bc d ", true },
	{ "copied, emptied, and the copy packed", "echo a >mail.log",
	  "echo b >>mail.log; cp mail.log mail.log.1; : >mail.log; gzip mail.log.1; echo c >mail.log", "b c ", true },
	{ "rotated twice, the older one packed", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.2; echo c >mail.log.1; "
	  "touch -d '10 seconds' mail.log.2; touch -d '20 seconds' mail.log.1; gzip mail.log.2; echo d >mail.log", "b c d ", true },
	{ "rotated twice, both packed", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.2; echo c >mail.log.1; "
	  "touch -d '10 seconds' mail.log.2; touch -d '20 seconds' mail.log.1; gzip mail.log.?; echo d >mail.log", "b c d ", true },
	{ "gone, but what came after it is there, packed and not", "echo a >mail.log", "rm mail.log; echo b >mail.log.2; echo c >mail.log.1; "
	  "touch -d '10 seconds' mail.log.2; touch -d '20 seconds' mail.log.1; gzip mail.log.2; echo d >mail.log", "b c d ", false },
	{ "emptied before anything was read of it", ": >mail.log",
	  "echo a >>mail.log; cp mail.log mail.log.1; : >mail.log; gzip mail.log.1; echo b >>mail.log", "a b ", true },
	{ "logs of other names beside it", "echo a >mail.log; echo a >mail.log.info; echo a >mail.log2", "echo b >>mail.log; mv mail.log mail.log.1; "
	  "cp mail.log.1 mail.log.info; cp mail.log.1 mail.log2; cp mail.log.1 mail.log.backup; cp mail.log.1 mail.log-old; echo c >mail.log", "b c ", true },
	{ "an edited log: what is stamped later", "echo '" STAMP "10:00:00Z mx p[1]: a' >mail.log; echo '" STAMP "10:05:00Z mx p[1]: b' >>mail.log",
	  "sed -i s/mx/mx1/ mail.log; echo '" STAMP "10:06:00Z mx p[1]: c' >>mail.log", "c ", false },
	{ "twenty rotations", "echo a >mail.log", "mv mail.log mail.log.21; for i in $(seq 20 -1 1); do echo $i >mail.log.$i; touch -d \"$((40 - i)) seconds\" mail.log.$i; done; "
	  "echo z >mail.log", "20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 z ", true },
};

static void test_trial(const struct trial *trial)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*");
	sh(trial->before);
	source = follow();
	settle();
	position = die(source);
	sh(trial->meanwhile);
	source = follow();
	tap_int(source_resume(source, &position, &unset), trial->found, "%s: found again", trial->name);
	tap_str(settle(), trial->wanted, "%s: each new line once", trial->name);
	sh("echo again >>mail.log");	/* a file that begins to exist is read as backlog first */
	settle();
	seen[0] = '\0';
	sh("echo live >>mail.log");
	tap_str(settle(), "live:live ", "%s: and it follows on", trial->name);
	source_free(source);
}

/* Hosts with a log each, in one folder: none is another's old one. */
static void test_others(void)
{
	static char here[80], there[80];
	static struct conf_source named[2] = { { .file = here }, { .file = there } };
	static const struct conf conf = { .sources = named, .source_count = 2 };
	struct source_position position;
	struct source *source;

	snprintf(here, sizeof(here), "%s/mx", folder);
	snprintf(there, sizeof(there), "%s/mx.1", folder);
	sh("echo a >mx; echo other >mx.1");
	for (int i = 0; i < 2; i++) {
		seen[0] = '\0';
		if (source_file_open(&source, loop, &conf, &named[0], see, NULL) < 0)
			abort();
		if (i > 0)
			source_resume(source, &position, &unset);
		tap_str(settle(), i ? "b c " : "a ", "a file that another source follows is no neighbour (%d)", i);
		position = die(source);
		sh("echo other >>mx.1; echo b >>mx; mv mx mx.2; echo c >mx");
	}
	sh("rm mx*");
}

/* Two files at once: the writer is still at the old one when we die. */
static void test_two_tails(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; echo a >mail.log");
	source = follow();
	settle();
	sh("mv mail.log mail.log.1; echo c >mail.log");
	settle();
	position = die(source);
	sh("echo b >>mail.log.1; echo d >>mail.log");
	source = follow();
	source_resume(source, &position, &unset);
	tap_str(settle(), "b d ", "both files of a rotation go on");
	source_free(source);
}

/* Positions are taken before the loop could tell that the log was copied and emptied. */
static void test_emptied_unheard(const char *since, const char *wanted)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; printf 'a\\nb' >mail.log");
	source = follow();
	settle();
	sh("echo c >>mail.log; cp mail.log mail.log.1; : >mail.log");
	sh(since);
	position = die(source);
	sh("echo e >>mail.log");
	source = follow();
	source_resume(source, &position, &unset);
	tap_str(settle(), wanted, "what the copy holds is not lost");
	source_free(source);
}

/* The file was empty when the follower died. Then it was filled, copied and emptied, filled again and renamed. */
static void test_copied_while_away(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; echo '2026-11-22T10:00:00Z mx p[1]: a' >mail.log");
	source = follow();
	settle();
	sh("cp mail.log mail.log.1; : >mail.log");
	settle();
	position = die(source);
	sh("echo '2026-11-22T10:01:00Z mx p[1]: b' >>mail.log; cp mail.log mail.log.2; : >mail.log; echo '2026-11-22T10:02:00Z mx p[1]: c' >>mail.log; "
	   "mv mail.log mail.log.3; echo '2026-11-22T10:03:00Z mx p[1]: d' >mail.log");
	source = follow();
	tap_ok(source_resume(source, &position, &unset), "copied and emptied, rotated while nobody follows: found again");
	tap_str(settle(), "b c d ", "the copy, too, and in order");
	source_free(source);
}

/* Nothing was read of the file yet; it was copied and emptied, and has lines again. */
static void test_copied_unread(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; : >mail.log");
	source = follow();
	settle();
	sh("echo a >>mail.log; cp mail.log mail.log.1; : >mail.log");
	source_position(source, &position);
	sh("gzip mail.log.1; echo b >>mail.log");
	tap_str(settle(), "a live:b ", "filled, copied, emptied and filled again before it is looked at");
	sh("echo c >>mail.log");
	tap_str(settle(), "a live:b live:c ", "and it follows on");
	sh("rm mail.log.1.gz; mv mail.log mail.log.2; : >mail.log");
	settle();
	sh("echo d >>mail.log; cp mail.log mail.log.1; : >mail.log");
	tap_str(settle(), "a live:b live:c d ", "filled, copied and emptied, and nothing more: the copy need not wait");
	source_free(source);
	sh("rm mail.log*; : >mail.log");
	source = follow();
	settle();
	sh("echo a >>mail.log; cp mail.log mail.log.1; : >mail.log");
	position = die(source);
	sh("gzip mail.log.1; echo b >>mail.log; echo c >>mail.log");
	source = follow();
	tap_ok(source_resume(source, &position, &unset), "the same, and a start: found again");
	tap_str(settle(), "a b c ", "each line once");
	source_free(source);
}

/* Rotated while the clock was ahead, and read: when it is set back, those files are of the future, and written since whenever
 * we looked. */
static void test_future(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*");
	source = follow();
	for (int i = 1; i <= 8; i++) {
		char command[300];

		snprintf(command, sizeof(command), "[ ! -e mail.log ] || mv mail.log mail.log.%d; %s; "
			 "printf '2026-11-2%dT10:0%d:00Z mx%044d p[1]: %d\n' >mail.log", 9 - i, i == 4 ? "touch -d '23 hours' mail.log.*" : "true",
			 i < 4 ? i + 3 : 2, i, 0, i);
		if (i == 4)
			source_shift(source, -4 * INT64_C(86400000));
		sh(command);
		settle();
	}
	tap_str(seen, "1 2 3 4 5 6 7 8 ", "rotated, and the clock set back: each line once");
	position = die(source);
	sh("gzip -k mail.log.7; echo '2026-11-22T10:10:00Z mx p[1]: new' >>mail.log; mv mail.log mail.log.9; "
	   "echo '2026-11-22T10:11:00Z mx p[1]: newer' >mail.log");
	source = follow();
	tap_ok(source_resume(source, &position, &unset), "files of the future, after the clock was set back: found again");
	tap_str(settle(), "new newer ", "what was read of them is known");
	source_free(source);
}

/* The clock is set back while nobody follows, and the log is rotated then: by the files' times that was long before. */
static void test_set_back(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; echo '2026-11-24T10:00:00Z mx p[1]: a' >mail.log");
	clock_stand(INT64_C(1795518000000));	/* 2026-11-24 11:00 */
	source = follow();
	settle();
	position = die(source);
	sh("touch -d '2026-11-24T10:00:00Z' mail.log; mv mail.log mail.log.2; echo '2026-11-23T10:02:00Z mx p[1]: b' >mail.log.1; "
	   "touch -d '2026-11-23T10:02:00Z' mail.log.1; echo '2026-11-23T10:03:00Z mx p[1]: c' >mail.log; touch -d '2026-11-23T10:03:00Z' mail.log");
	clock_stand(INT64_C(1795428600000));	/* 2026-11-23 10:10 */
	source = follow();
	tap_ok(source_resume(source, &position, &unset), "set back while it is away: found again");
	tap_str(settle(), "b c ", "and what was rotated since");
	source_free(source);
	clock_stand(0);
}

#define ELEVEN INT64_C(1795518000000)	/* 2026-11-24 11:00 */

static struct source *follow_again(const struct source_position *position, int64_t now_ms, struct clock_set set)
{
	struct source *source;

	clock_stand(now_ms);
	set.until_ms = now_ms - set.step_ms;
	source = follow();
	tap_ok(source_resume(source, position, &set), "found again");
	return source;
}

/* By how much the clock was set while nobody followed is known: what was written before that, and read after it, is told by its
 * stamps and its files' times, and nothing is moved twice. */
static void test_set_by(int step_s)
{
	int64_t now_ms = ELEVEN + 10000 + step_s * INT64_C(1000);
	struct clock_set set = { .step_ms = step_s * 1000 };
	struct source_position position;
	char command[500];
	struct source *source;

	sh("rm -f mail.log*; printf '2026-11-24T10:57:00Z mx p[1]: a\n2026-11-24T10:59:50Z mx p[1]: a2\n' >mail.log; touch -d '2026-11-24T10:59:50Z' mail.log");
	clock_stand(ELEVEN);
	source = follow();
	settle();
	position = die(source);
	/* rotated before the clock is set, and after it; a packed one has lost the fraction of its time */
	snprintf(command, sizeof(command), "echo '2026-11-24T11:00:03Z mx p[1]: b' >>mail.log; touch -d '2026-11-24T11:00:03Z' mail.log; mv mail.log mail.log.1; gzip mail.log.1; "
		 "echo '2026-11-24T11:00:09.5Z mx p[1]: c' | gzip >mail.log.2.gz; touch -d '2026-11-24T11:00:10Z' mail.log.2.gz; d() { "
		 "date -u -d \"2026-11-24T11:00:${1}Z %d seconds\" +%%Y-%%m-%%dT%%H:%%M:%%SZ; }; for i in 11 12; do echo \"$(d $i) mx p[1]: $i\" >mail.log; "
		 "touch -d \"$(d $i)\" mail.log; [ $i = 12 ] || mv mail.log mail.log.3; done", step_s);
	sh(command);
	source = follow_again(&position, now_ms + 3000, set);
	tap_str(settle(), "b c 11 12 ", "set by %d s while it is away, and rotated before and after: each line once, and in order", step_s);
	position = die(source);
	tap_int(position.last_ms, ELEVEN + 12000 + step_s * INT64_C(1000), "the latest line is the one that was written last");
	set.moved = true;
	snprintf(command, sizeof(command), "mv mail.log mail.log.4; d() { date -u -d \"2026-11-24T11:00:${1}Z %d seconds\" +%%Y-%%m-%%dT%%H:%%M:%%SZ; }; "
		 "echo \"$(d 15) mx p[1]: 15\" >mail.log; touch -d \"$(d 15)\" mail.log", step_s);
	sh(command);
	source = follow_again(&position, now_ms + 6000, set);
	tap_str(settle(), "15 ", "the next one is no edited copy of an older one, and no file that was read is read again");
	source_free(source);
	clock_stand(0);
}

/* Some of it was read; it was copied and emptied, filled again and renamed before we looked. */
static void test_copied_and_renamed(void)
{
	struct source *source;

	sh("rm -f mail.log*; echo '2026-11-22T10:00:00Z mx1.a-name-that-makes-lines-longer.example.com p[1]: a' >mail.log");
	source = follow();
	settle();
	sh("echo '2026-11-22T10:01:00Z mx1.a-name-that-makes-lines-longer.example.com p[1]: b' >>mail.log; cp mail.log mail.log.1; : >mail.log; echo '2026-11-22T10:02:00Z mx1.a-name-that-makes-lines-longer.example.com p[1]: c' >>mail.log; "
	   "mv mail.log mail.log.2; echo '2026-11-22T10:03:00Z mx1.a-name-that-makes-lines-longer.example.com p[1]: d' >mail.log");
	tap_str(settle(), "a b c d ", "copied and emptied, filled and renamed, unseen: each line once, and in order");
	sh("echo '2026-11-22T10:04:00Z mx1.a-name-that-makes-lines-longer.example.com p[1]: e' >>mail.log");
	tap_str(settle(), "a b c d live:e ", "and it follows on");
	source_free(source);
}

/* Copied and emptied within one tick of the clock, while the copy was not there to be seen: no news comes of it. */
static void test_copy_comes_late(void)
{
	struct source *source;

	sh("rm -f mail.log*; : >mail.log; touch -d '2026-11-24T11:00:00Z' mail.log");
	clock_stand(ELEVEN);
	source = follow();
	settle();
	sh("echo a >>mail.log; : >mail.log; touch -d '2026-11-24T11:00:00Z' mail.log");
	tap_str(settle(), "", "emptied, and nothing is known of a copy");
	sh("echo '2026-11-24T10:59:59Z mx p[1]: a' >mail.log.1; touch -d '2026-11-24T11:00:00Z' mail.log.1");
	clock_stand(ELEVEN + 1000);
	for (unsigned i = 0; i < 200 && !*seen; i++)
		sd_event_run(loop, 100000);
	tap_str(seen, "a ", "it is looked for again");
	source_free(source);
	clock_stand(0);
}

/* Long after the clock was set, what a log in another zone says is not taken for something written before. */
static void test_set_long_ago(void)
{
	struct source_position position;
	struct source *source;

	sh("rm -f mail.log*; echo '2026-11-24T07:00:00Z mx p[1]: a' >mail.log");
	clock_stand(ELEVEN);
	source = follow();
	settle();
	clock_stand(ELEVEN + 3600000);
	source_shift(source, 3600000);
	clock_stand(ELEVEN + 3700000);
	sh("echo '2026-11-24T09:01:39Z mx p[1]: b' >>mail.log");
	settle();
	sh("echo '2026-11-24T09:01:40Z mx p[1]: c' >>mail.log");
	tap_str(settle(), "a live:b live:c ", "set forward by an hour, and some minutes pass");
	position = die(source);
	tap_int(position.last_ms, ELEVEN - 2 * INT64_C(3600000) + 3700000 - 3600000 + 0, "the latest line is as late as it says");
	clock_stand(0);
}

int main(void)
{
	news_gather_us = 0;
	if (!mkdtemp(folder) || sd_event_default(&loop) < 0)
		return 1;
	snprintf(log_path, sizeof(log_path), "%s/mail.log", folder);
	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		test_trial(&trials[i]);
	test_others();
	test_two_tails();
	test_emptied_unheard("true", "bc e ");
	test_emptied_unheard("echo ddddddd >>mail.log", "bc ddddddd e ");
	test_copied_unread();
	test_copied_while_away();
	test_future();
	test_set_back();
	test_copied_and_renamed();
	test_copy_comes_late();
	test_set_long_ago();
	test_set_by(-7200);
	test_set_by(-90);
	test_set_by(90);
	test_set_by(86400);
	sh("rm -rf ../$(basename $PWD)");
	sd_event_unref(loop);
	return tap_done();
}
