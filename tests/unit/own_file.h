/* own_file - a file of the test's own, for what reads files: written anew each time, gone at the end */
#ifndef MAILWARD_OWN_FILE_H
#define MAILWARD_OWN_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char own_file[] = "/tmp/mailward-test-XXXXXX";

static void own_file_remove(void)
{
	unlink(own_file);
}

/* own_file_write - *own_file is its path from the first time on */
static void own_file_write(const char *text, size_t len)
{
	static bool made;
	FILE *file;

	if (!made) {
		int fd = mkstemp(own_file);
		if (fd < 0 || close(fd) < 0 || atexit(own_file_remove) != 0)
			abort();
		made = true;
	}
	file = fopen(own_file, "w");
	if (!file || fwrite(text, 1, len, file) != len || fclose(file) != 0)
		abort();
}

#endif
