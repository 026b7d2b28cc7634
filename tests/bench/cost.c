/* cost - how long the dearest of the lines on standard input takes, from its bytes to its rule; for the benchmarks
 *
 * usage: cost CONF <LINES        prints, for each line, nanoseconds and the line's number: the least of three tries, since
 * a try may be interrupted, after one that makes what is made once */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "source/line.h"
#include "match/setup.h"

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t try(struct matcher *matcher, struct text text)
{
	struct record record;
	struct hit hit;
	int64_t begin = now_ns();

	record_parse(&record, text);
	match(matcher, &record, &hit);
	return now_ns() - begin;
}

int main(int argc, char **argv)
{
	struct problems problems = { .out = stderr };
	struct setup *setup = argc == 2 ? setup_load(argv[1], &problems) : NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!setup)
		return 2;
	for (uint64_t number = 1; (len = getline(&line, &room, stdin)) > 0; number++) {
		struct text text = { line, (size_t)len - 1 };
		int64_t first = try(setup->matcher, text), best = first;

		for (int i = 0; i < 3; i++) {
			int64_t again = try(setup->matcher, text);
			best = again < best ? again : best;
		}
		printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", best, first, number);
	}
	free(line);
	setup_free(setup);
	return 0;
}
