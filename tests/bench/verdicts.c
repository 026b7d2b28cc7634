/* verdicts - how long the judge alone takes, from hits to verdicts; for the benchmarks
 *
 * usage: verdicts CONF <LINES        prints the number of hits in the lines, and the least of five times in nanoseconds that a new
 * judge takes for all of them: what no number of threads that read the lines makes any faster */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "judge/judge.h"
#include "match/feed.h"
#include "match/setup.h"

struct hits {
	struct hit *at;
	size_t count;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void hear_nothing(void *arg, const struct event *event)
{
	(void)arg, (void)event;
}

static bool find(struct hits *hits, struct matcher *matcher)
{
	struct feed feed = feed_new(matcher);
	char *line = NULL;
	size_t room = 0;
	bool good = true;
	ssize_t len;

	feed.replay = true;
	while (good && (len = getline(&line, &room, stdin)) > 0) {
		struct hit hit, *grown;

		if (!feed_text(&feed, (struct text){ line, (size_t)len - 1 }, true, &hit))
			continue;
		grown = array_grow(hits->at, hits->count, sizeof(*grown));
		good = grown;
		if (good) {
			hits->at = grown;
			hits->at[hits->count++] = hit;
		}
	}
	free(line);
	return good;
}

/* 0: no memory */
static int64_t time_ns(const struct setup *setup, const struct hits *hits)
{
	struct judge *judge = judge_new(&setup->conf, &setup->rules, hear_nothing, NULL);
	int64_t begin = now_ns(), took;

	if (!judge)
		return 0;
	for (size_t i = 0; i < hits->count; i++)
		judge_hit(judge, &hits->at[i]);
	took = now_ns() - begin;
	judge_free(judge);
	return took;
}

int main(int argc, char **argv)
{
	struct problems problems = { .out = stderr };
	struct setup *setup = argc == 2 ? setup_load(argv[1], &problems) : NULL;
	struct hits hits = { .count = 0 };
	int64_t best = 0;

	if (!setup || !find(&hits, setup->matcher))
		return 2;
	for (int i = 0; i < 5; i++) {
		int64_t took = time_ns(setup, &hits);

		if (took && (!best || took < best))
			best = took;
	}
	printf("%zu %" PRId64 "\n", hits.count, best);
	free(hits.at);
	setup_free(setup);
	return !best;
}
