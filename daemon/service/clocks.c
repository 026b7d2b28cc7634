/* clocks - see clocks.h. Owns a timer of the kernel's that never runs out, and is cancelled when the clock is set. */
#include "service/clocks.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/checkpoint.h"

static int arm(int fd)
{
	/* Not of 2038: a clock that is set later than that would have it run out at once, over and over. */
	static const struct itimerspec never = { .it_value.tv_sec = INT64_MAX };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno : 0;
}

static int on_set(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	uint64_t times;

	(void)revents;
	if (read(fd, &times, sizeof(times)) < 0 && errno != ECANCELED && errno != EAGAIN)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	arm(fd);
	clocks_check(arg);
	return 0;
}

int clocks_watch(struct daemon *daemon)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	clocks_check(daemon);	/* the first time this asks nothing */
	daemon->apart_known = clock_apart_us(&daemon->apart_us);
	err = arm(fd);
	if (err >= 0)
		err = sd_event_add_io(daemon->loop, &daemon->clock, fd, EPOLLIN, on_set, daemon);
	if (err < 0) {
		close(fd);
		return err;
	}
	sd_event_source_set_io_fd_own(daemon->clock, true);
	return sd_event_source_set_priority(daemon->clock, SD_EVENT_PRIORITY_IMPORTANT);
}

void clocks_close(struct daemon *daemon)
{
	daemon->clock = sd_event_source_disable_unref(daemon->clock);
}

void clocks_check(struct daemon *daemon)
{
	int64_t step_ms = clock_step_ms();

	if (step_ms == 0)
		return;
	checkpoint_shift(daemon, step_ms);
	daemon->apart_us += step_ms * 1000;
	daemon->started_ms += step_ms;
	daemon->unbitten.last_ms += step_ms;
	daemon->unbitten.since_ms += step_ms;
	checkpoint_renew(daemon->checkpoint);
}
