/* record - take a line's header apart
 *
 * Three steps, each by position: the stamp (stamp.c), then host and tag, then what a relaying syslogd put in front of
 * the message. Most headers are like one before and are read by comparison (record_like.c). Never allocates, never
 * logs.
 *
 * What holds at each step: what is read so far and the rest make up the line, in its order. A step that does not find
 * what it looks for takes nothing away, so that no byte is lost; it writes into the record only once it has found all
 * of it. So the message is the end of the line in any case.
 *
 * No message becomes a header: a step begins where the one before ended, and each field ends at its first byte of
 * another kind. What would break that is a step that searches ahead for its delimiter. Text that begins a line by
 * itself, since a server wrote a line feed into its message or a relay took the header off, is believed only if it
 * names a process.
 *
 * The quick way is the slow one's result remembered: whatever record_parse_like() cannot be sure of, such as a tag with
 * a dot or a message that begins with a bracket, is taken apart by step. */
#include "match/record.h"

#include "base/array.h"
#include "match/record_like.h"
#include "match/repeat.h"
#include "match/wrapped.h"

#define HOST_BYTES_MAX 255
#define PROGRAM_BYTES_MAX 64
#define PART_BYTES 8000		/* Docker's syslog driver cuts at 16 KiB, rsyslog at 8, and neither says so */
#define INSTANCE_BYTES_MAX 255	/* Dovecot's "(user)" behind the program, "<session>" */

enum {
	OF_PROGRAM = 1,		/* letters, digits and _ . / + @ - */
	OF_PLAIN_TAG = 2,	/* the same without the dot */
	OF_HOST = 4,		/* those of a program and : [ ] ( ) ~ % : IPv6, "(none)", syslog-ng's "src@relay/host" */
};

#define BOTH (OF_PROGRAM | OF_HOST | OF_PLAIN_TAG)
static const uint8_t kind_of[256] = {
	['0' ... '9'] = BOTH, ['A' ... 'Z'] = BOTH, ['a' ... 'z'] = BOTH,
	['_'] = BOTH, ['.'] = OF_PROGRAM | OF_HOST, ['/'] = BOTH, ['+'] = BOTH, ['@'] = BOTH, ['-'] = BOTH,
	[':'] = OF_HOST, ['['] = OF_HOST, [']'] = OF_HOST, ['('] = OF_HOST, [')'] = OF_HOST, ['~'] = OF_HOST, ['%'] = OF_HOST,
};

/* How many leading bytes are of this kind. */
static size_t run(struct text text, unsigned kind)
{
	size_t n = 0;

	while (n < text.len && (kind_of[(unsigned char)text.at[n]] & kind))
		n++;
	return n;
}

/* How many leading bytes are printable ASCII without the space. */
static size_t word(struct text text)
{
	size_t n = 0;

	while (n < text.len && text.at[n] > ' ' && text.at[n] <= '~')
		n++;
	return n;
}

static struct text skip(struct text text, size_t n)
{
	return (struct text){ text.at + n, text.len - n };
}

static struct text skip_spaces(struct text text)
{
	while (text.len > 0 && (*text.at == ' ' || *text.at == '\t'))
		text = skip(text, 1);
	return text;
}

/* Read 1..9 digits; returns how many, 0 if there is none or more. */
static size_t digits(struct text text, uint32_t *value)
{
	uint32_t sum = 0;
	size_t n = 0;

	for (uint32_t digit; n < text.len && (digit = (uint32_t)text.at[n] - '0') <= 9 && n < 10; n++)
		sum = sum * 10 + digit;
	*value = sum;
	return n < 10 ? n : 0;
}

/* "[123]" or "(123)"; returns its length or 0. */
static size_t pid_read(struct text text, char open, char close, uint32_t *pid)
{
	uint32_t value;

	if (text.len < 3 || text.at[0] != open)
		return 0;
	size_t n = digits(skip(text, 1), &value);
	if (n == 0 || n + 1 >= text.len || text.at[n + 1] != close)
		return 0;
	*pid = value;
	return n + 2;
}

/* "(user)" or "<session>": no space, no control byte, not endless; returns its length or 0. */
static size_t bracketed(struct text text, char open, char close)
{
	if (text.len < 2 || text.at[0] != open)
		return 0;
	for (size_t n = 1; n < text.len && n <= INSTANCE_BYTES_MAX; n++) {
		if (text.at[n] == close)
			return n + 1;
		if ((unsigned char)text.at[n] <= ' ')
			return 0;
	}
	return 0;
}

/* "postfix@-.service", "dovecot.service" is what journalctl -o with-unit calls a program; returns its length without that. */
static size_t without_unit(const char *at, size_t len)
{
	static const struct text suffix = { ".service", 8 };

	if (len <= suffix.len || memcmp(at + len - suffix.len, suffix.at, suffix.len) != 0)
		return len;
	const char *instance = memchr(at, '@', len);
	return instance && instance > at ? (size_t)(instance - at) : len - suffix.len;
}

/* "program[pid]: ", "program: ", "program[pid] ", "program [pid]: " or one of Dovecot's. Takes it off *text. */
static bool tag_read(struct text *text, struct record *record)
{
	size_t name = run(*text, OF_PROGRAM);
	uint32_t pid = 0;
	size_t n;

	if (name == 0 || name > PROGRAM_BYTES_MAX)
		return false;
	struct text rest = skip(*text, name);
	if (rest.len > 0 && *rest.at == '(') {
		n = pid_read(rest, '(', ')', &pid);
		rest = skip(rest, n ? n : bracketed(rest, '(', ')'));
		for (int i = 0; i < 2 && (n = bracketed(rest, '<', '>')); i++) {
			if (!pid)
				pid_read(rest, '<', '>', &pid);
			rest = skip(rest, n);
		}
	}
	if (rest.len > 0 && (n = pid_read(*rest.at == ' ' ? skip(rest, 1) : rest, '[', ']', &pid))) {
		bool apart = *rest.at == ' ';
		rest = skip(rest, n + apart);
		if (!apart && rest.len > 0 && *rest.at == ' ')
			goto found;
	}
	if (rest.len == 0 || *rest.at != ':')
		return false;
	rest = skip(rest, 1);
	if (rest.len > 0 && *rest.at != ' ' && *rest.at != '\t')
		return false;
found:
	record->program = (struct text){ text->at, without_unit(text->at, name) };
	record->pid = pid;
	*text = skip_spaces(rest);
	return true;
}

static bool is_level(struct text level)
{
	static const struct text levels[] = {
		TEXT("emerg"), TEXT("alert"), TEXT("crit"), TEXT("err"), TEXT("error"), TEXT("warning"), TEXT("warn"),
		TEXT("notice"), TEXT("info"), TEXT("debug"), TEXT("panic"),
	};

	for (size_t i = 0; i < COUNT(levels); i++)
		if (text_equal(level, levels[i]))
			return true;
	return false;
}

/* FreeBSD's "<2.6>", and "<22>" of others */
static bool is_priority(struct text text)
{
	size_t n = 0;

	while (n < text.len && ((text.at[n] >= '0' && text.at[n] <= '9') || text.at[n] == '.'))
		n++;
	return n == text.len && n <= 4;
}

/* BSD's "<mail.info> ", busybox's "mail.info " */
static struct text facility_skip(struct text text)
{
	bool angled = text.len > 0 && *text.at == '<';
	struct text rest = skip(text, angled);
	size_t n = run(rest, OF_PROGRAM);
	const char *dot = n ? memchr(rest.at, '.', n) : NULL;

	if (!(dot && is_level((struct text){ dot + 1, n - (size_t)(dot + 1 - rest.at) })) &&
	    !(angled && n && is_priority((struct text){ rest.at, n })))
		return text;
	rest = skip(rest, n);
	if (angled && (rest.len == 0 || *rest.at != '>'))
		return text;
	rest = skip(rest, angled);
	return rest.len > 0 && *rest.at == ' ' ? skip_spaces(rest) : text;
}

/* "HORDE [error] text": PHP's Log writes the program without a colon, and a priority in brackets. */
static bool label_read(struct text *text, struct record *record)
{
	size_t n = run(*text, OF_PROGRAM);
	struct text rest = skip(*text, n);

	if (n == 0 || !text_starts(rest, TEXT(" [")))
		return false;
	rest = skip(rest, 2);
	size_t level = run(rest, OF_PROGRAM);
	if (level == rest.len || rest.at[level] != ']' || !is_level((struct text){ rest.at, level }))
		return false;
	record->program = (struct text){ text->at, n };
	*text = skip(*text, n + 1);
	return true;
}

/* "1abcDE-000123-4F" or, since 4.97, "1abcDE-00000000123-4F5G": no host is called that. */
static bool is_exim_id(struct text text)
{
	return (text.len == 16 && text.at[6] == '-' && text.at[13] == '-') ||
	       (text.len == 23 && text.at[6] == '-' && text.at[18] == '-');
}

/* What stands between the stamp and the message; false: nothing that we know. */
static bool tag_or_host_and_tag(struct text *text, struct record *record)
{
	struct text rest = facility_skip(*text);

	if (tag_read(&rest, record) || label_read(&rest, record) || repeat_again(rest)) {
		*text = rest;
		return true;
	}
	size_t n = run(rest, OF_HOST);
	struct text host = { rest.at, n };
	if (n == 0 || n > HOST_BYTES_MAX || n == rest.len || rest.at[n] != ' ' || is_exim_id(host))
		return false;
	rest = facility_skip(skip_spaces(skip(rest, n)));
	if (!repeat_again(rest) && !tag_read(&rest, record))
		return false;
	record->host = host;
	*text = rest;
	return true;
}

/* RFC 5424 STRUCTURED-DATA: "-" or [id name="value"]...; returns its length or 0. */
static size_t data_skip(struct text text)
{
	size_t n = 0;

	if (text.len > 0 && *text.at == '-')
		return 1;
	while (n < text.len && text.at[n] == '[') {
		for (bool quoted = false; ; n++) {
			if (n == text.len)
				return 0;
			if (text.at[n] == '"')
				quoted = !quoted;
			else if (quoted && text.at[n] == '\\')
				n += n + 1 < text.len;
			else if (!quoted && text.at[n] == ']')
				break;
		}
		n++;
	}
	return n;
}

/* HOST APP-NAME PROCID MSGID DATA [MSG]. */
static bool rfc5424_read(struct text *text, struct record *record)
{
	struct text rest = *text, field[4];

	for (int i = 0; i < 4; i++) {
		field[i] = (struct text){ rest.at, word(rest) };
		rest = skip(rest, field[i].len);
		if (field[i].len == 0 || field[i].len > HOST_BYTES_MAX || rest.len == 0 || *rest.at != ' ')
			return false;
		rest = skip(rest, 1);
	}
	size_t n = data_skip(rest);
	rest = skip(rest, n);
	if (n == 0 || (rest.len > 0 && *rest.at != ' '))
		return false;
	if (!text_equal(field[0], TEXT("-")))
		record->host = field[0];
	if (!text_equal(field[1], TEXT("-")))
		record->program = field[1];
	if (digits(field[2], &record->pid) != field[2].len)
		record->pid = 0;
	rest = skip_spaces(rest);
	*text = text_starts(rest, TEXT("\xef\xbb\xbf")) ? skip(rest, 3) : rest;
	return true;
}

/* RFC 3164's and 5424's "<22>" */
static struct text priority_skip(struct text line)
{
	uint32_t priority;
	size_t n;

	if (line.len < 3 || *line.at != '<' || !(n = digits(skip(line, 1), &priority)))
		return line;
	return n <= 3 && n + 1 < line.len && line.at[n + 1] == '>' ? skip(line, n + 2) : line;
}

/* "[ID 197553 mail.info] ", which Solaris' syslogd puts in front of the message. */
static struct text solaris_skip(struct text message)
{
	uint32_t id;
	size_t n;

	if (!text_starts(message, TEXT("[ID ")) || !(n = digits(skip(message, 4), &id)))
		return message;
	struct text rest = skip(message, 4 + n);
	if (rest.len == 0 || *rest.at != ' ')
		return message;
	rest = skip(rest, 1);
	n = run(rest, OF_PROGRAM);
	return n > 0 && n < rest.len && rest.at[n] == ']' ? skip_spaces(skip(rest, n + 1)) : message;
}

static struct text info_skip(struct text text)
{
	return text_starts(text, TEXT("Info: ")) ? skip(text, sizeof("Info: ") - 1) : text;
}

/* Dovecot 2.4 in a file of its own: "auth(USER,ADDRESS,sasl:plain)<session>: ", "lmtp(USER)<pid><session>: " is no tag, since
 * the name in it, which patterns want, may hold anything. Of earlier versions "auth-worker(22401): " is one. */
static bool names_somebody(struct text text)
{
	static const struct text heads[] = { TEXT("auth("), TEXT("auth-worker("), TEXT("lmtp("), TEXT("lda("), TEXT("deliver(") };
	uint32_t pid;

	for (size_t i = 0; i < COUNT(heads); i++)
		if (text_starts(text, heads[i]))
			return !pid_read(skip(text, heads[i].len - 1), '(', ')', &pid);
	return false;
}

/* Everything between the stamp and the message; returns the message. */
static struct text header_read(struct text rest, struct record *record, bool numbered)
{
	if (record->form == STAMP_NONE) {
		/* "NOQUEUE: reject" looks like a tag, too: without a stamp only one with a process id is believed */
		struct record tagged = *record;
		struct text message = rest;
		if (!tag_or_host_and_tag(&message, &tagged) || !tagged.pid)
			return rest;
		*record = tagged;
		return message;
	}
	if (record->form == STAMP_OTHER || names_somebody(rest))
		return rest;
	if (numbered && rfc5424_read(&rest, record))
		return rest;
	struct text info = info_skip(rest);	/* Dovecot 1 put it in front of the tag */
	if (info.at != rest.at && tag_read(&info, record))
		return info;
	if (tag_or_host_and_tag(&rest, record))
		return record->host.len == 0 ? info_skip(rest) : rest;
	/* RFC 5424 demands the T; Exim, whose pid in brackets could be structured data, writes a space */
	if (record->form != STAMP_ISO8601 || (record->stamp.at[sizeof("2026-11-22") - 1] == 'T' && rfc5424_read(&rest, record)))
		return rest;
	size_t n = pid_read(rest, '[', ']', &record->pid);	/* Exim's log_selector = +pid */
	return skip_spaces(skip(rest, n));
}

/* "program[pid]: text" or "program: text" and nothing that needs a closer look; false: look closer. */
static inline bool plain_tag(const char *at, const char *end, struct record *record)
{
	static const bool odd[256] = { [' '] = true, ['\t'] = true, ['['] = true };
	struct tag tag = record_like_tag(at, end);
	uint32_t pid = 0, digit;

	if (!tag.number) {
		while (at + tag.len < end && (kind_of[(unsigned char)at[tag.len]] & OF_PLAIN_TAG))
			tag.len++;
		if (tag.len == 0 || tag.len > PROGRAM_BYTES_MAX || (size_t)(end - at) < tag.len + 3)
			return false;
		tag.number = record_like_remember_tag(at, end, tag.len);
	}
	record->program = (struct text){ at, tag.len };
	record->tag = tag.number;
	at += tag.len;
	if (*at == '[') {
		const char *first = ++at;

		for (; at < end && (digit = (uint32_t)*at - '0') <= 9; at++)
			pid = pid * 10 + digit;
		if (at == first || at - first > 9 || at == end || *at++ != ']')
			return false;
	}
	if (end - at < 3 || memcmp(at, ": ", 2) != 0 || odd[(unsigned char)at[2]])
		return false;
	record->pid = pid;
	record->message = (struct text){ at + 2, (size_t)(end - at) - 2 };
	return true;
}

static bool record_parse_like(struct record *record, struct text line, const struct header *header)
{
	record->form = header->form;
	record->stamp = (struct text){ line.at, header->stamp_len };
	record->time_ms = 0;
	record->host = (struct text){ line.at + header->host_at, header->host_len };
	record->repeat = 1;
	record->again = record->part = false;
	record->container = 0;
	record->header = header->number;
	return plain_tag(line.at + header->len, line.at + line.len, record);
}

/* Remember a header that was taken apart step by step: stamp, space, host, space, and no odd bytes in the host. */
static void remember(struct record *record, struct text line)
{
	struct header header = {
		.form = record->form, .stamp_len = record->stamp.len, .host_at = record->stamp.len + 1, .host_len = record->host.len,
		.len = record->stamp.len + 1 + record->host.len + 1,
	};

	if ((record->form == STAMP_RFC3164 || record->form == STAMP_ISO8601) && record->host.len > 0 &&
	    record->stamp.at == line.at && record->host.at == line.at + header.host_at &&
	    record->program.at == line.at + header.len && run(record->host, OF_PROGRAM) == record->host.len)
		record->header = record_like_remember(line, &header);
}

static void record_parse_by_step(struct record *record, struct text line, const struct header *like)
{
	struct text rest = priority_skip(line);
	bool numbered = text_starts(rest, TEXT("1 "));
	struct stamp stamp;
	size_t n = stamp_read(skip(rest, numbered ? 2 : 0), &stamp);

	*record = (struct record){ .repeat = 1, .message = rest };
	if (n > 0) {
		rest = skip(rest, numbered ? 2 : 0);
		record->form = stamp.form;
		record->stamp = (struct text){ rest.at, n };
		rest = skip_spaces(skip(rest, n));
	}
	record->message = solaris_skip(header_read(rest, record, numbered));
	if (like)
		record->header = like->number;
	else
		remember(record, line);
}

/* The message is a line of its own. Host and time are the record's. */
__attribute__((noinline))
static void record_unwrap(struct record *record)
{
	struct record inner;

	record_parse_by_step(&inner, record->message, NULL);
	record->program = inner.program;
	record->tag = inner.tag;
	record->pid = inner.pid;
	record->message = inner.message;
}

/* A line within a record of a container's log. The time is the record's, where it has one: the container's zone may not be
 * ours. */
static void record_parse_wrapped(struct record *record, const struct wrapped *wrapped)
{
	record_parse_by_step(record, wrapped->inner, NULL);
	record->header = 0;
	record->container = wrapped->stream;
	record->part = wrapped->part;
	if (wrapped->stamp.len > 0) {
		record->form = STAMP_ISO8601;
		record->stamp = wrapped->stamp;
	}
}

/* What rsyslog and syslogd make of a message that comes again. */
__attribute__((noinline))
static void repeat_read(struct record *record)
{
	uint32_t count = record->program.len > 0 ? repeat_unwrap(&record->message) : 0;

	if (count == 0 && record->form != STAMP_NONE && (count = repeat_again(record->message)) > 0)
		record->again = true;
	if (count > 0)
		record->repeat = count < RECORD_REPEAT_MAX ? count : RECORD_REPEAT_MAX;
}

/* What the message itself says that it is, a line of a container, or another line once more. Most are told from those by two
 * bytes. */
static inline void record_look_inside(struct record *record)
{
	static const bool container[256] = { ['0' ... '9'] = true, ['a' ... 'f'] = true };	/* 0123456789ab, docker/... */
	static const bool repeats[256] = { ['m'] = true, ['l'] = true, ['L'] = true, ['-'] = true };

	if (record->program.len > 0 && container[(unsigned char)*record->program.at] && wrapped_is_container(record->program)) {
		record->container = text_hash(record->program) | 1U << 31;
		record->part = record->message.len >= PART_BYTES;
		record_unwrap(record);
	}
	if (record->message.len > 0 && repeats[(unsigned char)*record->message.at])
		repeat_read(record);
}

void record_of_entry(struct record *record, const struct entry *entry)
{
	const struct text *at = entry->at;
	struct stamp stamp;

	*record = (struct record){
		.repeat = 1, .host = at[ENTRY_HOST], .program = at[ENTRY_PROGRAM], .message = skip_spaces(at[ENTRY_MESSAGE]),
	};
	if (at[ENTRY_TIME].len && stamp_read(at[ENTRY_TIME], &stamp) == at[ENTRY_TIME].len) {
		record->form = stamp.form;
		record->stamp = at[ENTRY_TIME];
	}
	if (!record->message.at)
		record->message = TEXT("");
	digits(at[ENTRY_SYSLOG_PID].len ? at[ENTRY_SYSLOG_PID] : at[ENTRY_PID], &record->pid);
	struct text container = at[ENTRY_CONTAINER].len ? at[ENTRY_CONTAINER] : at[ENTRY_CONTAINER_NAME];
	if (container.len == 0 && wrapped_is_container(at[ENTRY_PROGRAM]))	/* journalctl --output-fields= */
		container = at[ENTRY_PROGRAM];
	if (container.len) {
		uint32_t ordinal = 1;

		digits(at[ENTRY_ORDINAL], &ordinal);
		record->container = text_hash(container) | 1U << 31;
		record->part = text_equal(at[ENTRY_PART], TEXT("true"));
		record_unwrap(record);
		if (at[ENTRY_ORDINAL].len && ordinal != 1)	/* whatever we know of the parts before */
			record->message.len = 0;
		repeat_read(record);
	}
}

/* A line whose header is like none before, or not as plain. Not in line, here and below: what a step needs room for costs each
 * line that takes the quick way, too. */
__attribute__((noinline))
static void record_parse_slowly(struct record *record, struct text line, const struct header *like)
{
	struct wrapped wrapped;
	struct entry entry;

	if (!like && wrapped_read(line, &wrapped))
		record_parse_wrapped(record, &wrapped);
	else if (!like && entry_json(line, &entry))
		record_of_entry(record, &entry);
	else
		record_parse_by_step(record, line, like);
}

void record_parse(struct record *record, struct text line)
{
	const struct header *like = record_like_find(line);

	if (!like || !record_parse_like(record, line, like))
		record_parse_slowly(record, line, like);
	record_look_inside(record);
}

int64_t record_time_ms(const struct record *record, int64_t now_ms)
{
	if (record->form == STAMP_NONE)
		return RECORD_NO_TIME;
	return record->form == STAMP_KNOWN ? record->time_ms : record_like_time_ms(record->header, record->stamp, now_ms);
}

void record_forget(void)
{
	record_like_forget();
	stamp_forget();
}
