/* warden_confine - see warden_confine.h
 *
 * It reads the config and its lists again at a reload, wherever they are, and writes no file at all. */
#include "warden/warden_confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include "base/array.h"
#include "base/confine.h"
#include "base/privilege.h"

#define WRITING ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC))

static const struct confine_call only[] = {
	{ "open", 1, WRITING, O_RDONLY },
	{ "openat", 2, WRITING, O_RDONLY },
	/* the reader of the lists is a thread; clone3 hides what it is asked for, and without it clone is used */
	{ "clone", 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM },
};

static const struct confine_calls calls = { "eventfd2", "clone3", only, COUNT(only) };

int warden_confine(const struct conf *conf)
{
	static const struct confine_path paths[] = {
		{ "/", CONFINE_READ },
#ifdef __SANITIZE_ADDRESS__
		{ "/", CONFINE_READ | CONFINE_WRITE },
#endif
	};

	struct privilege_use uses[CONF_NAMED_MAX + 2] = { { conf->path, R_OK }, { conf->allow_file, R_OK } };
	size_t count = 2;

	/* A reload reads these again: it must be able to; where not even root can, the engine says so. */
	conf_keep(conf);
	for (size_t i = 0; i < conf->blocklist_count; i++)
		uses[count++] = (struct privilege_use){ conf->blocklists[i].file, R_OK };
	const bool stay = privilege_shut(uses, count, NULL, 0, false) && !privilege_shut(uses, count, NULL, 0, true);

	return confine(&(struct confinement){
		.who = "the process that drops", .caps = 1U << CAP_NET_ADMIN, .stay = stay, .strict = conf->strict, .paths = paths,
		.path_count = COUNT(paths), .calls = &calls,
	});
}
