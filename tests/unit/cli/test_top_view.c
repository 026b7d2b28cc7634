/* test_top_view - whatever the daemon says and whatever size the screen has: rows of that width, printable, the chosen one shown
 *
 * Frames are read from lines as the daemon writes them, and from the same with bytes changed. */
#include <stdlib.h>

#include "cli/top_view.h"
#include "random.h"
#include "tap.h"

static struct top_frame frame, before;
static struct canvas canvas;

/* A frame with so many rows in each list; the caller's to free. */
static char *frame_text(unsigned rows, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	fprintf(out, "{\"event\":\"top\",\"version\":\"0.1.0\",\"time\":\"2026-11-22T10:00:00Z\",\"uptime\":%u,\"dry_run\":%s,\"lines\":%u,\"errors\":7,"
		"\"delays\":1,\"bans\":12345678901,\"evidence\":0,\"tracked\":3,\"max_addresses\":1000000,\"erring\":3,\"running_bans\":99999999,"
		"\"running_network_bans\":1,\"running_delays\":2,\"burnt_names\":3,\"campaign_names\":1,\"behind_bytes\":0,\"troubles\":1}\n",
		random_below(10000000), random_below(2) ? "true" : "false", random_below(1000000));
	fprintf(out, "{\"event\":\"trouble\",\"kind\":\"source\",\"text\":\"a port that is not in \\\"ports\\\", or \\\"errors\\\":5\"}\n");
	for (unsigned i = 0; i < rows; i++) {
		fprintf(out, "{\"event\":\"address\",\"address\":\"2001:db8:%x:%x::/64\",\"errors\":%u%s}\n", random_below(65536), i, random_below(9),
			random_below(2) ? ",\"state\":\"delayed\",\"seconds\":40" : "");
		fprintf(out, "{\"event\":\"network\",\"address\":\"198.51.%u.0/24\",\"errors\":%u}\n", i % 256, random_below(9));
		fprintf(out, "{\"event\":\"rule\",\"rule\":\"postfix/a-rule-of-a-long-name-%u\",\"errors\":%u}\n", i, random_below(90000000));
		fprintf(out, "{\"event\":\"verdict\",\"kind\":\"delay\",\"address\":\"192.0.2.%u\",\"ago\":%u,\"seconds\":%u,\"errors\":3,"
			"\"rule\":\"postfix/user-unknown\"}\n", i % 256, random_below(9000000), random_below(9000000));
	}
	fclose(out);
	return text;
}

static bool is_whole(unsigned width, unsigned height)
{
	for (unsigned row = 0; row < height; row++) {
		if (strlen(canvas.cells[row]) != width)
			return false;
		for (unsigned i = 0; i < width; i++)
			if (canvas.cells[row][i] < 0x20 || canvas.cells[row][i] > 0x7e)
				return false;
	}
	return canvas.width == width && canvas.height == height;
}

static bool has_mark(enum mark mark)
{
	for (unsigned row = 0; row < canvas.height; row++)
		if (memchr(canvas.marks[row], mark, canvas.width))
			return true;
	return false;
}

static void test_sizes(void)
{
	unsigned wrong = 0, unpicked = 0;

	for (unsigned width = 1; width <= 130; width++) {
		for (unsigned height = 1; height <= 40; height++) {
			struct top_look look = { .list = random_below(TOP_LISTS) };
			size_t len;
			char *text = frame_text(random_below(60), &len);

			look.picked[look.list] = random_below(80);
			look.order[look.list] = random_below(TOP_ORDERS);
			top_frame_read(&frame, (struct text){ text, len }, 1000);
			top_frame_rate(&frame, before.came_ms ? &before : NULL);
			canvas_clear(&canvas, width, height);
			top_draw(&canvas, &frame, &look);
			tap_wrong(!is_whole(width, height), &wrong, "%u x %u", width, height);
			tap_wrong(height > 8 && frame.lists[look.list].count && !has_mark(MARK_PICKED), &unpicked, "%u x %u", width, height);
			memcpy(&before, &frame, sizeof(frame));
			before.came_ms = 1;
			free(text);
		}
	}
	tap_int(wrong, 0, "screens from 1 x 1 to 130 x 40 are filled and no more");
	tap_int(unpicked, 0, "and show the row that is chosen");
	canvas_clear(&canvas, 100000, 100000);
	tap_ok(canvas.width == CANVAS_WIDTH_MAX && canvas.height == CANVAS_HEIGHT_MAX, "a screen that is too large is used in part");
	top_draw(&canvas, &frame, &(struct top_look){ .list = TOP_RULES });
	tap_ok(is_whole(CANVAS_WIDTH_MAX, CANVAS_HEIGHT_MAX), "and no more of it");
	canvas_clear(&canvas, 80, 24);
	top_draw(&canvas, NULL, &(struct top_look){ .said = "no daemon answers", .alarm = true });
	tap_ok(strncmp(canvas.cells[23], "no daemon answers", 17) == 0 && has_mark(MARK_ALARM), "without a frame it says why");
}

static void test_values(void)
{
	size_t len;
	char *text = frame_text(2, &len);
	struct top_look look = { .order = { [TOP_RULES] = TOP_BY_NAME } };

	tap_ok(top_frame_read(&frame, (struct text){ text, len }, 1000), "a frame is read");
	tap_ok(frame.bans == 12345678901 && frame.running_bans == 99999999 && strcmp(frame.version, "0.1.0") == 0 && frame.lists[TOP_RULES].count == 2,
	       "with its figures and rows");
	tap_str(frame.trouble[0], "a port that is not in \"ports\", or \"errors\":5", "a text may hold quotes, and what looks like a key");
	free(text);
	canvas_clear(&canvas, 100, 24);
	top_draw(&canvas, &frame, &look);
	tap_ok(strstr(canvas.cells[2], "now 100M banned (1 networks), 2 delayed"), "large numbers are short: %.60s", canvas.cells[2]);
	tap_ok(strncmp(canvas.cells[3], "TROUBLE 1: a port", 17) == 0, "trouble stands at the top");
	memcpy(&before, &frame, sizeof(frame));
	frame.came_ms = 3000;
	frame.lines = before.lines + 100;
	frame.errors = before.errors - 3;
	top_frame_rate(&frame, &before);
	tap_ok(frame.rated && frame.lines_s > 49.9 && frame.lines_s < 50.1 && frame.errors_s >= 0, "a rate is what came in between, and never less than nothing");
	tap_ok(!top_frame_read(&frame, TEXT("nonsense\n{\"event\":\"address\"}\n"), 1), "what is no frame is none");
}

static void test_chosen(void)
{
	struct top_look look = { .list = TOP_ADDRESSES };
	char few[] = "{\"event\":\"top\",\"version\":\"1\"}\n{\"event\":\"address\",\"address\":\"192.0.2.1\",\"errors\":1}\n"
		     "{\"event\":\"address\",\"address\":\"192.0.2.2\",\"errors\":5}\n";

	snprintf(look.name[TOP_ADDRESSES], sizeof(look.name[0]), "192.0.2.1");
	top_frame_read(&frame, text_of(few), 1000);
	canvas_clear(&canvas, 80, 24);
	top_draw(&canvas, &frame, &look);
	tap_int(look.picked[TOP_ADDRESSES], 1, "what is chosen is followed where the order puts it");
	look.order[TOP_ADDRESSES] = TOP_BY_NAME;
	top_draw(&canvas, &frame, &look);
	tap_int(look.picked[TOP_ADDRESSES], 0, "whatever the order");
}

/* Bytes changed, cut, repeated: drawn, printed, and nothing that a terminal obeys. */
static void test_hostile(void)
{
	unsigned wrong = 0;

	for (unsigned round = 0; round < 3000; round++) {
		size_t len, printed_len;
		char *text = frame_text(random_below(8), &len), *printed = NULL;
		FILE *out = open_memstream(&printed, &printed_len);

		for (unsigned i = 0; i < 1 + round % 40; i++)
			text[random_below((uint32_t)len)] = (char)random_below(256);
		top_frame_read(&frame, (struct text){ text, random_below(2) ? len : random_below((uint32_t)len) }, 1000);
		canvas_clear(&canvas, 1 + random_below(120), 1 + random_below(40));
		top_draw(&canvas, &frame, &(struct top_look){ .list = random_below(TOP_LISTS) });
		tap_wrong(!is_whole(canvas.width, canvas.height), &wrong, "round %u", round);
		top_print(out, &frame, 10);
		fclose(out);
		for (size_t i = 0; i < printed_len; i++)
			tap_wrong(printed[i] != '\n' && (printed[i] < 0x20 || printed[i] > 0x7e), &wrong, "printed in round %u: %02x", round,
				  (unsigned char)printed[i]);
		free(printed);
		free(text);
	}
	tap_int(wrong, 0, "3000 frames with wrong bytes are drawn and printed harmlessly");
}

int main(void)
{
	test_sizes();
	test_values();
	test_chosen();
	test_hostile();
	return tap_done();
}
