/* confine_calls - see confine.h; the only user of libseccomp
 *
 * Calls are named, not numbered: the same list holds on every architecture, and a name that an architecture or an
 * older libseccomp does not know is passed over. */
#include "base/array.h"
#include "base/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/log.h"

static const struct confine_call only[] = {
	{ "ioctl", 1, UINT32_MAX, TCGETS },		/* stdio asks whether it writes to a terminal */
	{ "ioctl", 1, UINT32_MAX, FIONREAD },
	{ "socket", 0, UINT32_MAX, AF_NETLINK },	/* this machine's own addresses */
};

const struct confine_calls confine_calls_of_all = {
	/* Memory; executable pages too: PCRE2 compiles expressions to machine code, also at a reload. */
	"mmap mmap2 munmap mremap mprotect madvise brk map_shadow_stack "
	/* Open files. */
	"read readv pread64 preadv write writev pwrite64 pwritev lseek _llseek close close_range fcntl fcntl64 dup "
	"fstat fstat64 fstatfs fstatfs64 "
	/* Names. */
	"stat stat64 lstat lstat64 newfstatat fstatat64 statx statfs statfs64 access faccessat faccessat2 "
	"readlink readlinkat getcwd getdents getdents64 "
	/* Open sockets. */
	"bind sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg recvmmsg_time64 getsockopt setsockopt getsockname getpeername "
	"shutdown poll ppoll ppoll_time64 "
	/* Threads that are there, their locks and signals. */
	"futex futex_time64 futex_waitv futex_wait futex_wake set_robust_list rseq rt_sigaction rt_sigprocmask rt_sigreturn "
	"sigreturn sigaltstack restart_syscall sched_yield sched_getaffinity getcpu exit exit_group tgkill "
	/* The time, and who and where one is. */
	"clock_gettime clock_gettime64 clock_getres clock_getres_time64 gettimeofday time "
	"clock_nanosleep clock_nanosleep_time64 nanosleep "
	"getpid gettid getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 "
	"getrandom uname sysinfo getrusage prlimit64 getrlimit ugetrlimit",
	"", only, COUNT(only)
};

/* AddressSanitizer works with the process it is in as a debugger would: under it, the filter only reports. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static uint32_t on_others(void)
{
	const char *wish = getenv("MAILWARD_SECCOMP");

	if (SANITIZED || (wish && strcmp(wish, "log") == 0)) {
		log_warning("seccomp only reports forbidden system calls to the kernel's audit: %s",
			    SANITIZED ? "this is a sanitizer build" : "MAILWARD_SECCOMP=log");
		return SCMP_ACT_LOG;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static int add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count, const struct scmp_arg_cmp *args)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(filter, action, number, count, args);
}

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *names)
{
	int err = 0;

	for (size_t len; err == 0 && *names; names += len + strspn(names + len, " ")) {
		char name[64];

		len = strcspn(names, " ");
		if (len >= sizeof(name))
			return -EINVAL;
		memcpy(name, names, len);
		name[len] = '\0';
		err = add(filter, action, name, 0, NULL);
	}
	return err;
}

static int add_list(scmp_filter_ctx filter, const struct confine_calls *list)
{
	int err = add_names(filter, SCMP_ACT_ALLOW, list->names);

	if (err == 0)
		err = add_names(filter, SCMP_ACT_ERRNO(ENOSYS), list->absent);
	for (size_t i = 0; i < list->only_count && err == 0; i++) {
		const struct confine_call *call = &list->only[i];
		struct scmp_arg_cmp arg = { .arg = call->arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = call->mask, .datum_b = call->value };

		err = add(filter, SCMP_ACT_ALLOW, call->name, 1, &arg);
	}
	return err;
}

static int set_up(scmp_filter_ctx filter)
{
	static const struct {
		enum scmp_filter_attr attr;
		uint32_t value;
	} attrs[] = {
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS },
		{ SCMP_FLTATR_CTL_TSYNC, 1 },
		{ SCMP_FLTATR_API_SYSRAWRC, 1 },	/* say what the kernel said */
		{ SCMP_FLTATR_CTL_SSB, 1 },	/* else a kernel before 5.16 slows the whole process down against its own code */
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 },	/* a tree instead of a long walk */
	};
	int err = 0;

	for (size_t i = 0; i < COUNT(attrs) && err == 0; i++)
		err = seccomp_attr_set(filter, attrs[i].attr, attrs[i].value);
	return err;
}

int confine_calls(const struct confine_calls *const *lists, size_t count)
{
	scmp_filter_ctx filter = seccomp_init(on_others());

	if (!filter)
		return -ENOMEM;
	int err = set_up(filter);
	for (size_t i = 0; i < count && err == 0; i++)
		err = add_list(filter, lists[i]);
	if (err == 0)
		err = seccomp_load(filter);
	if (err == 0 && SCMP_SYS(socketcall) >= 0)	/* i386: a filter sees no arguments behind a pointer */
		log_warning("seccomp cannot tell one kind of socket from another on this architecture");
	seccomp_release(filter);
	return err;
}
