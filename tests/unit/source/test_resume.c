/* test_resume - a follower that died goes on exactly where it was, whatever happened to its log meanwhile
 *
 * Each case: lines are read, the follower ends, the log goes through something, a new follower resumes. What it hands
 * on must be the lines that were not handed on before, each once, in order. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/source.h"
#include "tap.h"

static char folder[] = "/tmp/mailward-resume-XXXXXX", log_path[64];
static sd_event *loop;
static char seen[1 << 16];

static void see(void *arg, const struct line *line)
{
	size_t used = strlen(seen);

	(void)arg;
	snprintf(seen + used, sizeof(seen) - used, "%s%.*s ", line->backlog ? "" : "live:",
		 (int)(line->text.len < 20 ? line->text.len : 20), line->text.at);
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

struct death {
	struct source_position positions[SOURCE_POSITIONS_MAX];
	size_t count;
};

static struct death follow_and_die(void)
{
	struct source *source;
	struct death death;

	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	settle();
	death.count = source_positions(source, death.positions);
	source_free(source);
	return death;
}

static const struct trial {
	const char *name, *before, *meanwhile, *wanted;
	size_t found;
} trials[] = {
	{ "nothing happened", "echo a >mail.log", "true", "", 1 },
	{ "lines were added", "echo a >mail.log", "echo b >>mail.log", "b ", 1 },
	{ "an unfinished line was finished", "printf 'a\\nb' >mail.log", "echo c >>mail.log", "bc ", 1 },
	{ "an over-long line was half read", "printf 'a\\nxxxxx' >mail.log; head -c 100000 /dev/zero | tr '\\0' y >>mail.log",
	  "printf 'zz\\nb\\n' >>mail.log", "xxxxxyyyyyyyyyyyyyyy b ", 1 },
	{ "rotated by rename", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1; echo c >mail.log", "b c ", 1 },
	{ "rotated by rename, the new file is not there yet", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log.1",
	  "b ", 1 },
	{ "rotated with a date", "echo a >mail.log", "echo b >>mail.log; mv mail.log mail.log-20261122; echo c >mail.log",
	  "b c ", 1 },
	{ "rotated by copy and truncation", "echo a >mail.log; echo aa >>mail.log",
	  "echo b >>mail.log; cp mail.log mail.log.1; : >mail.log; echo c >>mail.log", "b c ", 1 },
	{ "rotated twice", "echo a >mail.log", "echo b >>mail.log; touch -d '3 hours ago' mail.log; mv mail.log mail.log.2; "
	  "echo c >mail.log.1; touch -d '2 hours ago' mail.log.1; echo d >mail.log", "b c d ", 1 },
	{ "an older log beside it is left alone", "echo 0 >mail.log.1; touch -d '1 day ago' mail.log.1; echo a >mail.log",
	  "echo b >>mail.log; mv mail.log.1 mail.log.2; mv mail.log mail.log.1; echo c >mail.log", "b c ", 1 },
	{ "gone: the present file is read from its beginning", "echo a >mail.log", "rm mail.log; echo c >mail.log", "c ", 0 },
	{ "emptied and longer than before", "echo a >mail.log", "echo bbbbbbbbbbb >mail.log; echo c >>mail.log",
	  "bbbbbbbbbbb c ", 0 },
	{ "empty at death", ": >mail.log", "echo a >>mail.log", "a ", 1 },
};

static void test_trial(const struct trial *trial)
{
	struct death death;
	struct source *source;

	sh("rm -f mail.log*");
	sh(trial->before);
	death = follow_and_die();
	sh(trial->meanwhile);
	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	tap_int(source_resume(source, death.positions, death.count), trial->found, "%s: found again", trial->name);
	tap_str(settle(), trial->wanted, "%s: each new line once", trial->name);
	sh("echo again >>mail.log");	/* a file that begins to exist is read as backlog first */
	settle();
	seen[0] = '\0';
	sh("echo live >>mail.log");
	tap_str(settle(), "live:live ", "%s: and it follows on", trial->name);
	source_free(source);
}

/* Two files at once: the writer is still at the old one when we die. */
static void test_two_tails(void)
{
	struct source *source;
	struct source_position positions[SOURCE_POSITIONS_MAX];
	size_t count;

	sh("rm -f mail.log*; echo a >mail.log");
	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	settle();
	sh("mv mail.log mail.log.1; echo c >mail.log");
	settle();
	count = source_positions(source, positions);
	source_free(source);
	tap_int(count, 2, "both files of a rotation have a position");
	sh("echo b >>mail.log.1; echo d >>mail.log");
	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	source_resume(source, positions, count);
	tap_str(settle(), "b d ", "and both go on");
	source_free(source);
}

/* Positions are taken before the loop could tell that the log was copied and emptied. */
static void test_emptied_unheard(const char *since, const char *wanted)
{
	struct source *source;
	struct source_position positions[SOURCE_POSITIONS_MAX];
	size_t count;

	sh("rm -f mail.log*; printf 'a\\nb' >mail.log");
	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	settle();
	sh("echo c >>mail.log; cp mail.log mail.log.1; : >mail.log");
	sh(since);
	count = source_positions(source, positions);
	source_free(source);
	sh("echo e >>mail.log");
	seen[0] = '\0';
	source_follow(&source, loop, log_path, see, NULL);
	source_resume(source, positions, count);
	tap_str(settle(), wanted, "what the copy holds is not lost");
	source_free(source);
}

int main(void)
{
	if (!mkdtemp(folder) || sd_event_default(&loop) < 0)
		return 1;
	snprintf(log_path, sizeof(log_path), "%s/mail.log", folder);
	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		test_trial(&trials[i]);
	test_two_tails();
	test_emptied_unheard("true", "bc e ");
	test_emptied_unheard("echo ddddddd >>mail.log", "bc ddddddd e ");
	sh("rm -rf ../$(basename $PWD)");
	sd_event_unref(loop);
	return tap_done();
}
