/* test_privilege - before the power of root is given up: what would be out of reach for whom, and none of it is lost yet */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/reach.h"
#include "tap.h"

#define STRANGER 54321	/* nobody's user, but files can be his */

static char base[] = "/tmp/mailward-privilege-XXXXXX";

static const char *path(const char *name)
{
	static char paths[2][256];
	static bool turn;

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", base, name);
	return paths[turn];
}

static void make(const char *name, mode_t mode, uid_t owner)
{
	int fd = S_ISDIR(mode) ? mkdir(path(name), 0700) : open(path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || (!S_ISDIR(mode) && close(fd) < 0) || chown(path(name), owner, owner) < 0 || chmod(path(name), mode & 07777) < 0)
		tap_ok(false, "%s is made", name);
}

static bool is_shut(const char *name, int mode, bool stay)
{
	const struct privilege_use uses[] = { { NULL, R_OK }, { path("everybody's"), R_OK }, { path(name), mode } };
	const char *shut = privilege_shut(uses, 3, NULL, 0, stay);

	return shut && strcmp(shut, uses[2].path) == 0;
}

static void test_shut(void)
{
	static const struct {
		const char *name;
		int mode;
		bool to_user, to_root;
	} cases[] = {
		{ "everybody's", R_OK, false, false },
		{ "root's", R_OK, true, false },
		{ "a stranger's", R_OK, true, true },
		{ "root's folder", R_OK | X_OK, true, false },
		{ "root's folder/file", R_OK, true, false },
		{ "a stranger's folder", R_OK | X_OK, true, true },
		{ "a stranger's folder/file", R_OK, true, true },
		{ "a stranger's folder/none", R_OK, true, true },
		{ "none", R_OK, false, false },
		{ "a stranger's folder/kept/file", R_OK, false, false },
		{ "a stranger's folder/kept", R_OK | X_OK, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tap_int(is_shut(cases[i].name, cases[i].mode, false), cases[i].to_user, "%s: to another user %s", cases[i].name,
			cases[i].to_user ? "shut" : "open");
		tap_int(is_shut(cases[i].name, cases[i].mode, true), cases[i].to_root, "%s: to root without its powers %s", cases[i].name,
			cases[i].to_root ? "shut" : "open");
	}
	int fd = open(path("a stranger's folder/file"), O_RDWR | O_CLOEXEC);
	tap_ok(geteuid() == 0 && fd >= 0 && chown(path("root's"), STRANGER, 0) == 0, "and root is as mighty as before");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	char command[128];
	uid_t uid;
	gid_t gid;

	if (!privilege_user(&uid, &gid)) {
		puts("1..0 # SKIP needs root, and a user to become");
		return 0;
	}
	if (!mkdtemp(base) || chmod(base, 0755) < 0)
		tap_ok(false, "a folder");
	make("everybody's", 0644, 0);
	make("root's", 0600, 0);
	make("a stranger's", 0600, STRANGER);
	make("root's folder", S_IFDIR | 0700, 0);
	make("root's folder/file", 0644, 0);
	make("a stranger's folder", S_IFDIR | 0700, STRANGER);
	make("a stranger's folder/file", 0644, 0);
	make("a stranger's folder/kept", S_IFDIR | 0755, STRANGER);
	make("a stranger's folder/kept/file", 0644, STRANGER);
	reach_keep(path("a stranger's folder/kept"));
	test_shut();
	snprintf(command, sizeof(command), "rm -rf %s", base);
	if (system(command) != 0)
		tap_ok(false, "the folder is gone");
	return tap_done();
}
