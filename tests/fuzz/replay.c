/* replay - a fuzz target without a fuzzer: every seed and every crash that was ever found, as TAP
 *
 * Linked with each fuzz_NAME.c for the ordinary test run. Reads tests/fuzz/seeds/NAME/, or the files named as
 * arguments. Each input is given as it is, cut at every length of its first 512, and with bits turned over by a
 * generator that always does the same. */
#include <dirent.h>
#include <stdlib.h>

#include "fuzz.h"
#include "tap.h"

#define INPUT_BYTES_MAX (1 << 20)

/* in memory of exactly its size, so that a sanitizer sees a byte too many */
static void give(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size + !size);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void replay(const char *path)
{
	static uint8_t data[INPUT_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(data, 1, sizeof(data), file) : 0;

	if (file) {
		fclose(file);
		give(data, size);
		for (size_t len = 0; len < size && len < 512; len++)
			give(data, len);
		srandom(1);
		for (int i = 0; size > 0 && i < 500; i++) {
			data[(size_t)random() % size] ^= (uint8_t)(1 << random() % 8);
			give(data, size);
		}
	}
	tap_ok(file, "%s", path);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct dirent **seeds;
	char folder[256], path[600];

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return tap_done();
	name = name ? name + 1 : argv[0];
	snprintf(folder, sizeof(folder), "tests/fuzz/seeds/%s", strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
	int count = scandir(folder, &seeds, is_file, alphasort);
	tap_ok(count > 0, "%s has seeds", folder);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, seeds[i]->d_name);
		replay(path);
		free(seeds[i]);
	}
	free(count >= 0 ? seeds : NULL);
	return tap_done();
}
