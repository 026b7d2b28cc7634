/* macros - see macros.h
 *
 * Each use becomes "(?:BODY)". For messages, where each run of the result comes from is noted: see pattern_column(). */
#include "match/macros.h"

#include <errno.h>

#include "base/arena.h"
#include "base/array.h"
#include "match/regex.h"

static const struct macro builtins[] = {
	{ TEXT("addr"), TEXT(REGEX_ADDR_TEXT) },
	{ TEXT("count"), TEXT("(?<count>\\d{1,4})") },
	{ TEXT("session"), TEXT("(?<session>[0-9A-Za-z+/._-]{1,64})") },
	{ TEXT("account"), TEXT("(?<account>.*)") },
	{ TEXT("mailbox"), TEXT("(?<account>[^\\x00-\\x20<>\"(),;:\\\\]{1,320})") },
	{ TEXT("alias"), TEXT("(?<alias>[^\\x00-\\x20<>\"(),;:\\\\]{1,320})") },
	{ TEXT("queue"), TEXT("(?<queue>[0-9A-Za-z-]{5,32})") },
	{ TEXT("password"), TEXT("(?<password>[0-9A-Za-z$/.+=-]{1,128})") },
	{ TEXT("sender"), TEXT("(?<sender>.*)") },
	{ TEXT("via"), TEXT("(?<via>[A-Za-z0-9_-]{1,32})") },
	{ TEXT("host"), TEXT("[A-Za-z0-9._-]{1,255}") },
	{ TEXT("text"), TEXT(".*") },
	{ TEXT("end"), TEXT("\\z") },
};

const struct macro *macros_find(const struct macros *macros, struct text name)
{
	for (size_t i = 0; i < COUNT(builtins); i++)
		if (text_equal(builtins[i].name, name))
			return &builtins[i];
	for (size_t i = 0; i < macros->count; i++)
		if (text_equal(macros->at[i].name, name))
			return &macros->at[i];
	return NULL;
}

int macros_add(struct macros *macros, struct text name, struct text body)
{
	struct macro *at = arena_push(macros->memory, macros->at, macros->count, sizeof(*at));

	if (!at)
		return -ENOMEM;
	macros->at = at;
	at[macros->count++] = (struct macro){ name, body };
	return 0;
}

struct expansion {
	const struct macros *macros;
	struct pattern *pattern;
	char bytes[REGEX_BYTES_MAX];
	size_t len;
	int err;
};

static void put(struct expansion *e, struct text text)
{
	if (text.len > sizeof(e->bytes) - e->len) {
		text.len = sizeof(e->bytes) - e->len;
		e->err = -E2BIG;
	}
	memcpy(e->bytes + e->len, text.at, text.len);
	e->len += text.len;
}

static void note_origin(struct expansion *e, const char *at, bool macro)
{
	struct pattern *pattern = e->pattern;
	struct origin *origins = arena_push(e->macros->memory, pattern->origins, pattern->origin_count, sizeof(*origins));

	if (!origins) {
		e->err = -ENOMEM;
		return;
	}
	pattern->origins = origins;
	origins[pattern->origin_count++] = (struct origin){ (uint16_t)e->len, (uint16_t)(at - pattern->source.at + 1), macro };
}

/* The macro whose use "<name>" begins at a place of the text, or NULL. "(?<name>" is no use, but a capture of the file's
 * own making. */
static const struct macro *macro_at(const struct macros *macros, struct text text, const char *at)
{
	if (at[0] != '<' || (at - text.at >= 2 && at[-1] == '?' && at[-2] == '('))
		return NULL;
	const char *close = memchr(at, '>', text.len - (size_t)(at - text.at));
	return close ? macros_find(macros, (struct text){ at + 1, (size_t)(close - at) - 1 }) : NULL;
}

int macros_expand(const struct macros *macros, struct text text, struct pattern *pattern)
{
	struct expansion e __attribute__((uninitialized));	/* spares zeroing its bytes */
	const char *at = text.at, *end = at + text.len;

	e.macros = macros;
	e.pattern = pattern;
	e.len = 0;
	e.err = 0;
	note_origin(&e, at, false);
	for (const char *plain = at; plain < end; plain = at) {
		const struct macro *macro = NULL;

		while (at < end && !(macro = macro_at(macros, text, at)))
			at += at[0] == '\\' && at + 1 < end ? 2 : 1;
		put(&e, (struct text){ plain, (size_t)(at - plain) });
		if (!macro)
			break;
		note_origin(&e, at, true);
		put(&e, TEXT("(?:"));
		put(&e, macro->body);
		put(&e, TEXT(")"));
		at += macro->name.len + 2;
		note_origin(&e, at, false);
	}
	char *regex = arena_alloc(macros->memory, e.len + 1);
	if (!regex)
		return -ENOMEM;
	pattern->regex = (struct text){ memcpy(regex, e.bytes, e.len), e.len };
	return e.err;
}
