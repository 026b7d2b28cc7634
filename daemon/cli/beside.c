/* beside - see beside.h. Owns the lists of both; reads the judges, changes nothing in them. */
#include "cli/beside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "judge/place.h"

void beside_note(struct beside *beside, const struct event *event)
{
	hurt_note(&beside->drops[event->beside != NULL], event);
}

/* Did the judge ban the address, or a network around it? */
static bool bans(const struct hurt *drops, const struct prefix *prefix)
{
	struct place place = place_of_unit(prefix);
	const struct hurt_one *one = hurt_find(drops, prefix);

	if (one && one->bans)
		return true;
	for (unsigned i = 0; i < place.hood_count; i++)
		if ((one = hurt_find(drops, &place.hoods[i])) && one->bans)
			return true;
	return false;
}

static int by_weight(const void *left, const void *right)
{
	const struct differing *a = left, *b = right;

	if (a->belongs != b->belongs)
		return a->belongs ? -1 : 1;
	if (a->drop.seconds != b->drop.seconds)
		return a->drop.seconds > b->drop.seconds ? -1 : 1;
	return memcmp(&a->drop.prefix, &b->drop.prefix, sizeof(a->drop.prefix));
}

static void compare(struct beside *beside, int64_t now_ms)
{
	beside->at = calloc(beside->drops[0].count + beside->drops[1].count + 1, sizeof(*beside->at));
	beside->failed = !beside->at;
	for (unsigned judge = 0; beside->at && judge < 2; judge++) {
		for (size_t i = 0; i < beside->drops[judge].count; i++) {
			const struct hurt_one *drop = &beside->drops[judge].at[i];

			if (!drop->bans || bans(&beside->drops[!judge], &drop->prefix))
				continue;
			beside->at[beside->count++] = (struct differing){ *drop, judge, judge_belongs(beside->judges[0], &drop->prefix, now_ms) };
			beside->only[judge]++;
		}
	}
	if (beside->count)
		qsort(beside->at, beside->count, sizeof(*beside->at), by_weight);
}

void beside_settle(struct beside *beside, const struct judge *in_force, int64_t now_ms)
{
	beside->judges[0] = in_force;
	beside->judges[1] = judge_beside(in_force);
	for (unsigned i = 0; i < 2; i++)
		hurt_merge(&beside->drops[i]);
	if (beside->judges[1])
		compare(beside, now_ms);
	for (unsigned i = 0; i < 2; i++)
		hurt_settle(&beside->drops[i], in_force, now_ms);
}

void beside_fini(struct beside *beside)
{
	hurt_fini(&beside->drops[0]);
	hurt_fini(&beside->drops[1]);
	free(beside->at);
	*beside = (struct beside){ 0 };
}

/* Past the one in force, or the other; per cent. */
static double through(const struct beside *beside, unsigned judge)
{
	struct judge_tries tries = judge_tries(beside->judges[0]);

	return tries.all ? 100.0 * (double)tries.through[judge] / (double)tries.all : 0;
}

void beside_text(const struct beside *beside, FILE *out)
{
	const struct figures *ours, *theirs;
	const char *words[2];
	char address[PREFIX_FMT_SIZE], length[24];

	if (!beside->judges[1])
		return;
	for (unsigned i = 0; i < 2; i++)
		words[i] = judge_word(beside->judges[i]);
	hurt_text(&beside->drops[1], words[1], out);
	ours = judge_figures(beside->judges[0]);
	theirs = judge_figures(beside->judges[1]);
	fprintf(out, "\n%-52s %7s %7s\n", "Both judges (judge_dry_run), the one in force first", words[0], words[1]);
	fprintf(out, "  %-50s %7" PRIu64 " %7" PRIu64 "\n", "bans", ours->bans, theirs->bans);
	fprintf(out, "  %-50s %7" PRIu64 " %7" PRIu64 "\n", "delays", ours->delays, theirs->delays);
	fprintf(out, "  %-50s %6.1f%% %6.1f%%\n", "of the tries that both count, got through", through(beside, 0), through(beside, 1));
	fprintf(out, "  %-50s %7zu %7zu\n", "who belongs here, and would have been dropped", beside->drops[0].count, beside->drops[1].count);
	fprintf(out, "  %-50s %7zu %7zu\n", "addresses and networks that it alone would ban", beside->only[0], beside->only[1]);
	for (size_t i = 0; i < beside->count && i < HURT_SHOWN; i++) {
		const struct differing *one = &beside->at[i];

		fprintf(out, "  %-26s by %s alone: %" PRIu32 " %s, %s in all%s\n", prefix_fmt(address, sizeof(address), &one->drop.prefix),
			words[one->judge], one->drop.bans, plural(one->drop.bans, "ban", "bans"),
			duration_fmt(length, sizeof(length), one->drop.seconds), one->belongs ? "; belongs here" : "");
	}
	if (beside->count > HURT_SHOWN)
		fprintf(out, "  and %zu more\n", beside->count - HURT_SHOWN);
	if (beside->failed)
		fputs("  (there was no memory to compare them)\n", out);
}

static void differing_json(const struct beside *beside, const struct differing *one, FILE *out)
{
	char address[PREFIX_FMT_SIZE];
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", "differs");
	json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &one->drop.prefix));
	json_cstr(&json, "only", judge_word(beside->judges[one->judge]));
	json_uint(&json, "bans", one->drop.bans);
	json_uint(&json, "seconds", one->drop.seconds);
	json_bool(&json, "belongs", one->belongs);
	json_end(&json);
}

void beside_json(const struct beside *beside, FILE *out)
{
	struct json json;

	if (!beside->judges[1])
		return;
	hurt_json(&beside->drops[1], judge_word(beside->judges[1]), out);
	for (size_t i = 0; i < beside->count && i < BESIDE_JSON; i++)
		differing_json(beside, &beside->at[i], out);
	for (unsigned i = 0; i < 2; i++) {
		const struct figures *figures = judge_figures(beside->judges[i]);

		json_begin(&json, out);
		json_cstr(&json, "event", "judge");
		json_cstr(&json, "judge", judge_word(beside->judges[i]));
		json_bool(&json, "in_force", i == 0);
		json_uint(&json, "bans", figures->bans);
		json_uint(&json, "delays", figures->delays);
		json_uint(&json, "errors", figures->errors);
		json_uint(&json, "evidence", figures->evidence);
		json_fixed(&json, "through", through(beside, i), 1);
		json_uint(&json, "hurt", beside->drops[i].count);
		json_uint(&json, "only", beside->only[i]);
		json_end(&json);
	}
}
