/* hurt - see hurt.h. Owns a list of what was dropped; asks the judge at the end who belonged here. */
#include "cli/hurt.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

void hurt_note(struct hurt *hurt, const struct event *event)
{
	if (event->kind != VERDICT_BAN && event->kind != VERDICT_DELAY)
		return;
	if (hurt->count == hurt->room) {
		size_t room = hurt->room ? hurt->room * 2 : 256;
		struct hurt_one *at = reallocarray(hurt->at, room, sizeof(*at));

		if (!at) {
			hurt->failed = true;
			return;
		}
		hurt->at = at;
		hurt->room = room;
	}
	hurt->at[hurt->count++] = (struct hurt_one){ event->prefix, (uint64_t)(event->until_ms - event->time_ms) / 1000,
						     event->kind == VERDICT_BAN, event->kind == VERDICT_DELAY };
}

static int by_prefix(const void *left, const void *right)
{
	return memcmp(&((const struct hurt_one *)left)->prefix, &((const struct hurt_one *)right)->prefix, sizeof(struct prefix));
}

static int by_seconds(const void *left, const void *right)
{
	const struct hurt_one *a = left, *b = right;

	return a->seconds > b->seconds ? -1 : a->seconds < b->seconds ? 1 : by_prefix(left, right);
}

void hurt_merge(struct hurt *hurt)
{
	size_t kept = 0;

	if (hurt->count)
		qsort(hurt->at, hurt->count, sizeof(*hurt->at), by_prefix);
	for (size_t i = 0; i < hurt->count; i++) {
		struct hurt_one one = hurt->at[i];

		while (i + 1 < hurt->count && by_prefix(&hurt->at[i + 1], &one) == 0) {
			const struct hurt_one *more = &hurt->at[++i];

			one.seconds += more->seconds;
			one.bans += more->bans;
			one.delays += more->delays;
		}
		hurt->at[kept++] = one;
	}
	hurt->count = kept;
}

const struct hurt_one *hurt_find(const struct hurt *hurt, const struct prefix *prefix)
{
	struct hurt_one key = { .prefix = *prefix };

	return hurt->count ? bsearch(&key, hurt->at, hurt->count, sizeof(key), by_prefix) : NULL;
}

void hurt_settle(struct hurt *hurt, const struct judge *judge, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < hurt->count; i++)
		if (judge_belongs(judge, &hurt->at[i].prefix, now_ms))
			hurt->at[kept++] = hurt->at[i];
	hurt->count = kept;
	if (kept)
		qsort(hurt->at, kept, sizeof(*hurt->at), by_seconds);
}

void hurt_fini(struct hurt *hurt)
{
	free(hurt->at);
	*hurt = (struct hurt){ 0 };
}

void hurt_line(const struct hurt_one *one, FILE *out)
{
	char address[PREFIX_FMT_SIZE], length[24];

	fprintf(out, "  %-26s %3" PRIu32 " %-4s %3" PRIu32 " %-6s %s in all\n", prefix_fmt(address, sizeof(address), &one->prefix),
		one->bans, plural(one->bans, "ban", "bans"), one->delays, plural(one->delays, "delay", "delays"),
		duration_fmt(length, sizeof(length), one->seconds));
}

void hurt_text(const struct hurt *hurt, const char *judge, FILE *out)
{
	if (hurt->count == 0)
		return;
	fprintf(out, "\nWho belongs here (logged in, or mail was delivered) and would have been dropped%s%s: %zu\n",
		judge ? " by judge = " : "", judge ? judge : "", hurt->count);
	for (size_t i = 0; i < hurt->count && i < HURT_SHOWN; i++)
		hurt_line(&hurt->at[i], out);
	if (hurt->count > HURT_SHOWN)
		fprintf(out, "  and %zu more\n", hurt->count - HURT_SHOWN);
	if (hurt->failed)
		fputs("  (and others: there was no memory for all)\n", out);
}

void hurt_json(const struct hurt *hurt, const char *judge, FILE *out)
{
	char address[PREFIX_FMT_SIZE];
	struct json json;

	for (size_t i = 0; i < hurt->count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "hurt");
		if (judge)
			json_cstr(&json, "judge", judge);
		json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &hurt->at[i].prefix));
		json_uint(&json, "bans", hurt->at[i].bans);
		json_uint(&json, "delays", hurt->at[i].delays);
		json_uint(&json, "seconds", hurt->at[i].seconds);
		json_end(&json);
	}
}
