/* test_pool - no block is handed out twice, what is in it stays, and what was given back comes first */
#include "random.h"
#include "tap.h"

#include "judge/pool.h"

#define COUNT 500

int main(void)
{
	static uint64_t written[COUNT];		/* by number; 0: it is free */
	uint32_t taken[COUNT], used = 0, most = 0;
	unsigned twice = 0, changed = 0;
	struct pool pool;

	tap_int(pool_init(&pool, 3 * sizeof(uint64_t), COUNT), 0, "room for %d blocks", COUNT);
	for (uint64_t step = 1; step <= 200000; step++) {
		uint64_t words[3];

		if (random_below(1000) < (step / 20000 % 2 ? 450 : 550) && used < COUNT) {
			uint32_t number = pool_take(&pool);

			if (number >= COUNT || written[number]) {
				twice++;
				continue;
			}
			words[0] = words[1] = words[2] = written[number] = step;
			memcpy(pool_at(&pool, number), words, sizeof(words));
			taken[used++] = number;
			most = used > most ? used : most;
		} else if (used > 0) {
			uint32_t i = random_below(used), number = taken[i];

			memcpy(words, pool_at(&pool, number), sizeof(words));
			changed += words[0] != written[number] || words[1] != written[number] || words[2] != written[number];
			pool_give(&pool, number);
			written[number] = 0;
			taken[i] = taken[--used];
		}
	}
	tap_int(twice, 0, "none was handed out that somebody had");
	tap_int(changed, 0, "and what stood in them was as it had been written");
	tap_int(most, COUNT, "all of them were out at a time");
	tap_int(pool.high_water, COUNT, "and no more were touched than were out at the most");
	pool_fini(&pool);
	tap_ok(pool_init(&pool, SIZE_MAX - 7, 2) < 0, "more bytes than there are numbers for: no room");
	pool_fini(&pool);
	return tap_done();
}
