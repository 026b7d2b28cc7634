/* json - write one JSON object a line, nothing else (RFC 8259, read by programs only)
 *
 * Keys are ours and plain; values are escaped: quotes, backslashes and whatever is not
 * printable ASCII as \uXXXX, bytes that are not valid UTF-8 as \ufffd. So the output is
 * ASCII, and harmless on a terminal too (U+202E and U+2028 do things there).
 *   struct json j; json_begin(&j, out); json_str(&j, "event", TEXT("ban")); json_end(&j);  */
#ifndef MAILWARD_JSON_H
#define MAILWARD_JSON_H

#include <stdio.h>
#include "base/text.h"

struct json {
	FILE *out;
	bool started;
};

void json_begin(struct json *json, FILE *out);
void json_str(struct json *json, const char *key, struct text value);
void json_cstr(struct json *json, const char *key, const char *value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_fixed(struct json *json, const char *key, double value, int decimals);
/* json_time - milliseconds since the epoch as "2026-11-22T10:00:00Z" (UTC, whole seconds) */
void json_time(struct json *json, const char *key, int64_t time_ms);
/* json_list - a list of objects: each json_item() gives one to fill and to close by json_item_end(), json_list_end() closes
 * the list. Lists may stand in the objects. */
void json_list(struct json *json, const char *key);
void json_item(struct json *list, struct json *item);
void json_item_end(struct json *item);
void json_list_end(struct json *json);
/* json_end - close the object and the line */
void json_end(struct json *json);

#endif
