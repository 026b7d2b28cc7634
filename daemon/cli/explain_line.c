/* explain_line - see explain_line.h
 *
 * Everything of the line is escaped before it is printed. */
#include "cli/explain_line.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN_BYTES 160
#define AROUND_BYTES 32
#define NEAR_BYTES 12		/* a rule whose pattern came less far is only counted */

struct explaining {
	struct record record;
	size_t far;		/* rules only counted */
	bool decided;
};

static void show(const char *what, struct text text)
{
	char shown[SHOWN_BYTES * 4];

	printf("  %-9s %s\n", what, text.len ? text_escape(shown, sizeof(shown), text) : "(none)");
}

static void show_header(const struct record *record)
{
	static const char *const forms[] = {
		[STAMP_NONE] = "no time stamp", [STAMP_RFC3164] = "RFC 3164, local time", [STAMP_ISO8601] = "ISO 8601",
		[STAMP_TAI64N] = "TAI64N", [STAMP_EPOCH] = "since the epoch", [STAMP_KNOWN] = "known", [STAMP_OTHER] = "a form that is not read",
	};
	char stamp[64];

	printf("  %-9s %s (%s)\n", "time", text_escape(stamp, sizeof(stamp), record->stamp), forms[record->form]);
	show("host", record->host);
	show("program", record->program);
	if (record->pid)
		printf("  %-9s %" PRIu32 "\n", "process", record->pid);
	if (record->repeat != 1)
		printf("  %-9s %" PRIu32 " times\n", "repeated", record->repeat);
	show("message", record->message);
}

static const char *why_off(const struct rule *rule)
{
	if (!rule->on)
		return "off: strict; its service is not, in [rules]";
	return rule->weight == 0 && !rule->observe ? "off: weight 0" : NULL;
}

static void show_match(struct explaining *e, const struct attempt *attempt)
{
	const struct rule *rule = attempt->rule;
	char captured[ADDR_FMT_SIZE * 4];

	text_escape(captured, sizeof(captured), attempt->captured);
	if (attempt->end == ATTEMPT_NO_ADDRESS)
		printf("matches, but '%s' is no address\n", captured);
	else if (why_off(rule))
		printf("matches %s, but is %s\n", captured, why_off(rule));
	else if (e->decided)
		printf("matches %s, but a rule above has decided\n", captured);
	else
		printf("matches %s%s%s\n", captured, rule_counts(rule) ? "" : *captured ? ", " : "", !rule_counts(rule) ? rule_kind_name(rule) :
		       rule->observe ? ", only reports" : "");
	if (attempt->end == ATTEMPT_MATCHED && !why_off(rule))
		e->decided = true;
}

/* Where the message and the pattern part, one above the other. */
static void show_difference(const struct explaining *e, const struct attempt *attempt)
{
	struct text message = e->record.message, source = attempt->pattern->source;
	size_t at = attempt->matched < message.len ? attempt->matched : message.len;
	size_t from = at > AROUND_BYTES ? at - AROUND_BYTES : 0;
	size_t to = message.len - at > AROUND_BYTES ? at + AROUND_BYTES : message.len;
	size_t wanted = pattern_column(attempt->pattern, attempt->wanted) - 1;
	char before[AROUND_BYTES * 4 + 1], after[AROUND_BYTES * 4 + 1], pattern[SHOWN_BYTES];

	text_escape(before, sizeof(before), (struct text){ message.at + from, at - from });
	text_escape(after, sizeof(after), (struct text){ message.at + at, to - at });
	if (wanted > source.len)
		wanted = source.len;
	text_printable(pattern, sizeof(pattern), (struct text){ source.at + wanted, source.len - wanted });
	printf("differs%s%s\n      line     %s%s <<HERE>> %s%s\n      %s:%u wants %s\n", why_off(attempt->rule) ? ", and is " : "",
	       why_off(attempt->rule) ? why_off(attempt->rule) : "", from ? "..." : "", before, after,
	       to < message.len ? "..." : "", attempt->rule->file, attempt->pattern->line,
	       *pattern ? pattern : "the end of the message");
}

static void show_attempt(void *arg, const struct attempt *attempt)
{
	struct explaining *e = arg;

	if (attempt->end == ATTEMPT_DIFFERS && attempt->matched < NEAR_BYTES) {
		e->far++;
		return;
	}
	printf("    %-28s ", attempt->rule->name);
	if (attempt->end == ATTEMPT_DIFFERS)
		show_difference(e, attempt);
	else if (attempt->end == ATTEMPT_LIMIT)
		puts("reaches a limit: the line would be skipped");
	else
		show_match(e, attempt);
}

void explain_line(const struct rules *rules, struct matcher *matcher, struct text line)
{
	struct explaining e = { .far = 0 };
	char shown[SHOWN_BYTES * 4], addr[ADDR_FMT_SIZE];
	const struct rule *rule;
	struct hit hit;

	record_parse(&e.record, line);
	printf("%s\n", text_escape(shown, sizeof(shown), line));
	show_header(&e.record);
	puts("  rules");
	size_t count = match_explain(rules, &e.record, show_attempt, &e);
	if (count == 0)
		puts("    none is for this program");
	else if (e.far)
		printf("    %zu of %zu differ within the first %d bytes\n", e.far, count, NEAR_BYTES);
	if (!match(matcher, &e.record, &hit)) {
		puts("  result    counts for nobody\n");
		return;
	}
	rule = match_rule_of(matcher, &hit);
	if (!rule_counts(rule) || hit.weight == 0)
		printf("  result    %s: %s, counts for nobody\n\n", rule->name,
		       rule->observe ? "only reports" : !rule_counts(rule) ? rule_kind_name(rule) : "ends its session");
	else
		printf("  result    %s counts %u under %s\n\n", hit.nobody ? "the session's client" : addr_fmt(addr, sizeof(addr), &hit.addr),
		       hit.weight, rule->name);
}
