/* random - numbers for random tests: the same in every run, or those of another SEED; the seed is told */
#ifndef MAILWARD_RANDOM_H
#define MAILWARD_RANDOM_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* random_seed - what $SEED says; for srandom(3), too */
__attribute__((unused)) static unsigned random_seed(void)
{
	static unsigned seed;

	if (!seed) {
		const char *wish = getenv("SEED");
		seed = wish ? (unsigned)strtoul(wish, NULL, 10) | !strtoul(wish, NULL, 10) : 20261122;
		printf("# SEED=%u\n", seed);
	}
	return seed;
}

/* random_below - from 0 to limit - 1 */
__attribute__((unused)) static uint32_t random_below(uint32_t limit)
{
	static uint64_t state;

	if (!state)
		state = random_seed() * UINT64_C(0x9e3779b97f4a7c15);
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % limit;
}

#endif
