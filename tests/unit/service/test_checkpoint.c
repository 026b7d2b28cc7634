/* test_checkpoint - a daemon that is killed and started again at any moment decides what an uninterrupted one does
 *
 * Random timelines through two engines. One of them is saved now and then, and at times dies without a word: the next
 * one begins with what was saved last, and with the line after it, as the sources would. */
#include "random.h"
#include "service/checkpoint.c"

#include <sys/stat.h>
#include <unistd.h>

#include "judge_world.h"

#define TIMELINES 200
#define LINES 120

/* the same rules behind another, as after an upgrade: all ids are others */
#define NEWER_RULES WORLD_HEAD "rule new\n about x\n match new <client>\n" WORLD_BODY

static char in_memory[] = "/dev/shm/mailward-test-checkpoint-XXXXXX";	/* the disk is not what is tested */
static char on_disk[] = "/tmp/mailward-test-checkpoint-XXXXXX";
static char *folder;
static struct world one, two, three;	/* uninterrupted; interrupted; the same with newer rules */

static struct { int64_t time_ms; char text[120]; } lines[LINES];

static void choose_lines(void)
{
	static const char *const words[] = { "each", "once", "heavy", "once", "echo", "summary", "over" };
	static const char *const clients[] = { "198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1", "2001:db8:5:6::1",
					       "2001:db8:5:6:ffff::2", "2001:db8:5:7::1" };
	int64_t time_ms = WORLD_BEGINS_MS;

	for (unsigned i = 0; i < LINES; i++) {
		time_ms += random_below(10) ? random_below(40000) : random_below(4000000);
		lines[i].time_ms = time_ms;
		snprintf(lines[i].text, sizeof(lines[i].text), "mx a/smtpd[%u]: %s x[%s] of 2", 1 + random_below(3),
			 words[random_below(7)], clients[random_below(random_below(2) ? 3 : 7)]);
	}
}

static void line(struct world *world, unsigned i)
{
	world_now_ms = lines[i].time_ms;
	world_line(world, &world->feed, lines[i].text, false);
}

static bool same_verdict(const struct event *a, const struct event *b)
{
	bool same = a->kind == b->kind && memcmp(&a->prefix, &b->prefix, sizeof(a->prefix)) == 0 && a->time_ms == b->time_ms &&
		a->until_ms == b->until_ms && a->errors == b->errors && strcmp(a->rule, b->rule) == 0 &&
		a->reason_count == b->reason_count;

	for (size_t i = 0; same && i < a->reason_count; i++)
		same = strcmp(a->reasons[i].rule, b->reasons[i].rule) == 0 && a->reasons[i].errors == b->reasons[i].errors;
	return same;
}

static bool same_history(const struct world *a, const struct world *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		same = same_verdict(&a->got[i], &b->got[i]);
		if (!same)
			printf("# verdict %zu of them is another\n", i);
	}
	if (!same)
		printf("# %zu verdicts, and %zu of the one that was interrupted\n", a->count, b->count);
	if (memcmp(&a->judge->figures, &b->judge->figures, sizeof(a->judge->figures)) == 0)
		return same;
	printf("# lines, errors: %" PRIu64 ", %" PRIu64 ", and %" PRIu64 ", %" PRIu64 " of the one that was interrupted\n",
	       a->judge->figures.lines, a->judge->figures.errors, b->judge->figures.lines, b->judge->figures.errors);
	return false;
}

/* the daemon's part that the checkpoint works on */
static struct daemon daemon_of(struct world *world, struct setup *setup, sd_event *loop)
{
	*setup = (struct setup){ .conf = world->conf, .rules = world->rules, .matcher = world->matcher };
	setup->conf.state_dir = folder;
	return (struct daemon){ .setup = setup, .loop = loop, .judge = world->judge };
}

/* the process dies: what the engine knew is gone, and so is what was not handed to the store */
static void kill_it(struct checkpoint *checkpoint)
{
	store_wait(checkpoint->store);
	sd_event_source_unref(checkpoint->timer);
	watch_close(checkpoint->watch);
	store_close(checkpoint->store);
	free(checkpoint);
}

/* one timeline with checkpoints and deaths in between; the result is in the world that is returned */
static struct world *interrupted(sd_event *loop, unsigned *deaths, unsigned *slices)
{
	struct world *now = &two, *next;
	struct checkpoint *checkpoint = NULL;
	struct setup setup;
	struct daemon daemon = daemon_of(now, &setup, loop);
	unsigned saved = 0;
	size_t saved_count = 0;

	checkpoint_open(&checkpoint, &daemon);
	for (unsigned i = 0; i < LINES; i++) {
		line(now, i);
		if (random_below(6) == 0) {
			store_wait(checkpoint->store);
			checkpoint->slice_bytes = random_below(4) ? 1 + random_below(600) : SLICE_BYTES;
			save(checkpoint);
			if (checkpoint->unfinished) {
				(*slices)++;
			} else {
				saved = i + 1;
				saved_count = now->count;
			}
		}
		if (random_below(25) != 0)
			continue;
		if (random_below(2)) {
			checkpoint_close(checkpoint);
			saved = i + 1;
			saved_count = now->count;
		} else {
			kill_it(checkpoint);
		}
		next = random_below(3) ? now : now == &two ? &three : &two;
		size_t kept = saved_count;
		memmove(next->got, now->got, kept * sizeof(*now->got));
		next->conf.policy = now->conf.policy;
		world_judge(next);
		next->count = kept;
		now = next;
		daemon = daemon_of(now, &setup, loop);
		checkpoint_open(&checkpoint, &daemon);
		i = saved - 1;
		(*deaths)++;
	}
	checkpoint_close(checkpoint);
	return now;
}

static void empty_folder(void)
{
	static const char *const files[] = { "state.db", "state.db-wal", "state.db-shm" };
	char path[100];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
}

static void test_property(sd_event *loop)
{
	unsigned same = 0, deaths = 0, slices = 0;
	size_t verdicts = 0;

	for (unsigned t = 0; t < TIMELINES && t - same < 5; t++) {
		empty_folder();
		choose_lines();
		one.conf.policy.network_limit = random_below(2) * 2;
		two.conf.policy = one.conf.policy;
		world_judge(&one);
		world_judge(&two);
		two.judge->sessions.seed = one.judge->sessions.seed;	/* sessions share slots, by chance: in both alike */
		for (unsigned i = 0; i < LINES; i++)
			line(&one, i);
		same += same_history(&one, interrupted(loop, &deaths, &slices));
		verdicts += one.count;
	}
	tap_int(same, TIMELINES, "%d random timelines: each line counts once, and the verdicts are the uninterrupted engine's", TIMELINES);
	tap_ok(deaths > TIMELINES && verdicts > TIMELINES * 10, "through %u ends and deaths, over %zu verdicts", deaths, verdicts);
	tap_ok(slices > TIMELINES, "and %u slices that were not the last of their checkpoint", slices);
}

/* a file of another version, or of another machine: what can be understood is used, and the rest is counted */
static void test_rows(sd_event *loop)
{
	struct setup setup;
	struct daemon daemon;
	struct checkpoint checkpoint = { .daemon = &daemon };
	struct ban ban = { .since_ms = WORLD_BEGINS_MS, .until_ms = WORLD_BEGINS_MS + 3600000, .kind = VERDICT_BAN };
	struct window_saved count = { .key = world_prefix("198.51.100.7") };

	world_judge(&one);
	daemon = daemon_of(&one, &setup, loop);
	memory_load_begin(&checkpoint.load, daemon.judge, world_now_ms);
	ban.slot.key = world_prefix("198.51.100.7").addr;
	ban.slot.len = 128;
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 0, &ban, sizeof(ban));
	tap_int(checkpoint.load.unreadable, 0, "a ban is loaded");
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 1, &ban, sizeof(ban) - 1);
	ban.until_ms = ban.since_ms - 1;
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 1, &ban, sizeof(ban));
	ban.until_ms = ban.since_ms + (DURATION_MAX_S + INT64_C(1)) * 1000;
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 1, &ban, sizeof(ban));
	ban.until_ms = ban.since_ms;
	ban.slot.len = 129;
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 1, &ban, sizeof(ban));
	ban.slot.len = 120;
	load_row(&checkpoint, MEMORY_BAN, memory_version(MEMORY_BAN), 1, &ban, sizeof(ban));
	tap_int(checkpoint.load.unreadable, 5, "one too short, backwards, too long, or of what is no prefix is not");
	tap_int(one.judge->bans.table.used, 1, "and leaves nothing behind");
	count.events[0] = 0;
	load_row(&checkpoint, MEMORY_COUNT, memory_version(MEMORY_COUNT), 0, &count, offsetof(struct window_saved, events[1]));
	count.key.len = 255;
	load_row(&checkpoint, MEMORY_COUNT, memory_version(MEMORY_COUNT), 0, &count, offsetof(struct window_saved, events[0]));
	tap_int(checkpoint.load.unreadable, 7, "nor are errors that weigh nothing, or of nobody");
	tap_int(judge_addresses(one.judge), 0, "they take no room");
}

/* The clock is set, and a checkpoint comes before that is noticed: its rows are of the clock before. */
static void test_clock(void)
{
	struct daemon plain = { .apart_us = (WORLD_BEGINS_MS - 1000000) * 1000, .apart_known = true };
	struct clock_saved clock;

	clock_stand_up(1000000);
	clock_stand(WORLD_BEGINS_MS + CLOCK_STEP_MS - 1);
	tap_ok(clock_of(&plain, &clock) && clock.apart_us == plain.apart_us + (CLOCK_STEP_MS - 1) * 1000, "a clock that drifts is saved as it is");
	clock_stand(WORLD_BEGINS_MS + 90000);
	tap_ok(clock_of(&plain, &clock) && clock.apart_us == plain.apart_us, "one that was set, as it was before");
	plain.apart_known = false;
	tap_ok(clock_of(&plain, &clock) && clock.apart_us == (WORLD_BEGINS_MS - 910000) * 1000, "where that is not known, as it is");
	clock_stand_up(0);
	clock_stand(world_now_ms);
}

static void see_clock(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct clock_saved *clock = arg;

	(void)version, (void)number;
	if (kind == CLOCK_ROWS && len == sizeof(*clock))
		memcpy(clock, bytes, len);
}

/* A machine that forgets the time: what is saved must say so before the first line with a stamp of then is read. */
static void test_forgotten_clock(sd_event *loop)
{
	struct clock_saved clock = { .boot = "another", .apart_us = 1000000, .saved_ms = WORLD_BEGINS_MS };
	struct checkpoint *checkpoint;
	struct setup setup;
	struct daemon daemon;
	struct snapshot *snapshot;

	empty_folder();
	clock_stand_up(1000000);
	clock_stand(clock.saved_ms);
	world_judge(&one);
	daemon = daemon_of(&one, &setup, loop);
	checkpoint_open(&checkpoint, &daemon);
	follows_load(&daemon.follows, &(struct follow_saved){ .name = "log" }, &(struct clock_set){ 0 });
	checkpoint_flush(checkpoint);
	snapshot = store_begin(checkpoint->store, false);
	snapshot_put(snapshot, CLOCK_ROWS, 0, &clock, sizeof(clock));
	store_commit(checkpoint->store, snapshot);
	kill_it(checkpoint);
	follows_close(&daemon.follows);

	clock_stand(clock.saved_ms - INT64_C(157680000000));
	daemon = daemon_of(&one, &setup, loop);
	checkpoint_open(&checkpoint, &daemon);
	tap_ok(checkpoint->resumed, "five years back: it is known where a source stood");
	store_read(folder, checkpoint->kinds, TABLES, see_clock, &clock);
	tap_int(clock.saved_ms, clock_now_ms(), "and at once by which clock the next lines are written");
	kill_it(checkpoint);
	follows_close(&daemon.follows);
	clock_stand_up(0);
	clock_stand(world_now_ms);
}

int main(void)
{
	sd_event *loop = NULL;

	folder = mkdtemp(in_memory);
	if (!folder)
		folder = mkdtemp(on_disk);
	if (!folder || sd_event_new(&loop) < 0)
		return 1;
	world_init(&one, WORLD_RULES, NULL);
	world_init(&two, WORLD_RULES, NULL);
	world_init(&three, NEWER_RULES, NULL);
	test_property(loop);
	test_rows(loop);
	test_clock();
	test_forgotten_clock(loop);
	empty_folder();
	rmdir(folder);
	world_fini(&one);
	world_fini(&two);
	world_fini(&three);
	sd_event_unref(loop);
	return tap_done();
}
