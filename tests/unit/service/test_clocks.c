/* test_clocks - the wall clock is set: what is remembered keeps its distance from now, and is moved before a line is read
 *
 * Nobody can set the clock of a test alone: the kernel's word of it is made up, and the clock stands where it is put. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/array.h"

static int timer, arming_error, reading_error;
static unsigned armed;
static struct itimerspec armed_for;
static int armed_flags;

static int timer_made(int clock, int flags)
{
	(void)clock, (void)flags;
	timer = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return timer;
}

static int timer_set(int fd, int flags, const struct itimerspec *until, struct itimerspec *before)
{
	(void)fd, (void)before;
	armed++;
	armed_flags = flags;
	armed_for = *until;
	errno = arming_error;
	return arming_error ? -1 : 0;
}

/* A descriptor that stays readable, as that of a cancelled timer does until it is armed again. */
static ssize_t timer_read(int fd, void *to, size_t len)
{
	if (reading_error != EBADF && read(fd, to, len) < 0)
		return -1;
	errno = reading_error;
	return reading_error ? -1 : (ssize_t)len;
}

#define timerfd_create timer_made
#define timerfd_settime timer_set
#define read timer_read
#include "judge/memory.h"
#include "service/clocks.c"

#include "judge/memory.h"
#undef read
#undef timerfd_settime
#undef timerfd_create

#include "judge_world.h"

#define A "198.51.100.7"
#define B "203.0.113.9"
#define HOUR_MS INT64_C(3600000)

static struct world world;
static int64_t source_shifted_ms;

static void note_shift(struct source *source, int64_t step_ms)
{
	(void)source;
	source_shifted_ms += step_ms;
}

static const struct source_ops source_ops = { .shift = note_shift };
static struct source source = { .ops = &source_ops };
static struct follow follow;
static struct daemon daemon_;
static int64_t up_ms;

/* the time that passes, and by how much the clock is set */
static void go(int64_t passed_ms, int64_t set_ms)
{
	up_ms += passed_ms;
	world_now_ms += passed_ms + set_ms;
	clock_stand(world_now_ms);
	clock_stand_up(up_ms);
}

static void begin(void)
{
	world_init(&world, WORLD_RULES, NULL);
	follow = (struct follow){ .feed = world.feed, .source = &source };
	daemon_ = (struct daemon){ .judge = world.judge, .follows = { .at = &follow, .count = 1 } };
	daemon_.started_ms = world_now_ms;
	up_ms = HOUR_MS;
	go(0, 0);
	clock_step_ms();
}

static void errors(const char *addr, unsigned count)
{
	char text[200];

	for (unsigned i = 0; i < count; i++) {
		time_t now_s = (time_t)(world_now_ms / 1000);
		struct tm parts;

		gmtime_r(&now_s, &parts);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00 mx a/smtpd[1]: each x[", &parts);
		strcat(text, addr);
		strcat(text, "] of 3");
		world_line(&world, &follow.feed, text, false);
	}
}

static int64_t rest_ms(const char *addr)
{
	struct prefix prefix = world_prefix(addr);
	const struct ban *ban = bans_running(&world.judge->bans, &prefix, world_now_ms);

	return ban ? ban->until_ms - world_now_ms : 0;
}

static uint32_t window_of(const char *addr)
{
	struct prefix prefix = world_prefix(addr);
	struct window_sum sum;

	window_look(&world.judge->window, &prefix, world_now_ms, 0, &sum);
	return sum.errors;
}

static void test_step(void)
{
	begin();
	tap_int(clock_step_ms(), 0, "nothing was set");
	go(HOUR_MS, 0);
	tap_int(clock_step_ms(), 0, "an hour that passes is no step, be it slept");
	go(1000, CLOCK_STEP_MS - 1);
	tap_int(clock_step_ms(), 0, "what is less than a step is none");
	go(1000, 1);
	tap_int(clock_step_ms(), CLOCK_STEP_MS, "but it adds up to one");
	tap_int(clock_step_ms(), 0, "which is told once");
	go(5000, -2 * HOUR_MS);
	tap_int(clock_step_ms(), -2 * HOUR_MS, "set back by two hours");
	go(5000, 365 * 24 * HOUR_MS);
	tap_int(clock_step_ms(), 365 * 24 * HOUR_MS, "set forward by a year");
	world_fini(&world);
}

static void test_check(void)
{
	static const int64_t steps_ms[] = { -2 * HOUR_MS, 24 * HOUR_MS, -400 * 24 * HOUR_MS, 3 * 365 * 24 * HOUR_MS };
	struct prefix a = world_prefix(A);

	begin();
	errors(A, 6);
	errors(B, 5);
	for (size_t i = 0; i < COUNT(steps_ms); i++) {
		int64_t latest_ms = follow.feed.latest_ms;

		go(10000, steps_ms[i]);
		clocks_check(&daemon_);
		tap_int(rest_ms(A), HOUR_MS - 10000 * ((int64_t)i + 1), "set by %" PRId64 " h: a ban lasts as long as it did", steps_ms[i] / HOUR_MS);
		tap_int(window_of(B), 5, "errors stay in the window");
		tap_int(follow.feed.latest_ms, latest_ms + steps_ms[i], "the log's latest line is as long ago");
		tap_int(source_shifted_ms, steps_ms[i], "and to its source");
		tap_int(world_now_ms - daemon_.started_ms, 10000 * ((int64_t)i + 1), "the daemon is as old as it is");
		source_shifted_ms = 0;
	}
	errors(A, 1);
	tap_int(judge_figures(world.judge)->evidence, 1, "who is banned stays so");
	tap_int(judge_release(world.judge, &a, world_now_ms), 0, "he can be released");
	errors(B, 1);
	tap_int(rest_ms(B), HOUR_MS, "who had five errors is banned at the sixth, for his time");
	go(10 * 60000 + 1, 0);
	errors(A, 1);
	tap_int(window_of(A), 1, "and time goes on as before");
	world_fini(&world);
}

/* ---- a state of before ---- */

static struct {
	enum memory_kind kind;
	uint32_t number;
	size_t len;
	char bytes[256];
} rows[40000];
static size_t row_count;

static bool keep_row(void *arg, enum memory_kind kind, uint32_t number, const void *bytes, size_t len)
{
	(void)arg;
	if (len == 0)
		return true;
	if (row_count == COUNT(rows) || len > sizeof(rows[0].bytes))
		abort();
	rows[row_count].kind = kind;
	rows[row_count].number = number;
	rows[row_count].len = len;
	memcpy(rows[row_count++].bytes, bytes, len);
	return true;
}

/* the daemon ends, the clock is set, and it starts again; returns what was made of the step */
static int64_t restart(int64_t set_ms)
{
	struct memory_load load;
	int64_t step_ms;

	row_count = 0;
	memory_touch(world.judge);
	memory_save(world.judge, keep_row, NULL);
	memory_finish(world.judge, keep_row, NULL);
	world_judge(&world);
	daemon_.judge = world.judge;
	go(60000, set_ms);
	clock_step_ms();
	memory_load_begin(&load, world.judge, world_now_ms);
	for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++)
		for (size_t i = 0; i < row_count; i++)
			if (rows[i].kind == kind)
				memory_load_row(&load, kind, memory_version(kind), rows[i].number, rows[i].bytes, rows[i].len);
	step_ms = memory_load_end(&load);
	tap_int(load.unreadable, 0, "what was saved is understood");
	return step_ms;
}

static void test_restart(void)
{
	struct prefix a = world_prefix(A);

	begin();
	errors(A, 6);
	errors(B, 5);
	tap_int(restart(0), 0, "a restart moves nothing");
	tap_int(rest_ms(A), HOUR_MS - 60000, "a ban goes on");
	tap_int(restart(-24 * HOUR_MS), -24 * HOUR_MS + 120000, "the clock was set back meanwhile: the latest error was now");
	tap_int(rest_ms(A), HOUR_MS, "a ban has at most its length before it");
	tap_int(judge_release(world.judge, &a, world_now_ms), 0, "and can be released");
	errors(B, 1);
	tap_int(rest_ms(B), HOUR_MS, "errors are in no future where they would be in the way");
	go(0, 24 * HOUR_MS);
	clocks_check(&daemon_);
	tap_int(rest_ms(B), HOUR_MS, "when the clock is set right, nothing is lost or won");
	world_fini(&world);
}

static void test_feed(void)
{
	struct feed feed;

	begin();
	feed = feed_new(world.matcher);
	feed_resume(&feed, world_now_ms + HOUR_MS, 0, &(struct clock_set){ 0 }, true);
	tap_int(feed.counted_ms, world_now_ms, "of a log that is lost, no line of the future has been counted");
	world_fini(&world);
}

/* ---- the kernel's word ---- */

static void cancel(int error)
{
	eventfd_write(timer, 1);
	reading_error = error;
	while (sd_event_run(daemon_.loop, 0) > 0 && armed < 10)
		;
}

static void test_watch(void)
{
	int64_t priority = 0;
	int on = 0;

	begin();
	errors(A, 6);
	if (sd_event_new(&daemon_.loop) < 0)
		abort();
	armed = 0;
	arming_error = EINVAL;
	tap_int(clocks_watch(&daemon_), -EINVAL, "a kernel that will not tell");
	arming_error = 0;
	tap_ok(clocks_watch(&daemon_) >= 0 && armed == 2, "the clock is watched");
	tap_int(armed_flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, "by a timer that ends when it is set");
	tap_ok(armed_for.it_value.tv_sec > TIME_MAX_MS / 1000, "and not before, wherever the clock may go");
	sd_event_source_get_priority(daemon_.clock, &priority);
	tap_int(priority, SD_EVENT_PRIORITY_IMPORTANT, "it is heard of before the lines that come after it");
	go(0, -2 * HOUR_MS);
	cancel(ECANCELED);
	tap_int(rest_ms(A), HOUR_MS, "it is set: what is remembered is moved");
	tap_int(armed, 3, "and the timer armed again, once");
	go(0, 2 * HOUR_MS);
	cancel(0);
	tap_int(rest_ms(A), HOUR_MS, "the timer ran out: that is as good");
	tap_int(armed, 4, "and it is armed again");
	cancel(EBADF);
	sd_event_source_get_enabled(daemon_.clock, &on);
	tap_ok(on == SD_EVENT_OFF && armed == 5, "one that cannot be read is let be, or the loop would never wait again");
	clocks_close(&daemon_);
	tap_ok(!daemon_.clock && fcntl(timer, F_GETFD) < 0, "what was opened is closed");
	timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	tap_int(timerfd_settime(timer, armed_flags, &armed_for, NULL), 0, "this kernel's timers go as far");
	close(timer);
	sd_event_unref(daemon_.loop);
	world_fini(&world);
}

int main(void)
{
	test_step();
	test_check();
	test_restart();
	test_feed();
	test_watch();
	return tap_done();
}
