/* fuzz_sieve - lines that nearly are the shipped rules' samples: by the fast way each means what it means by the slow one
 *
 * Fast is what the daemon does, line after line: a header is compared with the last one, the sieve decides. Slow is each
 * line as if it were the first, and each rule by PCRE2 alone. The input is lines: which sample, dressed in which header,
 * how many edits; then the edits: what, where, and with what. */
#include "fuzz_patterns.h"

#include "match/match_pcre.h"

#define LINES_MAX 6
#define LINE_ROOM 6000
#define NOW_MS INT64_C(1795380000000)

static struct rules rules;
static struct matcher *fast, *slow;

static struct input {
	const uint8_t *at;
	size_t left;
} in;

static struct line_text {
	char at[LINE_ROOM];
	size_t len;
} lines[LINES_MAX];

static unsigned next(void)
{
	return in.left ? (in.left--, *in.at++) : 0U;
}

static void load(void)
{
	fuzz_read_patterns(&rules);
	fast = fuzz_match_all(&rules);
	slow = fuzz_match_all(&rules);
}

/* put - before byte where, in place of some bytes */
static void put(struct line_text *line, size_t where, size_t drop, const char *bytes, size_t len)
{
	drop = drop < line->len - where ? drop : line->len - where;
	len = len < LINE_ROOM - (line->len - drop) ? len : LINE_ROOM - (line->len - drop);
	memmove(line->at + where + len, line->at + where + drop, line->len - where - drop);
	memcpy(line->at + where, bytes, len);
	line->len += len - drop;
}

static const struct sample *any_sample(void)
{
	unsigned which = next(), rest = next();
	const struct rule *rule = &rules.at[(which << 8 | rest) % rules.count];

	return rule->sample_count ? &rule->samples[next() % rule->sample_count] : NULL;
}

static void edit(struct line_text *line)
{
	static const char *const tokens[] = {
		"[192.0.2.9]", "192.0.2.9", "2001:db8::9", "::ffff:192.0.2.9", "unknown[unknown]", "192.0.2.999", "1.2.3.4.5", "::",
		"unknown", "[", "]", ": ", "\n", "rip=", "from ", "<>", "=", "\\", "'", "\xff", " [198.51.100.3]: ", "\r", "0", ",",
	};
	char run[400];
	unsigned what = next() % 9, high = next();
	size_t where = (high << 8 | next()) % (line->len + 1), left = line->len - where;
	unsigned with = next();

	switch (what) {
	case 0: put(line, where, 1, &(char){ (char)with }, 1); break;
	case 1: put(line, where, 0, &(char){ (char)with }, 1); break;
	case 2: put(line, where, 1 + with % 32, "", 0); break;
	case 3: if (left) line->at[where] ^= 0x20; break;
	case 4: case 5: {
		const char *token = tokens[with % (sizeof(tokens) / sizeof(*tokens))];
		put(line, where, what == 4 ? 0 : strlen(token), token, strlen(token));
		break;
	}
	case 6:		/* past the bounds of repeats */
		memset(run, left ? line->at[where] : 'x', sizeof(run));
		put(line, where, 0, run, with % 2 ? 1 + with : sizeof(run));
		break;
	case 7:
		memcpy(run, line->at + where, left < with ? left : with);
		put(line, where, 0, run, left < with ? left : with);
		break;
	case 8: {
		const struct sample *other = any_sample();
		if (other)
			put(line, where, with % 2 ? left : 0, other->message.at, other->message.len);
		break;
	}
	}
}

static bool make_line(struct line_text *line)
{
	static const char *const headers[] = {
		"Nov 22 17:54:%02u mx1 %.*s[28370]: ", "Nov 22 17:54:%02u mx1 %.*s: ", "2026-11-22T18:08:%02u.123456+01:00 mx1 %.*s[9]: ",
		"2026-11-22T18:08:%02uZ mx1 %.*s[28370]: ", "<22>1 2026-11-22T18:08:%02uZ mx1 %.*s 28370 - - ",
		"Nov  2 17:54:%02u mx1.example.com %.*s[1]: ", "Nov 22 17:54:%02u mx1 %.*s[7]: message repeated 3 times: [ ", "%.0u%.*s[28370]: ",
	};
	const struct sample *sample = any_sample();
	unsigned dress = next(), edits = next() % 8;

	if (!sample)
		return false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	line->len = (size_t)snprintf(line->at, LINE_ROOM, headers[dress % 8], dress / 8 + (dress > 250 ? 35 : 0), (int)sample->program.len,
				     sample->program.at);
#pragma GCC diagnostic pop
	put(line, line->len, 0, sample->message.at, sample->message.len);
	while (edits--)
		edit(line);
	return true;
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || a.at == b.at);
}

/* as if nothing had come before */
static void check_record(const struct record *record, int64_t time_ms, struct text line)
{
	struct record fresh;

	record_forget();
	record_parse(&fresh, line);
	must_hold(record->form == fresh.form && record->pid == fresh.pid && record->repeat == fresh.repeat);
	must_hold(same(record->stamp, fresh.stamp) && same(record->host, fresh.host) && same(record->program, fresh.program));
	must_hold(same(record->message, fresh.message));
	must_hold(time_ms == record_time_ms(&fresh, NOW_MS));
}

/* the first rule of the program that matches, by PCRE2 */
static const struct rule *by_pcre(const struct record *record, struct hit *hit)
{
	for (size_t i = 0; i < rules.count; i++)
		if (rule_of_program(&rules.at[i], record->program) &&
		    match_rule(slow, &rules.at[i], record, hit))
			return &rules.at[i];
	return NULL;
}

static void check_match(const struct record *record)
{
	struct hit hit = { .nobody = true, .weight = 4711, .session = 4711 }, pcre;	/* what another line left there */
	bool found = match(fast, record, &hit);
	const struct rule *rule = by_pcre(record, &pcre);

	if (rule != (found ? match_rule_of(fast, &hit) : NULL))
		fprintf(stderr, "%.*s: %.*s\nfast: %s, slow: %s\n", (int)record->program.len, record->program.at,
			(int)record->message.len, record->message.at, found ? match_rule_of(fast, &hit)->name : "-", rule ? rule->name : "-");
	must_hold(rule == (found ? match_rule_of(fast, &hit) : NULL));
	must_hold(!found || (hit.nobody == pcre.nobody && addr_cmp(&hit.addr, &pcre.addr) == 0));
	must_hold(!found || (hit.weight == pcre.weight && hit.session == pcre.session));
	must_hold(match_limit_hits(fast) == 0 && match_limit_hits(slow) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record records[LINES_MAX];
	int64_t times_ms[LINES_MAX];
	size_t count = 0;

	if (!fast)
		load();
	in = (struct input){ data, size };
	record_forget();
	while (in.left && count < LINES_MAX && make_line(&lines[count])) {
		record_parse(&records[count], (struct text){ lines[count].at, lines[count].len });
		times_ms[count] = record_time_ms(&records[count], NOW_MS);
		check_match(&records[count++]);
	}
	for (size_t i = 0; i < count; i++)
		check_record(&records[i], times_ms[i], (struct text){ lines[i].at, lines[i].len });
	return 0;
}
