/* privilege - see privilege.h */
#include "warden/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define USER "mailward"
#define USER_FALLBACK "nobody"

static int failed(const char *what)
{
	int err = -errno;
	log_error("the warden cannot %s: %s", what, strerror(-err));
	return err;
}

static int leave_root(void)
{
	const struct passwd *user = getpwnam(USER);

	if (!user)
		user = getpwnam(USER_FALLBACK);
	if (!user || user->pw_uid == 0) {
		errno = ENOENT;
		return failed("find the user " USER " or " USER_FALLBACK);
	}
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return failed("leave root");
	return 0;
}

/* what no exec could ever get back; without CAP_SETPCAP it stays, and no_new_privs alone has to see to it */
static void empty_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap);
}

static int keep_net_admin_alone(void)
{
	const uint32_t bit = 1U << CAP_NET_ADMIN;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .effective = bit, .permitted = bit } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return failed("clear its ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return failed("keep CAP_NET_ADMIN");
	return 0;
}

int privilege_drop(void)
{
	int err = 0;

	empty_bounding_set();
	if (getuid() == 0 || geteuid() == 0)
		err = leave_root();
	if (err == 0)
		err = keep_net_admin_alone();
	if (err == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = failed("renounce new privileges");
	if (err == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)	/* the engine may run as the same user: it shall not ptrace */
		err = failed("shut its memory");
	return err;
}
