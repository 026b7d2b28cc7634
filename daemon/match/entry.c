/* entry - see entry.h. Owns the one buffer for the texts of a record in JSON. */
#include "match/entry.h"

#include "match/json_text.h"

const char *const entry_names[ENTRY_FIELDS] = {
	[ENTRY_TIME] = "__REALTIME_TIMESTAMP", [ENTRY_HOST] = "_HOSTNAME", [ENTRY_PROGRAM] = "SYSLOG_IDENTIFIER",
	[ENTRY_SYSLOG_PID] = "SYSLOG_PID", [ENTRY_PID] = "_PID", [ENTRY_MESSAGE] = "MESSAGE",
	[ENTRY_CONTAINER] = "CONTAINER_ID", [ENTRY_CONTAINER_NAME] = "CONTAINER_NAME", [ENTRY_PART] = "CONTAINER_PARTIAL_MESSAGE",
	[ENTRY_ORDINAL] = "CONTAINER_PARTIAL_ORDINAL",
};

static _Thread_local char buffer[1 << 16];

static struct text skip(struct text text, size_t n)
{
	return (struct text){ text.at + n, text.len - n };
}

enum entry_field entry_field(struct text name)
{
	int field = 0;

	while (field < ENTRY_FIELDS && !text_equal(name, text_of(entry_names[field])))
		field++;
	return (enum entry_field)field;
}

static bool value_read(struct text *rest, char **out, struct text *value)
{
	struct text first = *rest;

	if (text_starts(first, TEXT("[[")) || text_starts(first, TEXT("[\"")))	/* several */
		first = skip(first, 1);
	if (!json_string(&first, out, value) && !json_bytes(&first, out, value))
		*value = (struct text){ 0 };
	return json_skip(rest);
}

/* "NAME":VALUE, off *rest. */
static bool member_read(struct text *rest, char **out, struct entry *entry)
{
	struct text name, value;
	char *before = *out;

	if (!json_string(rest, out, &name) || rest->len == 0 || *rest->at != ':')
		return false;
	enum entry_field field = entry_field(name);
	*out = before;
	*rest = skip(*rest, 1);
	if (field == ENTRY_FIELDS || entry->at[field].len)
		return json_skip(rest);
	if (!value_read(rest, out, &value))
		return false;
	entry->at[field] = value;
	return true;
}

bool entry_json(struct text line, struct entry *entry)
{
	char *out = buffer;

	if (text_starts(line, TEXT("data: ")))		/* -o json-sse */
		line = skip(line, sizeof("data: ") - 1);
	else if (text_starts(line, TEXT("\x1e")))	/* -o json-seq */
		line = skip(line, 1);
	if (!text_starts(line, TEXT("{\"")) || line.len > sizeof(buffer))
		return false;
	*entry = (struct entry){ 0 };
	do {
		line = skip(line, 1);
		while (line.len && *line.at == ' ')
			line = skip(line, 1);
		if (!member_read(&line, &out, entry) || line.len == 0)
			return false;
	} while (*line.at == ',');
	return text_equal(line, TEXT("}")) && entry->at[ENTRY_TIME].len && entry->at[ENTRY_MESSAGE].len;
}
