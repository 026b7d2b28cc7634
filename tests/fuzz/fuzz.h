/* fuzz - what the fuzz targets share: the entry that libFuzzer and replay.c call, and a check that ends the run */
#ifndef MAILWARD_FUZZ_H
#define MAILWARD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* always 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must_hold(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
		abort(); \
	} \
} while (0)

#endif
