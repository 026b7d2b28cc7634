/* export - see export.h. Never searches ahead: each byte is what the state before it says. */
#include "match/export.h"

#define LENGTH_BYTES 8
#define NAME_BYTES_MAX 64

/* How many leading bytes may be a field's name. */
static size_t name_run(struct text line)
{
	size_t n = 0;

	while (n < line.len && n <= NAME_BYTES_MAX &&
	       ((line.at[n] >= 'A' && line.at[n] <= 'Z') || (line.at[n] >= '0' && line.at[n] <= '9') || line.at[n] == '_'))
		n++;
	return n;
}

/* Begin a field; what is found again counts as it stood first. */
static void field_begin(struct export *export, enum entry_field field)
{
	export->field = field < ENTRY_FIELDS && !export->entry.at[field].at ? field : ENTRY_FIELDS;
	if (export->field != ENTRY_FIELDS)
		export->entry.at[field].at = export->text + export->used;
}

/* The next bytes of the field that was begun, as far as they are wanted. */
static void field_add(struct export *export, const char *at, size_t len)
{
	struct text *value = &export->entry.at[export->field];
	size_t room = sizeof(export->text) / 2;

	if (export->field == ENTRY_FIELDS)
		return;
	if (export->field != ENTRY_MESSAGE)
		room = EXPORT_FIELD_BYTES;
	if (len > room - value->len)
		len = room - value->len;
	memcpy(export->text + export->used, at, len);
	value->len += len;
	export->used += len;
}

/* "NAME=TEXT", or the name alone and then its length and data; an empty line ends the record. */
static bool line_read(struct export *export, struct text line)
{
	size_t n = name_run(line);

	if (n == 0 || n > NAME_BYTES_MAX || (n < line.len && line.at[n] != '=')) {
		export->state = line.len == 0 ? EXPORT_LINES : EXPORT_BROKEN;
		return line.len == 0;
	}
	field_begin(export, entry_field((struct text){ line.at, n }));
	if (n < line.len) {
		field_add(export, line.at + n + 1, line.len - n - 1);
		return false;
	}
	export->state = EXPORT_LENGTH;
	export->left = 0;
	export->length_bytes = 0;
	return false;
}

/* Bytes of a length and its data, and the line feed behind. */
static void data_read(struct export *export, const char *at, size_t len)
{
	while (len > 0 && export->state == EXPORT_LENGTH) {
		export->left |= (uint64_t)(unsigned char)*at++ << 8 * export->length_bytes++;
		len--;
		if (export->length_bytes == LENGTH_BYTES)
			export->state = EXPORT_DATA;
	}
	if (export->state == EXPORT_DATA) {
		size_t take = len < export->left ? len : (size_t)export->left;

		field_add(export, at, take);
		export->left -= take;
		at += take;
		len -= take;
		if (export->left == 0)
			export->state = EXPORT_END;
	}
	if (export->state == EXPORT_END && len > 0)
		export->state = len == 1 && *at == '\n' ? EXPORT_LINES : EXPORT_BROKEN;
}

/* A line of data: its text, and the CR and LF that are not in it. What was cut off is past all that is wanted. */
static void data_line(struct export *export, struct text line, size_t bytes)
{
	static const char ending[] = "\r\n";
	size_t hidden = bytes - line.len;

	data_read(export, line.at, line.len);
	for (; hidden > 2; hidden--)
		data_read(export, "", 1);
	data_read(export, ending + 2 - hidden, hidden);
}

bool export_take(struct export *export, struct text line, size_t bytes, struct record *record)
{
	if (export->state == EXPORT_NEW)
		export->state = text_starts(line, TEXT("__CURSOR=")) ? EXPORT_LINES : EXPORT_NONE;
	if (export->state == EXPORT_NONE) {
		record_parse(record, line);
		return true;
	}
	if (export->state != EXPORT_LINES) {
		if (export->state != EXPORT_BROKEN)
			data_line(export, line, bytes);
		return false;
	}
	if (!line_read(export, line))
		return false;
	record_of_entry(record, &export->entry);
	export->entry = (struct entry){ .at[ENTRY_TIME].len = 0 };
	export->used = 0;
	return true;
}
