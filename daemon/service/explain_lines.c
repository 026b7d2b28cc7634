/* explain_lines - the lines of the log that counted against somebody, and why each weighs what it weighs
 *
 * The text is a stranger's: it leaves escaped. */
#include "service/explain_lines.h"

#include <time.h>

#include "base/array.h"
#include "service/checkpoint.h"

#define LINES_SHOWN 20

/* "a name that nobody has, tried by 11 networks"; "": it weighs what an error weighs. Returns dst. */
static char *thought_fmt(char *dst, size_t size, const struct judge_thought *thought)
{
	static const struct {
		unsigned why;
		const char *words;
	} words[] = {
		{ THOUGHT_BURNT, "a name that nobody has" }, { THOUGHT_CAMPAIGN, "a name that many try" },
		{ THOUGHT_NEAR, "an account known from nearby" }, { THOUGHT_BOUNCE, "a bounce" },
		{ THOUGHT_BRIEF, "an old address in a list, for the short window alone" },
		{ THOUGHT_AGAIN, "the name again" }, { THOUGHT_SAME, "the password again" },
		{ THOUGHT_GUEST, "where accounts are at home" },
	};
	size_t used = 0;

	*dst = '\0';
	for (size_t i = 0; i < COUNT(words); i++)
		if (thought->why & words[i].why && used < size)
			used += (size_t)snprintf(dst + used, size - used, "%s%s", used ? "; " : "", words[i].words);
	if (thought->why & (THOUGHT_BURNT | THOUGHT_CAMPAIGN) && used < size)
		snprintf(dst + used, size - used, "; %u networks have tried it", thought->networks);
	return dst;
}

static struct text rule_of(const struct evidence_line *line)
{
	return (struct text){ line->text, line->rule_bytes };
}

static struct text message_of(const struct evidence_line *line)
{
	return (struct text){ line->text + line->rule_bytes, (size_t)(line->text_bytes - line->rule_bytes) };
}

/* The lines that are shown, and what they weigh together. */
struct told {
	FILE *out;
	unsigned lines;
	uint64_t halves;
};

/* A line of the log, and above it why it weighs what it weighs. */
static void evidence_text(void *arg, const struct evidence_line *line)
{
	char stamp[32] = "", rule[128], why[200], shown[4 * EVIDENCE_TEXT_BYTES + 1], unit[PREFIX_FMT_SIZE];
	time_t time_s = (time_t)(line->time_ms / 1000);
	struct told *sum = arg;
	FILE *out = sum->out;
	struct tm tm;

	sum->lines++;
	sum->halves += line->thought.halves;
	if (localtime_r(&time_s, &tm))
		strftime(stamp, sizeof(stamp), "%F %T", &tm);
	thought_fmt(why, sizeof(why), &line->thought);
	fprintf(out, "line       %s  %s %s  weighs %u%s%s%s\n", stamp, prefix_fmt(unit, sizeof(unit), &line->unit),
		text_escape(rule, sizeof(rule), rule_of(line)), line->thought.halves / 2, line->thought.halves % 2 ? ".5" : "",
		*why ? ": " : "", why);
	fprintf(out, "           %s\n", text_printable(shown, sizeof(shown), message_of(line)));
}

static void evidence_json(void *arg, const struct evidence_line *line)
{
	struct json *list = arg, item;
	char unit[PREFIX_FMT_SIZE], why[200];

	json_item(list, &item);
	json_time(&item, "time", line->time_ms);
	json_cstr(&item, "address", prefix_fmt(unit, sizeof(unit), &line->unit));
	json_str(&item, "rule", rule_of(line));
	json_fixed(&item, "weight", (double)line->thought.halves / 2, 1);
	if (line->thought.why)
		json_cstr(&item, "why", thought_fmt(why, sizeof(why), &line->thought));
	json_str(&item, "line", message_of(line));
	json_item_end(&item);
}

void explain_lines_text(const struct daemon *daemon, const struct prefix *prefix, FILE *out)
{
	struct told sum = { .out = out };

	checkpoint_evidence(daemon, prefix, LINES_SHOWN, evidence_text, &sum);
	if (sum.lines > 1)
		fprintf(out, "sum        %llu%s in these %u lines\n", (unsigned long long)(sum.halves / 2), sum.halves % 2 ? ".5" : "", sum.lines);
}

void explain_lines_json(const struct daemon *daemon, const struct prefix *prefix, struct json *json)
{
	json_list(json, "evidence");
	checkpoint_evidence(daemon, prefix, LINES_SHOWN, evidence_json, json);
	json_list_end(json);
}
