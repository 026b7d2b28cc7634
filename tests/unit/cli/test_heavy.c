/* test_heavy - the names that come most often stay in, however many others come; no count is above the truth */
#include <stdlib.h>

#include "cli/heavy.h"
#include "random.h"
#include "tap.h"

#define NAMES 64
#define OTHERS 20000

/* Ten names come often, each with its own share; the rest are new each time. */
static void flood(void)
{
	static const struct heavy_name *top[10];
	uint64_t truth[10] = { 0 };
	struct heavy heavy;
	unsigned above = 0, missing = 0;
	char text[16];

	tap_int(heavy_init(&heavy, NAMES), 0, "made");
	for (uint64_t i = 0; i < OTHERS; i++) {
		uint64_t often = random_below(20);

		snprintf(text, sizeof(text), "often%u", (unsigned)often);
		if (often < 10) {
			truth[often]++;
			heavy_add(&heavy, 1 + often, text_of(text));
		} else {
			heavy_add(&heavy, 1000 + i, TEXT("once"));
		}
	}
	size_t count = heavy_top(&heavy, top, 10);
	tap_int(count, 10, "as many as were asked for");
	for (size_t i = 0; i < count; i++) {
		if (top[i]->key > 10)
			missing++;
		else
			above += heavy_least(top[i]) > truth[top[i]->key - 1];
	}
	tap_int(missing, 0, "of %d names, the ten that come often are the top of a table of %d", OTHERS, NAMES);
	tap_int(above, 0, "none has come less often than is said");
	heavy_fini(&heavy);
}

int main(void)
{
	const struct heavy_name *top[4];
	struct heavy heavy;

	heavy_init(&heavy, 3);
	tap_int(heavy_top(&heavy, top, 4), 0, "nothing yet");
	for (int i = 0; i < 5; i++)
		heavy_add(&heavy, 7, TEXT("a\x1b" "b"));
	heavy_add(&heavy, 8, TEXT("second"));
	heavy_add(&heavy, 8, TEXT("spelt otherwise"));
	heavy_add(&heavy, 9, (struct text){ 0 });
	tap_int(heavy_top(&heavy, top, 4), 2, "what has no name is not in it");
	heavy_add(&heavy, 7, (struct text){ 0 });
	tap_ok(heavy_least(top[0]) == 6 && heavy_least(top[1]) == 2, "but counts where it is known");
	tap_ok(text_equal(heavy_text(top[0]), TEXT("a\x1b" "b")), "its bytes as they came");
	tap_ok(text_equal(heavy_text(top[1]), TEXT("second")), "as it was spelt first");
	heavy_add(&heavy, 10, TEXT("third"));
	heavy_add(&heavy, 11, TEXT("fourth"));
	tap_ok(heavy_top(&heavy, top, 4) == 3 && heavy_least(top[2]) == 1 && top[2]->count == 2 && top[2]->key == 11,
	       "the rarest makes room, and its count is no merit of the next");
	tap_int(heavy_top(&heavy, top, 1), 1, "no more than were asked for");
	tap_int(top[0]->key, 7, "the first of them");
	heavy_fini(&heavy);
	flood();
	return tap_done();
}
