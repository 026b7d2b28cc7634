/* conf_read - see conf_read.h; the only user of inih
 *
 * Debian 12's inih reads lines of 200 bytes: a longer one it cuts silently and takes the tail for a key of its own.
 * It cuts section names at 49 bytes, ignores what follows a "]", takes ":" for "=", does not tell of empty or repeated
 * sections, and hands an indented line (a section too) to the key above. So it gets its lines from here, one at a
 * time, after they were looked at; whatever it would guess about is reported and replaced by an empty line, so that
 * the rest of the file is still read and all problems are found at once. */
#include "conf/conf_read.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <unistd.h>

#include "base/reach.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct text trim(struct text t)
{
	while (t.len && is_blank(t.at[0]))
		t = (struct text){ t.at + 1, t.len - 1 };
	while (t.len && is_blank(t.at[t.len - 1]))
		t.len--;
	return t;
}

struct text conf_content(struct text line, const char *marks)
{
	for (size_t i = 0; i < line.len; i++)
		if (strchr(marks, line.at[i]) && (i == 0 || is_blank(line.at[i - 1])))
			line.len = i;
	return trim(line);
}

bool conf_lines_open(struct conf_lines *lines, const char *path, struct problems *problems, const struct spot *from)
{
	int fd = reach_open(path, O_RDONLY);

	*lines = (struct conf_lines){ .spot = { problems, path, 0 }, .in = fd < 0 ? NULL : fdopen(fd, "r") };
	int err = errno;
	if (fd >= 0 && !lines->in)
		close(fd);
	if (lines->in) {
		int first = getc(lines->in);	/* A folder opens, but does not read. */
		err = errno;
		if (first != EOF)
			ungetc(first, lines->in);
		else if (ferror(lines->in))
			conf_lines_close(lines);
	}
	if (lines->in)
		return true;
	if (from)
		problem(from, "%s cannot be read: %s", path, strerror(err));
	else
		problem(&lines->spot, "cannot be read: %s", strerror(err));
	return false;
}

void conf_lines_rewind(struct conf_lines *lines)
{
	rewind(lines->in);
	lines->spot.line = 0;
	lines->bytes = 0;
}

void conf_lines_close(struct conf_lines *lines)
{
	if (lines->in)
		fclose(lines->in);
	lines->in = NULL;
}

/* The bytes up to the next LF, -1: the end; the rest of an over-long line is read and dropped. */
static ssize_t raw_line(struct conf_lines *lines, bool *cut)
{
	size_t len = 0, bytes = 0;
	int c;

	*cut = false;
	lines->spot.line++;
	while ((c = getc_unlocked(lines->in)) != EOF && c != '\n' && lines->bytes + bytes < CONF_FILE_BYTES_MAX) {
		bytes++;
		if (len < sizeof(lines->buffer))
			lines->buffer[len++] = (char)c;
		else
			*cut = true;
	}
	lines->bytes += bytes + 1;
	if (c == EOF && ferror(lines->in))
		problem(&lines->spot, "cannot be read: %s", strerror(errno));
	return c == EOF && bytes == 0 ? -1 : (ssize_t)len;
}

bool conf_lines_next(struct conf_lines *lines, struct text *text)
{
	bool cut;
	ssize_t len = raw_line(lines, &cut);

	if (len < 0)
		return false;
	if (lines->bytes > CONF_FILE_BYTES_MAX) {
		problem(&lines->spot, "the file is larger than %u MiB, the rest is not read", CONF_FILE_BYTES_MAX >> 20);
		return false;
	}
	*text = (struct text){ lines->buffer, (size_t)len };
	if (lines->spot.line == 1 && text_starts(*text, TEXT("\xef\xbb\xbf")))
		*text = (struct text){ text->at + 3, text->len - 3 };
	if (text->len && text->at[text->len - 1] == '\r')
		text->len--;
	while (text->len && is_blank(text->at[text->len - 1]))
		text->len--;
	const char *wrong = cut ? "longer than 4096 bytes" : NULL;
	for (size_t i = 0; i < text->len && !wrong; i++) {
		unsigned char c = (unsigned char)text->at[i];
		if (c == '\0')
			wrong = "holds a NUL byte: a plain text file (UTF-8, not UTF-16) would be right";
		else if (c == '\r')
			wrong = "holds a carriage return inside: lines that end in LF would be right";
		else if ((c < 0x20 && c != '\t') || c == 0x7f)
			wrong = "holds a control character";
	}
	if (wrong) {
		problem(&lines->spot, "the line is not read: %s", wrong);
		text->len = 0;
	}
	return true;
}

struct reader {
	struct conf_lines lines;
	conf_heading_fn *heading;
	conf_key_fn *key;
	void *arg;
	bool indented;		/* the line inih has now */
	bool key_seen;		/* in this section: an indented line continues it */
};

/* "[name]" and nothing else; an indented one too. */
static void heading_read(struct reader *reader, struct text content)
{
	const char *close = memchr(content.at, ']', content.len);
	struct text name = { NULL, 0 };

	if (!close)
		problem(&reader->lines.spot, "the section's ']' is missing, '[name]' would be right");
	else if (close + 1 != content.at + content.len)
		problem(&reader->lines.spot, "text after the section's ']', '[name]' alone on its line would be right");
	else
		name = trim((struct text){ content.at + 1, content.len - 2 });
	reader->key_seen = false;
	reader->heading(reader->arg, &reader->lines.spot, name);
}

/* "key = value", as inih will read it? */
static bool assignment_check(const struct reader *reader, struct text content)
{
	size_t split = 0;

	while (split < content.len && content.at[split] != '=' && content.at[split] != ':')
		split++;
	if (split > 0 && split < content.len && content.at[split] == '=')
		return true;
	if (split == 0)
		problem(&reader->lines.spot, "no key before the '%c', 'key = value' would be right", content.at[0]);
	else
		problem(&reader->lines.spot, "no '=' after '%.*s', 'key = value' would be right", (int)split, content.at);
	return false;
}

/* A longer line would be cut. */
static bool fits(const struct reader *reader, struct text content, size_t max)
{
	if (content.len > max)
		problem(&reader->lines.spot, "the line has %zu bytes without comment, at most %zu would be right "
			"(a list goes on in indented lines)", content.len, max);
	return content.len <= max;
}

/* An ini_reader: the next line in a form that inih cannot misread. */
static char *ini_line(char *dst, int size, void *arg)
{
	struct reader *reader = arg;
	struct text line;

	if (!conf_lines_next(&reader->lines, &line))
		return NULL;
	bool indented = line.len && is_blank(line.at[0]);
	struct text content = conf_content(line, CONF_COMMENTS);
	bool heading = content.len && content.at[0] == '[';
	reader->indented = indented && !heading && reader->key_seen;
	if (heading)
		heading_read(reader, content);
	if (content.len == 0 || !fits(reader, content, (size_t)size - 4) ||
	    (!heading && !reader->indented && !assignment_check(reader, content)))
		content = TEXT("");
	snprintf(dst, (size_t)size, "%s%.*s\n", reader->indented ? " " : "", (int)content.len, content.at);
	return dst;
}

/* An ini_handler; the section is cut at 49 bytes, and has been told of whole. */
static int ini_key(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *reader = arg;

	(void)section;
	reader->key_seen = true;
	reader->key(reader->arg, &reader->lines.spot, key, value, reader->indented);
	return 1;
}

void conf_read(const char *path, struct problems *problems, conf_heading_fn *heading, conf_key_fn *key, void *arg)
{
	struct reader reader = { .heading = heading, .key = key, .arg = arg };

	if (!conf_lines_open(&reader.lines, path, problems, NULL))
		return;
	unsigned before = problems->count;
	int line = ini_parse_stream(ini_line, &reader, ini_key, &reader);
	/* Nothing should get past ini_line(); if it does, it is not ignored. */
	if (line != 0 && problems->count == before)
		problem(SPOT(problems, path, line > 0 ? (unsigned)line : 0), "cannot be parsed");
	conf_lines_close(&reader.lines);
}
