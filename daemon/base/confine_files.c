/* confine_files - see confine.h
 *
 * Landlock by its raw system calls: neither glibc nor older kernel headers know all of it. What a right's bit means
 * never changes; which bits a kernel knows is its ABI number. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/reach.h"

/* The same on every architecture. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_REG (1ULL << 8)
#define FS_TRUNCATE (1ULL << 14)
#define FS_OF_A_FILE (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define NET_TCP 3ULL		/* bind, connect */
#define NET_CONNECT 2ULL
#define SCOPE_ABSTRACT 1ULL	/* no abstract socket of others */
#define SCOPE_SIGNAL 2ULL

struct ruleset {
	__u64 fs, net, scoped;
};

struct path_beneath {
	__u64 allowed;
	__s32 parent_fd;
} __attribute__((packed));

struct net_port {
	__u64 allowed, port;
};

/* All rights to files that an ABI knows, so that what is not granted is forbidden. */
static __u64 known_rights(long abi)
{
	static const unsigned bits[] = { 0, 13, 14, 15, 15, 16 };	/* none, ABI 1, 2 (refer), 3 (truncate), 4, 5 (ioctl) */

	return (1ULL << bits[abi < 5 ? abi : 5]) - 1;
}

static __u64 rights(unsigned may)
{
	return (may & CONFINE_READ ? FS_READ_FILE | FS_READ_DIR : 0) |
	       (may & CONFINE_WRITE ? FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_REMOVE_FILE : 0) |
	       (may & CONFINE_REMOVE ? FS_REMOVE_FILE : 0);
}

/* The path, or to read what is not there yet, the nearest folder above it, but not all there is; -1: neither. */
static int open_nearest(const char *path, unsigned may)
{
	char at[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(at))
		return -1;
	memcpy(at, path, len + 1);
	for (;;) {
		int fd = reach_open(at, O_PATH);
		char *slash = strrchr(at, '/');

		if (fd >= 0 || errno != ENOENT || may != CONFINE_READ || !slash || slash == at)
			return fd;
		*slash = '\0';
	}
}

static int allow(int ruleset, __u64 known, const struct confine_path *rule)
{
	struct path_beneath beneath = { .allowed = rights(rule->may) & known };
	struct stat st;
	int err = 0;

	beneath.parent_fd = rule->path ? open_nearest(rule->path, rule->may) : -1;
	if (beneath.parent_fd < 0)
		return 0;
	if (fstat(beneath.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		beneath.allowed &= FS_OF_A_FILE;
	if (beneath.allowed && syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &beneath, 0) < 0)
		err = -errno;
	close(beneath.parent_fd);
	return err;
}

/* Some supervisors take the service's messages on an abstract socket. */
static __u64 known_scopes(long abi)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	return abi < 6 ? 0 : SCOPE_SIGNAL | (notify && *notify == '@' ? 0 : SCOPE_ABSTRACT);
}

int confine_files(const struct confine_path *paths, size_t count, const uint16_t *ports, size_t port_count)
{
	long abi = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);

	if (abi < 1)
		return abi < 0 ? -errno : -ENOSYS;
	struct ruleset all = { .fs = known_rights(abi), .net = abi >= 4 ? NET_TCP : 0, .scoped = known_scopes(abi) };
	int ruleset = (int)syscall(CALL_CREATE_RULESET, &all, abi >= 6 ? sizeof(all) : abi >= 4 ? 2 * sizeof(__u64) : sizeof(__u64), 0);
	if (ruleset < 0)
		return -errno;
	int err = 0;
	for (size_t i = 0; i < count && err == 0; i++)
		err = allow(ruleset, all.fs, &paths[i]);
	for (size_t i = 0; i < port_count && all.net && err == 0; i++)
		if (syscall(CALL_ADD_RULE, ruleset, RULE_NET_PORT, &(struct net_port){ NET_CONNECT, ports[i] }, 0) < 0)
			err = -errno;
	if (err == 0 && syscall(CALL_RESTRICT_SELF, ruleset, 0) < 0)
		err = -errno;
	close(ruleset);
	return err;
}
