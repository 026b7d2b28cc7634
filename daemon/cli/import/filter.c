/* filter - see filter.h
 *
 * The language is Python's configparser with fail2ban's additions: [INCLUDES] before and after, %(name)s,
 * %(known/name)s and <name>, also nested as in <mdre-<mode>>. Everything is bounded: files, their number, depth and
 * length of what a reference grows to. Runs on people's files at their word, never in the daemon. */
#include "cli/import/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define FILE_BYTES_MAX (1U << 20)
#define INCLUDE_DEPTH_MAX 8
#define FILES_MAX 32
#define REFERENCE_DEPTH_MAX 16
#define RESOLVED_BYTES_MAX 16384
#define NAME_BYTES_MAX 128

struct reading {
	struct filter *filter;
	unsigned depth, files;
};

struct resolving {
	struct filter *filter;
	const struct filter_line *line;		/* for messages */
	const struct filter_value *value;	/* whose line it is, for known/ */
	unsigned depth;
	char bytes[RESOLVED_BYTES_MAX];
	size_t len;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text text)
{
	while (text.len && is_space(text.at[0]))
		text.at++, text.len--;
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

static bool same_name(struct text a, struct text b)
{
	return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static char *keep(struct filter *filter, struct text text)
{
	char *copy = arena_alloc(&filter->memory, text.len + 1);

	if (copy && text.len)
		memcpy(copy, text.at, text.len);
	return copy;
}

/* ---- reading ---- */

static const struct filter_value *find(const struct filter *filter, struct text name)
{
	for (size_t i = filter->count; i-- > 0;)
		if (same_name(filter->values[i].name, name))
			return &filter->values[i];
	return NULL;
}

static struct filter_value *value_add(struct filter *filter, struct text name)
{
	const struct filter_value *older = find(filter, name);
	struct filter_value *copy = NULL;

	if (older) {	/* the array may move: what is replaced lives on in a copy */
		copy = arena_alloc(&filter->memory, sizeof(*copy));
		if (!copy)
			return NULL;
		*copy = *older;
	}
	struct filter_value *values = arena_push(&filter->memory, filter->values, filter->count, sizeof(*values));
	if (!values)
		return NULL;
	filter->values = values;
	values[filter->count] = (struct filter_value){ .name = name, .older = copy };
	return &values[filter->count++];
}

static bool line_add(struct filter *filter, struct filter_value *value, struct text text, const struct spot *spot)
{
	struct filter_line *lines = arena_push(&filter->memory, value->lines, value->count, sizeof(*lines));

	if (!lines)
		return false;
	value->lines = lines;
	lines[value->count++] = (struct filter_line){ text, *spot };
	return true;
}

static struct text read_whole(struct reading *reading, const char *path)
{
	struct filter *filter = reading->filter;
	FILE *file = fopen(path, "re");
	char *bytes = file ? arena_alloc(&filter->memory, FILE_BYTES_MAX + 1) : NULL;
	size_t len = bytes ? fread(bytes, 1, FILE_BYTES_MAX + 1, file) : 0;
	int err = !file ? errno : !bytes ? ENOMEM : ferror(file) ? EIO : 0;
	struct spot spot = { filter->problems, path, 0 };

	if (file)
		fclose(file);
	if (err && reading->depth)	/* Many an "after = NAME.local" is not there, and need not be. */
		problem_warning(&spot, "an include that cannot be read: %s", strerror(err));
	else if (err)
		problem(&spot, "cannot be read: %s", strerror(err));
	else if (len > FILE_BYTES_MAX)
		problem(&spot, "is larger than %u bytes", FILE_BYTES_MAX);
	else
		return (struct text){ bytes, len };
	return (struct text){ NULL, 0 };
}

static struct text take_line(struct text *file)
{
	const char *lf = memchr(file->at, '\n', file->len);
	size_t len = lf ? (size_t)(lf - file->at) : file->len;
	struct text line = { file->at, len };

	file->at += len + (lf != NULL);
	file->len -= len + (lf != NULL);
	return line;
}

static bool read_file(struct reading *reading, const char *path);

/* The files named by an include, beside the including one; what is missing is told, and not fatal. */
static void read_includes(struct reading *reading, const char *path, struct text names)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;

	while (names.len) {
		struct text name = names;
		char beside[4096];
		size_t len = 0;

		while (len < name.len && !is_space(name.at[len]) && name.at[len] != '\n')
			len++;
		name.len = len;
		names = trim((struct text){ names.at + len, names.len - len });
		if (name.len == 0 || (size_t)folder + name.len >= sizeof(beside))
			continue;
		snprintf(beside, sizeof(beside), "%.*s%.*s", name.at[0] == '/' ? 0 : folder, path, (int)name.len, name.at);
		if (reading->depth == INCLUDE_DEPTH_MAX || reading->files == FILES_MAX) {
			problem(SPOT(reading->filter->problems, path, 0), "includes too many files, or itself");
			return;
		}
		char *kept = keep(reading->filter, text_of(beside));
		reading->depth++;
		if (kept)
			read_file(reading, kept);
		reading->depth--;
	}
}

struct section {
	struct filter_value *value;	/* being read */
	bool includes;
	struct text before, after;
};

static void read_setting(struct filter *filter, struct section *section, struct text line, const struct spot *spot)
{
	size_t end = 0;

	section->value = NULL;
	while (end < line.len && line.at[end] != '=' && line.at[end] != ':')
		end++;
	if (end == line.len) {
		problem(spot, "is neither a [section] nor NAME = VALUE");
		return;
	}
	struct text name = trim((struct text){ line.at, end });
	struct text rest = trim((struct text){ line.at + end + 1, line.len - end - 1 });
	if (section->includes) {
		if (same_name(name, TEXT("before")))
			section->before = rest;
		else if (same_name(name, TEXT("after")))
			section->after = rest;
		return;
	}
	section->value = value_add(filter, name);
	if (section->value && rest.len)
		line_add(filter, section->value, rest, spot);
}

/* One pass for the includes, whose "before" comes before all else, and one for the values. */
static void read_settings(struct filter *filter, struct section *section, struct text file, const char *path, bool includes)
{
	struct spot spot = { filter->problems, path, 1 };
	bool wanted = false;

	for (; file.len; spot.line++) {
		struct text raw = take_line(&file), line = trim(raw);

		if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
			continue;
		if (raw.at[0] == '[') {
			section->includes = same_name(line, TEXT("[INCLUDES]"));
			wanted = section->includes == includes;
			section->value = NULL;
		} else if (wanted && !is_space(raw.at[0])) {
			read_setting(filter, section, line, &spot);
		} else if (wanted && section->value) {
			line_add(filter, section->value, line, &spot);
		}
	}
}

static bool read_file(struct reading *reading, const char *path)
{
	struct text file = read_whole(reading, path);
	struct section section = { 0 };

	reading->files++;
	if (!file.at)
		return false;
	read_settings(reading->filter, &section, file, path, true);
	read_includes(reading, path, section.before);
	read_settings(reading->filter, &section, file, path, false);
	read_includes(reading, path, section.after);
	return true;
}

bool filter_read(struct filter *filter, const char *path, const char *mode)
{
	struct reading reading = { .filter = filter };
	bool read = read_file(&reading, path);
	struct filter_value *value = read && mode ? value_add(filter, TEXT("mode")) : NULL;

	if (value)
		line_add(filter, value, text_of(mode), SPOT(filter->problems, path, 0));
	return read;
}

void filter_fini(struct filter *filter)
{
	arena_free(&filter->memory);
	filter->values = NULL;
	filter->count = 0;
}

/* ---- resolving ---- */

static bool resolve(struct resolving *r, struct text text);

static bool put(struct resolving *r, const char *at, size_t len)
{
	if (len > sizeof(r->bytes) - r->len) {
		problem(&r->line->spot, "grows too long with its references");
		return false;
	}
	memcpy(r->bytes + r->len, at, len);
	r->len += len;
	return true;
}

static bool put_value(struct resolving *r, const struct filter_value *value)
{
	const struct filter_value *outer = r->value;
	bool fine = true;

	if (r->depth == REFERENCE_DEPTH_MAX) {
		problem(&r->line->spot, "refers to itself, or too deeply");
		return false;
	}
	r->depth++;
	r->value = value;
	for (size_t i = 0; fine && i < value->count; i++)
		fine = (i == 0 || put(r, "\n", 1)) && resolve(r, value->lines[i].text);
	r->value = outer;
	r->depth--;
	return fine;
}

/* The value that a name means in a line of r->value. */
static const struct filter_value *meant(const struct resolving *r, struct text name)
{
	if (name.len > 6 && strncasecmp(name.at, "known/", 6) == 0) {
		name.at += 6, name.len -= 6;
		if (r->value && same_name(r->value->name, name))
			return r->value->older;
	}
	return find(r->filter, name);
}

static bool is_header(struct text name)
{
	return same_name(name, TEXT("__prefix_line"));
}

/* The name in "%(name)s"; how long it all is, or 0. */
static size_t percent_name(struct text text, struct text *name)
{
	const char *close = text.len > 3 && text.at[1] == '(' ? memchr(text.at, ')', text.len) : NULL;

	if (!close || close + 1 == text.at + text.len || close[1] != 's')
		return 0;
	*name = (struct text){ text.at + 2, (size_t)(close - text.at) - 2 };
	return name->len + 4;
}

/* The name in "<name>" or "<one-<other>>", the inner one resolved; how long it all is, or 0. */
static size_t angle_name(const struct resolving *r, struct text text, char *name, size_t *len)
{
	size_t at = 1;

	for (*len = 0; at < text.len && *len < NAME_BYTES_MAX; at++) {
		char c = text.at[at];
		if (c == '>')
			return *len ? at + 1 : 0;
		if (c == '<') {
			const char *close = memchr(text.at + at, '>', text.len - at);
			const struct filter_value *inner = !close ? NULL :
				meant(r, (struct text){ text.at + at + 1, (size_t)(close - text.at) - at - 1 });
			if (!inner || inner->count != 1 || inner->lines[0].text.len > NAME_BYTES_MAX - *len)
				return 0;
			memcpy(name + *len, inner->lines[0].text.at, inner->lines[0].text.len);
			*len += inner->lines[0].text.len;
			at = (size_t)(close - text.at);
		} else if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("_-/", c))) {
			name[(*len)++] = c;
		} else {
			return 0;
		}
	}
	return 0;
}

/* A reference at the head of the text: its length, 0: there is none; *value NULL: the header. */
static size_t reference(const struct resolving *r, struct text text, struct text *name, const struct filter_value **value,
			char *buffer)
{
	size_t len = 0, whole;

	*value = NULL;
	if (text.at[0] == '%')
		whole = percent_name(text, name);
	else if (text.at[0] == '<' && (whole = angle_name(r, text, buffer, &len)) > 0)
		*name = (struct text){ buffer, len };
	else
		return 0;
	if (whole && !is_header(*name))
		*value = meant(r, *name);
	if (whole && text.at[0] == '<' && !*value && !is_header(*name))
		return 0;	/* <HOST>, <F-USER>: not ours to resolve */
	return whole;
}

static bool resolve(struct resolving *r, struct text text)
{
	char buffer[NAME_BYTES_MAX];

	for (size_t i = 0; i < text.len;) {
		struct text rest = { text.at + i, text.len - i }, name;
		const struct filter_value *value;
		bool group = i >= 2 && memcmp(rest.at - 2, "?P", 2) == 0;
		size_t len = group ? 0 : reference(r, rest, &name, &value, buffer);

		if (len == 0) {
			bool escaped = rest.len > 1 && memcmp(rest.at, "%%", 2) == 0;
			if (!put(r, rest.at, 1))
				return false;
			i += escaped ? 2 : 1;
		} else if (is_header(name)) {
			if (!put(r, (const char[]){ FILTER_HEADER }, 1))
				return false;
			i += len;
		} else if (!value) {
			problem(&r->line->spot, "there is no value '%.*s': perhaps an include is missing",
				(int)name.len, name.at);
			return false;
		} else {
			if (!put_value(r, value))
				return false;
			i += len;
		}
	}
	return true;
}

struct walk {
	filter_line_fn *fn;
	void *arg;
	struct resolving *resolving;
	unsigned failed, depth;
};

static void give_lines(struct walk *walk, const struct filter_line *origin)
{
	struct resolving *r = walk->resolving;
	char *kept = keep(r->filter, (struct text){ r->bytes, r->len });
	struct text rest = { kept, kept ? r->len : 0 };

	while (rest.len) {
		struct text line = trim(take_line(&rest));
		if (line.len)
			walk->fn(walk->arg, &(struct filter_line){ line, origin->spot });
	}
}

static void walk_value(struct walk *walk, const struct filter_value *value)
{
	struct resolving *r = walk->resolving;
	char buffer[NAME_BYTES_MAX];

	for (size_t i = 0; i < value->count; i++) {
		const struct filter_line *line = &value->lines[i];
		const struct filter_value *other;
		struct text name;

		*r = (struct resolving){ .filter = r->filter, .line = line, .value = value };
		if (reference(r, line->text, &name, &other, buffer) == line->text.len && other && walk->depth < REFERENCE_DEPTH_MAX) {
			walk->depth++;
			walk_value(walk, other);
			walk->depth--;
		} else if (resolve(r, line->text)) {
			give_lines(walk, line);
		} else {
			walk->failed++;
		}
	}
}

unsigned filter_each(struct filter *filter, const char *name, filter_line_fn *fn, void *arg)
{
	const struct filter_value *value = find(filter, text_of(name));
	struct walk walk = { .fn = fn, .arg = arg, .resolving = calloc(1, sizeof(*walk.resolving)) };

	if (walk.resolving && value) {
		walk.resolving->filter = filter;
		walk_value(&walk, value);
	}
	free(walk.resolving);
	return walk.failed;
}
