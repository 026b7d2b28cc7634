/* html - see html.h. Keeps nothing; what it draws grows with its frame, and its words do not, so that a phone can show it. */
#include "cli/html.h"

#include <inttypes.h>

#include "base/array.h"

#define COLUMNS_MIN 12	/* fewer do not fill a chart */

void html_text(FILE *out, struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char shown[8];

		switch (text.at[i]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		case '\\':	/* a text that is escaped already stays as it is */
			fputc('\\', out);
			break;
		default:
			fputs(text_escape(shown, sizeof(shown), (struct text){ text.at + i, 1 }), out);
		}
	}
}

char *count_fmt(char *dst, size_t size, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	size_t used = 0;

	for (int i = 0; i < len && used + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			dst[used++] = ',';
		dst[used++] = digits[i];
	}
	dst[used] = '\0';
	return dst;
}

void html_bar(FILE *out, double share, const char *tone)
{
	fprintf(out, "<span class=\"track\"><i class=\"%s\" style=\"width:%.1f%%\"></i></span>", tone, 100 * (share < 0 ? 0 : share > 1 ? 1 : share));
}

/* The next of 1, 2, 4, 6, 8, 10, 20 ... that is not below: all but the first have a half. */
static double round_up(double value)
{
	static const double steps[] = { 1, 2, 4, 6, 8, 10 };
	double power = 1;

	while (value > 10 * power)
		power *= 10;
	for (size_t i = 0; i < COUNT(steps); i++)
		if (value <= steps[i] * power)
			return steps[i] * power;
	return value;
}

static void put_legend(FILE *out, const struct html_chart *chart)
{
	if (!chart->high)
		return;
	fprintf(out, "<p class=\"legend\"><i class=\"high\"></i>%s <i class=\"low\"></i>%s</p>", chart->high, chart->low);
}

static void put_column(FILE *out, const struct html_column *column, size_t at, double top)
{
	double low = 100 * (double)column->low / top, high = 100 * (double)column->high / top;

	fprintf(out, "<g><title>%s</title><rect class=\"none\" x=\"%zu\" y=\"0\" width=\"1\" height=\"100\"/>", column->name, at);
	if (column->low)
		fprintf(out, "<rect class=\"low\" x=\"%zu.08\" y=\"%.2f\" width=\".84\" height=\"%.2f\"/>", at, 100 - low, low);
	if (column->high)
		fprintf(out, "<rect class=\"high\" x=\"%zu.08\" y=\"%.2f\" width=\".84\" height=\"%.2f\"/>", at, 100 - low - high, high);
	fputs("</g>", out);
}

void html_chart(FILE *out, const struct html_chart *chart)
{
	char middle[28] = "", highest[28];
	size_t wide = chart->count < COLUMNS_MIN ? COLUMNS_MIN : chart->count;
	double top = 1;

	for (size_t i = 0; i < chart->count; i++) {
		double height = (double)(chart->columns[i].low + chart->columns[i].high);

		top = height > top ? height : top;
	}
	top = round_up(top);
	put_legend(out, chart);
	if (top >= 2)
		count_fmt(middle, sizeof(middle), (uint64_t)(top / 2));
	fprintf(out, "<div class=\"chart\"><div class=\"scale\"><span>%s</span><span>%s</span><span>0</span></div>",
		count_fmt(highest, sizeof(highest), (uint64_t)top), middle);
	fprintf(out, "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %zu 100\" preserveAspectRatio=\"none\">"
		"<path class=\"grid\" d=\"M0 0H%zuM0 50H%zuM0 100H%zu\"/>", chart->label, wide, wide, wide, wide);
	for (size_t i = 0; i < chart->count; i++)
		put_column(out, &chart->columns[i], i, top);
	fputs("</svg><div class=\"ticks\">", out);
	for (size_t i = 0; i < chart->tick_count; i++)
		fprintf(out, "<span style=\"left:%.2f%%\">%s</span>", 100 * (double)chart->ticks[i].column / (double)wide,
			chart->ticks[i].text);
	fputs("</div></div>\n", out);
}
