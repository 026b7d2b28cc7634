/* test_sieve - never loses a pattern that matches, stays bounded where patterns need more states than there may be */
#include "random.h"
#include "tap.h"

#include <stdlib.h>

#include "match/sieve.h"

#define PATTERNS_MAX 70

static struct sieve *sieve_of(const char *const *texts, size_t count)
{
	struct regex regexes[PATTERNS_MAX];
	const struct regex *all[PATTERNS_MAX] = { NULL };

	for (size_t i = 0; i < count; i++) {
		if (!regex_parse(&regexes[i], (struct text){ texts[i], strlen(texts[i]) }))
			exit(1);
		all[i] = &regexes[i];
	}
	struct sieve *sieve = sieve_new(all, count);
	for (size_t i = 0; i < count; i++)
		regex_fini(&regexes[i]);
	return sieve;
}

/* Which of the (at most 64) patterns can match, as a bit set. */
static uint64_t run(struct sieve *sieve, const char *message)
{
	struct sieve_answer answer;

	return sieve_run(sieve, (struct text){ message, strlen(message) }, false, &answer) ? *answer.may : 0;
}

static const char *const patterns[] = {
	/* 0 */ "abc",
	/* 1 */ "ab+c",
	/* 2 */ "(?:a|b){2,3}c",
	/* 3 */ "a.*: x",
	/* 4 */ "a.*: y\\z",
	/* 5 */ "[^a]",
	/* 6 */ "(?i)ABC",
	/* 7 */ "(?:x*)*z",
	/* 8 */ "a(?!b)",
	/* 9 */ "",
};

static const struct {
	const char *message;
	uint64_t may;
} answers[] = {
	{ "", 1 << 9 },
	{ "abc", 1 << 0 | 1 << 1 | 1 << 2 | 1 << 6 | 1 << 8 | 1 << 9 },
	{ "abc: x", 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 8 | 1 << 9 },
	{ "abb", 1 << 8 | 1 << 9 },
	{ "abbc", 1 << 1 | 1 << 2 | 1 << 8 | 1 << 9 },
	{ "aBc", 1 << 6 | 1 << 8 | 1 << 9 },
	{ "a--: : y", 1 << 4 | 1 << 8 | 1 << 9 },
	{ "a--: : y ", 1 << 8 | 1 << 9 },
	{ "a: y: x: y", 1 << 3 | 1 << 4 | 1 << 8 | 1 << 9 },
	{ "xxz", 1 << 5 | 1 << 7 | 1 << 9 },
	{ "z", 1 << 5 | 1 << 7 | 1 << 9 },
	{ "\xff", 1 << 5 | 1 << 9 },
};

static void test_answers(void)
{
	struct sieve *sieve = sieve_of(patterns, sizeof(patterns) / sizeof(patterns[0]));

	for (int round = 0; round < 2; round++)		/* the second time over states that are there */
		for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
			if (!tap_ok(run(sieve, answers[i].message) == answers[i].may, "'%s', round %d", answers[i].message, round))
				printf("# %" PRIx64 ", wanted %" PRIx64 "\n", run(sieve, answers[i].message), answers[i].may);
	sieve_free(sieve);
}

static void test_many_patterns(void)
{
	char texts[PATTERNS_MAX][16];
	const char *all[PATTERNS_MAX];
	unsigned wrong = 0;

	for (unsigned i = 0; i < PATTERNS_MAX; i++) {
		snprintf(texts[i], sizeof(texts[i]), "p%u,", i);
		all[i] = texts[i];
	}
	struct sieve *sieve = sieve_of(all, PATTERNS_MAX);
	for (unsigned i = 0; i < PATTERNS_MAX; i++) {
		struct sieve_answer answer;
		bool any = sieve_run(sieve, (struct text){ texts[i], strlen(texts[i]) }, false, &answer);
		for (unsigned k = 0; k < PATTERNS_MAX; k++)
			wrong += !any || (answer.may[k / 64] >> (k % 64) & 1) != (i == k);
	}
	tap_int(wrong, 0, "more patterns than a word has bits");
	sieve_free(sieve);
}

/* "an a, and an a twelve before the end": 2^12 states. The truth is easily known without any automaton. */
static void test_bounded(void)
{
	const char *const hard[] = { ".*a[ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab]c", "b*c" };
	struct sieve *sieve = sieve_of(hard, 2);
	uint64_t made, lost = 0, coarse = 0, most = 0;
	size_t kept;

	for (unsigned line = 0; line < 20000; line++) {
		char message[201];
		bool first = false, second = true;

		for (size_t i = 0; i < 200; i++) {
			unsigned roll = random_below(64);
			message[i] = roll == 0 ? 'c' : roll % 2 ? 'a' : 'b';
		}
		message[200] = '\0';
		for (size_t i = 12; i < 200; i++) {
			bool letters = message[i] == 'c' && message[i - 12] == 'a';
			for (size_t k = i - 11; letters && k < i; k++)
				letters = message[k] != 'c';
			first = first || letters;
		}
		size_t b = strspn(message, "b");
		second = message[b] == 'c';
		uint64_t may = run(sieve, message), truth = (uint64_t)first | (uint64_t)second << 1;
		lost += (truth & ~may) != 0;
		coarse += (may & ~truth) != 0;
		sieve_states(sieve, &kept, &made);
		most = kept > most ? kept : most;
	}
	tap_int(lost, 0, "no match is lost where states run out (%" PRIu64 " of 20000 lines answered coarsely)", coarse);
	tap_ok(coarse > 0 && most <= 4096, "at most 4096 states are kept: %" PRIu64, most);
	tap_ok(made <= 4096 + 20000 + 100, "no more are made than lines have earned: %" PRIu64, made);
	sieve_free(sieve);
}

/* Which patterns need nobody else's word: all is counted, nothing asserted, and what they capture has one end. */
#define ADDR REGEX_ADDR_TEXT
#define TIMES "(?<count>\\d{1,4})"
#define USER "(?<account>[^<>]{0,255})"
static const struct {
	const char *pattern;
	bool exact;
} provable[] = {
	{ "from " ADDR " ", true },
	{ "[a-z]{1,255} from \\[" ADDR "\\]", true },
	{ "[a-z]{3,16}: (?:ab){1,12} " ADDR "\\z", true },
	{ TIMES " times from " ADDR ",", true },
	{ "from " ADDR "(?:, |\\z)", true },
	{ "from nobody", true },
	{ "<" USER "> from " ADDR " ", true },
	{ ADDR ", user=(?<account>.*)\\z", true },
	{ "(?<queue>[0-9A-Za-z-]{5,32}): to=<" USER ">", true },
	{ "(?:(?:(?<session>[a-z]{1,9}))) from " ADDR " ", true },
	{ "from " ADDR, false },		/* where does it end? */
	{ "from " ADDR "[a-z]", false },
	{ "from " ADDR "\\z ", false },		/* never */
	{ "from (?:x|" ADDR ") ", false },
	{ "from (?<addr>192\\.0\\.2\\.\\d{1,3}) ", false },
	{ "from " ADDR "(?! twice)", false },
	{ "(?>a|ab)c from " ADDR " ", false },
	{ "a++ from " ADDR " ", false },
	{ "(?:" TIMES " times )?from " ADDR " ", false },
	{ "(?<session>[a-z]{1,9})[ m-p]from " ADDR " ", false },	/* the same */
	{ "<(?<account>.*)> from " ADDR " ", false },
	{ "(?:<" USER "> )?from " ADDR " ", false },
	{ "(?<account>[a-z]{1,9}|[0-9]+) from " ADDR " ", false },
	{ "(?<account>a[a-z]{1,9}) from " ADDR " ", false },
	{ "(?:[a-z]{1,100} [a-z]{1,100}){1,100} from " ADDR " ", false },	/* too large */
};

static void test_provable(void)
{
	for (size_t i = 0; i < sizeof(provable) / sizeof(provable[0]); i++) {
		struct sieve *sieve = sieve_of(&provable[i].pattern, 1);

		tap_ok(sieve_is_exact(sieve, 0) == provable[i].exact, "%s: %s", provable[i].exact ? "exact" : "not exact",
		       provable[i].pattern);
		sieve_free(sieve);
	}
}

static void test_captures(void)
{
	const char *const all[] = { "at " ADDR "(?: |\\z)", ".*from " ADDR " ", "at .*, " TIMES " times by " ADDR " " };
	struct sieve *sieve = sieve_of(all, 3);
	struct sieve_answer answer;
	const char *message = "at ::1 from 192.0.2.1 ";

	for (int round = 0; round < 20; round++)
		sieve_run(sieve, (struct text){ message, strlen(message) }, true, &answer);
	tap_ok(answer.exact && *answer.may == 1 && answer.places[CAPTURE_ADDR] == 1 && answer.at[CAPTURE_ADDR] == message + 3,
	       "a run ends with the first match, and knows where its address begins");
	message = "at home from 192.0.2.1 by ::1 ";
	sieve_run(sieve, (struct text){ message, strlen(message) }, true, &answer);
	tap_ok(*answer.may & 2 && answer.places[CAPTURE_ADDR] == 1, "or with the second");
	message = "at home from 192.0.2.1 from ::1 ";
	sieve_run(sieve, (struct text){ message, strlen(message) }, true, &answer);
	tap_ok(*answer.may & 2 && answer.places[CAPTURE_ADDR] == 2, "but not while another address may be found");
	message = "at home, 12 times by ::1 ";
	sieve_run(sieve, (struct text){ message, strlen(message) }, true, &answer);
	tap_ok(*answer.may & 4 && answer.places[CAPTURE_COUNT] == 1 && answer.at[CAPTURE_COUNT] == message + 9, "it knows where the count begins");
	message = "from from x from 192.0.2. from ::1 ";
	sieve_run(sieve, (struct text){ message, strlen(message) }, true, &answer);
	tap_ok(*answer.may & 2 && answer.places[CAPTURE_ADDR] > 1, "an address that may begin in two places is left to others");
	char longer[300];
	snprintf(longer, sizeof(longer), "%0*d from 192.0.2.1 ", 270, 0);
	sieve_run(sieve, (struct text){ longer, strlen(longer) }, true, &answer);
	tap_ok(*answer.may & 2 && !sieve_proved(sieve, 1, &answer), "what matches only far behind in a long message is not proved");
	snprintf(longer, sizeof(longer), "x from 192.0.2.1 %0*d", 270, 0);
	sieve_run(sieve, (struct text){ longer, strlen(longer) }, true, &answer);
	tap_ok(*answer.may & 2 && sieve_proved(sieve, 1, &answer), "what matches in front is");
	snprintf(longer, sizeof(longer), "x from 192.0.2.1 from 192.0.2. %0*d from 192.0.2.1 ", 220, 0);
	sieve_run(sieve, (struct text){ longer, strlen(longer) }, true, &answer);
	tap_ok(sieve_proved(sieve, 1, &answer) && answer.places[CAPTURE_ADDR] == 2, "and knows of places far behind");
	sieve_free(sieve);
}

/* What PCRE2 would capture of "<USER> [SESSION]", or that it is left to it. */
static const struct {
	const char *message, *account, *session;	/* NULL: none; both NULL: it is not sure where */
} captures[] = {
	{ "user=<alice> at [x7]", "alice", "x7" },
	{ "user=<> at [x7]", "", "x7" },
	{ "login as bob", "bob", NULL },
	{ "login as ", "", NULL },
	{ "to=<carol> or <dan>;", NULL, NULL },
	{ "to=<carol>;", "carol", NULL },
};

static bool is(struct text found, const char *due)
{
	return due ? found.at && text_equal(found, text_of(due)) : !found.at;
}

static void test_names(void)
{
	const char *const all[] = { "user=<" USER "> at \\[(?<session>[a-z0-9]{1,9})\\]", "login as (?<account>.*)\\z",
				    "to=(?:<.*> or )?<" USER ">;" };
	struct sieve *sieve = sieve_of(all, 3);
	struct sieve_answer answer;
	struct text found[CAPTURES];

	for (size_t i = 0; i < sizeof(captures) / sizeof(captures[0]); i++) {
		struct text message = text_of(captures[i].message);
		bool some = sieve_run(sieve, message, true, &answer);
		bool sure = some && sieve_proved(sieve, (size_t)__builtin_ctzll(*answer.may), &answer) &&
			    sieve_captures(sieve, (size_t)__builtin_ctzll(*answer.may), message, &answer, found);

		tap_ok(some && sure == (captures[i].account || captures[i].session) &&
		       (!sure || (is(found[CAPTURE_ACCOUNT], captures[i].account) && is(found[CAPTURE_SESSION], captures[i].session))),
		       "'%s' holds %s", captures[i].message, captures[i].account ? captures[i].account : "what PCRE2 says");
	}
	sieve_free(sieve);
}

/* The byte that a state waits for may lead back to the same state. */
static void test_waiting(void)
{
	const char *const all[] = { "a.*(?:b.*)?c" };
	struct sieve *sieve = sieve_of(all, 1);

	for (int round = 0; round < 3; round++)
		tap_ok(run(sieve, "a---bbb--b--c") == 1 && run(sieve, "a--b") == 0, "a run comes to its end, round %d", round);
	sieve_free(sieve);
}

/* What is learned of the way from a state back to itself must not mislead when it is learned anew. */
static void test_going_round(void)
{
	static const char round[] = "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh";
	const char *const all[] = { "(?:abcdefgh)*[ ]from " ADDR " " };
	struct sieve *sieve = sieve_of(all, 1);
	unsigned wrong = 0;

	for (unsigned i = 0; i < 20000; i++) {
		char message[128];

		unsigned times = random_below(i / 200 % 2 ? 9 : 4), more = random_below(4);
		snprintf(message, sizeof(message), "%.*s%s from 192.0.2.1 ", (int)(8 * (i < 10 ? 8 : times)), round, more ? "" : "abc");
		wrong += run(sieve, message) != (more ? 1 : 0);
	}
	tap_int(wrong, 0, "20,000 times round and round");
	sieve_free(sieve);
}

/* Nor may it be shortened where it ends. */
static void test_jumps(void)
{
	const char *const all[] = { "x.*from y" };
	struct sieve *sieve = sieve_of(all, 1);
	unsigned found = 0;

	for (int round = 0; round < 200; round++)
		found += run(sieve, "xfffffffffrofrofrfrofrofrfrofrofrfrofrofrfrofrofrfrofrofrfrofrofrfrofrofr"
			     "frofrofrffffffffffffffffffffffffoofffffffffffffffffrom y") == 1;
	tap_int(found, 200, "a line means the same however often it comes");
	sieve_free(sieve);
}

int main(void)
{
	test_answers();
	test_provable();
	test_captures();
	test_names();
	test_waiting();
	test_going_round();
	test_jumps();
	test_many_patterns();
	test_bounded();
	return tap_done();
}
