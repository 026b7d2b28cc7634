/* set_clock - for LD_PRELOAD: a wall clock that a test can set, for one program
 *
 * $SET_CLOCK is a file of struct setting, one a step, each since when (by the true clock) and by how much; those that are
 * all zero are to come. The times of files are as they would be, had the kernel's clock been set: by what was in force
 * when they were written. The kernel's word that its clock was set does not come.
 * Built as the program is, with 64 bits for a file's size: the C library's names differ. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS_MAX 256

struct setting {
	int64_t since_ns, by_s;
};

static const volatile struct setting *settings;
static int (*true_clock)(clockid_t, struct timespec *);
static int (*true_fstat)(int, struct stat *);
static int (*true_stat)(const char *, struct stat *);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SET_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, SETTINGS_MAX * sizeof(*settings), PROT_READ, MAP_SHARED, fd, 0);

	*(void **)&true_clock = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&true_fstat = dlsym(RTLD_NEXT, "fstat64");
	*(void **)&true_stat = dlsym(RTLD_NEXT, "stat64");
	if (at == MAP_FAILED || !true_clock || !true_fstat || !true_stat)
		_exit(99);
	settings = at;
	close(fd);
}

static int64_t by_s(const struct timespec *time)
{
	int64_t time_ns = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec, by_s = 0;

	for (int i = 0; i < SETTINGS_MAX && settings[i].since_ns && settings[i].since_ns <= time_ns; i++)
		by_s = settings[i].by_s;
	return by_s;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	struct timespec precise;
	int result;

	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
		return true_clock(clock, now);
	true_clock(CLOCK_REALTIME, &precise);	/* the coarse one is set as the precise one is: at once */
	result = true_clock(clock, now);
	now->tv_sec += by_s(&precise);
	return result;
}

/* bzip2 puts a time without its fraction on what it makes: when that was shows the other time. */
static int set_times(int result, struct stat *st)
{
	if (result == 0)
		st->st_mtim.tv_sec += by_s(st->st_mtim.tv_nsec ? &st->st_mtim : &st->st_ctim);
	return result;
}

int fstat(int fd, struct stat *st)
{
	return set_times(true_fstat(fd, st), st);
}

int stat(const char *restrict path, struct stat *restrict st)
{
	return set_times(true_stat(path, st), st);
}
