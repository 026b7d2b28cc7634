/* json - see json.h
 *
 * Never allocates; writes to the caller's stream and leaves its errors there. */
#include "base/json.h"

#include <math.h>
#include <time.h>

/* Decode one character at *at and step over it; 0xfffd for a byte that begins none (RFC 3629). */
static uint32_t utf8_next(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	unsigned more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : 1;
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	*at = p + 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || (size_t)(end - p) <= more)
		return 0xfffd;
	uint32_t c = p[0] & (0x3fU >> more);
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0xfffd;
	*at = p + 1 + more;
	return c;
}

/* Whoever writes an object has the stream to himself. */
static void put(FILE *out, const char *at, size_t len)
{
	fwrite_unlocked(at, 1, len, out);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

static void string(FILE *out, struct text value)
{
	const unsigned char *p = (const unsigned char *)value.at, *end = p + value.len;

	put(out, "\"", 1);
	while (p < end) {
		const unsigned char *plain = p;

		while (p < end && is_plain(*p))
			p++;
		if (p > plain)
			put(out, (const char *)plain, (size_t)(p - plain));
		if (p == end)
			break;
		uint32_t c = *p < 0x80 ? *p++ : utf8_next(&p, end);
		if (c >= 0x10000) {
			c -= 0x10000;
			fprintf(out, "\\u%04x", 0xd800 | c >> 10);
			c = 0xdc00 | (c & 0x3ff);
		}
		fprintf(out, "\\u%04x", c);
	}
	put(out, "\"", 1);
}

static void name(struct json *json, const char *key)
{
	put(json->out, &",\""[!json->started], 1U + json->started);
	put(json->out, key, strlen(key));
	put(json->out, "\":", 2);
	json->started = true;
}

void json_begin(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out };
	fputc('{', out);
}

void json_str(struct json *json, const char *key, struct text value)
{
	name(json, key);
	string(json->out, value);
}

void json_cstr(struct json *json, const char *key, const char *value)
{
	json_str(json, key, text_of(value));
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	name(json, key);
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	put(json->out, at, (size_t)(digits + sizeof(digits) - at));
}

void json_bool(struct json *json, const char *key, bool value)
{
	name(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_fixed(struct json *json, const char *key, double value, int decimals)
{
	name(json, key);
	if (isfinite(value))
		fprintf(json->out, "%.*f", decimals, value);
	else
		fputs("null", json->out);
}

void json_time(struct json *json, const char *key, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000 - (time_ms % 1000 < 0));
	struct tm tm;
	char form[64] = "";

	if (gmtime_r(&seconds, &tm))
		strftime(form, sizeof(form), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_cstr(json, key, form);
}

void json_list(struct json *json, const char *key)
{
	name(json, key);
	fputc('[', json->out);
	json->started = false;
}

void json_item(struct json *list, struct json *item)
{
	fputs(list->started ? ",{" : "{", list->out);
	list->started = true;
	*item = (struct json){ .out = list->out };
}

void json_item_end(struct json *item)
{
	fputc('}', item->out);
}

void json_list_end(struct json *json)
{
	fputc(']', json->out);
	json->started = true;
}

void json_end(struct json *json)
{
	fputs("}\n", json->out);
}
