/* whatif_text - see whatif_text.h. Owns nothing but a list of numbers. */
#include "cli/whatif_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "cli/term.h"

#define NAME_MIN 12
#define NAME_MAX 64
#define HURT_NAMED 5		/* of each setting; scan and --json name more */
#define HURT_TRIALS 4		/* so many settings besides today's are gone into */
#define PLOT_BAR 24

static int by_cost(const void *left, const void *right, void *arg)
{
	const struct trials *trials = arg;
	size_t i = *(const size_t *)left, j = *(const size_t *)right;
	const struct trial *a = &trials->at[i], *b = &trials->at[j];

	if (a->cost < b->cost || a->cost > b->cost)
		return a->cost < b->cost ? -1 : 1;
	return i < j ? -1 : i > j;
}

void whatif_order(const struct trials *trials, size_t *order)
{
	for (size_t i = 0; i < trials->count; i++)
		order[i] = i;
	qsort_r(order, trials->count, sizeof(*order), by_cost, (void *)(uintptr_t)trials);
}

static char *day_of(char *dst, size_t size, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	*dst = '\0';
	if (localtime_r(&seconds, &tm))
		strftime(dst, size, "%Y-%m-%d %H:%M", &tm);
	return dst;
}

static void put_head(const struct trials *trials, FILE *out)
{
	char first[24], last[24];
	const struct replay *replay = &trials->replay;

	fprintf(out, "%" PRIu64 " %s", replay->lines, plural(replay->lines, "line", "lines"));
	if (replay->first_ms)
		fprintf(out, ", %s to %s, %" PRIu64 " %s", day_of(first, sizeof(first), replay->first_ms),
			day_of(last, sizeof(last), replay->latest_ms), trials->at->tries,
			plural(trials->at->tries, "try", "tries"));
	fputs("\n\n", out);
}

/* To the hour, the minute or the second, as it is long. */
static char *rough_fmt(char *dst, size_t size, uint64_t seconds)
{
	return duration_fmt(dst, size, seconds >= 10 * 86400 ? seconds - seconds % 86400 : seconds >= 86400 ? seconds - seconds % 3600 :
			    seconds >= 3600 ? seconds - seconds % 60 : seconds);
}

static int name_width(const struct trials *trials)
{
	size_t widest = NAME_MIN;

	for (size_t i = 0; i < trials->count; i++) {
		char name[NAME_MAX + 1];
		size_t wide = strlen(trial_name(name, sizeof(name), &trials->at[i]));

		widest = wide > widest ? wide : widest;
	}
	return (int)widest;
}

static void put_row(const struct trial *trial, const struct trial *today, int width, FILE *out)
{
	char name[NAME_MAX + 1], wait[24], hurt[24];
	double more = 100 * (trial_share(trial) - trial_share(today));

	fprintf(out, "%-*s %6" PRIu64 " %6" PRIu64 " %8" PRIu64 " %5.1f %%", width, trial_name(name, sizeof(name), trial),
		trial->bans, trial->delays, trial->through, 100 * trial_share(trial));
	if (trial == today)
		fprintf(out, " %6s", "");
	else
		fprintf(out, " %+6.1f", more > -0.05 && more < 0.05 ? 0 : more);
	fprintf(out, " %8s %5zu %8s\n", trial->bans ? rough_fmt(wait, sizeof(wait), trial->wait_s) : "-", trial->hurt.count,
		trial->hurt.count ? rough_fmt(hurt, sizeof(hurt), trial->hurt_s) : "-");
}

void whatif_table(const struct trials *trials, FILE *out)
{
	size_t order[TRIALS_MAX + 2];
	int width = name_width(trials);

	whatif_order(trials, order);
	put_head(trials, out);
	fprintf(out, "%*s %6s %6s %16s %6s %8s %14s\n", width, "", "", "", "tries let", "", "to ban", "who belongs");
	fprintf(out, "%-*s %6s %6s %8s %7s %6s %8s %5s %8s\n", width, "setting", "bans", "delays", "through", "of all", "change",
		"(median)", "hurt", "for");
	for (size_t i = 0; i < trials->count; i++)
		put_row(&trials->at[order[i]], trials->at, width, out);
}

/* In the order in which the values were given: how much comes through, and for how long who belongs here is dropped. */
static void put_plot(const struct trials *trials, int width, FILE *out)
{
	bool blocks = term_blocks();
	unsigned columns = term_columns(out), wide = PLOT_BAR;
	double most = 0;
	uint64_t hurt_s = 1;

	if (columns < (unsigned)width + 2 * PLOT_BAR + 20)
		wide = columns > (unsigned)width + 36 ? (columns - (unsigned)width - 20) / 2 : 8;
	for (size_t i = 0; i < trials->count; i++) {
		most = trial_share(&trials->at[i]) > most ? trial_share(&trials->at[i]) : most;
		hurt_s = trials->at[i].hurt_s > hurt_s ? trials->at[i].hurt_s : hurt_s;
	}
	fprintf(out, "\n%-*s  %-*s  %s\n", width, "", (int)wide + 8, "tries let through", "who belongs here is dropped for");
	for (size_t i = 0; i < trials->count; i++) {
		const struct trial *trial = &trials->at[i];
		char name[NAME_MAX + 1], length[24];

		fprintf(out, "%-*s |", width, trial_name(name, sizeof(name), trial));
		term_bar(out, most > 0 ? trial_share(trial) / most : 0, wide, blocks, true);
		fprintf(out, " %5.1f %% |", 100 * trial_share(trial));
		term_bar(out, (double)trial->hurt_s / (double)hurt_s, wide, blocks, false);
		fprintf(out, " %s\n", trial->hurt_s ? rough_fmt(length, sizeof(length), trial->hurt_s) : "-");
	}
}

static void put_hurt(const struct trial *trial, FILE *out)
{
	char name[1024];

	fprintf(out, "\nWho belongs here (logged in, or mail was delivered) and would have been dropped, %s: %zu\n",
		trial_name(name, sizeof(name), trial), trial->hurt.count);
	for (size_t i = 0; i < trial->hurt.count && i < HURT_NAMED; i++)
		hurt_line(&trial->hurt.at[i], out);
	if (trial->hurt.count > HURT_NAMED)
		fprintf(out, "  and %zu more\n", trial->hurt.count - HURT_NAMED);
	if (trial->failed)
		fputs("  (there was no memory for all)\n", out);
}

/* Of two trials the same, for as long? Then they are named once. */
static bool same_hurt(const struct hurt *a, const struct hurt *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = addr_cmp(&a->at[i].prefix.addr, &b->at[i].prefix.addr) == 0 && a->at[i].seconds == b->at[i].seconds;
	return same;
}

/* Has it been said of a better one, or of today's settings, that just these are hurt? */
static bool is_told(const struct trials *trials, const size_t *order, size_t place)
{
	bool told = order[place] != 0 && same_hurt(&trials->at[order[place]].hurt, &trials->at->hurt);

	for (size_t i = 0; i < place && !told; i++)
		told = order[place] != 0 && same_hurt(&trials->at[order[place]].hurt, &trials->at[order[i]].hurt);
	return told;
}

void whatif_text(const struct trials *trials, FILE *out)
{
	size_t order[TRIALS_MAX + 2];
	int width = name_width(trials);

	whatif_table(trials, out);
	whatif_order(trials, order);
	if (trials->count > 3)
		put_plot(trials, width, out);
	for (size_t i = 0, shown = 0; i < trials->count; i++) {
		const struct trial *trial = &trials->at[order[i]];

		if (trial != trials->at && shown++ >= HURT_TRIALS)
			continue;
		if (trial->hurt.count && !is_told(trials, order, i))
			put_hurt(trial, out);
	}
	fprintf(out, "\nThe best trade stands on top: the fewest tries let through, where an hour for which one who belongs here is dropped\n"
		"weighs as much as %d tries.\n", TRIAL_HURT_HOUR);
}
