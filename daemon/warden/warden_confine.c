/* warden_confine - see warden_confine.h
 *
 * It reads the config and its lists again at a reload, wherever they are, and writes no file at all. */
#include "warden/warden_confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

#include "base/array.h"
#include "base/confine.h"
#include "base/privilege.h"

#define WRITING ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC))

static const struct confine_call only[] = {
	{ "open", 1, WRITING, O_RDONLY },
	{ "openat", 2, WRITING, O_RDONLY },
};

static const struct confine_calls calls = { "", "", only, COUNT(only) };

int warden_confine(const struct conf *conf)
{
	static const struct confine_path paths[] = {
		{ "/", CONFINE_READ },
#ifdef __SANITIZE_ADDRESS__
		{ "/", CONFINE_READ | CONFINE_WRITE },
#endif
	};

	/* A reload reads the config again: it must be able to. */
	bool stay = privilege_shut((const char *const[]){ conf->path }, &(int){ R_OK }, 1, NULL, 0) != NULL;

	return confine(&(struct confinement){
		.who = "the warden", .caps = 1U << CAP_NET_ADMIN, .stay = stay, .strict = conf->strict, .paths = paths,
		.path_count = COUNT(paths), .calls = &calls,
	});
}
