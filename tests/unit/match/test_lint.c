/* test_lint - the proof of whom a rule can blame: what it must refuse, at which spot, and what it must let through */
#include "tap.h"

#include <stdlib.h>

#include "base/array.h"
#include "match/lint.h"
#include "match/lint_rules.h"
#include "match/rules_read.h"

static bool outage;	/* the rule may name nobody */

/* Read a text with one rule of one pattern; what was reported, on the heap. */
static char *verdict(const char *pattern, unsigned *count)
{
	char *said = NULL;
	size_t size;
	struct problems problems = { .out = open_memstream(&said, &size) };
	struct rules rules = { 0 };
	char text[4096];
	int len = snprintf(text, sizeof(text),
		"service test\nmacro client <host>\\[<addr>\\]\nprogram test\nrule one\nabout x\n%smatch %s\n",
		outage ? "kind outage\n" : "", pattern);

	if (len < 0 || (size_t)len >= sizeof(text))
		abort();
	rules_read_text(&rules, "test.pat", (struct text){ text, (size_t)len }, false, &problems);
	rules_fini(&rules);
	fclose(problems.out);
	*count = problems.count;
	return said;
}

static const char *const good[] = {
	"reject: RCPT from <client>: 550",
	"<addr> is bad",
	"(?:NOQUEUE|[0-9A-F]{5,20}): reject from <client>: <text>",
	"\\[\\d{1,5}\\]: lost connection from <host>\\[<addr>\\]:\\d{1,5} after <text>",
	"(?:too many|few) errors after [A-Z]{1,10} from <client>",
	"login failed(?: for good)?,? ip=\\[?<addr>\\]?",
	"warning: <client>: SASL (?i:login|plain) authentication failed: (?!Connection lost)<text>",
	"<count> attempts from <addr>",
	"user=\\<<text>, method=PLAIN, rip=<addr>, lip=<host><end>",
	"<text>, rip=<addr>(?:, lip=[0-9a-f:.]{2,45})?(?:, TLS)?(?:, session=\\<[^>,]{1,60}>)?<end>",
	"<text> rhost=<addr>(?:  user=[^ ]{0,80})?$",
	"[^\\[]*\\[<addr>\\]<end>",
	"Login failed for <text> from <addr>\\.? in [^ ]{1,80}<end>",
	"(?:(?:a|b), )*<text>, rip=<addr><end>",
	"<text>\\[<addr>\\](?:, [^,\\[]+)*<end>",
	"[a-z]{1,9}\\(<text>,<addr>(?:,\\<[A-Za-z0-9+/]{0,60}>)?\\): failed<end>",
	"(?:user [a-z]{1,20}, )ip <addr>",
	"<queue>: user=<text> failed",
	"smtp: error \\{\"id\":\"<queue>\",<text>",
};

static const struct {
	const char *pattern;
	const char *spot;	/* the caret stands under the first byte of this */
	const char *says;
} bad[] = {
	{ "user=.* from <addr>", ".* from", "somebody else could be blamed" },
	{ "user=<text> from <addr>", "<text>", "does not reach <end>" },
	{ "user=<text> from <addr>", "<text>", "somebody else could be blamed" },
	{ "[^ ]+ <addr>", "[^ ]+", "somebody else could be blamed" },
	{ "[^ ]{1,40} <addr>", "[^ ]{1", "somebody else could be blamed" },
	{ "\\S+\\[<addr>\\]", "\\S+", "somebody else could be blamed" },
	{ "\\w+\\[<addr>\\]", "\\w+", "without a bound" },
	{ "[a-z]{1,1000}\\[<addr>\\]", "[a-z]{1,1000}", "without a bound" },
	{ ".*<addr>", ".*", "somebody else could be blamed" },
	{ ".*<addr><end>", ".*", "no literal text stands right before" },
	{ "<text> rip=<addr>, user=<text><end>", "<text>", "may hold once more" },
	{ "<text>, rip=<addr>, <text>", "<text>", "may hold once more" },
	{ "<text>, rip=<addr>, [^,]{1,40}, [^ ]{1,40}<end>", "<text>", "may hold once more" },
	{ "<text> rhost=<addr>(?: user=[^ ]{1,40})?(?: [a-z=0-9.]{1,60})?<end>", "<text>", "may hold once more" },
	{ "<text>\\[<addr>[^ ]+<end>", "<text>", "may hold once more" },
	{ "<text> rhost=<addr>(?: rhost=[w-z]{1,60})?<end>", "<text>", "may hold once more" },
	{ "[a-z]{1,9}\\(<text>,<addr>(?:,master)?\\): failed<end>", "<text>", "may hold once more" },
	{ "<text>,<addr>(?:;[a-z]{1,9},;)?<end>", "<text>", "may hold once more" },
	{ "<text>:<addr><end>", "<text>", "may hold once more" },
	{ "<text>, rip=<addr>,", "<text>", "does not reach <end>" },
	{ "<text>, rip=<addr>(?:, x<end>)?", "<text>", "does not reach <end>" },
	{ "<text>, rip=<addr>(?:, x<end>|, y)", "<text>", "does not reach <end>" },
	{ "<host><addr>", "<host>", "may itself hold" },
	{ "host [0-9a-f.:]{1,80}:<addr>", "[0-9a-f.:]{1,80}", "may itself hold" },
	{ "from ([0-9a-z.:]{1,80}:)<addr>", "[0-9a-z", "may itself hold" },
	{ "from <host> user unknown", "from", "blames nobody" },
	{ "user=<text> <queue>: no", "<text>", "somebody else could be blamed" },
	{ "(?:<queue>: ){1,2}no", "<queue>", "inside a repeat" },
	{ "from <addr> to <addr>", "<addr>", "stands twice" },
	{ "(?: <addr>)+ x", "<addr>", "inside a repeat" },
	{ "(?=.*<addr>)x", "<addr>)x", "lookahead" },
	{ "from \\K<addr>", "\\K", "\\K" },
	{ "(a)\\1 <addr>", "\\1", "backreferences" },
	{ "(?R) <addr>", "(?R)", "recursion" },
	{ "(?1) <addr>", "(?1)", "recursion" },
	{ "(*ACCEPT) <addr>", "(*ACCEPT)", "VERBS" },
	{ "(?C1) <addr>", "(?C1)", "callouts" },
	{ "(?(1)a|b) <addr>", "(?(1)", "conditionals" },
	{ "(?<=a) <addr>", "(?<=a)", "lookbehind" },
	{ "(?<!a) <addr>", "(?<!a)", "lookbehind" },
	{ "(?<name>a) <addr>", "(?<name>", "kind of group" },
	{ "\\Qa\\E <addr>", "\\Qa", "escape" },
	{ "\\p{L} <addr>", "\\p{L}", "escape" },
	{ "[[:alpha:]] <addr>", "[:alpha:]", "write the bytes" },
	{ "<addr> [a", "[a", "not closed" },
	{ "(a <addr>", "(a", "not closed" },
	{ "a) <addr>", ") <addr>", "closes nothing" },
	{ "a{x <addr>", "{x", "brace" },
	{ "*a <addr>", "*a", "nothing to repeat" },
	{ "<addr> (?:a+)+b", "a+", "exponential" },
	{ "<addr> (?:.*,)*b", ".*,", "exponential" },
	{ "<addr> (?:a|b*)*c", "b*", "exponential" },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		unsigned count;
		char *said = verdict(good[i], &count);

		if (!tap_ok(count == 0, "passes: %s", good[i]))
			printf("# %s", said);
		free(said);
	}
}

/* The report's second line is the source line, its third the caret. */
static bool caret_under(const char *said, const char *spot)
{
	const char *source = strchr(said, '\n'), *caret = source ? strchr(source + 1, '\n') : NULL;
	size_t column = caret ? strspn(caret + 1, " ") : 0;

	return caret && caret[1 + column] == '^' && strncmp(source + 1 + column, spot, strlen(spot)) == 0;
}

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned count;
		char *said = verdict(bad[i].pattern, &count);

		if (!tap_ok(count == 1 && strstr(said, bad[i].says) && caret_under(said, bad[i].spot),
			    "refused: %s", bad[i].pattern))
			printf("# %u problems, wanted '%s' at '%s'\n%s", count, bad[i].says, bad[i].spot, said);
		free(said);
	}
}

/* lines in which the server speaks of itself: nobody to blame, and no word of a client's */
static const struct { const char *pattern, *spot; } words[] = {
	{ "auth: Error: (?:mysql|pgsql)\\([A-Za-z0-9.]{1,80}\\): Connect failed", NULL },
	{ "warning: cannot connect: (?:Connection refused|No such file)<end>", NULL },
	{ "auth: Error: <text>: Connect failed", "<text>" },
	{ "auth: Error: sql\\([^)]{1,80}\\): Connect failed", "[^)]" },
	{ "Error: [a-z]+ is down", "[a-z]+" },
};

static void test_words(void)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *spot = words[i].spot;
		unsigned count;
		char *said = verdict(words[i].pattern, &count);

		if (!tap_ok(spot ? count == 1 && strstr(said, "feign") && caret_under(said, spot) : count == 0,
			    "%s: %s", spot ? "could be feigned" : "an outage", words[i].pattern))
			printf("# %s", said);
		free(said);
	}
}

/* two rules, the upper of which counts nothing: may a client's words let it have the lines of the lower one? */
static const struct {
	const char *upper, *lower;
	const char *spot;	/* NULL: it may stand */
	const char *nothing;	/* why the upper one counts nothing; NULL: its weight */
	const char *counts;	/* of the lower one, beside its weight of 1 */
} pairs[] = {
	{ "from <addr>: 550 quota", "from <addr>: 550 \\<<text>\\>: denied", NULL, NULL, NULL },
	{ "from <addr>: 552 <text>: full", "from <addr>: 55[01] <text>: denied", NULL, NULL, NULL },
	{ "from <addr>: 550 \\<[^ ]*\\>: moved", "from <addr>: 550 \\<<text>\\>: denied", NULL, NULL, NULL },
	{ "from <addr>: 550 (?!<text>moved<text>moved)<text>: moved", "from <addr>: 550 <text>: denied", NULL, NULL, NULL },
	{ "user=<text>, quota full, rip=<addr><end>", "user=<text>, rip=<addr><end>", NULL, NULL, NULL },
	{ "from <addr>: 550 <text>", "from <addr>: 550 <text>: denied", NULL, NULL, NULL },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", NULL, NULL, "weight 0" },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", NULL, NULL, "kind success" },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", NULL, NULL, "tier observe" },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", NULL, "weight 1", NULL },
	{ "from <addr>: 550 <text>: moved", "from <addr>: 550 <text>: denied", "<text>", NULL, NULL },
	{ "from <addr>: 550 .{0,80}: moved", "from <addr>: 550 <text>: denied", ".{0,80}", NULL, NULL },
	{ "from <addr>: \\d\\d\\d <text>: moved", "from <addr>: 550 denied", "<text>", NULL, NULL },
	{ "from <addr>: 550 quota", "from <addr>: 550 <text>: denied", "from", NULL, NULL },
	{ "from <addr>: (?:550 )?quota", "from <addr>: (?:550 )?<text>: denied", "from", NULL, NULL },
	{ "<text>, (?:full|over), rip=<addr><end>", "<text>, rip=<addr><end>", "<text>", NULL, NULL },
	{ "<text>, full: <text>, rip=<addr><end>", "<text>, rip=<addr><end>", "<text>", NULL, NULL },
	{ "from <addr>: 550 (?!a)x<text>: moved", "from <addr>: 550 x<text>: denied", "<text>", NULL, NULL },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", "<text>", "kind login", NULL },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", "<text>", "kind outage", "tier strict" },
	{ "from <addr>: <text>: moved", "from <addr>: <text>: denied", "<text>", "tier observe", "kind failed-login" },
};

static void check_pair(size_t i, const char *program, unsigned wanted)
{
	char *said = NULL, text[1000];
	size_t size;
	struct problems problems = { .out = open_memstream(&said, &size) };
	struct rules rules = { 0 };
	const char *nothing = pairs[i].nothing ? pairs[i].nothing : "weight 0";
	int len = snprintf(text, sizeof(text),
		"service t\nprogram a*/x b\nrule upper\nabout x\n%s\nmatch %s\nprogram %s\nrule lower\nabout x\n%s\nmatch %s\n",
		nothing, pairs[i].upper, program, pairs[i].counts ? pairs[i].counts : "", pairs[i].lower);

	rules_read_text(&rules, "test.pat", (struct text){ text, (size_t)len }, false, &problems);
	bool fine = problems.count == 0 && lint_rules(&rules, &problems);
	fclose(problems.out);
	if (!tap_ok(fine == (wanted == 0) && problems.count == wanted && (fine || caret_under(said, pairs[i].spot)),
		    "%s %s above %s, for %s", wanted ? "refused:" : "passes:", pairs[i].upper, pairs[i].lower, program))
		printf("# %s", said);
	rules_fini(&rules);
	free(said);
}

static void test_pairs(void)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		check_pair(i, "b", pairs[i].spot != NULL);
		check_pair(i, "*/x", pairs[i].spot != NULL);
		check_pair(i, "*/y", 0);
	}
}

int main(void)
{
	test_good();
	test_bad();
	test_pairs();
	outage = true;
	test_words();
	return tap_done();
}
