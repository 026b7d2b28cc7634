/* test_follows - each line of each source reaches the judge once, whatever reloads and restarts do to the list of sources */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge_world.h"
#include "service/follows.h"
#include "source/news.h"

#define BOTH "[source a]\nfile = a\n[source b]\nfile = b\n"
#define ONE "[source a]\nfile = a\n"

static const struct clock_set unset;
static char folder[] = "/tmp/mailward-follows-XXXXXX";
static sd_event *loop;
static struct world world;

static const char *at(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *mode, const char *text)
{
	FILE *file = fopen(at(name), mode);

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

#define EVERY 501	/* so many lines there is an error in long backlogs */

static struct lines_told {
	uint64_t lines, hits;
	int64_t middle_ms;	/* when the 80th counted */
	bool wrong;		/* one was not where it stands */
} told;

static void note_heard(void *arg, const struct heard *heard)
{
	(void)arg;
	told.lines += heard->lines;
	if (!heard->hit)
		return;
	told.hits++;
	if (told.hits == 80)
		told.middle_ms = heard->hit->time_ms;
	told.wrong |= told.lines % EVERY != 0 || !heard->counted || !heard->backlog;
}

/* a daemon's part that a reload makes anew; follows point into it, so it stays where it is */
struct part {
	struct setup *setup;
	struct follows follows;
};

static struct part *follow(const char *sources, const struct part *before)
{
	struct problems problems = { .out = stderr };
	struct part *part = calloc(1, sizeof(*part));

	put("conf", "w", "[mailward]\npatterns = p\n");
	put("conf", "a", sources);
	part->setup = setup_load(at("conf"), &problems);
	if (!part->setup || follows_open(&part->follows, loop, part->setup, world.judge, before ? &before->follows : NULL,
					 note_heard, NULL) < 0)
		abort();
	return part;
}

static void end(struct part *part)
{
	follows_close(&part->follows);
	setup_free(part->setup);
	free(part);
}

/* reload - with other sources; each step: both follow for a moment, then the old ones go */
static void reload(struct part **part, const char *sources)
{
	struct part *new = follow(sources, *part);

	end(*part);
	*part = new;
}

/* restart - what is saved is all that is left */
static void restart(struct part **part, const char *sources)
{
	static struct follow_saved saved[8];
	size_t count = 0;

	while (follows_save(&(*part)->follows, count, &saved[count]))
		count++;
	end(*part);
	*part = follow(sources, NULL);
	while (count-- > 0)
		if (!follows_load(&(*part)->follows, &saved[count], &unset))
			abort();
}

/* lines that the judge has heard of since it was last asked */
static uint64_t heard(void)
{
	static uint64_t before;
	uint64_t now, new;

	while (sd_event_run(loop, 0) > 0)
		;
	now = judge_figures(world.judge)->lines;
	new = now - before;
	before = now;
	return new;
}

static void test_reloads(void)
{
	struct part *part = follow(BOTH, NULL);

	tap_int(heard(), 3, "two sources are read");
	reload(&part, BOTH);
	tap_int(heard(), 0, "a reload goes on where they stood");
	put("a", "a", "x\n");
	reload(&part, BOTH);
	tap_int(heard(), 1, "a line that was written before it counts once");
	reload(&part, ONE);
	put("b", "a", "x\nx\n");
	put("a", "a", "x\n");
	tap_int(heard(), 1, "one is taken out");
	reload(&part, ONE);
	reload(&part, BOTH);
	tap_int(heard(), 2, "put back, it goes on where it stood");
	reload(&part, ONE);
	put("b", "a", "x\n");
	restart(&part, ONE);
	reload(&part, ONE);
	tap_int(heard(), 0, "taken out, and a restart between");
	restart(&part, BOTH);
	tap_int(heard(), 1, "put back by another");
	for (int i = 0; i < 200; i++)
		reload(&part, i % 2 ? BOTH : ONE);
	tap_ok(heard() == 0 && part->follows.past_count == 0, "two hundred reloads later: nothing twice, nothing kept in vain");
	end(part);
}

static void test_saved(void)
{
	static struct follow_saved saved;
	struct part *part = follow(BOTH, NULL);

	heard();
	tap_ok(follows_save(&part->follows, 0, &saved) && strcmp(saved.name, at("a")) == 0, "what is saved bears the source's name");
	tap_ok(!follows_save(&part->follows, 2, &saved), "one for each, and no more");
	saved.latest_ms = -1;
	tap_ok(!follows_load(&part->follows, &saved, &unset), "a time that cannot be is refused");
	saved.latest_ms = 0;
	memset(saved.name, 'x', sizeof(saved.name));
	tap_ok(!follows_load(&part->follows, &saved, &unset), "so is a name without an end");
	follows_save(&part->follows, 1, &saved);
	memset(&saved.position, 0xff, sizeof(saved.position));
	tap_ok(follows_load(&part->follows, &saved, &unset), "a position that nobody understands is no reason to fail");
	for (unsigned i = 0; i < 2 * CONF_NAMED_MAX; i++) {
		snprintf(saved.name, sizeof(saved.name), "/gone/%u", i);
		follows_load(&part->follows, &saved, &unset);
	}
	tap_int(part->follows.past_count, CONF_NAMED_MAX, "of those that are gone, no more are kept than there may be");
	tap_str(part->follows.past[0].name, "/gone/64", "and those the latest");
	end(part);
}

static void test_ok(void)
{
	struct part *part = follow(BOTH, NULL);

	tap_ok(follows_ok(&part->follows), "sources that can be read");
	for (size_t i = 0; i < 2; i++) {
		struct source *source = part->follows.at[i].source;

		source_set_trouble(source, -EMFILE);
		tap_ok(follows_ok(&part->follows), "a trouble that is new");
		source->trouble_usec -= (uint64_t)FOLLOWS_PATIENCE_S * 1000000;
		tap_int(follows_ok(&part->follows), i == 0, "%s", i ? "none of them can be read for long" : "one cannot for long, the other can");
	}
	source_set_trouble(part->follows.at[0].source, 0);
	tap_ok(follows_ok(&part->follows), "one can again");
	end(part);
	unlink(at("a"));
	part = follow(ONE, NULL);
	heard();
	tap_ok(follows_ok(&part->follows), "a log that is not there yet is waited for");
	end(part);
}

/* What stands there is no file: it is told once, and not called missing. */
static void test_no_file(void)
{
	int stderr_fd = dup(STDERR_FILENO), said_fd = memfd_create("said", MFD_CLOEXEC);
	char said[500] = "";
	struct part *part;

	if (stderr_fd < 0 || said_fd < 0 || mkdir(at("a"), 0700) < 0 || dup2(said_fd, STDERR_FILENO) < 0)
		return;
	part = follow(ONE, NULL);
	dup2(stderr_fd, STDERR_FILENO);
	tap_ok(pread(said_fd, said, sizeof(said) - 1, 0) > 0 && strstr(said, "not a regular file"), "a folder is no log");
	tap_ok(!strstr(said, "not there yet"), "but it is there");
	end(part);
	close(stderr_fd);
	close(said_fd);
}

static int hurries;

static void count_hurry(struct source *source)
{
	(void)source;
	hurries++;
}

/* Looking often costs more than ten thousand lines: it is for those whom the next line may ban. */
static void test_hurry(void)
{
	struct part *part = follow(ONE, NULL);
	struct source *source = part->follows.at[0].source;
	struct source_ops ops = *source->ops;

	ops.hurry = count_hurry;
	source->ops = &ops;
	heard();
	for (int i = 0; i < 3; i++) {
		put("a", "a", "Nov 22 10:00:00 mx a/smtpd[7]: each x[198.51.100.7]\n");
		put("a", "a", "Nov 22 10:00:00 mx a/smtpd[7]: x\n");
		heard();
		tap_int(hurries, i == 2, "%s", i == 2 ? "there is hurry for who is delayed" : "there is none for who has erred");
	}
	end(part);
}

/* Read ahead by several threads or not: each line is counted, and each error stands at its line, whatever the zone of its stamp. */
static void test_long(void)
{
	static const int64_t zones_ms[] = { 0, 3600000 };
	const unsigned lines = 160 * EVERY;
	int64_t first_ms = 0;

	for (size_t i = 0; i < 2; i++) {
		struct figures before = *judge_figures(world.judge);
		FILE *file = fopen(at("a"), "w");
		struct part *part;

		for (unsigned line = 1; file && line <= lines; line++)
			if (line % EVERY == 0)
				fprintf(file, "2020-11-22T10:00:%02u mx a/smtpd[%u]: each x[203.0.%u.%u]\n", line / EVERY % 60, line, (unsigned)i, line / EVERY % 256);
			else
				fprintf(file, "2020-11-22T10:00:00 mx a/smtpd[7]: of peace, and long %100u\n", line);
		if (!file || fclose(file) != 0)
			abort();
		part = follow(ONE, NULL);
		part->follows.at[0].feed.zone_ms = zones_ms[i];
		told = (struct lines_told){ .lines = 0 };
		tap_int(heard(), lines, "a long log: each line once");
		tap_int(told.lines, lines, "... and all are told of");
		tap_ok(told.hits == lines / EVERY && !told.wrong, "... each error at its line (%u)", (unsigned)told.hits);
		tap_int(judge_figures(world.judge)->errors - before.errors, lines / EVERY, "... it counts");
		tap_int(judge_figures(world.judge)->bytes - before.bytes, (int64_t)follow_stats(&part->follows.at[0])->bytes, "... as many bytes");
		first_ms = first_ms ? first_ms : told.middle_ms;
		tap_int(told.middle_ms - first_ms, zones_ms[i], "... at its time");
		end(part);
	}
}

int main(void)
{
	news_gather_us = 0;
	if (!mkdtemp(folder) || sd_event_new(&loop) < 0 || mkdir(at("p"), 0700) < 0)
		return 1;
	put("p/t.pat", "w", WORLD_RULES);
	put("a", "w", "x\nx\n");
	put("b", "w", "x\n");
	world_init(&world, WORLD_RULES, NULL);
	test_reloads();
	test_saved();
	test_hurry();
	test_long();
	test_ok();
	test_no_file();
	world_fini(&world);
	sd_event_unref(loop);
	for (const char *const *name = (const char *const []){ "p/t.pat", "p", "a", "b", "conf", "", NULL }; *name; name++)
		remove(at(*name));
	return tap_done();
}
