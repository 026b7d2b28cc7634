/* digest_text - a digest for a terminal or a mail: 100 columns, ASCII but for the bars
 *
 * Names are escaped already, addresses and rules are plain. */
#include <inttypes.h>
#include <time.h>

#include "cli/digest.h"
#include "cli/term.h"

#define NAME_COLUMNS 44
#define BAR 24
#define SPANS 28

static double share_of(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

static void put_sums(const struct digest *digest, FILE *out)
{
	char first[16], last[16], length[24];
	uint64_t tries = digest_tries(digest);

	fputs("mailward", out);
	if (*digest->host)
		fprintf(out, " on %s", digest->host);
	if (digest->first_ms)
		fprintf(out, ", %s to %s", digest_day(first, sizeof(first), digest->first_ms), digest_day(last, sizeof(last), digest->last_ms));
	fprintf(out, "\n\n%9" PRIu64 "  %s by %" PRIu64 " %s, in %" PRIu64 " %s of log\n", tries, plural(tries, "try", "tries"),
		digest->addresses, plural(digest->addresses, "address", "addresses"), digest->lines, plural(digest->lines, "line", "lines"));
	fprintf(out, "%8.1f%%  of them spared by a ban (%" PRIu64 "); %" PRIu64 " came through\n", 100 * digest_kept(digest), digest->kept,
		digest->through);
	fprintf(out, "%9" PRIu64 "  %s, %" PRIu64 " %s\n", digest->bans, plural(digest->bans, "ban", "bans"), digest->delays,
		plural(digest->delays, "delay", "delays"));
	fprintf(out, "%9" PRIu64 "  %s of %" PRIu64 " %s that belong here, forgiven\n", digest->forgiven,
		plural(digest->forgiven, "error", "errors"), digest->forgiven_addresses,
		plural(digest->forgiven_addresses, "address", "addresses"));
	if (digest->uncounted)
		fprintf(out, "%9" PRIu64 "  failed %s during outages of the server's own, not counted\n", digest->uncounted,
			plural(digest->uncounted, "login", "logins"));
	if (digest->allowed)
		fprintf(out, "%9" PRIu64 "  %s from allowed addresses, not counted\n", digest->allowed,
			plural(digest->allowed, "error", "errors"));
	if (!digest->setup->conf.policy.memory) {
		fputs("        ?  who belongs here and was dropped: judge = window does not know\n", out);
		return;
	}
	fprintf(out, "%9zu  %s here and %s dropped%s%s\n", digest->hurt.count, digest->hurt.count == 1 ? "who belongs" : "who belong",
		digest->hurt.count == 1 ? "was" : "were", digest->hurt.count ? ", all together for " : "",
		digest->hurt.count ? duration_fmt(length, sizeof(length), digest->hurt_s) : "");
}

static void put_time(const struct digest *digest, bool blocks, FILE *out)
{
	struct cell cells[SPANS];
	int64_t begin_s, span_s;
	size_t count = series_group(&digest->series, digest_offset_s(digest->last_ms), cells, SPANS, &begin_s, &span_s);
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++)
		most = cells[i].through + cells[i].kept > most ? cells[i].through + cells[i].kept : most;
	if (count)
		fprintf(out, "\n%-16s  %-*s %9s %9s %7s\n", "Tries", BAR, "", "spared", "through", "bans");
	for (size_t i = 0; i < count; i++) {
		time_t seconds = (time_t)(begin_s + (int64_t)i * span_s);
		char when[20] = "";
		struct tm tm;

		if (localtime_r(&seconds, &tm))
			strftime(when, sizeof(when), span_s < 86400 ? "%a %m-%d %H:%M" : "%a %Y-%m-%d", &tm);
		fprintf(out, "%-16s |", when);
		term_bar(out, share_of(cells[i].through + cells[i].kept, most), BAR, blocks, true);
		fprintf(out, " %9" PRIu64 " %9" PRIu64 " %7" PRIu64 "\n", cells[i].kept, cells[i].through, cells[i].bans);
	}
}

static void put_hours(const struct digest *digest, bool blocks, FILE *out)
{
	uint64_t most = 0;

	for (size_t i = 0; i < 24; i++)
		most = digest->hours[i] > most ? digest->hours[i] : most;
	if (most == 0)
		return;
	fputs("\nHours of the day (local time), tries\n", out);
	for (size_t i = 0; i < 12; i++) {
		for (size_t hour = i; hour < 24; hour += 12) {
			fprintf(out, "%s%02zu |", hour < 12 ? "" : "     ", hour);
			term_bar(out, share_of(digest->hours[hour], most), BAR, blocks, true);
			fprintf(out, " %7" PRIu64, digest->hours[hour]);
		}
		fputc('\n', out);
	}
}

static void put_waits(const struct digest *digest, bool blocks, FILE *out)
{
	char length[24];
	uint64_t most = 0;

	for (size_t i = 0; i < DIGEST_WAITS; i++)
		most = digest->steps[i] > most ? digest->steps[i] : most;
	if (most == 0)
		return;
	fprintf(out, "\nFrom the first error to the ban (half of them within %s)\n",
		duration_fmt(length, sizeof(length), digest->waits.seconds[digest->waits.count / 2]));
	for (size_t i = 0; i < DIGEST_WAITS; i++) {
		fprintf(out, "%-16s |", digest_steps[i].name);
		term_bar(out, share_of(digest->steps[i], most), BAR, blocks, true);
		fprintf(out, " %9" PRIu64 "\n", digest->steps[i]);
	}
}

static void put_lists(const struct digest *digest, FILE *out)
{
	char shown[PREFIX_FMT_SIZE], length[24];

	if (digest->net_count)
		fprintf(out, "\n%-30s %9s %9s %9s %6s   of %" PRIu64 "\n", "Networks", "tries", "spared", "addresses", "bans", digest->all_nets);
	for (size_t i = 0; i < digest->net_count; i++) {
		const struct digest_net *net = &digest->nets[i];

		fprintf(out, "  %-28s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %6" PRIu64 "\n", prefix_fmt(shown, sizeof(shown), &net->prefix),
			net->tries, net->kept, net->addresses, net->bans);
	}
	if (digest->offender_count)
		fprintf(out, "\n%-30s %9s %9s %9s          of %" PRIu64 "\n", "Banned again and again", "bans", "tries", "in all",
			digest->all_offenders);
	for (size_t i = 0; i < digest->offender_count; i++) {
		const struct digest_offender *one = &digest->offenders[i];
		char tries[24] = "-";	/* a network's are its addresses' */

		if (one->tries)
			snprintf(tries, sizeof(tries), "%" PRIu64, one->tries);
		fprintf(out, "  %-28s %9" PRIu32 " %9s %9s   %s\n", prefix_fmt(shown, sizeof(shown), &one->prefix), one->bans,
			tries, duration_fmt(length, sizeof(length), one->dropped_s / 60 * 60), one->rule ? one->rule->name : "its addresses");
	}
	if (digest->tried_count)
		fprintf(out, "\n%-46s %9s\n", "Names most tried", "tries");
	for (size_t i = 0; i < digest->tried_count; i++) {
		char name[NAME_COLUMNS + 1];

		fprintf(out, "  %-*s %9" PRIu64 "%s\n", NAME_COLUMNS, text_escape(name, sizeof(name), digest->tried[i].text), digest->tried[i].tries,
			digest->tried[i].exists ? "   exists" : "");
	}
	if (digest->rule_count)
		fprintf(out, "\n%-30s %9s\n", "Rules", "tries");
	for (size_t i = 0; i < digest->rule_count; i++) {
		char about[56];

		fprintf(out, "  %-28s %9" PRIu64 "   %s\n", digest->rules[i].rule->name, digest->rules[i].tries,
			text_printable(about, sizeof(about), text_of(digest->rules[i].rule->about)));
	}
}

void digest_text(struct digest *digest, bool blocks, FILE *out)
{
	waits_sort(&digest->waits);
	put_sums(digest, out);
	hurt_text(&digest->hurt, NULL, out);
	put_time(digest, blocks, out);
	put_hours(digest, blocks, out);
	put_waits(digest, blocks, out);
	put_lists(digest, out);
	fputs("\nTries are what the log shows: while a ban is in force, the kernel drops what would come next, and no\nlog has it.\n", out);
	if (digest->failed)
		fputs("\nThere was no memory for all of it: lists lack some.\n", out);
}
