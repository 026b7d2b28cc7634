/* pace - copy lines to the ends of files in turn, one write(2) a line, so many a second; for the benchmarks
 *
 * usage: pace LINES-PER-SECOND SECONDS FROM TO...        FROM is begun again at its end. A TO that is renamed is opened anew
 * within a second, as by a logger that was told to. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int open_end(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
}

int main(int argc, char **argv)
{
	long rate = argc >= 5 ? atol(argv[1]) : 0, lines = argc >= 5 ? rate * atol(argv[2]) : 0, count = argc - 4;
	FILE *from = argc >= 5 ? fopen(argv[3], "r") : NULL;
	int *to = calloc((size_t)argc, sizeof(*to));
	struct timespec next;
	char *line = NULL;
	size_t room = 0;

	if (!from || !to || rate <= 0)
		return fprintf(stderr, "usage: pace LINES-PER-SECOND SECONDS FROM TO...\n"), 2;
	for (long i = 0; i < count; i++)
		to[i] = open_end(argv[4 + i]);
	prctl(PR_SET_TIMERSLACK, 1000UL);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < lines; i++) {
		ssize_t len = getline(&line, &room, from);
		const char *path = argv[4 + i % count];
		int *end = &to[i % count];

		if (len < 0) {
			rewind(from);
			len = getline(&line, &room, from);
		}
		if (i % rate < count && i >= count) {
			close(*end);
			*end = open_end(path);
		}
		if (write(*end, line, (size_t)len) != len)
			return perror(path), 1;
		next.tv_nsec += 1000000000 / rate;
		if (next.tv_nsec >= 1000000000) {
			next.tv_sec++;
			next.tv_nsec -= 1000000000;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
