/* test_conf_edit - one key changes, nothing else does, and never so that the config would not load any more */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_edit.h"
#include "tap.h"

static char folder[] = "/tmp/mailward-test-edit.XXXXXX";
static char path[64];

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	if (!file || fputs(text, file) == EOF || fclose(file) != 0)
		abort();
}

/* What is in the file, until the next call. */
static const char *text_now(void)
{
	static char text[4096];
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[len] = '\0';
	return text;
}

static bool edit(const char *key, const char *value)
{
	struct problems quiet = { 0 };

	return conf_edit(path, "mailward", key, value, &quiet) && quiet.count == 0;
}

static const struct {
	const char *before, *after, *what;
} cases[] = {
	{ "[mailward]\ndry_run = yes\n", "[mailward]\ndry_run = no\n", "the value" },
	{ "[mailward]\ndry_run          = yes ; for now\n[policy]\nwindow = 5m\n",
	  "[mailward]\ndry_run          = no ; for now\n[policy]\nwindow = 5m\n", "blanks and a comment stay" },
	{ "; dry_run = yes\n[mailward]\n; dry_run = yes\nstrict = no\n", "; dry_run = yes\n[mailward]\ndry_run = no\n; dry_run = yes\nstrict = no\n",
	  "what is a comment is no key" },
	{ "[policy]\nwindow = 5m\n", "[policy]\nwindow = 5m\n\n[mailward]\ndry_run = no\n", "a section that is missing" },
	{ "[policy]\nwindow = 5m", "[policy]\nwindow = 5m\n\n[mailward]\ndry_run = no\n", "behind a line without an end" },
	{ "[mailward]", "[mailward]\ndry_run = no\n", "in a section that is its heading alone" },
	{ "", "\n[mailward]\ndry_run = no\n", "in an empty file" },
	{ "[mailward]\nports = 25\n  587\ndry_run=yes\n", "[mailward]\nports = 25\n  587\ndry_run=no\n", "behind a value of two lines" },
	{ "[mailward]\r\ndry_run = yes\r\n", "[mailward]\r\ndry_run = no\r\n", "lines that end in CR LF" },
	{ "[policy]\nwindow = 5m\n[mailward]\nstrict = no\n[names]\ncase = keep\n",
	  "[policy]\nwindow = 5m\n[mailward]\ndry_run = no\nstrict = no\n[names]\ncase = keep\n", "in its own section" },
};

int main(void)
{
	char link[80];
	struct stat st;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/m.conf", folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_file(cases[i].before);
		tap_ok(edit("dry_run", "no"), "%s: done", cases[i].what);
		tap_str(text_now(), cases[i].after, "%s: the file", cases[i].what);
		tap_ok(edit("dry_run", "no"), "%s: done twice", cases[i].what);
		tap_str(text_now(), cases[i].after, "%s: is the same", cases[i].what);
	}

	write_file("[mailward]\ndry_run = yes\n");
	tap_ok(!edit("dry_run", "perhaps"), "a value that would not load is refused");
	tap_str(text_now(), "[mailward]\ndry_run = yes\n", "and the file is as it was");
	tap_ok(!edit("no_such_key", "no"), "so is a key that there is not");
	chmod(path, 0640);
	snprintf(link, sizeof(link), "%s/link", folder);
	tap_int(symlink("m.conf", link), 0, "a link to the file");
	struct problems quiet = { 0 };
	tap_ok(conf_edit(link, "mailward", "dry_run", "no", &quiet), "is followed");
	tap_str(text_now(), "[mailward]\ndry_run = no\n", "the file itself has changed");
	tap_ok(lstat(link, &st) == 0 && S_ISLNK(st.st_mode), "the link is a link still");
	tap_ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640, "the mode stays");
	unlink(link);
	unlink(path);
	tap_ok(!edit("dry_run", "no"), "a file that is not there is refused");
	tap_int(rmdir(folder), 0, "no other file is left");
	return tap_done();
}
