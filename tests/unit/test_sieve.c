/* the sieve: never loses a pattern that matches, stays bounded where patterns need more states than there may be */
#include "tap.h"

#include <stdlib.h>

#include "engine/sieve.h"

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
	uint64_t random_state = 1, made, lost = 0, coarse = 0, most = 0;
	size_t kept;

	for (unsigned line = 0; line < 20000; line++) {
		char message[201];
		bool first = false, second = true;

		for (size_t i = 0; i < 200; i++) {
			random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			unsigned roll = (unsigned)(random_state >> 33) % 64;
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

int main(void)
{
	test_answers();
	test_many_patterns();
	test_bounded();
	return tap_done();
}
