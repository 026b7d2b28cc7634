/* confine - what a process can no longer do, whatever is done to it: the mechanism, each wing has its own lists
 *
 * Files by Landlock, system calls by seccomp; both hold for all that follows, threads and children included, and
 * cannot be undone. No power is needed, but privilege_drop() must have come before. */
#ifndef MAILWARD_CONFINE_H
#define MAILWARD_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CONFINE_READ = 1,	/* files and folders at or below the path */
	CONFINE_WRITE = 2,	/* make, write and remove files there */
	CONFINE_REMOVE = 4,	/* remove files there */
};

struct confine_path {
	const char *path;	/* NULL: none. A symbolic link is followed. Not there: nearest folder above it, if it is to be read */
	unsigned may;
};

/* System calls that are allowed. One that this architecture or libseccomp does not know is passed over. */
struct confine_calls {
	const char *names;		/* whatever their arguments; separated by blanks */
	const char *absent;		/* fail with ENOSYS, and the process goes on */
	const struct confine_call {	/* only if this argument, under the mask, is the value */
		const char *name;
		unsigned arg;
		uint64_t mask, value;
	} *only;
	size_t only_count;
};

/* confine_files - nothing but what paths say may be opened, made or removed; what is open stays open. Nor may the
 * process use TCP, but connect to those ports, send signals out or reach an abstract socket of others, where the kernel knows how to forbid that.
 * Returns 0, or -errno: ENOSYS, EOPNOTSUPP: this kernel has no Landlock */
int confine_files(const struct confine_path *paths, size_t count, const uint16_t *ports, size_t port_count);

/* confine_calls - a system call that none of the lists allows kills the process
 * With MAILWARD_SECCOMP=log in the environment it is reported by the kernel's audit instead, and done.
 * Returns 0 or -errno. */
int confine_calls(const struct confine_calls *const *lists, size_t count);

/* What every program needs to run at all, and to use what is open and what Landlock grants; confine() adds it. */
extern const struct confine_calls confine_calls_of_all;

struct confinement {
	const char *who;		/* "the engine" */
	uint32_t caps;			/* these three: see privilege_drop() */
	const gid_t *groups;
	size_t group_count;
	bool stay;			/* also: see privilege_drop() */
	bool strict;			/* what cannot be had is an error, not a warning */
	const struct confine_path *paths;
	size_t path_count;
	const uint16_t *ports;		/* it may connect to, by TCP; NULL: none */
	size_t port_count;
	const struct confine_calls *calls;	/* besides those of all */
};

/* confine - drop privileges, then both of the above. 0, or -errno after logging */
int confine(const struct confinement *confinement);

/* confine_state - how this process is confined: "by Landlock and seccomp", "NOT by Landlock ..."    confine_is_whole - by both
 * Before confine(): not at all. */
const char *confine_state(void);
bool confine_is_whole(void);

#endif
