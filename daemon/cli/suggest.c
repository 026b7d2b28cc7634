/* suggest - see suggest.h
 *
 * Tries other limits as whatif does, one at a time, and then those whom it would allow. Only says; the postmaster knows better
 * whose an address is. Who is somebody here, an attacker cannot become by failing: accounts logged in, or mail was delivered. */
#include "cli/suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "cli/trial.h"
#include "cli/whatif_text.h"
#include "judge/judge.h"

#define ALLOW_MAX 16
#define ACCOUNTS_MIN 3		/* at home at an address that many share: an office, a webmail */
#define MAILS_MIN 8		/* delivered from one that is no passer-by: a backup MX, a partner */
#define BETTER 0.98		/* of today's cost at most, or it is not worth a change */
#define PRIVATE_MAX 64		/* addresses told apart */

/* Not all that can be set: what guards against attacks that few logs show ([names], max_bans_per_minute) is not for sale. */
static const char *const tried[] = {
	"hard_error_limit=4", "hard_error_limit=5", "hard_error_limit=8", "hard_error_limit=12", "long_limit=5", "long_limit=12",
	"long_limit=16", "network_limit=3", "network_limit=8", "network_sum=12", "network_sum=48", "judge=memory",
};

struct candidate {
	struct prefix prefix;
	uint64_t errors;	/* of a private one */
	struct hurt_one drop;	/* of one that belongs here */
	uint32_t accounts, mails;
};

struct suggestion {
	const char *path;
	char **files;
	int file_count;
	struct trials trials;
	struct candidate privates[PRIVATE_MAX];	/* whoever failed */
	size_t private_count;
	struct candidate allow[ALLOW_MAX];
	size_t allow_count;
	size_t others;		/* that belong here and are dropped, and need not be allowed */
};

/* A found_fn: who of the private addresses fails. */
static void note(void *arg, const struct found *found)
{
	struct suggestion *suggestion = arg;
	const struct hit *hit = found->hit;
	size_t i = 0;

	if (!hit || hit->nobody || !hit->weight || !addr_is_private(&hit->addr))
		return;
	while (i < suggestion->private_count && addr_cmp(&suggestion->privates[i].prefix.addr, &hit->addr) != 0)
		i++;
	if (i == PRIVATE_MAX)
		return;
	if (i == suggestion->private_count)
		suggestion->privates[suggestion->private_count++] = (struct candidate){ .prefix = { hit->addr, 128 } };
	suggestion->privates[i].errors += hit->weight;
}

static bool add_logs(struct suggestion *suggestion)
{
	struct replay *replay = &suggestion->trials.replay;
	bool good = true;

	for (int i = 0; good && i < suggestion->file_count; i++)
		good = replay_add(replay, suggestion->files[i]);
	if (suggestion->file_count == 0)
		good = replay_add_since(replay, &suggestion->trials.at->setup->conf,
					clock_now_ms() - SUGGEST_DAYS * INT64_C(86400000));
	return good;
}

/* The last trial, if it changes nothing of today's policy, or would take a soft limit that goes down with the hard one. */
static void drop_if_vain(struct trials *trials)
{
	const struct policy *today = &trials->at->setup->conf.policy, *last = &trials->at[trials->count - 1].setup->conf.policy;

	if (last->soft_error_limit != today->soft_error_limit || (memcmp(today, last, sizeof(*today)) == 0 &&
	    ranges_equal(&trials->at->setup->conf.allow, &trials->at[trials->count - 1].setup->conf.allow)))
		trials_drop(trials);
}

/* Today's, and these one by one; what the config does not take besides its own settings is left out. */
static bool try_all(struct suggestion *suggestion, const char *const *sets, size_t count)
{
	struct trials *trials = &suggestion->trials;
	struct problems quiet = { .out = NULL };
	bool good = trials_begin(trials, "check", suggestion->path, &quiet);

	trials->note = note;
	trials->note_arg = suggestion;
	for (size_t i = 0; good && i < count; i++)
		if (trials_add(trials, suggestion->path, &sets[i], 1, &quiet))
			drop_if_vain(trials);
	if (!good || !add_logs(suggestion)) {
		fprintf(stderr, "mailward check: %s\n", strerror(ENOMEM));
		return false;
	}
	return trials_run(trials) || trials->replay.failed;
}

/* ---- [allow] ---- */

static void add_candidate(struct suggestion *suggestion, const struct candidate *candidate)
{
	if (suggestion->allow_count < ALLOW_MAX)
		suggestion->allow[suggestion->allow_count++] = *candidate;
}

static void find_candidates(struct suggestion *suggestion)
{
	const struct trial *today = suggestion->trials.at;
	const struct conf *conf = &today->setup->conf;

	for (size_t i = 0; i < suggestion->private_count; i++)
		if (suggestion->privates[i].errors >= conf->policy.soft_error_limit &&
		    !ranges_touch(&conf->allow, &suggestion->privates[i].prefix))
			add_candidate(suggestion, &suggestion->privates[i]);
	for (size_t i = 0; i < today->hurt.count; i++) {
		struct candidate one = { .prefix = today->hurt.at[i].prefix, .drop = today->hurt.at[i] };
		struct judge_view view;

		trials_look(&suggestion->trials, &one.prefix.addr, &view);
		one.accounts = view.guests;
		one.mails = view.mails;
		if (addr_is_private(&one.prefix.addr))
			continue;
		if (one.drop.bans && (one.accounts >= ACCOUNTS_MIN || one.mails >= MAILS_MIN))
			add_candidate(suggestion, &one);
		else
			suggestion->others++;
	}
}

static void put_candidate(const struct candidate *one)
{
	char shown[PREFIX_FMT_SIZE], length[24];

	printf("  %-26s ", prefix_fmt(shown, sizeof(shown), &one->prefix));
	if (one->errors)
		printf("%" PRIu64 " %s of a private address: if it is a webmail's, a proxy's or a container gateway's, it fails for others\n",
		       one->errors, plural(one->errors, "error", "errors"));
	else
		printf("%" PRIu32 " %s and %" PRIu32 " %s delivered from there; %" PRIu32 " %s, dropped for %s\n", one->accounts,
		       plural(one->accounts, "account at home", "accounts at home"), one->mails, plural(one->mails, "mail", "mails"),
		       one->drop.bans, plural(one->drop.bans, "ban", "bans"), duration_fmt(length, sizeof(length), one->drop.seconds));
}

static char *allow_setting(const struct suggestion *suggestion)
{
	char *text = NULL, shown[PREFIX_FMT_SIZE];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fputs("allow.addresses=", out);
	for (size_t i = 0; i < suggestion->allow_count; i++)
		fprintf(out, "%s%s", i ? " " : "", prefix_fmt(shown, sizeof(shown), &suggestion->allow[i].prefix));
	return fclose(out) == EOF ? NULL : text;
}

static bool put_allow(struct suggestion *suggestion)
{
	char *setting;
	bool good;

	if (suggestion->allow_count == 0) {
		puts("\n[allow]: nobody is missing, as far as the log tells. Backup MX, monitoring and your own networks belong there.");
		return true;
	}
	puts("\n[allow]: these may belong there, if you know them:");
	for (size_t i = 0; i < suggestion->allow_count; i++)
		put_candidate(&suggestion->allow[i]);
	setting = allow_setting(suggestion);
	trials_end(&suggestion->trials);
	good = setting && try_all(suggestion, (const char *const[]){ setting }, 1);
	if (good) {
		printf("With addresses = %s\n\n", setting + strlen("allow.addresses="));
		whatif_table(&suggestion->trials, stdout);
	}
	free(setting);
	return good;
}

/* ---- limits ---- */

static void put_better(const struct trial *best, const struct trial *today)
{
	char name[128], longer[24], shorter[24];

	printf("[policy]: %s would be the better trade, of those that were tried: %.1f %% come through instead of %.1f %%, and\n",
	       trial_name(name, sizeof(name), best), 100 * trial_share(best), 100 * trial_share(today));
	if (best->hurt_s == today->hurt_s)
		printf("who belongs here is dropped %s.\n\n", best->hurt_s ? "for as long" : "in neither case");
	else
		printf("who belongs here is dropped for %s instead of %s.\n\n", duration_fmt(longer, sizeof(longer), best->hurt_s),
		       duration_fmt(shorter, sizeof(shorter), today->hurt_s));
}

static void put_limits(const struct suggestion *suggestion)
{
	const struct trials *trials = &suggestion->trials;
	const struct trial *today = trials->at, *best;
	size_t order[TRIALS_MAX + 2];

	if (today->tries < SUGGEST_TRIES) {
		printf("[policy]: %" PRIu64 " %s too few to say which limits would fit.\n", today->tries,
		       plural(today->tries, "try is", "tries are"));
		return;
	}
	whatif_order(trials, order);
	best = &trials->at[order[0]];
	if (best->cost < today->cost * BETTER)
		put_better(best, today);
	else
		puts("[policy]: today's limits fit; of those that were tried none is a trade that is better by much:\n");
	whatif_table(trials, stdout);
	printf("\nThe best trade stands on top: an hour for which one who belongs here is dropped weighs as much as %d tries let through.\n"
	       "A log that was written while bans were in force lacks what they kept away. mailward whatif tries other settings.\n",
	       TRIAL_HURT_HOUR);
	if (suggestion->others)
		printf("%zu %s here %s dropped for mistakes of %s own; that is no reason to allow %s.\n", suggestion->others,
		       suggestion->others == 1 ? "who belongs" : "who belong", suggestion->others == 1 ? "was" : "were",
		       suggestion->others == 1 ? "his" : "their", suggestion->others == 1 ? "him" : "them");
}

bool suggest(const char *path, char **files, int count)
{
	struct suggestion *suggestion = calloc(1, sizeof(*suggestion));
	bool good = suggestion != NULL;

	if (!good)
		return false;
	suggestion->path = path;
	suggestion->files = files;
	suggestion->file_count = count;
	good = try_all(suggestion, tried, COUNT(tried));
	if (good && suggestion->trials.replay.lines == 0) {
		fputs("mailward check: no line of a log was seen, so that nothing can be suggested; mailward check --suggest FILE reads that "
		      "one\n", stderr);
		good = false;
	} else if (good) {
		find_candidates(suggestion);
		put_limits(suggestion);
		good = put_allow(suggestion) && !suggestion->trials.replay.failed;
	}
	trials_end(&suggestion->trials);
	free(suggestion);
	return good;
}
