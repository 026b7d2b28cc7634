/* confine - see confine.h */
#include "base/confine.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/privilege.h"

static bool by_files, by_calls;

const char *confine_state(void)
{
	if (by_files)
		return by_calls ? "by Landlock and seccomp" : "by Landlock, NOT by seccomp";
	return by_calls ? "by seccomp, NOT by Landlock" : "NOT at all, neither by Landlock nor by seccomp";
}

bool confine_is_whole(void)
{
	return by_files && by_calls;
}

static int missing(const struct confinement *c, const char *part, int err)
{
	(c->strict ? log_error : log_warning)("%s is not confined by %s: %s%s", c->who, part, strerror(-err),
					     c->strict ? ", and strict = yes wants it" : "");
	return c->strict ? err : 0;
}

int confine(const struct confinement *c)
{
	int err = privilege_drop(c->who, c->caps, c->groups, c->group_count, c->stay);

	if (err < 0)
		return err;
	err = confine_files(c->paths, c->path_count, c->ports, c->port_count);
	by_files = err == 0;
	if (err < 0 && (err = missing(c, "Landlock (which files it may use)", err)) < 0)
		return err;
	err = confine_calls((const struct confine_calls *[]){ &confine_calls_of_all, c->calls }, 2);
	by_calls = err == 0;
	return err < 0 ? missing(c, "seccomp (which system calls it may use)", err) : 0;
}
