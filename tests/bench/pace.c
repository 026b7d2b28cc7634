/* pace - copy lines to the end of a file, one write(2) a line, so many a second; for the benchmarks
 *
 * usage: pace LINES-PER-SECOND SECONDS FROM TO        FROM is begun again at its end */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long rate = argc == 5 ? atol(argv[1]) : 0, lines = argc == 5 ? rate * atol(argv[2]) : 0;
	FILE *from = argc == 5 ? fopen(argv[3], "r") : NULL;
	int to = argc == 5 ? open(argv[4], O_WRONLY | O_APPEND) : -1;
	struct timespec next;
	char *line = NULL;
	size_t room = 0;

	if (!from || to < 0 || rate <= 0)
		return fprintf(stderr, "usage: pace LINES-PER-SECOND SECONDS FROM TO\n"), 2;
	prctl(PR_SET_TIMERSLACK, 1000UL);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < lines; i++) {
		ssize_t len = getline(&line, &room, from);

		if (len < 0) {
			rewind(from);
			continue;
		}
		if (write(to, line, (size_t)len) != len)
			return perror(argv[4]), 1;
		next.tv_nsec += 1000000000 / rate;
		if (next.tv_nsec >= 1000000000) {
			next.tv_sec++;
			next.tv_nsec -= 1000000000;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
