/* whatif - mailward whatif: replay logs under today's settings and under others, and compare
 *
 * Needs no privilege, touches no firewall and no daemon. Reads the logs once, with a judge for each setting. */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "cli/cli.h"
#include "cli/trial.h"
#include "cli/whatif_text.h"

#define SWEEPS_MAX 4
#define SWEEP_VALUES_MAX 64

/* --sweep KEY=A,B,C, as settings of their own */
struct sweep {
	char *sets[SWEEP_VALUES_MAX];	/* "KEY=A"; heap */
	size_t count;
};

struct whatif {
	const struct cli *cli;
	const char *path;
	struct problems problems;
	const char *sets[TRIAL_SETS_MAX];
	size_t set_count;
	struct sweep sweeps[SWEEPS_MAX];
	size_t sweep_count;
	unsigned threads;
	struct trials trials;
	bool wrong;		/* what was set on the command line */
};

/* Cut it at its commas; 0, or a status. */
static int read_sweep(struct whatif *whatif, const char *text)
{
	const char *equals = strchr(text, '=');
	struct sweep *sweep = &whatif->sweeps[whatif->sweep_count];

	if (!equals)
		return cli_refuse(whatif->cli, "--sweep %s: KEY=A,B,C would be right", text);
	if (whatif->sweep_count == SWEEPS_MAX)
		return cli_refuse(whatif->cli, "--sweep %s: at most %d sweeps would be right", text, SWEEPS_MAX);
	whatif->sweep_count++;
	for (const char *at = equals + 1, *end; ; at = end + 1) {
		end = at + strcspn(at, ",");
		if (end == at)
			return cli_refuse(whatif->cli, "--sweep %s: a value is empty, KEY=A,B,C would be right", text);
		if (sweep->count == SWEEP_VALUES_MAX)
			return cli_refuse(whatif->cli, "--sweep %.40s...: at most %d values would be right", text, SWEEP_VALUES_MAX);
		if (asprintf(&sweep->sets[sweep->count], "%.*s=%.*s", (int)(equals - text), text, (int)(end - at), at) < 0)
			return EXIT_INPUT;
		sweep->count++;
		if (*end == '\0')
			return EXIT_DONE;
	}
}

static int read_options(struct whatif *whatif)
{
	size_t cursor = 0, trials = 1;
	const char *text;
	int status = EXIT_DONE;

	while ((text = cli_next(whatif->cli, "set", &cursor)) != NULL) {
		if (whatif->set_count == TRIAL_SETS_MAX - SWEEPS_MAX)
			return cli_refuse(whatif->cli, "--set %s: at most %d would be right", text, TRIAL_SETS_MAX - SWEEPS_MAX);
		whatif->sets[whatif->set_count++] = text;
	}
	for (cursor = 0; status == EXIT_DONE && (text = cli_next(whatif->cli, "sweep", &cursor)) != NULL;)
		status = read_sweep(whatif, text);
	if (status != EXIT_DONE)
		return status;
	for (size_t i = 0; i < whatif->sweep_count; i++)
		trials *= whatif->sweeps[i].count;
	if (replay_threads(whatif->cli, &whatif->threads) != EXIT_DONE)
		return EXIT_USAGE;
	if (whatif->set_count == 0 && whatif->sweep_count == 0)
		return cli_refuse(whatif->cli, "nothing to try, --set KEY=VALUE or --sweep KEY=A,B,C would be right");
	if (trials + (whatif->set_count > 0) > TRIALS_MAX)
		return cli_refuse(whatif->cli, "%zu settings are too many, at most %d at once would be right", trials, TRIALS_MAX);
	return EXIT_DONE;
}

/* Today's, the settings of --set together, and on top of them each combination of the sweeps; stops at the first that is wrong. */
static bool make_trials(struct whatif *whatif)
{
	const char *sets[TRIAL_SETS_MAX];
	size_t at[SWEEPS_MAX] = { 0 }, turn = 0;
	bool good = trials_begin(&whatif->trials, "whatif", whatif->path, &whatif->problems);

	memcpy(sets, whatif->sets, sizeof(sets));
	whatif->wrong = good;	/* whatever is wrong from here on */
	if (good && whatif->set_count)
		good = trials_add(&whatif->trials, whatif->path, sets, whatif->set_count, &whatif->problems);
	while (good && whatif->sweep_count && turn < whatif->sweep_count) {
		for (size_t i = 0; i < whatif->sweep_count; i++)
			sets[whatif->set_count + i] = whatif->sweeps[i].sets[at[i]];
		good = trials_add(&whatif->trials, whatif->path, sets, whatif->set_count + whatif->sweep_count, &whatif->problems);
		turn = whatif->sweep_count;	/* the last sweep turns fastest, as the wheels of a counter do */
		while (turn-- > 0 && ++at[turn] == whatif->sweeps[turn].count)
			at[turn] = 0;
	}
	whatif->wrong &= !good;
	return good;
}

static bool add_logs(struct whatif *whatif)
{
	struct replay *replay = &whatif->trials.replay;
	bool good = true;

	replay->threads = whatif->threads;
	for (int i = 0; good && i < whatif->cli->count; i++)
		good = replay_add(replay, whatif->cli->operands[i]);
	if (whatif->cli->count == 0)
		good = replay_add_since(replay, &whatif->trials.at->setup->conf, 0);
	return good;
}

static int compare(struct whatif *whatif)
{
	struct trials *trials = &whatif->trials;
	bool good = make_trials(whatif) && add_logs(whatif) && trials_run(trials);

	if (whatif->problems.count)
		return whatif->wrong ? EXIT_USAGE : EXIT_INPUT;
	if (!good && !trials->replay.failed)
		fprintf(stderr, "mailward whatif: out of memory\n");
	if (!good && !trials->replay.failed)
		return EXIT_INPUT;
	for (size_t i = 0; cli_given(whatif->cli, "json") && i < trials->count; i++)
		trial_json(&trials->at[i], stdout);
	if (!cli_given(whatif->cli, "json"))
		whatif_text(trials, stdout);
	return good ? EXIT_DONE : EXIT_INPUT;
}

static int whatif(const struct cli *cli)
{
	struct whatif whatif = { .cli = cli, .path = cli_given(cli, "config"), .problems = { .out = stderr } };
	int status = read_options(&whatif);

	if (status == EXIT_DONE)
		status = compare(&whatif);
	trials_end(&whatif.trials);
	for (size_t i = 0; i < whatif.sweep_count; i++)
		for (size_t j = 0; j < whatif.sweeps[i].count; j++)
			free(whatif.sweeps[i].sets[j]);
	return status;
}

const struct cli_command cli_whatif = {
	.name = "whatif",
	.about = "replay logs under other settings: what they would change",
	.usage = "[-c CONF] [--threads N] [--set KEY=VALUE]... [--sweep KEY=A,B,C]... [--json] [FILE...]",
	.help = "Replays mail logs under today's settings and under others, and says of each: bans, tries let through, how long from\n"
		"the first error to the ban (the median), and who belongs here and would have been dropped.\n"
		"KEY is one of the config's (hard_error_limit, or policy.hard_error_limit), of one service's (service.dovecot.window) or a\n"
		"rule (postfix/user-unknown). A soft_error_limit goes down with the hard one, unless it is set, too.\n"
		"What is --set is set together; each --sweep is tried with each of its values, the best trade first: the fewest tries\n"
		"let through, where an hour for which one who belongs here is dropped weighs as much as 100 tries.\n"
		"FILE as for scan; without it what the config's sources hold, also what was rotated away.\n"
		"A log that was written while bans were in force lacks the tries that they kept away.\n",
	.options = {
		CLI_CONF, CLI_THREADS,
		{ "set", 0, "KEY=VALUE", "a setting to try" },
		{ "sweep", 0, "KEY=A,B,C", "a setting to try with each of these values" },
		CLI_JSON,
	},
	.operands = CLI_ANY,
	.run = whatif,
};
