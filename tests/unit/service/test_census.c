/* test_census - the census is made between what else there is to do, however much it looks at, and answered when it is whole
 *
 * The loop is turned by hand, and the control socket's part is played here. */
#include <fcntl.h>
#include <unistd.h>

#include "service/census.h"
#include "judge_world.h"

static bool asked, resumed;
static unsigned lines;

bool control_later(const struct control *control)
{
	(void)control;
	return asked;
}

void control_resume(struct control *control)
{
	(void)control;
	resumed = true;
}

static int on_line(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	char bytes[16];

	(void)source, (void)events, (void)arg;
	lines += read(fd, bytes, sizeof(bytes)) > 0;
	return 0;
}

int main(void)
{
	struct census census = { .running = false };
	unsigned turns = 0, late = 0, written = 0;
	struct world world;
	sd_event *loop;
	int fds[2];
	char text[32];

	world_init(&world, WORLD_RULES, NULL);
	for (unsigned i = 0; i < 40 * CENSUS_SLOTS; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		world_say(&world, "each", i + 1, text);
	}
	if (sd_event_new(&loop) < 0 || pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ||
	    sd_event_add_io(loop, NULL, fds[0], EPOLLIN, on_line, NULL) < 0)
		abort();
	tap_ok(census_have(&census, loop, NULL, &world.judge) && census.survey->erring == 40 * CENSUS_SLOTS,
	       "where nobody waits it is made at once");
	census.done_usec = 1;	/* long ago */
	asked = true;
	tap_ok(!census_have(&census, loop, NULL, &world.judge) && !resumed, "who asks waits");
	tap_ok(!census_have(&census, loop, NULL, &world.judge), "and so does who asks meanwhile");
	while (!resumed && turns < 1000) {
		if (turns % 5 == 0)
			written += write(fds[1], "x", 1) == 1;
		sd_event_run(loop, 0);
		turns++;
		late += turns % 5 == 0 && lines < written;
	}
	tap_ok(resumed && turns >= 40, "it takes %u turns of the loop", turns);
	tap_ok(lines > 5 && late == 0, "in which %u lines came, none later than within five turns", lines);
	const struct survey *survey = census_have(&census, loop, NULL, &world.judge);
	tap_ok(survey && survey->erring == 40 * CENSUS_SLOTS, "then it is whole, and there for who asks");
	resumed = false;
	sd_event_run(loop, 0);
	tap_ok(!resumed && !census.running, "until somebody asks again, nothing is done");
	census.done_usec = 1;
	census_have(&census, loop, NULL, &world.judge);
	census_close(&census);
	tap_int(sd_event_run(loop, 0), 0, "one that is under way can be left");
	close(fds[0]);
	close(fds[1]);
	sd_event_unref(loop);
	world_fini(&world);
	return tap_done();
}
