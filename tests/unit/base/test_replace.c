/* test_replace - a file is the old one or the new one, whole; mode, owner and links stay; nothing is left beside it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace.h"
#include "tap.h"

static char folder[] = "/tmp/mailward-test-replace.XXXXXX";
static char path[80], link_path[80];

static int renew(const char *at, const char *text, unsigned mode, bool own, bool keep)
{
	struct replace replace;
	int err = replace_begin(&replace, at, mode, own);

	if (err < 0)
		return err;
	fputs(text, replace.out);
	return replace_end(&replace, keep);
}

static const char *content(void)
{
	static char text[64];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[len] = '\0';
	return text;
}

static unsigned mode_now(void)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void test_steps(void)
{
	struct replace replace;
	char beside[120] = "";

	tap_int(replace_begin(&replace, path, 0644, false), 0, "begun");
	snprintf(beside, sizeof(beside), "%s", replace.beside);
	fputs("third", replace.out);
	tap_int(replace_flush(&replace), 0, "flushed");
	tap_str(content(), "second", "the old one is there until the end");
	tap_int(access(beside, F_OK), 0, "and the new one beside it");
	tap_int(replace_end(&replace, true), 0, "ended");
	tap_str(content(), "third", "now the new one is");
	tap_int(access(beside, F_OK), -1, "and not beside it any more");
}

int main(void)
{
	struct stat st;

	if (!mkdtemp(folder))
		return 1;
	umask(022);
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	tap_int(renew(path, "first", 0666, false, false), 0, "one that is not kept");
	tap_int(access(path, F_OK), -1, "is not there");
	tap_int(renew(path, "first", 0666, true, true), 0, "a new file");
	tap_str(content(), "first", "is there");
	tap_int((int)mode_now(), 0644, "of the mode that was asked for, less the umask");
	chmod(path, 0640);
	if (geteuid() == 0 && chown(path, 65534, 65534) < 0)
		return 1;
	tap_int(renew(path, "second", 0666, true, true), 0, "one in the place of another");
	tap_str(content(), "second", "is there");
	tap_int((int)mode_now(), 0640, "and keeps its mode");
	tap_ok(stat(path, &st) == 0 && (geteuid() != 0 || (st.st_uid == 65534 && st.st_gid == 65534)), "and its owner");
	test_steps();
	tap_int(symlink("file", link_path), 0, "a link to it");
	tap_int(renew(link_path, "fourth", 0666, false, true), 0, "is followed");
	tap_str(content(), "fourth", "what it leads to is replaced");
	tap_ok(lstat(link_path, &st) == 0 && S_ISLNK(st.st_mode), "the link stays one");
	tap_int(renew("/dev/null", "x", 0666, false, true), -ENOTSUP, "a device is not replaced");
	tap_int(renew(folder, "x", 0666, false, true), -EISDIR, "nor a folder");
	unlink(path);
	tap_int(renew(link_path, "x", 0666, false, true), -ENOENT, "nor a link that leads nowhere");
	unlink(link_path);
	tap_int(renew("/tmp/no-such-folder-of-mailward/x", "x", 0666, false, true), -ENOENT, "where there is no folder, nothing is written");
	tap_int(rmdir(folder), 0, "no other file is left");
	return tap_done();
}
