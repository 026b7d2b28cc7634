/* test_html - no text becomes anything else: every byte; counts with commas; a chart's picture */
#include <stdlib.h>

#include "cli/html.h"
#include "tap.h"

static char *said;
static size_t said_len;
static FILE *out;

static const char *text(struct text bytes)
{
	rewind(out);
	html_text(out, bytes);
	fputc('\0', out);
	fflush(out);
	return said;
}

static const char *chart(const struct html_chart *what)
{
	rewind(out);
	html_chart(out, what);
	fputc('\0', out);
	fflush(out);
	return said;
}

int main(void)
{
	char number[28];
	unsigned wrong = 0;
	struct html_column columns[13] = { { 3, 5, "first: 5 spared" }, { 0, 0, "second" }, { 30, 0, "third" } };
	struct html_tick tick = { 1, "2 Nov" };

	out = open_memstream(&said, &said_len);
	tap_str(text(TEXT("<b a=\"1\" c='2'>&amp;</b>")), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;", "what a page could obey");
	tap_str(text(TEXT("a\\x1b\n\xff")), "a\\x1b\\n\\xff", "the rest as on a terminal; what is escaped stays");
	for (unsigned byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		const char *got = text((struct text){ &c, 1 });

		for (; *got; got++)
			wrong += *got < ' ' || *got > '~' || strchr("<>\"'", *got) != NULL;
		wrong += said[0] == '&' && said[strlen(said) - 1] != ';';
	}
	tap_int(wrong, 0, "every byte");
	tap_str(count_fmt(number, sizeof(number), 0), "0", "0");
	tap_str(count_fmt(number, sizeof(number), 999), "999", "999");
	tap_str(count_fmt(number, sizeof(number), 1000), "1,000", "1,000");
	tap_str(count_fmt(number, sizeof(number), 1234567), "1,234,567", "1,234,567");
	tap_str(count_fmt(number, sizeof(number), UINT64_MAX), "18,446,744,073,709,551,615", "as many as there are");
	const char *svg = chart(&(struct html_chart){ "Tries", "through", "spared", columns, 13, &tick, 1 });
	tap_ok(strstr(svg, "viewBox=\"0 0 13 100\"") && strstr(svg, "<span>40</span><span>20</span><span>0</span>"), "its scale is round");
	tap_ok(strstr(svg, "<title>first: 5 spared</title>") && strstr(svg, "<rect class=\"low\" x=\"0.08\" y=\"92.50\" width=\".84\" height=\"7.50\"/>") &&
	       strstr(svg, "<rect class=\"high\" x=\"0.08\" y=\"80.00\" width=\".84\" height=\"12.50\"/>"), "one part stands on the other");
	tap_ok(strstr(svg, "left:7.69%") && strstr(svg, "</i>spared") && strstr(svg, "</i>through"), "its ticks and its legend");
	svg = chart(&(struct html_chart){ "Bans", NULL, NULL, columns, 2, NULL, 0 });
	tap_ok(strstr(svg, "viewBox=\"0 0 12 100\"") && !strstr(svg, "legend"), "few columns do not fill it; one part needs no legend");
	chart(&(struct html_chart){ "None", NULL, NULL, columns, 0, NULL, 0 });
	tap_ok(strstr(said, "<span>1</span><span></span><span>0</span>") != NULL, "nothing at all");
	fclose(out);
	free(said);
	return tap_done();
}
