/* privilege - see privilege.h */
#include "base/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reach.h"

#define USER "mailward"
#define USER_FALLBACK "nobody"
#define GROUPS_MAX 256

static int failed(const char *who, const char *what)
{
	int err = -errno;
	log_error("%s cannot %s: %s", who, what, strerror(-err));
	return err;
}

static const struct passwd *user(void)
{
	const struct passwd *found = getpwnam(USER);

	if (!found)
		found = getpwnam(USER_FALLBACK);
	return found && found->pw_uid != 0 ? found : NULL;
}

/* In a container, root may not have what it takes to become another user; nor has it, then, what root is feared for. */
static bool may_leave_root(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t needed = 1U << CAP_SETUID | 1U << CAP_SETGID;

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & needed) == needed;
}

/* Whom this process is to become; NULL: it stays who it is. */
static const struct passwd *successor(void)
{
	return geteuid() == 0 && may_leave_root() ? user() : NULL;
}

bool privilege_user(uid_t *uid, gid_t *gid)
{
	const struct passwd *found = successor();

	if (found) {
		*uid = found->pw_uid;
		*gid = found->pw_gid;
	}
	return found != NULL;
}

static int keep_groups(const struct passwd *of, const gid_t *groups, size_t group_count)
{
	gid_t all[GROUPS_MAX];
	int count = GROUPS_MAX / 2;

	if (!groups)
		return setgroups(0, NULL);
	if (getgrouplist(of->pw_name, of->pw_gid, all, &count) < 0)
		count = GROUPS_MAX / 2;
	for (size_t i = 0; i < group_count && count < GROUPS_MAX; i++)
		all[count++] = groups[i];
	return setgroups((size_t)count, all);
}

static int leave_root(const char *who, const gid_t *groups, size_t group_count)
{
	const struct passwd *to = user();

	if (!to) {
		errno = ENOENT;
		return failed(who, "find the user " USER " or " USER_FALLBACK);
	}
	uid_t uid = to->pw_uid;
	gid_t gid = to->pw_gid;
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || keep_groups(to, groups, group_count) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return failed(who, "leave root");
	return 0;
}

/* What no exec could ever get back; without CAP_SETPCAP it stays, and no_new_privs alone has to see to it. */
static void empty_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap);
}

static int keep_alone(const char *who, uint32_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .effective = caps, .permitted = caps } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return failed(who, "clear its ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return failed(who, caps ? "keep the capability it needs" : "drop its capabilities");
	return 0;
}

/* all: every capability that may be had at all; else none */
static int set_effective(bool all)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = all ? data[i].permitted : 0;
	return (int)syscall(SYS_capset, &header, data);
}

/* Not tried in a child: the effective rights alone change, and come back. */
const char *privilege_shut(const struct privilege_use *uses, size_t count, const gid_t *groups, size_t group_count, bool stay)
{
	const struct passwd *to = successor();
	gid_t before[GROUPS_MAX], gid = getegid();
	int had = getgroups(GROUPS_MAX, before);
	const char *shut = NULL, *rest;

	if (!to || had < 0)
		return NULL;
	if (stay ? setgroups(group_count, groups) == 0 && set_effective(false) == 0 :
		   keep_groups(to, groups, group_count) == 0 && setegid(to->pw_gid) == 0 && seteuid(to->pw_uid) == 0) {
		for (size_t i = 0; i < count && !shut; i++) {
			int folder = uses[i].path ? reach(uses[i].path, &rest) : -1;

			if (uses[i].path && faccessat(folder, rest, uses[i].mode, AT_EACCESS) < 0 && errno != ENOENT)
				shut = uses[i].path;
		}
	}
	if (seteuid(0) < 0 || set_effective(true) < 0 || setegid(gid) < 0 || setgroups((size_t)had, before) < 0)
		log_error("cannot be root again: %s", strerror(errno));
	return shut;
}

int privilege_drop(const char *who, uint32_t caps, const gid_t *groups, size_t group_count, bool stay)
{
	int err = 0;

	empty_bounding_set();
	if ((getuid() == 0 || geteuid() == 0) && !may_leave_root())
		log_notice("%s stays root, which may do nothing here but what root's files allow", who);
	else if (getuid() == 0 || geteuid() == 0)
		err = stay ? setgroups(group_count, groups) : leave_root(who, groups, group_count);
	if (err == 0)
		err = keep_alone(who, caps);
	if (err == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = failed(who, "renounce new privileges");
	if (err == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)	/* the wings may run as the same user: none shall ptrace the other */
		err = failed(who, "shut its memory");
	return err;
}
