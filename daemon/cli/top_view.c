/* top_view - see top_view.h
 *
 *	mailward 0.1.0  up 3d  dry run			four rows of figures
 *	...
 *	ADDRESSES          | RULES			from 70 columns and 14 rows on four lists; else the one that
 *	NETWORKS           | LATEST VERDICTS		is chosen
 *	keys */
#include "cli/top_view.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"

#define HEAD_ROWS 4
#define HEAD_BYTES 1024
#define WIDE 70
#define HIGH 14

static const char *const titles[TOP_LISTS] = {
	[TOP_ADDRESSES] = "ADDRESSES", [TOP_NETWORKS] = "NETWORKS", [TOP_RULES] = "RULES", [TOP_VERDICTS] = "VERDICTS",
};

static const char *const orders[TOP_ORDERS] = { [TOP_BY_MOST] = "most", [TOP_BY_NAME] = "name", [TOP_BY_TIME] = "time" };

/* ---- the canvas ---- */

void canvas_clear(struct canvas *canvas, unsigned width, unsigned height)
{
	canvas->width = width > CANVAS_WIDTH_MAX ? CANVAS_WIDTH_MAX : width;
	canvas->height = height > CANVAS_HEIGHT_MAX ? CANVAS_HEIGHT_MAX : height;
	for (unsigned row = 0; row < canvas->height; row++) {
		memset(canvas->cells[row], ' ', canvas->width);
		canvas->cells[row][canvas->width] = '\0';
		memset(canvas->marks[row], MARK_NONE, canvas->width);
	}
}

void canvas_put(struct canvas *canvas, unsigned row, unsigned column, unsigned width, enum mark mark, const char *fmt, ...)
{
	char raw[CANVAS_WIDTH_MAX + 1], text[CANVAS_WIDTH_MAX + 1];
	va_list args;

	if (row >= canvas->height || column >= canvas->width)
		return;
	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	text_printable(text, sizeof(text), text_of(raw));
	width = width > canvas->width - column ? canvas->width - column : width;
	for (unsigned i = 0; i < width && text[i]; i++)
		canvas->cells[row][column + i] = text[i];
	if (mark != MARK_NONE)
		memset(canvas->marks[row] + column, (int)mark, mark == MARK_HEAD || mark == MARK_PICKED ? width : strnlen(text, width));
}

/* ---- the figures ---- */

static const char *short_of(char *dst, size_t size, double value, bool tenths)
{
	static const char units[] = " kMGT";
	size_t unit = 0;

	while (value >= 10000 && unit + 2 < sizeof(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(dst, size, tenths && value < 10 && value > 0 ? "%.1f%.*s" : "%.0f%.*s", value, unit > 0, units + unit);
	return dst;
}

#define SHORT(value) short_of((char[16]){ "" }, 16, (double)(value), false)
#define RATE(value) short_of((char[16]){ "" }, 16, value, true)

/* Four lines, each with what matters most first: a narrow screen cuts the rest. */
static void head_lines(const struct top_frame *frame, char lines[HEAD_ROWS][HEAD_BYTES])
{
	char up[24], exist[32] = "";

	if (frame->campaign_names)
		snprintf(exist, sizeof(exist), " (%s exist)", SHORT(frame->campaign_names));
	snprintf(lines[0], HEAD_BYTES, "mailward %s  up %s%s", frame->version, duration_fmt(up, sizeof(up), frame->uptime_s),
		 frame->dry_run ? "  DRY RUN" : "");
	if (frame->rated)
		snprintf(lines[1], HEAD_BYTES, "lines %s/s  errors %s/s  bans %s/min  delays %s/min  of banned %s/s", RATE(frame->lines_s),
			 RATE(frame->errors_s), RATE(frame->bans_min), RATE(frame->delays_min), RATE(frame->evidence_s));
	else
		snprintf(lines[1], HEAD_BYTES, "lines %s  errors %s  bans %s  delays %s", SHORT(frame->lines), SHORT(frame->errors),
			 SHORT(frame->bans), SHORT(frame->delays));
	snprintf(lines[2], HEAD_BYTES, "now %s banned (%s networks), %s delayed, %s err, %s tracked; %s names under attack%s",
		 SHORT(frame->running_bans), SHORT(frame->running_network_bans), SHORT(frame->running_delays), SHORT(frame->erring),
		 SHORT(frame->tracked), SHORT(frame->burnt_names + frame->campaign_names), exist);
	if (frame->troubles)
		snprintf(lines[3], HEAD_BYTES, "TROUBLE %" PRIu64 ": %s", frame->troubles, frame->trouble[0]);
	else if (frame->behind_bytes)
		snprintf(lines[3], HEAD_BYTES, "all is well; %sB written and not read yet", SHORT(frame->behind_bytes));
	else
		snprintf(lines[3], HEAD_BYTES, "all is well");
}

/* ---- lists ---- */

/* The name in what the figures leave; a name that is cut ends in ~. */
static void beside(char *dst, size_t size, unsigned width, const char *name, const char *right)
{
	size_t room = width > strlen(right) ? width - strlen(right) : 0;

	if (room < 12) {	/* Better a whole name than half of everything. */
		room = width + 1;
		right = "";
	}
	if (strlen(name) < room)
		snprintf(dst, size, "%-*s%s", (int)room, name, right);
	else
		snprintf(dst, size, "%.*s~ %s", (int)room - 2, name, right);
}

/* A row as text, of that width. */
static void row_text(const struct top_row *row, enum top_list_kind kind, unsigned width, char *dst, size_t size)
{
	char right[96] = "", rest[24], ago[24];
	const char *still = row->permanent ? "ever" : row->seconds ? duration_short(rest, sizeof(rest), row->seconds) : "";

	if (kind == TOP_RULES)
		snprintf(right, sizeof(right), "%6s %6s", SHORT(row->errors), RATE(row->per_minute));
	else if (kind == TOP_VERDICTS)
		snprintf(right, sizeof(right), "%-5s %4s %4s%s%-*.*s", row->kind, *still ? still : "over", duration_short(ago, sizeof(ago), row->ago),
			 width >= WIDE ? "  " : "", width >= WIDE ? 30 : 0, width >= WIDE ? 30 : 0, row->rule);
	else
		snprintf(right, sizeof(right), "%6s %-7s %4s", SHORT(row->errors), row->state, still);
	beside(dst, size, width, row->name, right);
}

static void head_of_list(enum top_list_kind kind, enum top_order order, unsigned width, char *dst, size_t size)
{
	static const char *const rights[TOP_LISTS] = {
		[TOP_ADDRESSES] = "errors          for", [TOP_NETWORKS] = "errors          for", [TOP_RULES] = "errors   /min",
		[TOP_VERDICTS] = "       for  ago",
	};
	char left[48], right[64];

	snprintf(left, sizeof(left), "%s by %s", titles[kind], orders[order]);
	snprintf(right, sizeof(right), "%s%s", rights[kind], kind == TOP_VERDICTS && width >= WIDE ? "  rule                          " : "");
	beside(dst, size, width, left, right);
}

/* The picked row stays what it was, and within the list, and the list around it. */
static void keep_within(struct top_look *look, enum top_list_kind kind, const struct top_list *list, size_t rows)
{
	size_t *picked = &look->picked[kind], *first = &look->first[kind], count = list->count;

	for (size_t i = 0; i < count && *look->name[kind]; i++)
		if (strcmp(list->rows[i].name, look->name[kind]) == 0)
			*picked = i;
	if (*picked >= count)
		*picked = count ? count - 1 : 0;
	if (*first > *picked)
		*first = *picked;
	if (rows && *picked >= *first + rows)
		*first = *picked - rows + 1;
	if (*first + rows > count)
		*first = count > rows ? count - rows : 0;
}

/* One list in a box of the canvas: its heading and as many rows as there is room for. */
static void draw_list(struct canvas *canvas, struct top_frame *frame, struct top_look *look, enum top_list_kind kind, unsigned row,
		      unsigned column, unsigned width, unsigned height)
{
	struct top_list *list = &frame->lists[kind];
	char text[CANVAS_WIDTH_MAX + 1];
	bool chosen = look->list == kind;

	if (height == 0)
		return;
	top_list_sort(list, kind, look->order[kind]);
	keep_within(look, kind, list, height - 1);
	head_of_list(kind, look->order[kind], width, text, sizeof(text));
	canvas_put(canvas, row, column, width, MARK_HEAD, "%s", text);
	if (chosen)
		canvas_put(canvas, row, column + (unsigned)strnlen(titles[kind], width), 1, MARK_HEAD, "*");
	for (size_t i = 0; i + 1 < height && look->first[kind] + i < list->count; i++) {
		size_t at = look->first[kind] + i;
		const struct top_row *item = &list->rows[at];
		enum mark mark = chosen && at == look->picked[kind] ? MARK_PICKED : *item->state ? MARK_BOLD : MARK_NONE;

		row_text(item, kind, width, text, sizeof(text));
		canvas_put(canvas, row + 1 + (unsigned)i, column, width, mark, "%s", text);
	}
	if (list->count == 0)
		canvas_put(canvas, row + 1, column, height > 1 ? width : 0, MARK_NONE, "nobody");
}

static void draw_keys(struct canvas *canvas, const struct top_look *look)
{
	unsigned row = canvas->height - 1;

	if (look->ask)
		canvas_put(canvas, row, 0, canvas->width, MARK_ALARM, "%s", look->ask);
	else if (*look->said)
		canvas_put(canvas, row, 0, canvas->width, look->alarm ? MARK_ALARM : MARK_BOLD, "%s", look->said);
	else
		canvas_put(canvas, row, 0, canvas->width, MARK_NONE, canvas->width >= WIDE ?
			   "q quit  tab list  up/down row  s sort  b ban  u unban  e explain  space now" : "q tab s:sort b:ban u:unban e:explain");
}

void top_draw(struct canvas *canvas, struct top_frame *frame, struct top_look *look)
{
	char lines[HEAD_ROWS][HEAD_BYTES];
	unsigned head = canvas->height > 8 ? HEAD_ROWS : canvas->height > 4 ? 2 : 0;
	unsigned body = canvas->height > head + 1 ? canvas->height - head - 1 : 0;

	if (frame) {
		head_lines(frame, lines);
		for (unsigned row = 0; row < head; row++)
			canvas_put(canvas, row, 0, canvas->width, row == 0 ? MARK_BOLD : row == 3 && frame->troubles ? MARK_ALARM : MARK_NONE,
				   "%s", lines[row]);
	}
	if (frame && canvas->width >= WIDE && canvas->height >= HIGH) {
		unsigned left = canvas->width / 2 - 1, right = canvas->width - left - 2, upper = (body + 1) / 2;

		draw_list(canvas, frame, look, TOP_ADDRESSES, head, 0, left, upper);
		draw_list(canvas, frame, look, TOP_RULES, head, left + 2, right, upper);
		draw_list(canvas, frame, look, TOP_NETWORKS, head + upper, 0, left, body - upper);
		draw_list(canvas, frame, look, TOP_VERDICTS, head + upper, left + 2, right, body - upper);
	} else if (frame) {
		draw_list(canvas, frame, look, look->list, head, 0, canvas->width, body);
	}
	draw_keys(canvas, look);
}

/* ---- without a screen ---- */

/* How much of a line there is without the blanks at its end. */
static int printed(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == ' ')
		len--;
	return (int)len;
}

void top_print(FILE *out, struct top_frame *frame, size_t rows)
{
	char lines[HEAD_ROWS][HEAD_BYTES], text[CANVAS_WIDTH_MAX + 1], head[CANVAS_WIDTH_MAX + 1];
	unsigned width = 100;

	head_lines(frame, lines);
	for (unsigned row = 0; row < HEAD_ROWS; row++)
		fprintf(out, "%s\n", lines[row]);
	for (size_t i = 1; i < frame->trouble_count; i++)
		fprintf(out, "TROUBLE: %s\n", frame->trouble[i]);
	for (enum top_list_kind kind = 0; kind < TOP_LISTS; kind++) {
		struct top_list *list = &frame->lists[kind];
		enum top_order order = kind == TOP_VERDICTS ? TOP_BY_TIME : TOP_BY_MOST;

		top_list_sort(list, kind, order);
		head_of_list(kind, order, width, head, sizeof(head));
		fprintf(out, "\n%.*s\n", printed(head), head);
		for (size_t i = 0; i < list->count && i < rows; i++) {
			row_text(&list->rows[i], kind, width, text, sizeof(text));
			fprintf(out, "%.*s\n", printed(text), text);
		}
		if (list->count > rows)
			fprintf(out, "and %zu more\n", list->count - rows);
	}
}
