/* trial - see trial.h. Owns the setups and the judges. */
#include "cli/trial.h"

#include <stdlib.h>

#include "base/json.h"
#include "judge/judge.h"
#include "judge/place.h"

#define NOBODY 255
#define WAITS_MAX 1000000	/* addresses whose first error is remembered */

static void on_event(void *arg, const struct event *event)
{
	struct trial *trial = arg;

	hurt_note(&trial->hurt, event);
	if (event->kind != VERDICT_BAN)
		return;
	waits_ban(&trial->waits, event);
	trial->banned = event->prefix;
}

/* Do the records mean the same to both? */
static bool reads_alike(const struct conf *a, const struct conf *b)
{
	bool same = memcmp(&a->names, &b->names, sizeof(a->names)) == 0 && a->rule_count == b->rule_count &&
		    !a->patterns == !b->patterns && (!a->patterns || strcmp(a->patterns, b->patterns) == 0);

	for (size_t i = 0; same && i < a->rule_count; i++)
		same = a->rules[i].weight == b->rules[i].weight && strcmp(a->rules[i].name, b->rules[i].name) == 0;
	return same;
}

static bool begin(struct trials *trials, struct trial *trial, const char *path, struct problems *problems)
{
	struct setup *setup = setup_load_with(path, trial->sets, trial->set_count, problems);

	if (!setup)
		return false;
	trial->setup = setup;
	setup->conf.policy.judge_dry_run = false;
	trial->own_rules = trial != trials->at && !reads_alike(&trials->at->setup->conf, &setup->conf);
	trial->judge = judge_new(&setup->conf, &setup->rules, on_event, trial);
	if (!trial->judge || waits_init(&trial->waits, &setup->conf.policy, WAITS_MAX) < 0)
		return false;
	judge_replay(trial->judge);
	match_names(setup->matcher, judge_name_key(trial->judge), &setup->conf.names);
	return true;
}

static void end(struct trial *trial)
{
	judge_free(trial->judge);
	waits_fini(&trial->waits);
	hurt_fini(&trial->hurt);
	setup_free(trial->setup);
}

bool trials_begin(struct trials *trials, const char *command, const char *path, struct problems *problems)
{
	*trials = (struct trials){ .at = calloc(TRIALS_MAX + 2, sizeof(*trials->at)) };
	replay_begin(&trials->replay, command, NULL, NULL, NULL);
	if (!trials->at)
		return false;
	trials->count = 1;
	return begin(trials, trials->at, path, problems);
}

void trials_drop(struct trials *trials)
{
	struct trial *trial = &trials->at[--trials->count];

	end(trial);
	*trial = (struct trial){ 0 };
}

bool trials_add(struct trials *trials, const char *path, const char *const *sets, size_t set_count, struct problems *problems)
{
	struct trial *trial = &trials->at[trials->count];

	if (trials->count > TRIALS_MAX || set_count > TRIAL_SETS_MAX)
		return false;
	trials->count++;
	memcpy(trial->sets, sets, set_count * sizeof(*sets));
	trial->set_count = set_count;
	if (begin(trials, trial, path, problems))
		return true;
	trials_drop(trials);
	return false;
}

void trials_end(struct trials *trials)
{
	for (size_t i = 0; trials->at && i < TRIALS_MAX + 2; i++)
		end(&trials->at[i]);
	free(trials->at);
	replay_end(&trials->replay);
	*trials = (struct trials){ .replay.fd = -1 };
}

/* ---- reading ---- */

static void judge(struct trial *trial, const struct hit *hit)
{
	uint64_t errors = judge_figures(trial->judge)->errors;
	struct prefix unit;

	trial->banned.len = NOBODY;
	judge_hit(trial->judge, hit);
	if (judge_figures(trial->judge)->errors <= errors)
		return;
	unit = unit_of(&trial->setup->conf, &hit->addr);
	if (trial->banned.len != unit.len || addr_cmp(&trial->banned.addr, &unit.addr) != 0)
		waits_error(&trial->waits, &unit, hit->time_ms);
}

/* The trials and the witness, if that is one more. */
static size_t judges(const struct trials *trials)
{
	return trials->count + (trials->witness == &trials->at[trials->count]);
}

/* A found_fn. */
static void on_found(void *arg, const struct found *found)
{
	struct trials *trials = arg;

	if (trials->note)
		trials->note(trials->note_arg, found);
	for (size_t i = 0; i < judges(trials); i++) {
		struct trial *trial = &trials->at[i];
		struct hit own;

		if (trial->own_rules && feed_record(&trial->feed, found->record, found->backlog, &own))
			judge(trial, &own);
		else if (!trial->own_rules && found->hit)
			judge(trial, found->hit);
	}
}

static void on_log(void *arg, const struct feed *fresh)
{
	struct trials *trials = arg;

	for (size_t i = 0; i < judges(trials); i++) {
		trials->at[i].feed = *fresh;
		trials->at[i].feed.matcher = trials->at[i].setup->matcher;
	}
}

static void settle(struct trial *trial, const struct trial *witness, int64_t now_ms)
{
	const struct figures *figures = judge_figures(trial->judge);

	hurt_merge(&trial->hurt);
	hurt_settle(&trial->hurt, witness->judge, now_ms);
	for (size_t i = 0; i < trial->hurt.count; i++)
		trial->hurt_s += trial->hurt.at[i].seconds;
	trial->bans = figures->bans;
	trial->delays = figures->delays;
	trial->through = figures->errors;
	trial->tries = figures->errors + figures->evidence;
	trial->wait_s = waits_median(&trial->waits);
	trial->cost = (double)trial->through + TRIAL_HURT_HOUR * (double)trial->hurt_s / 3600;
	trial->failed = trial->hurt.failed || trial->waits.failed;
}

/* Today's judge, if he has a memory; else one who has. */
static bool find_witness(struct trials *trials)
{
	struct problems quiet = { .out = NULL };
	struct trial *witness = &trials->at[trials->count];

	trials->witness = trials->at;
	if (trials->at->setup->conf.policy.memory)
		return true;
	trials->witness = witness;
	witness->sets[0] = "policy.judge=memory";
	witness->set_count = 1;
	return begin(trials, witness, trials->at->setup->path, &quiet);
}

bool trials_run(struct trials *trials)
{
	bool good = find_witness(trials);

	trials->replay.setup = trials->at->setup;
	trials->replay.fn = on_found;
	for (size_t i = 0; i < judges(trials); i++)
		if (trials->at[i].own_rules)
			trials->replay.wants = REPLAY_ALL;
	trials->replay.on_log = on_log;
	trials->replay.arg = trials;
	if (!good)
		return false;
	replay_run(&trials->replay);
	for (size_t i = 0; i < trials->count; i++)
		settle(&trials->at[i], trials->witness, trials->replay.latest_ms);
	return !trials->replay.failed;
}

void trials_look(const struct trials *trials, const struct addr *addr, struct judge_view *view)
{
	judge_look(trials->witness->judge, addr, trials->replay.latest_ms, view);
}

/* ---- figures ---- */

char *trial_name(char *dst, size_t size, const struct trial *trial)
{
	size_t used = 0;

	if (trial->set_count == 0)
		snprintf(dst, size, "today");
	for (size_t i = 0; i < trial->set_count && used + 8 < size; i++) {
		if (i)
			dst[used++] = ' ';
		text_escape(dst + used, size - used, text_of(trial->sets[i]));
		used += strlen(dst + used);
	}
	return dst;
}

double trial_share(const struct trial *trial)
{
	return trial->tries ? (double)trial->through / (double)trial->tries : 0;
}

void trial_json(const struct trial *trial, FILE *out)
{
	char name[1024], address[PREFIX_FMT_SIZE];
	struct json json;

	trial_name(name, sizeof(name), trial);
	json_begin(&json, out);
	json_cstr(&json, "event", "setting");
	json_cstr(&json, "setting", name);
	json_uint(&json, "bans", trial->bans);
	json_uint(&json, "delays", trial->delays);
	json_uint(&json, "tries", trial->tries);
	json_uint(&json, "through", trial->through);
	json_fixed(&json, "share", trial_share(trial), 4);
	json_uint(&json, "wait_seconds", trial->wait_s);
	json_uint(&json, "hurt", trial->hurt.count);
	json_uint(&json, "hurt_seconds", trial->hurt_s);
	json_fixed(&json, "cost", trial->cost, 1);
	json_end(&json);
	for (size_t i = 0; i < trial->hurt.count; i++) {
		json_begin(&json, out);
		json_cstr(&json, "event", "hurt");
		json_cstr(&json, "setting", name);
		json_cstr(&json, "address", prefix_fmt(address, sizeof(address), &trial->hurt.at[i].prefix));
		json_uint(&json, "bans", trial->hurt.at[i].bans);
		json_uint(&json, "delays", trial->hurt.at[i].delays);
		json_uint(&json, "seconds", trial->hurt.at[i].seconds);
		json_end(&json);
	}
}
