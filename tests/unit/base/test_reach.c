/* test_reach - files below a folder that has been shut since: what was kept is within reach, and nothing else */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reach.h"
#include "tap.h"

#define SOMEBODY 65534

static char base[] = "/tmp/mailward-reach-XXXXXX";

/* path - in the test's folder; four at a time */
static const char *path(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *at = paths[turn++ % 4];

	snprintf(at, sizeof(paths[0]), "%s/%s", base, name);
	return at;
}

static void make_folder(const char *name)
{
	if (mkdir(path(name), 0755) < 0)
		tap_ok(false, "the folder %s is made", name);
}

static void make_file(const char *name)
{
	int fd = open(path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || close(fd) < 0)
		tap_ok(false, "the file %s is made", name);
}

/* 0 or the errno */
static int opened(const char *name, int flags)
{
	int fd = reach_open(name, flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int opened_plainly(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* The folder above is shut to us, which takes another user where we are root. */
static void shut(void)
{
	if (chmod(path("above"), geteuid() == 0 ? 0700 : 0) < 0 || (geteuid() == 0 && seteuid(SOMEBODY) < 0))
		tap_ok(false, "the folder above is shut");
}

static void open_again(void)
{
	if ((getuid() == 0 && seteuid(0) < 0) || chmod(path("above"), 0755) < 0)
		tap_ok(false, "the folder above is open again");
}

static void test_path(void)
{
	const char *rest, *file = path("above/kept/file");
	struct stat st;

	tap_int(reach(file, &rest), AT_FDCWD, "while the path leads there, the path is taken");
	tap_str(rest, file, "... as it is");
	shut();
	tap_int(opened_plainly(file), EACCES, "the folder above is shut: the path leads nowhere");
	tap_int(opened(file, O_RDONLY), 0, "a file of a kept folder is within reach");
	tap_ok(reach_stat(file, &st) == 0 && S_ISREG(st.st_mode), "and can be looked at");
	tap_int(opened(path("above/kept"), O_RDONLY | O_DIRECTORY), 0, "the folder, too");
	tap_int(opened(path("above/linked/file"), O_RDONLY), 0, "by the name by which it was kept");
	tap_int(opened(path("above/kept/none"), O_RDONLY), ENOENT, "what is not there is not there");
	tap_int(opened(path("above/other/file"), O_RDONLY), EACCES, "a folder that was not kept is out of reach");
	tap_int(opened(path("above/kept/deep/file"), O_RDONLY), EACCES, "and so is one below a kept one");
	tap_int(opened(path("above/kep"), O_RDONLY), EACCES, "and one whose name is like it");
	open_again();
	tap_int(reach(file, &rest), AT_FDCWD, "open again, the path is taken");
}

static void test_real(void)
{
	char *real = realpath(path("above/kept"), NULL), *open_now = reach_real(path("above/linked/file"));

	shut();
	char *now_shut = reach_real(path("above/linked/file")), *other = reach_real(path("above/other/file"));
	tap_str(open_now, real, "the folder of a file, its links followed");
	tap_str(now_shut, real, "the same when it is shut, for it was kept");
	tap_ok(!other, "one that was not kept is not known");
	open_again();
	free(open_now);
	free(now_shut);
	free(real);
}

static void test_folder(void)
{
	static const char *const cases[][2] = {
		{ "/a/b", "/a" }, { "/a", "/" }, { "a/b", "a" }, { "a", "." },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *folder = reach_folder(cases[i][0]);

		tap_str(folder, cases[i][1], "the folder of %s", cases[i][0]);
		free(folder);
	}
}

int main(void)
{
	char command[128];

	if (!mkdtemp(base) || chmod(base, 0755) < 0)
		tap_ok(false, "a folder");
	make_folder("above");
	make_folder("above/kept");
	make_folder("above/kept/deep");
	make_folder("above/other");
	make_file("above/kept/file");
	make_file("above/kept/deep/file");
	make_file("above/other/file");
	if (symlink("kept", path("above/linked")) < 0)
		tap_ok(false, "a link");
	reach_keep(path("above/linked"));
	test_path();
	test_real();
	test_folder();
	snprintf(command, sizeof(command), "rm -rf %s", base);
	if (system(command) != 0)
		tap_ok(false, "the folder is gone");
	return tap_done();
}
