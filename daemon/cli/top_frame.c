/* top_frame - see top_frame.h. Reads the flat objects that the daemon writes, and no other JSON. */
#include "cli/top_frame.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

/* ---- one object ---- */

/* What stands behind a key, without its quotes; len 0: there is no such key. */
static struct text value_of(struct text line, const char *key)
{
	char wanted[40];
	int len = snprintf(wanted, sizeof(wanted), "\"%s\":", key);
	const char *at = memmem(line.at, line.len, wanted, (size_t)len), *end = line.at + line.len;

	if (!at)
		return TEXT("");
	at += len;
	bool quoted = at < end && *at == '"';
	const char *from = at += quoted;
	while (at < end && (quoted ? *at != '"' : *at != ',' && *at != '}'))
		at += quoted && *at == '\\' && at + 1 < end ? 2 : 1;
	return (struct text){ from, (size_t)((at < end ? at : end) - from) };
}

static uint64_t number_of(struct text line, const char *key)
{
	struct text value = value_of(line, key);
	uint64_t number = 0;

	for (size_t i = 0; i < value.len && value.at[i] >= '0' && value.at[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(value.at[i] - '0');
	return number;
}

/* A string: of its escapes the quote and the backslash are undone, what no terminal should see is a dot. */
static void string_of(struct text line, const char *key, char *dst, size_t size)
{
	struct text value = value_of(line, key);
	size_t used = 0;

	for (size_t i = 0; i < value.len && used + 1 < size; i++) {
		char c = value.at[i];

		if (c == '\\' && i + 1 < value.len)
			c = value.at[++i] == 'u' ? '.' : value.at[i];
		dst[used++] = c >= 0x20 && c <= 0x7e ? c : '.';
	}
	dst[used] = '\0';
}

/* ---- a frame ---- */

#define FIGURE(key, field) { key, offsetof(struct top_frame, field) }
static const struct {
	const char *key;
	size_t offset;
} figures[] = {
	FIGURE("uptime", uptime_s), FIGURE("lines", lines), FIGURE("errors", errors), FIGURE("delays", delays), FIGURE("bans", bans),
	FIGURE("evidence", evidence), FIGURE("tracked", tracked), FIGURE("max_addresses", max_addresses), FIGURE("erring", erring),
	FIGURE("running_bans", running_bans), FIGURE("running_network_bans", running_network_bans),
	FIGURE("running_delays", running_delays), FIGURE("burnt_names", burnt_names), FIGURE("campaign_names", campaign_names),
	FIGURE("behind_bytes", behind_bytes), FIGURE("troubles", troubles),
};

static void read_figures(struct top_frame *frame, struct text line)
{
	for (size_t i = 0; i < COUNT(figures); i++) {
		uint64_t value = number_of(line, figures[i].key);
		memcpy((char *)frame + figures[i].offset, &value, sizeof(value));
	}
	string_of(line, "version", frame->version, sizeof(frame->version));
	frame->dry_run = text_equal(value_of(line, "dry_run"), TEXT("true"));
}

static void read_row(struct top_list *list, enum top_list_kind kind, struct text line)
{
	struct top_row *row = &list->rows[list->count];

	if (list->count == TOP_ROWS_MAX)
		return;
	list->count++;
	*row = (struct top_row){ .errors = number_of(line, "errors"), .seconds = number_of(line, "seconds"),
				 .ago = number_of(line, "ago"), .permanent = text_equal(value_of(line, "permanent"), TEXT("true")) };
	string_of(line, kind == TOP_RULES ? "rule" : "address", row->name, sizeof(row->name));
	string_of(line, "kind", row->kind, sizeof(row->kind));
	string_of(line, "state", row->state, sizeof(row->state));
	string_of(line, "rule", row->rule, sizeof(row->rule));
}

static void read_line(struct top_frame *frame, struct text line)
{
	static const char *const lists[TOP_LISTS] = { "address", "network", "rule", "verdict" };
	struct text event = value_of(line, "event");

	if (text_equal(event, TEXT("top")))
		read_figures(frame, line);
	else if (text_equal(event, TEXT("trouble")) && frame->trouble_count < TOP_TROUBLES)
		string_of(line, "text", frame->trouble[frame->trouble_count++], sizeof(frame->trouble[0]));
	for (enum top_list_kind kind = 0; kind < TOP_LISTS; kind++)
		if (text_equal(event, text_of(lists[kind])))
			read_row(&frame->lists[kind], kind, line);
}

bool top_frame_read(struct top_frame *frame, struct text answer, int64_t came_ms)
{
	memset(frame, 0, sizeof(*frame));
	frame->came_ms = came_ms;
	while (answer.len > 0) {
		const char *end = memchr(answer.at, '\n', answer.len);
		size_t len = end ? (size_t)(end - answer.at) : answer.len;

		read_line(frame, (struct text){ answer.at, len });
		answer.at += len + (end != NULL);
		answer.len -= len + (end != NULL);
	}
	return frame->version[0] != '\0';
}

/* ---- rates ---- */

/* A counter goes back when the daemon was started anew, or when a login took an error back: that is no rate. */
static double rate(uint64_t now, uint64_t before, double span_s, bool rated, double old)
{
	double fresh = now > before ? (double)(now - before) / span_s : 0;

	return rated ? 0.6 * old + 0.4 * fresh : fresh;
}

void top_frame_rate(struct top_frame *frame, const struct top_frame *before)
{
	double span_s = before ? (double)(frame->came_ms - before->came_ms) / 1000 : 0;

	if (!before || span_s <= 0 || frame->uptime_s < before->uptime_s)
		return;
	frame->rated = true;
	frame->lines_s = rate(frame->lines, before->lines, span_s, before->rated, before->lines_s);
	frame->errors_s = rate(frame->errors, before->errors, span_s, before->rated, before->errors_s);
	frame->evidence_s = rate(frame->evidence, before->evidence, span_s, before->rated, before->evidence_s);
	frame->bans_min = rate(60 * frame->bans, 60 * before->bans, span_s, before->rated, before->bans_min);
	frame->delays_min = rate(60 * frame->delays, 60 * before->delays, span_s, before->rated, before->delays_min);
	for (size_t i = 0; i < frame->lists[TOP_RULES].count; i++) {
		struct top_row *row = &frame->lists[TOP_RULES].rows[i];

		for (size_t k = 0; k < before->lists[TOP_RULES].count; k++) {
			const struct top_row *old = &before->lists[TOP_RULES].rows[k];
			if (strcmp(row->name, old->name) == 0)
				row->per_minute = rate(60 * row->errors, 60 * old->errors, span_s, before->rated, old->per_minute);
		}
	}
}

/* ---- order ---- */

static int more(double a, double b)
{
	return a > b ? -1 : a < b;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct top_row *)a)->name, ((const struct top_row *)b)->name);
}

static int by_errors(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = more(left->per_minute, right->per_minute);

	order = order ? order : more((double)left->errors, (double)right->errors);
	return order ? order : by_name(a, b);
}

static int by_ago(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = more((double)right->ago, (double)left->ago);

	return order ? order : by_name(a, b);
}

static int by_rest(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = right->permanent - left->permanent;

	if (order == 0)
		order = more((double)left->seconds, (double)right->seconds);
	return order ? order : by_errors(a, b);
}

void top_list_sort(struct top_list *list, enum top_list_kind kind, enum top_order order)
{
	int (*by)(const void *, const void *) = order == TOP_BY_MOST ? by_errors : order == TOP_BY_NAME ? by_name :
						kind == TOP_VERDICTS ? by_ago : by_rest;

	qsort(list->rows, list->count, sizeof(list->rows[0]), by);
}
