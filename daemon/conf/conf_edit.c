/* conf_edit - see conf_edit.h
 *
 * Reads lines as conf_read.c does: an indented line behind a key belongs to that key. Never logs. */
#include "conf/conf_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/replace.h"
#include "conf/conf.h"
#include "conf/conf_read.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Is this the line of the key? *value is what follows its '=', without comment. */
static bool is_key(struct text content, const char *key, struct text *value)
{
	size_t len = strlen(key), at = len;

	if (content.len < len || memcmp(content.at, key, len) != 0)
		return false;
	while (at < content.len && is_blank(content.at[at]))
		at++;
	if (at == content.len || content.at[at] != '=')
		return false;
	at++;
	while (at < content.len && is_blank(content.at[at]))
		at++;
	*value = (struct text){ content.at + at, content.len - at };
	return true;
}

static bool is_heading(struct text content, const char *section)
{
	size_t len = strlen(section);

	return content.len == len + 2 && content.at[0] == '[' && memcmp(content.at + 1, section, len) == 0;
}

/* Where the new text goes, and what it replaces there. */
struct place {
	struct text old;	/* in the file's text; empty: nothing is replaced */
	bool found;		/* the key; else old is behind its section's heading, or at the end of the file */
	bool section;
};

static struct place find(struct text all, const char *section, const char *key)
{
	struct place place = { .old = { all.at + all.len, 0 } };
	bool inside = false, key_seen = false;

	for (const char *at = all.at, *end; at < all.at + all.len && !place.found; at = end + 1) {
		end = memchr(at, '\n', (size_t)(all.at + all.len - at));
		if (!end)
			end = all.at + all.len;
		struct text content = conf_content((struct text){ at, (size_t)(end - at) }, CONF_COMMENTS);
		if (content.len && content.at[content.len - 1] == '\r')
			content.len--;
		if (content.len && content.at[0] == '[') {
			inside = is_heading(content, section);
			key_seen = false;
			if (inside && !place.section)
				place = (struct place){ { end < all.at + all.len ? end + 1 : end, 0 }, false, true };
		} else if (content.len && !(key_seen && is_blank(*at))) {
			key_seen = true;
			place.found = inside && is_key(content, key, &place.old);
		}
	}
	return place;
}

static void put(FILE *out, struct text all, const struct place *place, const char *section, const char *key, const char *value)
{
	size_t before = (size_t)(place->old.at - all.at);
	bool open = before && all.at[before - 1] != '\n';	/* a last line without an end */

	fwrite(all.at, 1, before, out);
	if (place->found)
		fputs(value, out);
	else if (place->section)
		fprintf(out, "%s%s = %s\n", open ? "\n" : "", key, value);
	else
		fprintf(out, "%s\n[%s]\n%s = %s\n", open ? "\n" : "", section, key, value);
	fwrite(place->old.at + place->old.len, 1, all.len - before - place->old.len, out);
}

/* The whole file, on the heap; NULL with errno set. */
static char *slurp(const char *path, size_t *len)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	struct stat st;

	if (in && fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CONF_FILE_BYTES_MAX &&
	    (text = malloc((size_t)st.st_size + 1)) != NULL)
		*len = fread(text, 1, (size_t)st.st_size, in);
	if (in)
		fclose(in);
	return text;
}

static bool loads(const char *path, struct problems *problems)
{
	struct conf conf;
	bool good = conf_load(&conf, path, problems);

	conf_fini(&conf);
	return good;
}

bool conf_edit(const char *path, const char *section, const char *key, const char *value, struct problems *problems)
{
	struct spot spot = { problems, path, 0 };
	struct replace new;
	size_t len = 0;
	char *text = slurp(path, &len);

	if (!text) {
		problem(&spot, "cannot be read: %s", strerror(errno));
		return false;
	}
	struct text all = { text, len };
	struct place place = find(all, section, key);
	bool good = false;
	int err = replace_begin(&new, path, 0600, true);
	if (err == 0) {
		put(new.out, all, &place, section, key, value);
		err = replace_flush(&new);
		good = err == 0 && loads(new.beside, problems);
		int end = replace_end(&new, good);
		err = err < 0 ? err : end;
	}
	if (err < 0)
		problem(&spot, "cannot be changed: %s", strerror(-err));
	free(text);
	return good && err == 0;
}
