/* digest_page - a digest as one page: it asks for nothing, runs nothing, and can be read on a phone, in the dark and on paper
 *
 * Whatever a client may have written goes through html_text(); so do the rules' words, which a postmaster may have. */
#include <inttypes.h>
#include <time.h>

#include "cli/digest.h"
#include "cli/html.h"

#define COLUMNS 56		/* of a chart over time */
#define TICKS 8
#define HURT_LISTED 12

static const char style[] =
	":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1a2129;--soft:#5c6773;--line:#e3e6ea;--low:#d9622b;--high:#9db8d6;"
	"--one:#3d74b3;--good:#1f7a4d;--bad:#b3261e}\n"
	"@media(prefers-color-scheme:dark){:root{--page:#12161b;--card:#1b2128;--ink:#e6eaee;--soft:#98a3ae;--line:#2d353e;--low:#f08a55;"
	"--high:#44617f;--one:#6ba2dd;--good:#5dc492;--bad:#ff8a80}}\n"
	"*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
	"main{max-width:1080px;margin:0 auto;padding:28px 20px 40px}h1{font-size:25px;line-height:1.2;margin:0;font-weight:650}\n"
	"h2{font-size:15px;margin:0 0 10px;font-weight:650}.under{color:var(--soft);margin:4px 0 20px}\n"
	".tiles{display:grid;gap:14px;grid-template-columns:repeat(4,1fr)}.two{columns:2;column-gap:14px;margin-top:14px}\n"
	"section,.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;min-width:0}\n"
	"section{margin-top:14px}.two>section{break-inside:avoid;margin:0 0 14px}.two>section:last-child{margin:0}\n"
	".tile b{display:block;font-size:27px;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}\n"
	".good b{color:var(--good)}.bad b{color:var(--bad)}.note{color:var(--soft);font-size:13px;margin:10px 0 0}.note+table{margin-top:12px}\n"
	".legend{margin:0 0 10px;color:var(--soft);font-size:13px}.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 0}\n"
	".legend i+i,.legend i~i{margin-left:14px}i.low,.legend .low{background:var(--low)}i.high,.legend .high{background:var(--high)}i.one{background:var(--one)}\n"
	".chart{display:grid;grid-template-columns:auto minmax(0,1fr);column-gap:8px}.scale{display:flex;flex-direction:column;justify-content:space-between;"
	"text-align:right;color:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}.scale span{height:0;line-height:0}\n"
	"svg{width:100%;height:150px;display:block;overflow:visible}.grid{fill:none;stroke:var(--line);vector-effect:non-scaling-stroke}\n"
	"rect.low{fill:var(--low)}rect.high{fill:var(--high)}.plain rect.low{fill:var(--one)}rect.none{fill:transparent}g:hover rect.none{fill:var(--line);opacity:.5}\n"
	".short svg{height:90px}.ticks{grid-column:2;position:relative;height:16px;color:var(--soft);font-size:11px;margin-top:5px}\n"
	".ticks span{position:absolute;white-space:nowrap}\n"
	"table{width:100%;border-collapse:collapse;font-size:14px}th{text-align:left;font-weight:500;color:var(--soft);font-size:12px;padding:0 0 5px;white-space:nowrap}\n"
	"td{padding:4px 0;border-top:1px solid var(--line)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;padding-left:12px;white-space:nowrap}\n"
	"td.t{overflow-wrap:anywhere}td.b{width:22%;padding-left:12px}code{font:13px/1.4 ui-monospace,monospace}.soft{color:var(--soft)}\n"
	".track{display:block;height:8px;border-radius:4px;background:var(--line);overflow:hidden}.track i{display:block;height:8px;border-radius:4px}\n"
	"footer{color:var(--soft);font-size:12px;margin-top:18px}\n"
	"@media(max-width:720px){main{padding:18px 12px 28px}.tiles{grid-template-columns:repeat(2,1fr);gap:10px}.two{columns:1}"
	"h1{font-size:21px}.tile b{font-size:22px}section,.tile{padding:13px 14px}.wide,.ticks span:nth-child(even){display:none}svg{height:120px}}\n"
	"@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--low:#c4521f;--high:#a9bfd8;--one:#3d74b3;--good:#1f7a4d;--bad:#b3261e}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0}section,.tile{break-inside:avoid}body{font-size:12px}"
	"svg{height:96px}.short svg{height:60px}td{padding:2px 0}.tile b{font-size:20px}.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px;align-items:start}"
	".two>section{margin:0}}\n"
	"@page{margin:14mm}\n";

static double share_of(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

/* ---- the head ---- */

/* "19 - 26 Nov 2026", "28 Dec 2025 - 3 Jan 2026" */
static void put_days(const struct digest *digest, FILE *out)
{
	time_t first_s = (time_t)(digest->first_ms / 1000), last_s = (time_t)(digest->last_ms / 1000);
	struct tm first, last;
	char text[32];

	if (!digest->first_ms || !localtime_r(&first_s, &first) || !localtime_r(&last_s, &last))
		return;
	if (first.tm_yday != last.tm_yday || first.tm_year != last.tm_year) {
		strftime(text, sizeof(text), first.tm_year != last.tm_year ? "%-d %b %Y" : first.tm_mon != last.tm_mon ? "%-d %b" : "%-d", &first);
		fprintf(out, "%s \xe2\x80\x93 ", text);
	}
	strftime(text, sizeof(text), "%-d %b %Y", &last);
	fputs(text, out);
}

static void put_title(const struct digest *digest, FILE *out)
{
	if (*digest->host)
		html_text(out, text_of(digest->host));
	else
		fputs("The mail server", out);
	if (digest->first_ms)
		fputs(", ", out);
	put_days(digest, out);
}

static void tile(FILE *out, const char *tone, uint64_t value, const char *what)
{
	char number[28];

	fprintf(out, "<div class=\"tile %s\"><b>%s</b><span>%s</span></div>\n", tone, count_fmt(number, sizeof(number), value), what);
}

static void put_tiles(const struct digest *digest, FILE *out)
{
	char under[128], length[24], number[28];

	fputs("<div class=\"tiles\">\n", out);
	snprintf(under, sizeof(under), "%s, by %s %s", plural(digest_tries(digest), "try", "tries"),
		 count_fmt(number, sizeof(number), digest->addresses), plural(digest->addresses, "address", "addresses"));
	tile(out, "", digest_tries(digest), under);
	fprintf(out, "<div class=\"tile\"><b>%.1f\xc2\xa0%%</b><span>of them spared by a ban; %s came through</span></div>\n",
		100 * digest_kept(digest), count_fmt(number, sizeof(number), digest->through));
	snprintf(under, sizeof(under), "%s, and %s %s", plural(digest->bans, "ban", "bans"), count_fmt(number, sizeof(number), digest->delays),
		 plural(digest->delays, "delay", "delays"));
	tile(out, "", digest->bans, under);
	if (!digest->setup->conf.policy.memory)
		fputs("<div class=\"tile\"><b>?</b><span>who belongs here: judge = window does not know</span></div>\n", out);
	else if (digest->hurt.count == 0)
		tile(out, "good", 0, "who belong here were dropped");
	else {
		snprintf(under, sizeof(under), "%s here and %s dropped, for %s in all", digest->hurt.count == 1 ? "who belongs" : "who belong",
			 digest->hurt.count == 1 ? "was" : "were", duration_fmt(length, sizeof(length), digest->hurt_s));
		tile(out, "bad", digest->hurt.count, under);
	}
	fputs("</div>\n", out);
}

/* ---- charts ---- */

/* "26 Nov", with the hour, and before it the day of the week, if these are wanted. */
static void put_when(char *dst, size_t size, int64_t time_s, bool hour, bool weekday)
{
	time_t seconds = (time_t)time_s;
	struct tm tm;
	size_t used = 0;

	*dst = '\0';
	if (!localtime_r(&seconds, &tm))
		return;
	if (weekday)
		used = strftime(dst, size, "%a ", &tm);
	used += strftime(dst + used, size - used, "%-d %b", &tm);
	if (hour)
		strftime(dst + used, size - used, ", %H:%M", &tm);
}

/* Where days begin, as many as have room; of a short time, at equal distances. Returns how many there are. */
static size_t put_ticks(struct html_tick ticks[TICKS], int64_t begin_s, int64_t span_s, size_t count)
{
	int64_t offset_s = digest_offset_s(begin_s * 1000), day_spans = span_s < 86400 ? 86400 / span_s : 1, days, step;
	bool hours = (int64_t)count * span_s <= 3 * 86400;
	size_t used = 0;

	days = (int64_t)count / day_spans + 1;
	step = hours ? ((int64_t)count + TICKS - 1) / TICKS : day_spans * ((days + TICKS - 1) / TICKS);
	for (size_t i = 0; i < count && used < TICKS; i++) {
		int64_t number = (begin_s + offset_s) / span_s + (int64_t)i;

		if (hours ? (int64_t)i % step : number % day_spans || (used && (int64_t)(i - ticks[used - 1].column) < step))
			continue;
		ticks[used].column = i;
		put_when(ticks[used].text, sizeof(ticks[used].text), begin_s + (int64_t)i * span_s, hours, false);
		used++;
	}
	return used;
}

static void put_series(const struct digest *digest, FILE *out)
{
	struct cell cells[COLUMNS];
	struct html_column tries[COLUMNS] = { 0 }, bans[COLUMNS] = { 0 };
	struct html_tick ticks[TICKS];
	char length[24];
	int64_t begin_s, span_s;
	size_t count = series_group(&digest->series, digest_offset_s(digest->last_ms), cells, COLUMNS, &begin_s, &span_s);
	size_t tick_count;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		char when[32];

		put_when(when, sizeof(when), begin_s + (int64_t)i * span_s, span_s < 86400, true);
		tries[i].low = cells[i].through;
		tries[i].high = cells[i].kept;
		bans[i].low = cells[i].bans;
		snprintf(tries[i].name, sizeof(tries[i].name), "%s: %" PRIu64 " spared, %" PRIu64 " through", when, cells[i].kept, cells[i].through);
		snprintf(bans[i].name, sizeof(bans[i].name), "%s: %" PRIu64 " %s", when, cells[i].bans, plural(cells[i].bans, "ban", "bans"));
	}
	tick_count = put_ticks(ticks, begin_s, span_s, count);
	duration_fmt(length, sizeof(length), (uint64_t)span_s);
	fprintf(out, "<section><h2>Tries, a column for each %s</h2>\n", length);
	html_chart(out, &(struct html_chart){ "Tries over time", "came through", "spared by a ban", tries, count, ticks, tick_count });
	fputs("</section>\n<section class=\"plain short\"><h2>Bans</h2>\n", out);
	html_chart(out, &(struct html_chart){ "Bans over time", NULL, NULL, bans, count, ticks, tick_count });
	fputs("</section>\n", out);
}

static void put_hours(const struct digest *digest, FILE *out)
{
	static const struct html_tick ticks[] = { { 0, "0" }, { 3, "3" }, { 6, "6" }, { 9, "9" }, { 12, "12" }, { 15, "15" }, { 18, "18" },
						  { 21, "21" } };
	struct html_column columns[24] = { 0 };

	for (unsigned i = 0; i < 24; i++) {
		columns[i].low = digest->hours[i];
		snprintf(columns[i].name, sizeof(columns[i].name), "%u:00: %" PRIu64 " %s", i, digest->hours[i],
			 plural(digest->hours[i], "try", "tries"));
	}
	fputs("<section class=\"plain\"><h2>Tries by the hour of the day</h2>\n", out);
	html_chart(out, &(struct html_chart){ "Tries by the hour of the day", NULL, NULL, columns, 24, ticks, 8 });
	fputs("</section>\n", out);
}

static void cell_count(FILE *out, const char *more, uint64_t value)
{
	char number[28];

	fprintf(out, "<td class=\"n%s\">%s</td>", more, count_fmt(number, sizeof(number), value));
}

static void put_waits(const struct digest *digest, FILE *out)
{
	char length[24];
	uint64_t most = 1;
	uint32_t median_s;

	for (size_t i = 0; i < DIGEST_WAITS; i++)
		most = digest->steps[i] > most ? digest->steps[i] : most;
	fputs("<section><h2>From the first error to the ban</h2>\n<table>\n", out);
	for (size_t i = 0; i < DIGEST_WAITS; i++) {
		fprintf(out, "<tr><td>%s</td><td class=\"b\" style=\"width:50%%\">", digest_steps[i].name);
		html_bar(out, share_of(digest->steps[i], most), "one");
		fputs("</td>", out);
		cell_count(out, "", digest->steps[i]);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
	median_s = digest->waits.count ? digest->waits.seconds[digest->waits.count / 2] : 0;
	if (median_s)
		fprintf(out, "<p class=\"note\">Half of the bans fell within %s of the first error.</p>\n",
			duration_fmt(length, sizeof(length), median_s));
	else if (digest->waits.count)
		fputs("<p class=\"note\">Half of the bans fell at the first error, or within its second.</p>\n", out);
	fputs("</section>\n", out);
}

/* ---- lists ---- */

static void put_nets(const struct digest *digest, FILE *out)
{
	char shown[PREFIX_FMT_SIZE];

	fputs("<section><h2>Networks</h2>\n<table><tr><th>network</th><th></th><th class=\"n\">tries</th><th class=\"n wide\">addresses</th>"
	      "<th class=\"n\">bans</th></tr>\n", out);
	for (size_t i = 0; i < digest->net_count; i++) {
		const struct digest_net *net = &digest->nets[i];

		fprintf(out, "<tr><td><code>%s</code></td><td class=\"b\">", prefix_fmt(shown, sizeof(shown), &net->prefix));
		html_bar(out, share_of(net->tries, digest->nets[0].tries), "one");
		fputs("</td>", out);
		cell_count(out, "", net->tries);
		cell_count(out, " wide", net->addresses);
		cell_count(out, "", net->bans);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
	if (digest->all_nets > digest->net_count)
		fprintf(out, "<p class=\"note\">Of %s networks (/24, /48) those that tried most.</p>\n",
			count_fmt(shown, sizeof(shown), digest->all_nets));
	fputs("</section>\n", out);
}

static void put_offenders(const struct digest *digest, FILE *out)
{
	char shown[PREFIX_FMT_SIZE], length[24];

	if (digest->offender_count == 0)
		return;
	fputs("<section><h2>Banned again and again</h2>\n<table><tr><th>address</th><th class=\"n\">bans</th><th class=\"n\">tries</th>"
	      "<th class=\"n\">in all</th></tr>\n", out);
	for (size_t i = 0; i < digest->offender_count; i++) {
		const struct digest_offender *one = &digest->offenders[i];

		fprintf(out, "<tr><td><code>%s</code></td>", prefix_fmt(shown, sizeof(shown), &one->prefix));
		cell_count(out, "", one->bans);
		if (one->tries)
			cell_count(out, "", one->tries);
		else	/* a network's are its addresses' */
			fputs("<td class=\"n\">-</td>", out);
		fprintf(out, "<td class=\"n\">%s</td></tr>\n", duration_fmt(length, sizeof(length), one->dropped_s / 3600 * 3600));
	}
	fputs("</table>\n", out);
	if (digest->all_offenders > digest->offender_count)
		fprintf(out, "<p class=\"note\">Of %s that were banned more than once.</p>\n",
			count_fmt(shown, sizeof(shown), digest->all_offenders));
	fputs("</section>\n", out);
}

static void put_names(const struct digest *digest, FILE *out)
{
	fputs("<section><h2>Names most tried</h2>\n<table><tr><th>name</th><th></th><th class=\"n\">tries</th></tr>\n", out);
	for (size_t i = 0; i < digest->tried_count; i++) {
		char shown[4 * HEAVY_TEXT + 1];

		fputs("<tr><td class=\"t\"><code>", out);
		html_text(out, text_of(text_escape(shown, sizeof(shown), digest->tried[i].text)));
		fprintf(out, "</code>%s</td><td class=\"b\">", digest->tried[i].exists ? " <span class=\"soft\">exists</span>" : "");
		html_bar(out, share_of(digest->tried[i].tries, digest->tried[0].tries), digest->tried[i].exists ? "low" : "one");
		fputs("</td>", out);
		cell_count(out, "", digest->tried[i].tries);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</section>\n", out);
}

static void put_rules(const struct digest *digest, FILE *out)
{
	fputs("<section><h2>Rules</h2>\n<table><tr><th>what was done</th><th></th><th class=\"n\">tries</th></tr>\n", out);
	for (size_t i = 0; i < digest->rule_count; i++) {
		fputs("<tr><td class=\"t\"><code>", out);
		html_text(out, text_of(digest->rules[i].rule->name));
		fputs("</code><br><span class=\"soft\">", out);
		html_text(out, text_of(digest->rules[i].rule->about));
		fputs("</span></td><td class=\"b\">", out);
		html_bar(out, share_of(digest->rules[i].tries, digest->rules[0].tries), "one");
		fputs("</td>", out);
		cell_count(out, "", digest->rules[i].tries);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</section>\n", out);
}

static void put_hurt(const struct digest *digest, FILE *out)
{
	char shown[PREFIX_FMT_SIZE], length[24], number[28];

	fputs("<section><h2>Who belongs here</h2>\n", out);
	fprintf(out, "<p class=\"note\">Logged in, or mail was delivered. %s %s of %s such %s %s forgiven",
		count_fmt(number, sizeof(number), digest->forgiven), plural(digest->forgiven, "error", "errors"),
		count_fmt(shown, sizeof(shown), digest->forgiven_addresses),
		plural(digest->forgiven_addresses, "address", "addresses"), plural(digest->forgiven, "was", "were"));
	if (digest->uncounted)
		fprintf(out, ", and %s failed %s during outages of the server's own %s not counted",
			count_fmt(number, sizeof(number), digest->uncounted), plural(digest->uncounted, "login", "logins"), plural(digest->uncounted, "was", "were"));
	fputs(".</p>\n", out);
	if (digest->hurt.count)
		fputs("<table><tr><th>dropped</th><th class=\"n\">bans</th><th class=\"n\">delays</th><th class=\"n\">in all</th></tr>\n", out);
	for (size_t i = 0; i < digest->hurt.count && i < HURT_LISTED; i++) {
		const struct hurt_one *one = &digest->hurt.at[i];

		fprintf(out, "<tr><td><code>%s</code></td>", prefix_fmt(shown, sizeof(shown), &one->prefix));
		cell_count(out, "", one->bans);
		cell_count(out, "", one->delays);
		fprintf(out, "<td class=\"n\">%s</td></tr>\n", duration_fmt(length, sizeof(length), one->seconds));
	}
	if (digest->hurt.count)
		fputs("</table>\n", out);
	if (digest->hurt.count > HURT_LISTED)
		fprintf(out, "<p class=\"note\">And %zu more.</p>\n", digest->hurt.count - HURT_LISTED);
	fputs("</section>\n", out);
}

void digest_page(struct digest *digest, FILE *out)
{
	char number[28];

	waits_sort(&digest->waits);
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>", out);
	put_title(digest, out);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
	put_title(digest, out);
	fputs("</h1>\n<p class=\"under\">What mailward makes of ", out);
	fprintf(out, "%s %s of log</p>\n", count_fmt(number, sizeof(number), digest->lines), plural(digest->lines, "line", "lines"));
	put_tiles(digest, out);
	put_series(digest, out);
	fputs("<div class=\"two\">\n", out);
	put_hours(digest, out);
	put_waits(digest, out);
	put_nets(digest, out);
	put_offenders(digest, out);
	put_names(digest, out);
	put_hurt(digest, out);
	fputs("</div>\n", out);
	put_rules(digest, out);
	fputs("<footer>", out);
	if (digest->failed)
		fputs("There was no memory for all of it: lists lack some. ", out);
	fputs("mailward " MAILWARD_VERSION ". Times are local. Tries are what the log shows: while a ban is in force, "
	      "the kernel drops what would come next, and no log has it. The page holds all that it shows.</footer>\n</main>\n</body>\n</html>\n", out);
}
